"""Our phonemes in Kokoro's alphabet, so that what a teacher says is exactly what the label tells.

Kokoro reads misaki's notation, one character a token: `A I O W Y` are diphthongs, `ˈ ˌ` stand before the
vowel they stress, an arrow behind a Mandarin nucleus is its tone. Every token remembers which of our
phonemes it belongs to, or `BETWEEN` words to none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme, Text
from omnitalker.text.symbols import (
    ENGLISH_VOWELS,
    MANDARIN_TONE,
    PAUSES,
    PRIMARY_STRESS,
    SECONDARY_STRESS,
    SILENT,
    VOWELS,
)

BETWEEN: Final = -1

ENGLISH: Final = {
    "ɑ": "ɑ", "æ": "æ", "ʌ": "ʌ", "ə": "ə", "ɔ": "ɔ", "aʊ": "W", "aɪ": "I", "ɛ": "ɛ", "ɝ": "ɜɹ", "eɪ": "A",
    "ɪ": "ɪ", "i": "i", "oʊ": "O", "ɔɪ": "Y", "ʊ": "ʊ", "u": "u",
    "b": "b", "tʃ": "ʧ", "d": "d", "ð": "ð", "f": "f", "ɡ": "ɡ", "h": "h", "dʒ": "ʤ", "k": "k", "l": "l",
    "m": "m", "n": "n", "ŋ": "ŋ", "p": "p", "ɹ": "ɹ", "s": "s", "ʃ": "ʃ", "t": "t", "θ": "θ", "v": "v",
    "w": "w", "j": "j", "z": "z", "ʒ": "ʒ",
}  # fmt: skip
MANDARIN: Final = {
    "p=": "p", "pʰ": "pʰ", "t=": "t", "tʰ": "tʰ", "k=": "k", "kʰ": "kʰ", "x": "x", "tɕ": "ʨ", "tɕʰ": "ʨʰ",
    "ɕ": "ɕ", "ʈʂ": "ꭧ", "ʈʂʰ": "ꭧʰ", "ʂ": "ʂ", "ʐ": "ɻ", "ts": "ʦ", "tsʰ": "ʦʰ", "m": "m", "f": "f", "n": "n",
    "l": "l", "s": "s", "j": "j", "w": "w", "ɥ": "ɥ", "ŋ": "ŋ", "ɹ": "ɻ",
    "a": "a", "o": "o", "ɤ": "ɤ", "y": "y", "ɿ": "ɨ", "ʅ": "ɨ", "i": "i", "u": "u", "ə": "ə", "ɛ": "e",
    "ʊ": "ʊ", "aɪ": "ai", "eɪ": "ei", "aʊ": "au", "oʊ": "ou", "ɝ": "ɚ",
}  # fmt: skip
_STRESS: Final = {PRIMARY_STRESS: "ˈ", SECONDARY_STRESS: "ˌ"}
_TONES: Final = {1: "→", 2: "↗", 3: "↓", 4: "↘", 5: ""}
_LABIALS: Final = ("p=", "pʰ", "m", "f")
_BEFORE_DARK_L: Final = frozenset(
    ["b", "d", "f", "ɡ", "k", "p", "s", "t", "v", "z", "θ", "ð", "ʃ", "ʒ", "tʃ", "dʒ"]
)


@dataclass(frozen=True)
class Token:
    """One character of Kokoro's alphabet, and the index of the phoneme of ours whose time it takes."""

    character: str
    owner: int


def translate(text: Text) -> list[Token]:
    """All of `text` as Kokoro reads it: words apart, pauses where ours are."""
    tokens: list[Token] = []
    starts = _word_starts(text)
    for index, phoneme in enumerate(text.phonemes):
        if phoneme.symbol in PAUSES:
            tokens += [Token(phoneme.symbol, index), Token(" ", index)]
            continue
        if phoneme.symbol in SILENT:
            raise InputError(f"a teacher cannot say '{phoneme.symbol}'; expected words and pauses")
        if index in starts and tokens and tokens[-1].character != " ":
            tokens.append(Token(" ", BETWEEN))
        tokens += [Token(character, index) for character in _spelled(text.phonemes, index)]
    while tokens and tokens[-1].character == " ":
        tokens.pop()
    return tokens


