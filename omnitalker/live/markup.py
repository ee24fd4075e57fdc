"""Manner tags in the text of a language model: `[happy]`, `<emotion=sad>`, `<|angry|>`.

Everything else in brackets is left for the text frontend, which knows markdown, code and `<|tags|>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from omnitalker.base.types import MANNERS, Manner

_SYNONYMS: Final[dict[str, Manner]] = {
    **{manner: manner for manner in MANNERS},
    "happiness": "happy", "joy": "happy", "joyful": "happy", "excited": "happy", "cheerful": "happy",
    "sadness": "sad", "sorry": "sad", "anger": "angry", "fear": "fearful", "afraid": "fearful",
    "worried": "fearful", "disgust": "disgusted", "surprise": "surprised", "relaxed": "calm",
    "gentle": "calm", "soothing": "calm", "normal": "neutral", "default": "neutral",
}  # fmt: skip
_TAG: Final = re.compile(
    r"\[(?:emotion\s*[=:]\s*)?(?P<square>[A-Za-z]{3,12})\](?!\()"
    r"|<\|(?:emotion\s*[=:_]\s*)?(?P<bar>[A-Za-z]{3,12})\|>"
    r"|</?(?:emotion|manner|mood)\s*(?:[=:]\s*[\"']?(?P<angle>[A-Za-z]{3,12})[\"']?\s*)?/?>",
    re.IGNORECASE,
)
_OPEN: Final = re.compile(r"(?:\[[^\[\]\n]*\]?|<[^<>\n]*)\Z")
"""What may be the beginning of a tag; a whole `[x]` may still turn out to be a link `[x](...)`."""
_LONGEST_TAG: Final = 40


@dataclass(frozen=True)
class MannerChange:
    """From here on, speak in this manner."""

    manner: Manner


def manner_named(name: str) -> Manner | None:
    """The manner meant by a word such as `joy`; None where it is none of ours."""
    return _SYNONYMS.get(name.lower())


@dataclass
class MannerTags:
    """Takes manner tags out of text that arrives in portions."""

    own: Manner = "neutral"
    """What a closing tag goes back to."""
    _held: str = field(default="", init=False)

    def push(self, delta: str) -> Iterator[str | MannerChange]:
        """Text and changes of manner in order; what may be half a tag is held back."""
        text = self._held + delta
        match = _OPEN.search(text)
        cut = match.start() if match and len(text) - match.start() <= _LONGEST_TAG else len(text)
        self._held = text[cut:]
        yield from _parts(text[:cut], self.own)

    def flush(self) -> Iterator[str | MannerChange]:
        text, self._held = self._held, ""
        yield from _parts(text, self.own)


def _parts(text: str, own: Manner) -> Iterator[str | MannerChange]:
    at = 0
    for match in _TAG.finditer(text):
        name = match["square"] or match["bar"] or match["angle"]
        manner = manner_named(name) if name else own
        if manner is None:
            continue
        if match.start() > at:
            yield text[at : match.start()]
        yield MannerChange(manner)
        at = match.end()
    if at < len(text):
        yield text[at:]
