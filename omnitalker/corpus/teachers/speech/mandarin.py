"""Mandarin syllables: from characters to what espeak-ng reads, and from its phonemes back to ours."""

from __future__ import annotations

from collections.abc import Sequence

from omnitalker.corpus.teachers.speech.teacher import TeacherError, TimedSymbol
from omnitalker.text.mandarin.pinyin import phones_from_pinyin
from omnitalker.text.symbols import MANDARIN_CONSONANTS, VOWELS

_CODAS = ("n", "ŋ")
_GLIDES = ("j", "w", "ɥ")
_GLIDE_SHARE = 0.3
_FUSED_CODA_SHARE = 0.45
_ESPEAK_VOWELS = frozenset("aɑæɛeəioɔuyʲ")


def syllable_phones(syllable: str, spoken: Sequence[tuple[str, float, float]]) -> list[TimedSymbol]:
    """Our phonemes of a pinyin `syllable`, timed by espeak's (ipa, start, end) of the same syllable.

    espeak writes glide and vowel as one phoneme ("ua"), sometimes vowel and coda too ("onɡ"); initial and
    coda have their own times, the glide takes a fixed share of what is left.
    """
    phones = phones_from_pinyin(syllable)
    ours = [phone.symbol for phone in phones]
    if not spoken:
        raise TeacherError(f"espeak-ng left out the syllable {syllable}")
    begin, end = spoken[0][1], spoken[-1][2]
    ends: list[float] = []
    rest, left = list(ours), list(spoken)
    if _is_initial(rest[0]) and len(left) > 1 and left[0][0][0] not in _ESPEAK_VOWELS:
        ends.append(left[0][2])
        rest, left = rest[1:], left[1:]
    elif _is_initial(rest[0]) and len(rest) > 1:
        ends.append(begin + (end - begin) * 0.35)
        rest = rest[1:]
    rime_start = ends[-1] if ends else begin
    rime_end = end
    coda = rest[-1] in _CODAS and len(rest) > 1
    if coda:
        own = left[-1][0] in _CODAS and len(left) > 1
        rime_end = left[-1][1] if own else end - (end - rime_start) * _FUSED_CODA_SHARE
        rest = rest[:-1]
    if rest[0] in _GLIDES and len(rest) > 1:
        ends.append(rime_start + (rime_end - rime_start) * _GLIDE_SHARE)
        rest = rest[1:]
        rime_start = ends[-1]
    step = (rime_end - rime_start) / len(rest)
    ends += [rime_start + step * (index + 1) for index in range(len(rest))]
    if coda:
        ends.append(end)
    return [TimedSymbol(p.symbol, p.tone, e) for p, e in zip(phones, ends, strict=True)]


def _is_initial(symbol: str) -> bool:
    return symbol not in VOWELS and (
        (symbol in MANDARIN_CONSONANTS and symbol != "ɥ") or symbol in ("m", "f", "n", "l", "s")
    )
