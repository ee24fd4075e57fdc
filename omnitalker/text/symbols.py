"""The phoneme alphabet shared by both languages: symbols, and one tone number beside each.

A phoneme is a symbol and a tone. The tone of an English vowel is its stress, the tone of every phoneme of
a Mandarin syllable's rime is the syllable's tone; everything else has tone 0. The numbers are stored in
checkpoints, so symbols are only ever appended.
"""

from __future__ import annotations

from typing import Final

MASK: Final = "_"
"""Unknown: the phonemes of a reference without a transcript, and of text dropped for guidance."""

SILENCE: Final = "sil"
"""Silence that no punctuation asked for (before and after speech)."""

PAUSES: Final = (",", ".", "?", "!")
"""Punctuation is a pause that also tells the melody. `,` also stands for ; : and dashes, `.` for … and 。"""

ENGLISH_VOWELS: Final = (
    "ɑ", "æ", "ʌ", "ə", "ɔ", "aʊ", "aɪ", "ɛ", "ɝ", "eɪ", "ɪ", "i", "oʊ", "ɔɪ", "ʊ", "u",
)  # fmt: skip
ENGLISH_CONSONANTS: Final = (
    "b", "tʃ", "d", "ð", "f", "ɡ", "h", "dʒ", "k", "l", "m", "n", "ŋ", "p", "ɹ", "s", "ʃ", "t", "θ",
    "v", "w", "j", "z", "ʒ",
)  # fmt: skip
MANDARIN_CONSONANTS: Final = (
    "p=", "pʰ", "t=", "tʰ", "k=", "kʰ", "x", "tɕ", "tɕʰ", "ɕ", "ʈʂ", "ʈʂʰ", "ʂ", "ʐ", "ts", "tsʰ", "ɥ",
)  # fmt: skip
"""Initials b p d t g k h j q x zh ch sh r z c and the glide of yu; m f n l s w j ŋ are shared with English."""
MANDARIN_VOWELS: Final = ("a", "o", "ɤ", "y", "ɿ", "ʅ")
"""a, o, e, ü, the vowel of zi/ci/si, the vowel of zhi/chi/shi/ri; i u ə ɛ ʊ aɪ eɪ aʊ oʊ ɝ are shared."""

SYMBOLS: Final = (
    MASK, SILENCE, *PAUSES,
    *ENGLISH_VOWELS, *ENGLISH_CONSONANTS, *MANDARIN_CONSONANTS, *MANDARIN_VOWELS,
)  # fmt: skip
SYMBOL_IDS: Final = {symbol: index for index, symbol in enumerate(SYMBOLS)}
VOWELS: Final = frozenset(ENGLISH_VOWELS + MANDARIN_VOWELS)
BILABIALS: Final = ("p", "b", "m", "p=", "pʰ")
"""The lips meet."""
SILENT: Final = frozenset((MASK, SILENCE, *PAUSES))

NO_TONE: Final = 0
PRIMARY_STRESS: Final = 1
SECONDARY_STRESS: Final = 2
MANDARIN_TONE: Final = 2
"""Mandarin tone k (1-4, 5 = neutral) is stored as MANDARIN_TONE + k."""
TONES: Final = 8
