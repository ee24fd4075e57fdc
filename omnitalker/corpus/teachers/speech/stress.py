"""Stress as the text front-end gives it: teachers mark none, or more words than are stressed in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from omnitalker.corpus.teachers.speech.teacher import TimedSymbol
from omnitalker.text.symbols import VOWELS


def copy_stress(
    phones: Sequence[TimedSymbol], stressed: Sequence[tuple[str, int]]
) -> list[TimedSymbol]:
    """`phones` with the tones of the (symbol, tone) pairs `stressed` where the two sequences agree."""
    tones = [phone.tone for phone in phones]
    matcher = SequenceMatcher(
        None, [p.symbol for p in phones], [symbol for symbol, _ in stressed], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            if phones[block.a + offset].symbol in VOWELS:
                tones[block.a + offset] = stressed[block.b + offset][1]
    return [TimedSymbol(p.symbol, tone, p.end) for p, tone in zip(phones, tones, strict=True)]
