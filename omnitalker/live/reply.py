"""One reply of the avatar: text that still arrives goes in, frames of sound and motion come out.

    push(delta) ─> directions ─> clauses and requests ─> generation.stream ─> SpeechFrame

All of it runs in the thread that iterates `frames()`; `push`, `end` and `cancel` may be called from any
other and return at once. Cancelling wakes the clause iterator, so closing never waits for text.
"""

from __future__ import annotations

import logging
import math
import queue
import re
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise
from typing import Final, cast

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, FloatArray, Manner, Text, TimedWord
from omnitalker.generation.pacing import live
from omnitalker.generation.plan import Clause
from omnitalker.generation.stream import stream
from omnitalker.live.performer import Performer
from omnitalker.studio.directed import Director
from omnitalker.studio.produce import request_of
from omnitalker.text.markup import Control, Directions, Part, Rest
from omnitalker.text.splitting import ClauseSplitter

log = logging.getLogger(__name__)
SECOND_WINDOW_COST: Final = 1.5
"""The second network call, which also continues what was said, takes so much of the time to the first sound."""
MEASURED_FRAMES: Final = 6
"""After an opening: by then the second window has come, and not the third."""
LATE_TEXT_SECONDS: Final = 0.02
MOST_LEAD_FRAMES: Final = 40
_MARKS: Final = re.compile(r"[\"'”’)»」』》]*[.,;:!?…。，！？；：、]+[\"'”’)»」』》]*")


@dataclass(frozen=True)
class ReplySettings:
    clause_wait: float = 1.2
    """Seconds without new text after which an unfinished clause is spoken as it stands."""
    stall: float = 12.0
    """Seconds without new text after which a reply that was never ended ends by itself."""
    prompt_seconds: float = 1.5
    """At most so much of the style prompt: half of the usual three seconds starts a third sooner."""
    longest: int = 200_000
    """Characters; what comes after is not spoken."""


@dataclass(frozen=True)
class SpeechFrame:
    """40 ms of speech. Word times count from the beginning of the reply."""

    samples: FloatArray
    """(960,)."""
    motion: FloatArray
    """(61,)."""
    time: float
    """Seconds since the beginning of the reply."""
    words: tuple[TimedWord, ...] = ()
    is_last: bool = False


class Cancelled(Exception):
    """The reply was interrupted."""


@dataclass(frozen=True)
class _End:
    pass