def _word_starts(text: Text) -> set[int]:
    """Indices of the phonemes before which a space stands: English words, and Mandarin ones as jieba sees them."""
    first = {p.word: i for i, p in reversed(list(enumerate(text.phonemes))) if p.word is not None}
    joined = _joined_characters(text)
    return {index for word, index in first.items() if word not in joined}


def _joined_characters(text: Text) -> set[int]:
    """Indices of the Han characters that go on with the word before them, by the segmenter misaki uses."""
    joined: set[int] = set()
    for run in _han_runs(text):
        import jieba

        jieba.setLogLevel("WARNING")
        at = run[0]
        for piece in jieba.cut("".join(text.words[i].text for i in run)):
            joined.update(range(at + 1, at + len(piece)))
            at += len(piece)
    return joined


def _han_runs(text: Text) -> Iterator[list[int]]:
    """Words that are single Han characters and stand side by side without a pause."""
    run: list[int] = []
    previous = None
    for phoneme in text.phonemes:
        word = phoneme.word
        if word == previous:
            continue
        previous = word
        if word is not None and "一" <= text.words[word].text <= "鿿":
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _spelled(phonemes: Sequence[Phoneme], index: int) -> str:
    """The characters of one phoneme where it stands."""
    word = phonemes[index].word
    first, last = index, index
    while first > 0 and phonemes[first - 1].word == word:
        first -= 1
    while last + 1 < len(phonemes) and phonemes[last + 1].word == word:
        last += 1
    spoken = phonemes[first : last + 1]
    if any(p.tone > MANDARIN_TONE for p in spoken):
        return _mandarin(spoken, index - first)
    return _english(spoken, index - first)


def _english(word: Sequence[Phoneme], at: int) -> str:
    symbol, tone = word[at].symbol, word[at].tone
    if symbol not in ENGLISH:
        raise InputError(f"'{symbol}' without a tone is no phoneme of an English word")
    before = word[at - 1].symbol if at else ""
    after = word[at + 1] if at + 1 < len(word) else None
    if symbol == "t" and _is_flapped(before, after, word, at):
        return "ɾ"
    if symbol == "ɝ" and tone not in _STRESS:
        return "əɹ"
    if symbol == "ə" and after is not None and _is_reduced(before, after.symbol, word, at):
        return "ᵊ"
    return _STRESS.get(tone, "") + ENGLISH[symbol]


def _is_flapped(before: str, after: Phoneme | None, word: Sequence[Phoneme], at: int) -> bool:
    """American t between a vowel (or r) and an unstressed vowel, as in "better"; not before a syllabic n."""
    if after is None or after.symbol not in ENGLISH_VOWELS or after.tone in _STRESS:
        return False
    following = word[at + 2].symbol if at + 2 < len(word) else ""
    syllabic = after.symbol in ("ə", "ɪ") and following == "n"
    return before in (*ENGLISH_VOWELS, "ɹ") and not syllabic


def _is_reduced(before: str, after: str, word: Sequence[Phoneme], at: int) -> bool:
    """The schwa of "little" and "mountain", which hardly is one."""
    ends = at + 2 >= len(word) or word[at + 2].symbol not in VOWELS
    return ends and (
        (after == "l" and before in _BEFORE_DARK_L) or (after == "n" and before in ("t", "d"))
    )


def _mandarin(syllable: Sequence[Phoneme], at: int) -> str:
    symbol = syllable[at].symbol
    if symbol not in MANDARIN:
        raise InputError(f"'{symbol}' is no phoneme of a Mandarin syllable")
    before = syllable[at - 1].symbol if at else ""
    after = syllable[at + 1].symbol if at + 1 < len(syllable) else ""
    spelled = MANDARIN[symbol]
    if symbol == "o" and before in _LABIALS:
        spelled = "wo"
    if symbol == "ɛ" and after == "n":
        spelled = "ɛ"
    nucleus = symbol in VOWELS or (symbol in ("m", "n", "ŋ") and len(syllable) == 1)
    return spelled + (_TONES[syllable[at].tone - MANDARIN_TONE] if nucleus else "")
