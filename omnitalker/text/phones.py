"""Foreign phone notations folded into the alphabet of `symbols`: ARPAbet and IPA.

Each `phones_from_*` keeps the order of its input and sets the tone, never the word index. Where one input
phone becomes two of ours ("əl" -> ə l), both come out in that place.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme
from omnitalker.text.symbols import (
    NO_TONE,
    PRIMARY_STRESS,
    SECONDARY_STRESS,
    SILENCE,
    VOWELS,
)

logger = logging.getLogger(__name__)

_CMU: Final = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AX": "ə", "AXR": "ɝ", "AY": "aɪ",
    "EH": "ɛ", "ER": "ɝ", "EY": "eɪ", "IH": "ɪ", "IX": "ɪ", "IY": "i", "OW": "oʊ", "OY": "ɔɪ",
    "UH": "ʊ", "UW": "u", "UX": "u",
    "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "DX": "t", "F": "f", "G": "ɡ", "HH": "h", "HV": "h",
    "JH": "dʒ", "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "NX": "n", "P": "p", "R": "ɹ",
    "S": "s", "SH": "ʃ", "T": "t", "TH": "θ", "V": "v", "W": "w", "WH": "w", "Y": "j", "Z": "z",
    "ZH": "ʒ", "EL": "ə l", "EM": "ə m", "EN": "ə n",
    "PAU": SILENCE, "SIL": SILENCE, "SSIL": SILENCE, "H#": SILENCE, "BRTH": SILENCE,
}  # fmt: skip
_CMU_PHONE: Final = re.compile(r"([A-Z]+#?)([012]?)")

_IPA: Final = {
    "i": "i", "ɪ": "ɪ", "ᵻ": "ɪ", "ɨ": "ɪ", "e": "ɛ", "ɛ": "ɛ", "æ": "æ", "a": "æ", "aː": "ɑ",
    "ɐ": "ə", "ɑ": "ɑ", "ɒ": "ɑ", "ɔ": "ɔ", "oː": "ɔ", "o": "oʊ", "ʊ": "ʊ", "u": "u", "ʉ": "u",
    "ʌ": "ʌ", "ə": "ə", "ᵊ": "ə", "ɚ": "ɝ", "ɝ": "ɝ", "ɜ": "ɝ", "y": "u", "ø": "ɝ", "œ": "ʌ", "ɯ": "ʊ",
    "eɪ": "eɪ", "eː": "eɪ", "aɪ": "aɪ", "aʊ": "aʊ", "oʊ": "oʊ", "əʊ": "oʊ", "ɔɪ": "ɔɪ", "ai": "aɪ",
    "au": "aʊ", "ei": "eɪ", "ou": "oʊ", "ɔi": "ɔɪ", "aɪɚ": "aɪ ɝ", "aɪə": "aɪ ə", "aʊɚ": "aʊ ɝ",
    "eə": "ɛ ə", "iə": "i ə", "ɪə": "ɪ ə", "ʊə": "ʊ ə", "əl": "ə l", "l̩": "ə l", "n̩": "ə n", "m̩": "ə m",
    "ɑ̃": "ɑ n", "ɔ̃": "ɔ n", "ɛ̃": "æ n",
    "b": "b", "d": "d", "ð": "ð", "f": "f", "ɡ": "ɡ", "g": "ɡ", "h": "h", "ɦ": "h", "k": "k", "l": "l",
    "ɫ": "l", "ɬ": "l", "m": "m", "n": "n", "ŋ": "ŋ", "p": "p", "ɹ": "ɹ", "r": "ɹ", "ʁ": "ɹ", "ɻ": "ɹ",
    "s": "s", "ʃ": "ʃ", "t": "t", "θ": "θ", "v": "v", "ʋ": "v", "w": "w", "ʍ": "w", "j": "j", "z": "z",
    "ʒ": "ʒ", "tʃ": "tʃ", "dʒ": "dʒ", "ʧ": "tʃ", "ʤ": "dʒ", "ʔ": "t", "ɾ": "t", "x": "k", "χ": "k",
    "ç": "h", "ɲ": "n j", "ɣ": "ɡ", "β": "b", "ɸ": "f", "q": "k", "c": "k", "ɟ": "ɡ", "ʎ": "l j",
}  # fmt: skip
_IPA_LENGTHS: Final = tuple(sorted({len(key) for key in _IPA}, reverse=True))
_STRESS_MARKS: Final = {"ˈ": PRIMARY_STRESS, "'": PRIMARY_STRESS, "ˌ": SECONDARY_STRESS}
_IGNORED_IPA: Final = frozenset("ːˑ_.-‿|ʲʰʷˠ\u0361\u032f /[]\u0329\u0303")
_LANGUAGE_SWITCH: Final = re.compile(r"\([a-z-]+\)")


def phones_from_cmu(phones: Sequence[str]) -> list[Phoneme]:
    """ARPAbet as in CMUdict, flite and festival ("HH", "ah0", "ax", "pau"); vowels may carry stress 0-2.

    An unmarked vowel is unstressed. AH without stress is the schwa; silences become `sil`.
    """
    found: list[Phoneme] = []
    for phone in phones:
        match = _CMU_PHONE.fullmatch(phone.strip().upper())
        folded = _CMU.get(match[1]) if match else None
        if match is None or folded is None:
            raise InputError(
                f"'{phone}' is no ARPAbet phone. Expected phones like AH0, EY1, CH or pau."
            )
        stress = int(match[2] or NO_TONE)
        if folded == "ʌ" and stress == NO_TONE:
            folded = "ə"
        found.extend(_with_stress(folded.split(), stress))
    return found


def phones_from_espeak_ipa(ipa: str | Sequence[str], spelling: str = "") -> list[Phoneme]:
    """The IPA of one word as espeak-ng's English voices write it, whole or as a list of its phonemes.

    `spelling` is the word itself; it tells whether a flap (ɾ) is a t or a d. Phonemes that are foreign
    to English are left out with a debug message.
    """
    text = ipa if isinstance(ipa, str) else "_".join(ipa)
    return _fold_ipa(_LANGUAGE_SWITCH.sub("", text), _flaps(text, spelling), strict=False)


def phones_from_ipa(ipa: str) -> list[Phoneme]:
    """IPA of an English word as people write it ("ˈwɔːtɚ"); anything unknown is an error."""
    found = _fold_ipa(unicodedata.normalize("NFD", ipa), (), strict=True)
    if not found:
        raise InputError(f"'{ipa}' holds no phoneme. Expected IPA such as həˈloʊ.")
    return found


def _with_stress(symbols: Sequence[str], stress: int) -> list[Phoneme]:
    return [Phoneme(symbol, stress if symbol in VOWELS else NO_TONE) for symbol in symbols]


def _fold_ipa(text: str, flaps: Iterable[str], *, strict: bool) -> list[Phoneme]:
    found: list[Phoneme] = []
    flap, stress = iter(flaps), NO_TONE
    for key in _ipa_phones(text, strict=strict):
        if key in _STRESS_MARKS:
            stress = _STRESS_MARKS[key]
            continue
        symbols = [next(flap, "t")] if key == "ɾ" else _IPA[key].split()
        if symbols == ["ɹ"] and found and found[-1].symbol == "ɝ":
            continue  # the linking r of "hour is" is already in ɝ
        for symbol in symbols:
            found.extend(_with_stress([symbol], stress))
            if symbol in VOWELS:
                stress = NO_TONE
    return found


def _ipa_phones(text: str, *, strict: bool) -> Iterator[str]:
    """Stress marks and the longest known phonemes, from left to right."""
    at = 0
    while at < len(text):
        known = (text[at : at + n] for n in _IPA_LENGTHS if text[at : at + n] in _IPA)
        key = text[at] if text[at] in _STRESS_MARKS else next(known, None)
        if key is not None:
            yield key
        elif text[at] not in _IGNORED_IPA:
            if strict:
                raise InputError(
                    f"'{text[at]}' in '{text}' is no English IPA phoneme. "
                    "See docs/text.md for the ones that are known."
                )
            logger.debug("left out the phoneme %r of %r", text[at], text)
        at += len(key) if key else 1


def _flaps(ipa: str, spelling: str) -> list[str]:
    """What each flap of the word is spelled with, when letters and sounds can be matched one to one."""
    if "ɾ" not in ipa:
        return []
    sounds = re.findall("[tdɾʔ](?!ʃ|ʒ)", ipa)
    letters = re.sub(r"th|tch|ti(?=o|a)|tu(?=r|al)", "", spelling.lower())
    written = re.findall(r"t+|d+", letters)
    if len(sounds) != len(written):
        only_d = "d" in letters and "t" not in letters
        return ["d" if only_d else "t"] * ipa.count("ɾ")
    return [letter[0] for sound, letter in zip(sounds, written, strict=True) if sound == "ɾ"]
