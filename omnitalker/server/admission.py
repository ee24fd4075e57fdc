"""What one caller may use at a time: one budget for HTTP, WebSocket and WebRTC, kept by key or address."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from omnitalker.base.errors import OmniTalkerError

MOST_CALLERS = 10_000
"""Remembered; the one that was not seen for longest is forgotten."""
HOUR = 3600.0


class Busy(OmniTalkerError):
    """Every place is taken, or the caller's share of them."""


class Spent(OmniTalkerError):
    """The caller's budget is used up for now."""

    def __init__(self, message: str, wait: int) -> None:
        super().__init__(f"{message}; try again in {wait} s")
        self.wait = wait


@dataclass
class Slots:
    """A number of seats, taken and left; nobody takes more than a share of them."""

    count: int
    what: str
    share: int = 0
    """Of one caller; 0 = all."""
    taken: int = 0
    refused: int = 0
    _by_caller: dict[str, int] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def seat(self, caller: str = "") -> Iterator[None]:
        with self._lock:
            own = self._by_caller.get(caller, 0)
            is_full = self.taken >= self.count
            if is_full or (self.share and caller and own >= self.share):
                self.refused += 1
                whose = f"all {self.count}" if is_full else f"your {self.share}"
                raise Busy(f"{whose} {self.what} are in use; try again in a moment")
            self.taken += 1
            self._by_caller[caller] = own + 1
        try:
            yield
        finally:
            with self._lock:
                self.taken -= 1
                self._by_caller[caller] -= 1
                if not self._by_caller[caller]:
                    del self._by_caller[caller]


class RateLimit:
    """At most `count` (of whatever weighs 1) in any `seconds`, caller by caller. 0 = no limit. Safe under threads."""

    def __init__(
        self, count: float, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.count = count
        self.refused = 0
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._events: OrderedDict[str, deque[tuple[float, float]]] = OrderedDict()

    def wait(self, caller: str, weight: float = 1.0) -> int:
        """Seconds to wait; 0 = come in, and it is counted."""
        with self._lock:
            seconds = self._left(caller)
            if seconds:
                self.refused += 1
            elif self.count:
                self._events[caller].append((self._clock(), weight))
            return seconds

    def look(self, caller: str) -> int:
        """Seconds to wait, without counting anything."""
        with self._lock:
            return self._left(caller)

    def _left(self, caller: str) -> int:
        if not self.count:
            return 0
        now = self._clock()
        events = self._events.setdefault(caller, deque())
        self._events.move_to_end(caller)
        while len(self._events) > MOST_CALLERS:
            self._events.popitem(last=False)
        while events and events[0][0] <= now - self._seconds:
            events.popleft()
        if sum(weight for _, weight in events) < self.count:
            return 0
        return max(1, round(events[0][0] + self._seconds - now))


class Tally(RateLimit):
    """Amounts that are known only afterwards, such as seconds of speech, in slots of a minute."""

    def add(self, caller: str, amount: float) -> None:
        if not self.count:
            return
        with self._lock:
            self._left(caller)
            events, now = self._events[caller], self._clock()
            if events and now - events[-1][0] < 60:
                events[-1] = (events[-1][0], events[-1][1] + amount)
            else:
                events.append((now, amount))


@dataclass(frozen=True)
class Allowance:
    """The limits of one caller (a key, or an address where there are no keys). 0 = no limit."""

    requests_per_minute: int = 120
    sessions: int = 3
    """Live avatars at a time."""
    syntheses: int = 3
    """Answers of speech and video at a time."""
    speech_minutes_per_hour: float = 0.0
    questions_per_minute: int = 30
    """Answers of the language model asked for by `user.text`."""
    messages_per_second: int = 100
    """On one connection; what comes faster waits in the network."""
    openings: int = 16
    """Connections at a time that have not said yet what they want."""
    wrong_keys_per_minute: int = 10
    """Per address, after which no key of it is looked at for a while."""


class Admission:
    """The budgets of all callers."""

    def __init__(self, allowance: Allowance, sessions: int, syntheses: int) -> None:
        self.allowance = allowance
        self.requests = RateLimit(allowance.requests_per_minute)
        self.questions = RateLimit(allowance.questions_per_minute)
        self.wrong_keys = RateLimit(allowance.wrong_keys_per_minute)
        self.speech = Tally(60 * allowance.speech_minutes_per_hour, HOUR)
        self.sessions = Slots(sessions, "live sessions", allowance.sessions)
        self.syntheses = Slots(syntheses, "syntheses", allowance.syntheses)
        self.openings = Slots(
            MOST_CALLERS, "connections that have not said what they want", allowance.openings
        )
        self.slow_readers = 0

    def note_slow(self) -> None:
        self.slow_readers += 1

    def check_request(self, caller: str) -> None:
        if wait := self.requests.wait(caller):
            raise Spent("too many requests", wait)

    def check_question(self, caller: str) -> None:
        if wait := self.questions.wait(caller):
            raise Spent("too many questions", wait)

    def check_speech(self, caller: str) -> None:
        """Before more is said; what was said is counted by `speech.add`."""
        if wait := self.speech.look(caller):
            minutes = self.allowance.speech_minutes_per_hour
            raise Spent(f"the {minutes:g} minutes of speech for an hour are used up", wait)


class Pace:
    """Of one connection: how long its next message waits. A burst of four seconds passes at once."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._free_at = clock()

    def delay(self) -> float:
        """Seconds to wait before the message is read."""
        if not self._per_second:
            return 0.0
        now = self._clock()
        self._free_at = max(self._free_at, now - 4.0) + 1.0 / self._per_second
        return max(0.0, self._free_at - now)
