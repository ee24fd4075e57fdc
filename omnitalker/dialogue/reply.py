"""One reply of the avatar: text that still arrives goes in, frames of sound and motion come out.

    push(delta) ─> manner tags ─> clauses ─> pipeline.stream, once per manner ─> SpeechFrame

All of it runs in the thread that iterates `frames()`; `push`, `end` and `cancel` may be called from any
other and return at once. Cancelling wakes the clause iterator, so closing never waits for text.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain

from omnitalker import timeline
from omnitalker.dialogue.markup import MannerChange, MannerTags
from omnitalker.dialogue.performer import Performer
from omnitalker.errors import InputError
from omnitalker.request import Manner, SpeakRequest
from omnitalker.text.splitting import ClauseSplitter
from omnitalker.types import AVChunk, FloatArray, Text, TimedWord

log = logging.getLogger(__name__)


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
        self._performer = performer
        self._settings = settings or ReplySettings()
        self._steps = steps
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

    def frames(self) -> Generator[SpeechFrame, None, None]:
        """Frames as they are made; the last one is marked. Ends early when cancelled."""
        held: SpeechFrame | None = None
        with closing(self._all_frames()) as frames:
            try:
                for frame in frames:
                    if self._cancelled:
                        return
                    if held is not None:
                        yield held
                    held = frame
            except Cancelled:
                return
            finally:
                # Wakes whoever waits for text, so that closing the stream does not.
                is_whole = not self._cancelled
                self.cancel()
        if held is not None and is_whole:
            yield replace(held, is_last=True)

    def _all_frames(self) -> Generator[SpeechFrame, None, None]:
        offset = 0.0
        items = self._items()
        for item in items:
            if isinstance(item, MannerChange):
                self.manner = item.manner
                continue
            changes: list[MannerChange] = []
            clauses = chain([item], _until_change(items, changes))
            end = 0.0
            for chunk in self._spoken(clauses):
                yield from _frames_of(chunk, offset)
                end = chunk.start + len(chunk.motion) / timeline.VIDEO_FPS
            offset += end
            for change in changes:
                self.manner = change.manner

    def _spoken(self, clauses: Iterator[Text]) -> Iterator[AVChunk]:
        performer = self._performer
        sampling = performer.pipeline.sampling
        prompt = min(self._settings.prompt_seconds, sampling.prompt_seconds)
        sampling = replace(sampling, prompt_seconds=prompt)
        if self._steps is not None:
            sampling = replace(sampling, steps=min(self._steps, sampling.steps))
        request = SpeakRequest(
            text="(live)",
            style=performer.style(self.manner),
            language=performer.language,
            speed=performer.speed,
            expressiveness=performer.expressiveness,
            seed=self.number,
            sampling=sampling,
            low_latency=True,
        )
        return performer.pipeline.stream(request, None, clauses)

    def _items(self) -> Iterator[Text | MannerChange]:
        """Clauses ready to be spoken and changes of manner, as the text arrives."""
        tags, splitter = MannerTags(), ClauseSplitter()
        offset = 0
        for part in self._parts(tags):
            pieces = splitter.push(part) if isinstance(part, str) else splitter.flush()
            for piece in pieces:
                yield from self._prepared(piece, offset)
                offset += len(piece)
            if isinstance(part, MannerChange):
                yield part

    def _parts(self, tags: MannerTags) -> Iterator[str | MannerChange | None]:
        """Text and manners; None where what is held must be spoken now."""
        quiet_since = time.monotonic()
        has_flushed = True
        while True:
            self.waits_for_text = True
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
            if self._cancelled:
                raise Cancelled
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
        if self._cancelled:
            raise Cancelled
        frontend = self._performer.pipeline.frontend
        try:
            text = frontend.prepare_piece(piece, self._performer.language, offset)
        except InputError as error:
            log.warning("reply %d: a clause is left out: %s", self.number, error)
            return
        if text is not None:
            if self.first_clause_at is None:
                self.first_clause_at = time.monotonic()
            yield text


def _until_change(
    items: Iterator[Text | MannerChange], changes: list[MannerChange]
) -> Iterator[Text]:
    """The clauses up to a change of manner, which is put into `changes`."""
    for item in items:
        if isinstance(item, MannerChange):
            changes.append(item)
            return
        yield item


def _frames_of(chunk: AVChunk, offset: float) -> Iterator[SpeechFrame]:
    """A chunk frame by frame, its words with the frame they begin in."""
    size = timeline.SAMPLES_PER_VIDEO_FRAME
    words = [
        replace(word, start=word.start + offset, end=word.end + offset) for word in chunk.words
    ]
    for index, motion in enumerate(chunk.motion):
        start = offset + chunk.start + index / timeline.VIDEO_FPS
        is_final = index == len(chunk.motion) - 1
        begun = [w for w in words if is_final or w.start < start + 1 / timeline.VIDEO_FPS]
        words = words[len(begun) :]
        samples = chunk.samples[index * size : (index + 1) * size]
        yield SpeechFrame(samples, motion, start, tuple(begun))
