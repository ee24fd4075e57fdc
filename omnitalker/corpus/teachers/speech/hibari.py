"""hibari as a teacher: a student of Kokoro's "heart", one English voice thirty times faster than its master.

It makes spectra and a pulse train apart, so that other throats can be had by warping the spectra's
frequencies, with the pitch told to the network and not put on afterwards.

Legend: L tokens, K frames at 80/s, B 601 bins up to 12 kHz, N samples at 24 kHz.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

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
from omnitalker.corpus.teachers.speech.teacher import Spoken, TeacherError

LONGEST: Final = 400
_FEATURES, _PITCH, _ENERGY, _FRAMES = (
    "/Reshape_42_output_0",
    "f0",
    "/Mul_62_output_0",
    "/Clip_output_0",
)
_SPECTRA: Final = ["lh", "theta", "ln", "lr", "phi"]


@dataclass(frozen=True)
class HibariVoice:
    """What another throat does to the one voice."""

    throat: float = 1.0
    """Factor on formant frequencies."""
    breath: float = 0.0
    """dB on the noise."""


class Hibari:
    """The two halves of the graph; one per process, on one thread."""

    def __init__(self) -> None:
        import onnx

        model = onnx.load_from_string(package_file("hibari", "assets/hibari.onnx"))
        self.alphabet = dict(json.loads(package_file("hibari", "assets/vocab.json")))
        self._first = session(cut(model, ["ids", "speed"], [_FEATURES, _PITCH, _ENERGY, _FRAMES]))
        self._second = session(cut(model, [_FEATURES, _PITCH, _ENERGY], _SPECTRA))

    def outline(self, ids: Sequence[int], speed: float) -> Outline:
        feed = {
            "ids": np.array([[0, *ids, 0]], np.int64),
            "speed": np.array([speed], np.float32),
        }
        features, pitch, energy, frames = self._first.run(None, feed)
        return Outline(features, pitch[0], energy[0], frames.ravel().astype(np.int64))

    def sound(self, outline: Outline, voice: HibariVoice, rng: np.random.Generator) -> Array:
        """(N,) in [-1, 1]."""
        from hibari.dsp import synth

        feed = {
            _FEATURES: outline.features,
            _PITCH: outline.pitch[None],
            _ENERGY: outline.energy[None],
        }
        harmonic, phase, noise, rest, rest_phase = (
            warped(part[0], voice.throat, nearest=name == "phi")
            for name, part in zip(_SPECTRA, self._second.run(None, feed), strict=True)
        )
        noise = noise + np.float32(voice.breath * np.log(10) / 20)
        return np.asarray(
            synth(harmonic, phase, noise, rest, rest_phase, outline.pitch, rng), np.float32
        )


class HibariTeacher:
    """The voice of the package, or another throat with its habits; English only."""

    def __init__(self, engine: Hibari, voice: HibariVoice = HibariVoice()) -> None:
        self._engine = engine
        self._voice = voice

    def say(self, text: Text, delivery: Delivery = AS_IT_IS) -> Spoken:
        tokens = translate(text)
        if len(tokens) > LONGEST or text.language != "en":
            raise TeacherError(f"hibari says English of up to {LONGEST} tokens: {text.source}")
        ids = [self._engine.alphabet[token.character] for token in tokens]
        outline = shaped(self._engine.outline(ids, delivery.rate), delivery)
        rng = np.random.default_rng(zlib.crc32(text.source.encode()))
        samples = self._engine.sound(outline, self._voice, rng)
        return spoken(samples, text, tokens, outline)


def warped(part: Array, throat: float, *, nearest: bool) -> Array:
    """(B, K) with what was at f Hz now at `throat` f; nearest: for phases that cannot be averaged."""
    if throat == 1.0:
        return part
    source = np.clip(np.arange(len(part)) / throat, 0, len(part) - 1)
    if nearest:
        return part[np.rint(source).astype(int)]
    below = np.minimum(source.astype(int), len(part) - 2)
    share = (source - below)[:, None].astype(np.float32)
    return part[below] * (1 - share) + part[below + 1] * share
