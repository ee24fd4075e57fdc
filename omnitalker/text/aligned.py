"""Text that remembers where each of its characters came from, however often it was rewritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class AlignedText:
    """`text[i]` stands for `source[starts[i]:ends[i]]` of the text that the user wrote."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, source: str) -> AlignedText:
        return cls(source, tuple(range(len(source))), tuple(range(1, len(source) + 1)))

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the source that `text[start:end]` stands for; end > start."""
        return min(self.starts[start:end]), max(self.ends[start:end])

    def sub(
        self, pattern: re.Pattern[str], replace: str | Callable[[re.Match[str]], str]
    ) -> AlignedText:
        """`re.sub` with a literal or computed replacement, whose characters all stand for the whole match."""
        return self.rewrite(
            pattern, lambda match: [(replace if isinstance(replace, str) else replace(match), None)]
        )

    def rewrite(
        self,
        pattern: re.Pattern[str],
        replace: Callable[[re.Match[str]], list[tuple[str, tuple[int, int] | None]]],
    ) -> AlignedText:
        """Each match becomes pieces: new text and the stretch of `text` it stands for (None: all of the match).

        A piece equal to its stretch keeps the place of every character.
        """
        text: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0

        def keep(start: int, end: int) -> None:
            text.append(self.text[start:end])
            starts.extend(self.starts[start:end])
            ends.extend(self.ends[start:end])

        for match in pattern.finditer(self.text):
            keep(done, match.start())
            done = match.end()
            for piece, stretch in replace(match):
                begin, end = stretch or match.span()
                if piece == self.text[begin:end]:
                    keep(begin, end)
                elif piece and end > begin:
                    text.append(piece)
                    origin = self.origin(begin, end)
                    starts.extend([origin[0]] * len(piece))
                    ends.extend([origin[1]] * len(piece))
        if not done:
            return self
        keep(done, len(self.text))
        return AlignedText("".join(text), tuple(starts), tuple(ends))
