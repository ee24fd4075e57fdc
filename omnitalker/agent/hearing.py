"""Speech recognition for the user's side: faster-whisper, pocketsphinx, or any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import io
import os
import wave
from dataclasses import dataclass
from typing import Literal, Protocol, cast, get_args

from omnitalker.audio.pcm import pcm_bytes
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import ConfigError, OmniTalkerError
from omnitalker.base.types import FloatArray
from omnitalker.models.speech_recognition import (
    RATE,
    PocketsphinxRecogniser,
    SpeechRecogniser,
    WhisperRecogniser,
)

RecogniserKind = Literal["none", "whisper", "endpoint", "pocketsphinx"]


class Recogniser(Protocol):
    async def transcribe(self, samples: FloatArray) -> str:
        """(N,) at 16 kHz -> what was said; empty when nothing was."""
        ...


@dataclass(frozen=True)
class Hearing:
    """Who turns the user's voice into words."""

    kind: RecogniserKind = "none"
    """none: the avatar reacts to a voice, but does not understand it."""
    model: str = ""
    """whisper: a size or folder (base); endpoint: the model's name there (whisper-1)."""
    url: str = ""
    """endpoint: up to /v1."""
    key_env: str = "OPENAI_API_KEY"
    """endpoint: the environment variable that holds the key."""
    language: str = ""
    """`en`, `zh`; empty = let the recogniser find out."""

    def __post_init__(self) -> None:
        if self.kind == "endpoint" and not self.url.startswith(("http://", "https://")):
            raise ConfigError(f"an endpoint that hears needs a url (http...), got {self.url!r}")


def hearing_named(name: str, key_env: str = "OPENAI_API_KEY") -> Hearing:
    """`whisper`, `whisper:small`, `pocketsphinx`, `none`, or an endpoint's URL."""
    if name.startswith(("http://", "https://")):
        return Hearing("endpoint", url=name, key_env=key_env)
    kind, _, model = name.partition(":")
    kinds = get_args(RecogniserKind)
    if kind not in kinds:
        raise ConfigError(unknown_choice("speech recogniser", kind, kinds))
    return Hearing(cast(RecogniserKind, kind), model=model)


def recogniser_of(hearing: Hearing) -> Recogniser | None:
    """Loads the model where it runs on this machine; None for `none`."""
    if hearing.kind == "whisper":
        return OnThisMachine(WhisperRecogniser(hearing.model or "base", hearing.language or None))
    if hearing.kind == "pocketsphinx":
        return OnThisMachine(PocketsphinxRecogniser())
    if hearing.kind == "endpoint":
        key = os.environ.get(hearing.key_env, "")
        return EndpointRecogniser(hearing.url, hearing.model or "whisper-1", key)
    return None


class OnThisMachine:
    """A recogniser that runs here, one sound at a time and beside the event loop."""

    def __init__(self, recogniser: SpeechRecogniser) -> None:
        self._recogniser = recogniser
        self._turn = asyncio.Lock()

    async def transcribe(self, samples: FloatArray) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._recogniser.transcribe, samples, RATE)


class EndpointRecogniser:
    """`POST {url}/audio/transcriptions`, as OpenAI's API has it."""

    def __init__(self, url: str, model: str = "whisper-1", key: str = "") -> None:
        self._url = url.rstrip("/") + "/audio/transcriptions"
        self._model = model
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    async def transcribe(self, samples: FloatArray) -> str:
        import httpx

        async with httpx.AsyncClient(timeout=30) as client:
            answer = await client.post(
                self._url,
                headers=self._headers,
                data={"model": self._model, "response_format": "json"},
                files={"file": ("speech.wav", _wav(samples), "audio/wav")},
            )
        if answer.status_code != 200:
            raise OmniTalkerError(f"{self._url} answered {answer.status_code}: {answer.text[:200]}")
        return str(answer.json().get("text", "")).strip()


def _wav(samples: FloatArray) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm_bytes(samples))
    return buffer.getvalue()
