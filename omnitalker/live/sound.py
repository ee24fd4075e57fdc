"""A reply whose sound the host makes: samples in, the same samples out with the face that goes with them."""

from __future__ import annotations

import queue
from collections.abc import Generator

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Manner
from omnitalker.generation.follow_sound import FollowedFrame, SoundFollower
from omnitalker.live.performer import Performer
from omnitalker.live.reply import Reply, SpeechFrame
from omnitalker.motion.track.statistics import motion_style

STALL_SECONDS = 12.0
"""Without new sound for so long, a reply that was never ended ends by itself."""


class SoundReply(Reply):
    """Push sound instead of text; played as it comes, a quarter of a second after it."""

    def __init__(self, performer: Performer, number: int = 0, manner: Manner = "neutral") -> None:
        super().__init__(performer, number, manner)
        if performer.parts.recogniser is None:
            raise InputError(
                "this checkpoint has no recogniser, which a face for given sound needs"
            )
        style = performer.style(manner)
        self._follower = SoundFollower(
            performer.parts.recogniser, style, motion_style(style.motion), performer.idle("neutral")
        )
        self._sound: queue.Queue[FloatArray | None] = queue.Queue()
        self._frames = 0

    def push_sound(self, samples: FloatArray) -> None:
        """(N,) mono at 24 kHz, as much as there is."""
        if len(samples) and not self._ended:
            self._sound.put(samples)

    def end(self) -> None:
        super().end()
        self._sound.put(None)

    def cancel(self) -> None:
        super().cancel()
        self._sound.put(None)

    def frames(self) -> Generator[SpeechFrame, None, None]:
        """Frames as their sound has come; the last one is marked. Ends early when cancelled."""
        held: SpeechFrame | None = None
        for followed in self._followed():
            if self._cancelled:
                return
            if held is not None:
                yield held
            held = SpeechFrame(followed.samples, followed.motion, self._clock())
        if held is not None and not self._cancelled:
            yield SpeechFrame(held.samples, held.motion, held.time, is_last=True)

    def _followed(self) -> Generator[FollowedFrame, None, None]:
        while True:
            try:
                samples = self._sound.get(timeout=STALL_SECONDS)
            except queue.Empty:
                samples = None
            if samples is None or self._cancelled:
                break
            yield from self._follower.push(samples)
        if not self._cancelled:
            yield from self._follower.finish()

    def _clock(self) -> float:
        self._frames += 1
        return float(timeline.video_frames_to_seconds(self._frames - 1))
