"""Speech recognition for the user's side: faster-whisper, or any OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Protocol

import numpy as np

from omnitalker.dialogue.voice_activity import RATE
from omnitalker.errors import MissingExtra, OmniTalkerError
from omnitalker.types import FloatArray


class Recogniser(Protocol):
    async def transcribe(self, samples: FloatArray) -> str:
        """(N,) at 16 kHz -> what was said; empty when nothing was."""
        ...


class WhisperRecogniser:
    """`faster-whisper` on this machine."""

    def __init__(self, model: str = "base", language: str | None = None) -> None:
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise MissingExtra("faster-whisper", "hearing", "understanding speech") from error
        self._model = WhisperModel(model, compute_type="int8")
        self._language = language

    async def transcribe(self, samples: FloatArray) -> str:
        return await asyncio.to_thread(self._transcribe, samples)

    def _transcribe(self, samples: FloatArray) -> str:
        segments, _ = self._model.transcribe(samples, language=self._language)
        return " ".join(segment.text.strip() for segment in segments).strip()


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
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
