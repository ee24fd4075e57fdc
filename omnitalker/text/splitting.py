"""Sentence and clause splitting, whole or as text streams in. Nothing is lost: the pieces join to the input.

Where a cut falls depends only on the text up to the next visible character or closing bracket, so it does
not matter in which portions the text arrives. Weights count letters; a Han character weighs three, since
it lasts as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from omnitalker.text.mandarin.normalise import HAN
from omnitalker.text.wordlist import words

Kind = Literal["paragraph", "sentence", "clause", "space", "none"]

_PROTECTED: Final = {
    "```": (re.compile(r"```.*?```", re.DOTALL), 20_000),
    "<think>": (re.compile(r"<think>.*?</think>", re.DOTALL), 20_000),
    "[[": (re.compile(r"\[\[[^\]\n]*\]\]"), 200),
    "<|": (re.compile(r"<\|[^|\n]*\|>"), 100),
    "[": (re.compile(r"\[[^\[\]\n]*\]\([^()\n]*\)"), 600),
}
"""Beginning -> the whole, never cut, and the longest that is waited for."""
_OPAQUE: Final = ("```", "<think>")
"""These may run over many lines; they are not spoken."""
_BREAKS_OFF: Final = re.compile(r"\n")
_EVENT: Final = re.compile(rf"```|<think>|\[\[|\[|<\||[.!?。！？…,;:，；：、—]|\s+|[{HAN}]")
_STRONG: Final = ".!?。！？…"
_CLOSERS: Final = "\"'”’)]）】」』》*_~`"
_RUN: Final = re.compile(rf"[{re.escape(_STRONG + _CLOSERS)}—]*")
_SPACE: Final = re.compile(r"\s*")
_IS_HAN: Final = re.compile(f"[{HAN}]")
_NEVER_FINAL: Final = frozenset(
    words(
        "mr mrs ms dr prof gen sgt capt lt col sen rep gov rev hon st mt ft fig figs eq vol ch pp vs e.g i.e cf ",
        "approx jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun viz ",
        "u.s u.k u.n e.u",
    )
)
_MAYBE_FINAL: Final = frozenset(
    words("etc inc ltd co corp jr sr a.m p.m ph.d b.a m.a ave blvd rd dept al")
)
_WORD_BEFORE: Final = re.compile(r"[A-Za-z](?:[A-Za-z]|\.(?=[A-Za-z]))*$")
_LIST_NUMBER: Final = re.compile(r"(?:^|\n|[.!?:]\s)\s*\d{1,2}$")
_LONGEST: Final = 1000
"""Characters after which even a text without a space is cut."""
_LOOKAHEAD: Final = 700
"""More than any decision below the longest piece waits for."""


def split_sentences(text: str) -> list[str]:
    """Sentences with the space that follows them."""
    return _pieces(text, ClauseSplitter(first=1, sentence=1, clause=None, limit=_LONGEST))


def split_clauses(text: str) -> list[str]:
    """Speakable portions: a short first one, then whole sentences or long clauses."""
    return _pieces(text, ClauseSplitter())


def _pieces(text: str, splitter: ClauseSplitter) -> list[str]:
    return [*splitter.push(text), *splitter.flush()]


@dataclass
class ClauseSplitter:
    """Cuts text that arrives in portions. `flush` ends the text and makes ready for the next."""

    first: int = 12
    """Least weight of a first piece that ends inside a sentence, so that speech can begin early."""
    sentence: int = 30
    """Least weight of a later piece that ends with a sentence."""
    clause: int | None = 60
    """Least weight of a later piece that ends inside a sentence; None keeps sentences whole."""
    limit: int = 220
    """Past this weight a piece ends at the next space or between Han characters."""
    _held: str = field(default="", init=False, repr=False)
    _is_first: bool = field(default=True, init=False, repr=False)

    def push(self, delta: str) -> list[str]:
        """The pieces that are certain now, in order."""
        self._held += delta
        return self._take(is_final=False)

    def flush(self) -> list[str]:
        """What is left, at the end of the text."""
        pieces = self._take(is_final=True)
        if self._held:
            pieces.append(self._held)
        self._held, self._is_first = "", True
        return pieces

    def _take(self, *, is_final: bool) -> list[str]:
        pieces: list[str] = []
        while cut := self._next_cut(is_final):
            pieces.append(self._held[:cut])
            self._held = self._held[cut:]
            self._is_first = False
        return pieces

    def _next_cut(self, is_final: bool) -> int | None:
        """Where the next piece ends; None while that is not certain."""
        text, weight, weighed = self._held, 0, 0
        for end, kind in _stops(text, is_final):
            if end > _LONGEST and not _holds_opaque(text[:end]):
                return _LONGEST
            weight += _weight(text[weighed:end])
            weighed = end
            if self._is_enough(kind, weight):
                return end
        room = 0 if is_final else _LOOKAHEAD
        return _LONGEST if len(text) > _LONGEST + room and not _holds_opaque(text) else None

    def _is_enough(self, kind: Kind, weight: int) -> bool:
        if kind == "paragraph":
            return weight > 0
        if kind == "sentence":
            return weight >= (1 if self._is_first else self.sentence)
        if kind == "clause" and self.clause is not None:
            return weight >= (self.first if self._is_first else self.clause)
        return kind == "space" and weight >= self.limit


def _holds_opaque(text: str) -> bool:
    return any(mark in text for mark in _OPAQUE)


def _weight(text: str) -> int:
    return len(text.strip()) + 2 * len(_IS_HAN.findall(text))


def _stops(text: str, is_final: bool) -> Iterator[tuple[int, Kind]]:
    """Places after which a piece could end, in order, as far as the text so far tells."""
    at = 0
    while event := _EVENT.search(text, at):
        mark = event[0]
        if mark in _PROTECTED:
            end = _protected_end(text, event.start(), mark, is_final)
            if end is None:
                return
            if mark in _OPAQUE:
                yield end, "none"
            at = end
            continue
        stop = _judge(text, event, is_final)
        if stop is None:
            return
        at = stop[0]
        if stop[1] != "none":
            yield stop


def _protected_end(text: str, at: int, mark: str, is_final: bool) -> int | None:
    """The end of what must not be cut; just past the mark if it is nothing of the kind; None: unknown yet."""
    pattern, longest = _PROTECTED[mark]
    match = pattern.match(text, at, at + longest)
    if match:
        return match.end()
    broken = mark not in _OPAQUE and _BREAKS_OFF.search(text, at, at + longest)
    if is_final or broken or len(text) >= at + longest:
        return at + len(mark)
    return None


def _judge(text: str, event: re.Match[str], is_final: bool) -> tuple[int, Kind] | None:
    """What kind of end the space, Han character or punctuation at `event` makes; None: unknown yet."""
    mark = event[0]
    is_word = mark.isspace() or _IS_HAN.match(mark) is not None
    run = event.end() if is_word else _run_end(text, event)
    end = event.end() if mark.isspace() else _space_end(text, run)
    if end == len(text) and not is_final:
        return None
    following = text[end : end + 1]
    if "\n" in text[run if not mark.isspace() else event.start() : end] and _ends_line(
        text, event.start(), end
    ):
        return end, "paragraph"
    if mark.isspace():
        touches_digit = text[event.start() - 1 : event.start()].isdigit() or following.isdigit()
        return end, "none" if touches_digit else "space"
    if is_word:
        is_inside = run == end and _IS_HAN.match(following) is not None
        return (run, "space") if is_inside else (run, "none")
    kind = _punctuation_kind(text, event.start(), run, end)
    return (end, kind) if kind != "none" else (event.end(), "none")


def _run_end(text: str, event: re.Match[str]) -> int:
    match = _RUN.match(text, event.end())
    return match.end() if match else event.end()


def _space_end(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _ends_line(text: str, at: int, end: int) -> bool:
    """A line that goes on in lower case was merely wrapped."""
    is_blank = text.count("\n", at, end) > 1
    return is_blank or not text[end : end + 1].islower()


def _punctuation_kind(text: str, at: int, run: int, end: int) -> Kind:
    """`at` is the mark, `run` the end of its cluster with closing quotes, `end` that of the space after."""
    mark, following = text[at], text[end : end + 1]
    is_open = run < end or not following  # space or nothing comes next
    before_han = _IS_HAN.match(following) is not None
    between_digits = not is_open and text[at - 1 : at].isdigit() and following.isdigit()
    if mark in "。！？":
        return "sentence"
    if mark in "，；：、—":
        return "none" if between_digits else "clause"
    if not (is_open or before_han):
        return "none"
    if mark in ",;:":
        return "clause"
    if mark in "!?":
        return "clause" if following.islower() and run > at + 1 else "sentence"
    if mark == "…" or text[at : at + 2] == "..":
        return "clause" if following.islower() or not is_open else "sentence"
    return "none" if _is_abbreviation(text, at, following) else "sentence"


def _is_abbreviation(text: str, at: int, following: str) -> bool:
    """Whether the full stop at `at` belongs to its word or number."""
    before = text[max(0, at - 24) : at]
    if _LIST_NUMBER.search(before):
        return True
    match = _WORD_BEFORE.search(before)
    if match is None:
        return before[-1:].isdigit() and _IS_HAN.match(following) is not None
    word = match[0]
    if len(word) == 1 and word.isupper() and word != "I":
        return bool(following)
    if word.lower() in _NEVER_FINAL:
        return bool(following) and not (word.islower() and word in ("sun", "sat", "may", "mar"))
    if word.lower() == "no":
        return following.isdigit()
    return word.lower() in _MAYBE_FINAL and following.islower()
