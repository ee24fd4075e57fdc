"""What a live session tells, how it is set up, and what it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from omnitalker.base.types import AVChunk
from omnitalker.live.reply import ReplySettings

EventKind = Literal["speech_started", "speech_ended", "interrupted", "manner", "quality", "error"]
Subscriber = Callable[[AVChunk], object]
Listener = Callable[["SessionEvent"], object]


@dataclass(frozen=True)
class SessionEvent:
    """`time` counts in seconds on the session's own clock, that of its chunks.

    `utterance` is the reply's number; of an interruption, the last reply that it ended.
    """

    kind: EventKind
    time: float
    utterance: int = 0
    detail: str = ""


@dataclass(frozen=True)
class SessionSettings:
    size: int | None = None
    """Side of the picture; None = the character's own. 0 = no pictures, sound and motion only."""
    outlet_frames: int = 50
    """A reader that is further behind than this makes the avatar wait for it."""
    adapt: bool = True
    """Lower the quality of the picture where the machine is too slow."""
    reply: ReplySettings = field(default_factory=ReplySettings)


@dataclass
class SessionStats:
    """Counters since the session began."""

    frames: int = 0
    speech_frames: int = 0
    replies: int = 0
    interruptions: int = 0
    held_back: int = 0
    """Beats on which a reader was too far behind."""
    first_chunk_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    """First clause of text to first playable chunk, reply by reply."""