class Reply:
    """`number` tells replies of a session apart."""

    def __init__(
        self,
        performer: Performer,
        number: int = 0,
        manner: Manner = "neutral",
        settings: ReplySettings | None = None,
        steps: int | None = None,
    ) -> None:
        self.number = number
        self.manner: Manner = manner
        self.first_clause_at: float | None = None
        """When the first clause was certain, on `time.monotonic`'s clock."""
        self.waits_for_text = True
        """What is missing, if anything, is text: all there was has been made speech of."""
        self._text_came_at = 0.0
        self._performer = performer
        self._settings = settings or ReplySettings()
        self._steps = steps
        self._opening_blocks = performer.opening.blocks
        self.lead_frames = 1
        """So many frames should wait before the first is played: more where the machine is slow."""
        self._inbox: queue.Queue[str | _End] = queue.Queue()
        self._cancelled = False
        self._ended = False
        self._taken = 0

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    def push(self, delta: str) -> None:
        if not delta or self._ended:
            return
        self._inbox.put(delta)

    def end(self) -> None:
        self._ended = True
        self._inbox.put(_End())

    def cancel(self) -> None:
        self._cancelled = True
        self._inbox.put(_End())

    def _check_cancelled(self, *_: int) -> None:
        """Nothing more is made of a reply that was cancelled."""
        if self._cancelled:
            raise Cancelled

    def frames(self) -> Generator[SpeechFrame, None, None]:
        """Frames as they are made; the last one is marked. Ends early when cancelled."""
        arrivals: list[float] = []
        enough = (
            int(self._performer.opening.sound_of(self._opening_blocks) * timeline.VIDEO_FPS)
            + MEASURED_FRAMES
        )
        with closing(self._all_frames()) as frames:
            try:
                for frame in frames:
                    if self._cancelled:
                        return
                    arrivals.append(time.monotonic())
                    if len(arrivals) == 1:
                        self._set_lead()
                    if len(arrivals) == enough:
                        self._judge_speed(arrivals)
                    yield frame
            except Cancelled:
                return
            finally:
                self.cancel()  # wakes whoever waits for text, so that closing the stream does not

    def _set_lead(self) -> None:
        """The first sound has come: how much of it must wait so that it does not end before the second?"""
        seconds = self._performer.opening.second_window(self._opening_blocks)
        if seconds is None and self.first_clause_at is not None:
            seconds = SECOND_WINDOW_COST * (time.monotonic() - self.first_clause_at)
        frames = math.ceil((seconds or 0.0) * timeline.VIDEO_FPS)
        self.lead_frames = min(max(frames, 1), MOST_LEAD_FRAMES)

    def _judge_speed(self, arrivals: list[float]) -> None:
        """How long the second window took, unless it was the text that came late."""
        if self._text_came_at > arrivals[0] or self.waits_for_text:
            return
        waits = [after - before for before, after in pairwise(arrivals)]
        second = arrivals[1 + waits.index(max(waits))]
        self._performer.opening.note_second_window(self._opening_blocks, second - arrivals[0])

    def _all_frames(self) -> Generator[SpeechFrame, None, None]:
        items = self._items()
        for first in items:
            if isinstance(first, Text):
                break
            self._follow(first)
        else:
            return
        for chunk in self._spoken(chain([first], items)):
            yield from _frames_of(chunk)

    def _spoken(self, items: Iterable[Text | Control | Rest]) -> Iterator[AVChunk]:
        """With the directions before the first word followed already."""
        performer = self._performer
        return stream(
            performer.parts,
            self._director.request,
            None,
            map(self._follow, items),
            self._check_cancelled,
        )

    @cached_property
    def _director(self) -> Director:
        performer = self._performer
        sampling = performer.parts.sampling
        prompt = min(self._settings.prompt_seconds, sampling.prompt_seconds)
        sampling = replace(sampling, prompt_seconds=prompt)
        if self._steps is not None:
            sampling = replace(sampling, steps=min(self._steps, sampling.steps))
        request = replace(
            request_of("(live)", performer.style(self.manner), performer.delivery),
            seed=self.number,
            sampling=sampling,
            pacing=live(self._opening_blocks),
        )
        delivery = replace(performer.delivery, emotion=self.manner)
        return Director(request, delivery, performer.styled, performer.parts)

    def _follow(self, item: Text | Control | Rest) -> Clause:
        if not isinstance(item, Control):
            return item
        for note in item.direction.told if item.direction.sounds else ():
            log.info("reply %d: %s", self.number, note)
        request = self._director.follow(item)
        self.manner = cast(Manner, self._director.delivery.emotion)
        return request

    def _items(self) -> Iterator[Text | Control | Rest]:
        """Clauses ready to be spoken and directions, as the text arrives."""
        tags, splitter = Directions(), ClauseSplitter()
        offset = 0
        for part in self._parts(tags):
            pieces = splitter.push(part) if isinstance(part, str) else splitter.flush()
            for piece in pieces:
                yield from self._prepared(piece, offset)
                offset += len(piece)
            if isinstance(part, Control | Rest):
                yield part
        self.waits_for_text = True

    def _parts(self, tags: Directions) -> Iterator[Part | None]:
        """Text and directions; None where what is held must be spoken now."""
        quiet_since = time.monotonic()
        has_flushed = True
        while True:
            self.waits_for_text = True
            asked_at = time.monotonic()
            try:
                item = self._inbox.get(timeout=self._settings.clause_wait)
            except queue.Empty:
                if not has_flushed:
                    yield from tags.flush()
                    yield None
                    has_flushed = True
                if time.monotonic() - quiet_since > self._settings.stall:
                    log.warning("reply %d: the text stopped without an end", self.number)
                    return
                continue
            finally:
                self.waits_for_text = False
            self._check_cancelled()
            if time.monotonic() - asked_at > LATE_TEXT_SECONDS:
                self._text_came_at = time.monotonic()
            if isinstance(item, _End):
                yield from tags.flush()
                yield None
                return
            quiet_since, has_flushed = time.monotonic(), False
            yield from tags.push(self._within_limit(item))

    def _within_limit(self, delta: str) -> str:
        left = max(0, self._settings.longest - self._taken)
        if len(delta) > left:
            log.warning("reply %d: cut at %d characters", self.number, self._settings.longest)
        self._taken += len(delta)
        return delta[:left]

    def _prepared(self, piece: str, offset: int) -> Iterator[Text]:
        self._check_cancelled()
        frontend = self._performer.parts.frontend
        try:
            text = frontend.prepare_piece(piece, self._director.request.language, offset)
        except InputError as error:
            log.warning("reply %d: a clause is left out: %s", self.number, error)
            return
        if text is not None:
            if self.first_clause_at is None:
                self.first_clause_at = time.monotonic()
            yield with_punctuation(text)


def with_punctuation(text: Text) -> Text:
    """Words carry the marks that were written after them ("well,"), for captions."""
    words = list(text.words)
    for index, word in enumerate(words):
        after = words[index + 1] if index + 1 < len(words) else None
        if after is not None and after.start < word.end:
            continue  # one written word, spoken as several
        until = len(text.source) if after is None else after.start
        if marks := _MARKS.match(text.source, word.end, until):
            words[index] = replace(word, text=word.text + marks.group())
    return replace(text, words=tuple(words))


def _frames_of(chunk: AVChunk) -> Iterator[SpeechFrame]:
    """A chunk frame by frame, its words with the frame they begin in."""
    size = timeline.SAMPLES_PER_VIDEO_FRAME
    words = list(chunk.words)
    for index, motion in enumerate(chunk.motion):
        start = chunk.start + index / timeline.VIDEO_FPS
        is_final = index == len(chunk.motion) - 1
        begun = [w for w in words if is_final or w.start < start + 1 / timeline.VIDEO_FPS]
        words = words[len(begun) :]
        samples = chunk.samples[index * size : (index + 1) * size]
        yield SpeechFrame(samples, motion, start, tuple(begun), chunk.is_last and is_final)
