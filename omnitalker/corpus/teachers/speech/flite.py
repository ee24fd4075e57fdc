"""flite's voices, driven through its shared libraries so that the segments come back with the sound."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.corpus.teachers.speech.cmu import CmuSegment, fold_segments
from omnitalker.corpus.teachers.speech.teacher import Spoken, seed_noise

VOICES = ("slt", "rms", "awb", "kal16")
_WORD = b"R:SylStructure.parent.parent."
_TOKEN = b"R:SylStructure.parent.parent.R:Token.parent."


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class FliteTeacher:
    """One flite voice: `slt` (woman), `rms`, `kal16` (men, American), `awb` (man, Scottish)."""

    def __init__(self, voice: str) -> None:
        if voice not in VOICES:
            raise InputError(f"flite has no voice '{voice}' here. Choose from {', '.join(VOICES)}")
        self._flite = _load("libflite.so.1")
        for library in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
            _load(library)
        voice_library = _load(f"libflite_cmu_us_{voice}.so.1")
        register = getattr(voice_library, f"register_cmu_us_{voice}")
        register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        _declare(self._flite)
        self._flite.flite_init()
        self._voice = register(None)
        self._voice_library = voice_library

    def say(self, text: str) -> Spoken:
        seed_noise()
        utterance = self._flite.flite_synth_text(text.encode("ascii", "ignore"), self._voice)
        try:
            wave = self._flite.utt_wave(utterance).contents
            samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)) / 32768.0
            rate = int(wave.sample_rate)
            segments = self._segments(utterance)
        finally:
            self._flite.delete_utterance(utterance)
        phones = fold_segments(segments, len(samples) / rate, text)
        return Spoken(samples.astype(np.float32), rate, phones)

    def close(self) -> None:
        """Nothing to release: the libraries stay loaded."""

    def _segments(self, utterance: int) -> list[CmuSegment]:
        flite = self._flite
        item = flite.relation_head(flite.utt_relation(utterance, b"Segment"))
        segments = []
        while item:
            stress = flite.ffeature_string(item, b"R:SylStructure.parent.stress")
            segments.append(
                CmuSegment(
                    name=flite.ffeature_string(item, b"name").decode(),
                    end=float(flite.ffeature_float(item, b"end")),
                    stress=int(stress) if stress.isdigit() else 0,
                    word=_text(flite.ffeature_string(item, _WORD + b"name")),
                    punctuation=_text(flite.ffeature_string(item, _TOKEN + b"punc")),
                )
            )
            item = flite.item_next(item)
        return segments


def _text(value: bytes) -> str:
    """flite's features are "0" where there is nothing."""
    return "" if value == b"0" else value.decode("utf-8", "replace")


def _load(name: str) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise InputError(
            f"{name} is not installed ({error}). Run scripts/install_teachers.sh, or take flite "
            "out of the teachers in the corpus configuration"
        ) from error


def _declare(flite: Any) -> None:
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in (
        ("flite_synth_text", pointer, [text, pointer]),
        ("utt_relation", pointer, [pointer, text]),
        ("relation_head", pointer, [pointer]),
        ("item_next", pointer, [pointer]),
        ("ffeature_string", text, [pointer, text]),
        ("ffeature_float", ctypes.c_float, [pointer, text]),
        ("utt_wave", ctypes.POINTER(_Wave), [pointer]),
        ("delete_utterance", None, [pointer]),
    ):
        function = getattr(flite, name)
        function.restype, function.argtypes = result, arguments
