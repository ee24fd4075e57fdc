"""espeak-ng's voices for English and Mandarin, with the times of its phoneme events.

The library keeps its state in globals and calls back while it speaks: one teacher per process speaks at a
time. It is the system's library, apart from the one that `omnitalker.text` asks for pronunciations.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.corpus.teachers.speech.mandarin import syllable_phones
from omnitalker.corpus.teachers.speech.stress import copy_stress
from omnitalker.corpus.teachers.speech.teacher import (
    Spoken,
    TeacherError,
    TimedSymbol,
    finish,
    pause_symbol,
    seed_noise,
)
from omnitalker.text.espeak import shared_espeak
from omnitalker.text.phones import phones_from_espeak_ipa
from omnitalker.text.symbols import SILENCE, VOWELS

ENGLISH = "en-us"
MANDARIN = "cmn-latn-pinyin"
_PHONEME_EVENT, _SENTENCE_END = 7, 5
_SYNCHRONOUS, _PHONEME_EVENTS, _PHONEME_IPA, _DONT_EXIT = 2, 1, 2, 0x8000
_UTF8 = 1
_RATE_PARAMETER, _RANGE_PARAMETER = 1, 4
_SHORTEST_SECONDS = 0.03


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class EspeakPhone:
    """A phoneme event: its IPA ("" for a pause), where its word begins in the text, its seconds."""

    ipa: str
    position: int
    start: float
    end: float


class EspeakTeacher:
    """One espeak-ng voice, e.g. variant "f2"; `language` decides what `say` expects."""

    def __init__(self, variant: str, language: str = "en", words_per_minute: int = 165) -> None:
        self._language = language
        base = ENGLISH if language == "en" else MANDARIN
        self._name = f"{base}+{variant}" if variant else base
        self._words_per_minute = words_per_minute
        self._library = _library()
        self._rate = _initialise(self._library)

    def say(self, text: str) -> Spoken:
        """English text, or pinyin syllables with tone numbers: "ni2 hao3, shi4 jie4!"."""
        samples, phones = self._synthesise(text)
        seconds = len(samples) / self._rate
        folded = (
            self._fold_english(text, phones)
            if self._language == "en"
            else _fold_mandarin(text, phones)
        )
        final = pause_symbol(text.rstrip("\"') ")[-1:])
        timed = finish(folded, seconds, "." if final == SILENCE else final)
        return Spoken(samples, self._rate, timed)

    def close(self) -> None:
        """Nothing to release: the library stays loaded."""

    def _synthesise(self, text: str) -> tuple[np.ndarray, list[EspeakPhone]]:
        pieces: list[np.ndarray] = []
        events: list[tuple[int, str, int, int]] = []

        def collect(wave: ctypes.Array, count: int, event: ctypes.Array) -> int:
            if count > 0:
                pieces.append(np.ctypeslib.as_array(wave, (count,)).copy())
            index = 0
            while event[index].type != 0:
                e = event[index]
                if e.type in (_PHONEME_EVENT, _SENTENCE_END):
                    name = bytes(e.id.string).split(b"\0")[0] if e.type == _PHONEME_EVENT else b""
                    events.append(
                        (e.type, name.decode("utf-8", "replace"), e.text_position, e.sample)
                    )
                index += 1
            return 0

        callback = _Callback(collect)
        self._library.espeak_SetSynthCallback(callback)
        if self._library.espeak_SetVoiceByName(self._name.encode()) != 0:
            raise InputError(f"espeak-ng has no voice '{self._name}'")
        self._library.espeak_SetParameter(_RATE_PARAMETER, self._words_per_minute, 0)
        seed_noise()
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not pieces:
            raise TeacherError(f"espeak-ng said nothing for: {text}")
        samples = np.concatenate(pieces).astype(np.float32) / 32768.0
        return samples, self._phones(events, len(samples))

    def _phones(self, events: Sequence[tuple[int, str, int, int]], total: int) -> list[EspeakPhone]:
        starts = [sample for *_, sample in events] + [total]
        return [
            EspeakPhone(name, position, start / self._rate, end / self._rate)
            for (kind, name, position, start), end in zip(events, starts[1:], strict=True)
            if kind == _PHONEME_EVENT and not name.startswith("(")
        ]

    def _fold_english(self, text: str, phones: Sequence[EspeakPhone]) -> list[TimedSymbol]:
        timed: list[TimedSymbol] = []
        for phone in phones:
            if not phone.ipa:
                timed.append(TimedSymbol(_pause_at(text, phone.position), 0, phone.end))
                continue
            word = text[phone.position - 1 :].split(" ")[0]
            folded = [p.symbol for p in phones_from_espeak_ipa([phone.ipa], word)]
            if not folded or (folded == ["ɹ"] and timed and timed[-1].symbol == "ɝ"):
                if timed:
                    timed[-1] = TimedSymbol(timed[-1].symbol, 0, phone.end)
                continue
            step = (phone.end - phone.start) / len(folded)
            timed += [
                TimedSymbol(symbol, 0, phone.end - step * (len(folded) - 1 - index))
                for index, symbol in enumerate(folded)
            ]
        stressed = [
            (phone.symbol, phone.tone)
            for group in shared_espeak().ipa(text, ENGLISH)
            for phone in phones_from_espeak_ipa(group)
        ]
        return copy_stress(widen_shortest(timed), stressed)


def _fold_mandarin(text: str, phones: Sequence[EspeakPhone]) -> list[TimedSymbol]:
    timed: list[TimedSymbol] = []
    for position, group in groupby(phones, key=lambda phone: phone.position):
        members = list(group)
        spoken = [phone for phone in members if phone.ipa]
        if spoken:
            syllable = text[position - 1 :].split(" ")[0].strip(",.?!")
            timed += syllable_phones(syllable, [(p.ipa, p.start, p.end) for p in spoken])
        rest = members[-1].end
        if not spoken or rest - timed[-1].end > _SHORTEST_SECONDS:
            timed.append(TimedSymbol(_pause_at(text, position), 0, rest))
        elif timed:
            timed[-1] = TimedSymbol(timed[-1].symbol, timed[-1].tone, rest)
    return widen_shortest(timed)


def widen_shortest(phones: Sequence[TimedSymbol]) -> list[TimedSymbol]:
    """espeak runs a liquid into the vowel before it and gives it no time: take a third of that vowel."""
    ends = [phone.end for phone in phones]
    for index in range(1, len(phones)):
        start = ends[index - 2] if index > 1 else 0.0
        if ends[index] - ends[index - 1] < 0.01 and phones[index - 1].symbol in VOWELS:
            ends[index - 1] = start + (ends[index] - start) * 2 / 3
    return [TimedSymbol(p.symbol, p.tone, end) for p, end in zip(phones, ends, strict=True)]


def _pause_at(text: str, position: int) -> str:
    """The pause symbol for the punctuation around `position` (espeak points at, or just behind, it)."""
    before = text[: max(position, 0)].rstrip()
    return pause_symbol(before[-1:]) if before else SILENCE


def _library() -> ctypes.CDLL:
    """By its path: by name alone the loader gives the copy that `omnitalker.text` may have loaded already."""
    places = sorted(Path("/usr/lib").glob("*/libespeak-ng.so.1"))
    if not places:
        raise InputError("libespeak-ng is not installed. Run scripts/install_teachers.sh")
    return ctypes.CDLL(str(places[0]))


def _initialise(library: ctypes.CDLL) -> int:
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    rate = library.espeak_Initialize(
        _SYNCHRONOUS, 500, None, _PHONEME_EVENTS | _PHONEME_IPA | _DONT_EXIT
    )
    if rate <= 0:
        raise InputError("espeak-ng found no data. Run scripts/install_teachers.sh")
    return int(rate)
