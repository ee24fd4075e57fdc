"""Whose turn is it? Rules over voice activity and loudness, window by window, in a few microseconds.

Time is the sound's own, so a talk of ten minutes is tested in a moment.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from omnitalker.agent.voice_activity import WINDOW_SECONDS

Kind = Literal[
    "speech_started",
    "barge_in",
    "pause",
    "backchannel",
    "speech_ended",
    "silence",
    "agitated",
    "mood",
    "understood",
]
_UNFINISHED: Final = re.compile(
    r"(?:\b(?:and|but|or|so|because|the|a|an|to|of|with|if|when|my|um|uh|er|like)|[,:—…-]|和|但是|因为|如果)\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Heard:
    """Something that the avatar should react to."""

    kind: Kind
    time: float
    """Seconds of sound heard so far."""
    detail: str = ""


@dataclass(frozen=True)
class TurnSettings:
    threshold: float = 0.5
    start_seconds: float = 0.10
    """Speech must last so long to count; a click does not."""
    barge_in_seconds: float = 0.26
    """The same while the avatar speaks: a cough or an "mm" does not stop it."""
    end_seconds: float = 0.8
    """Silence that ends an utterance."""
    unfinished_seconds: float = 1.5
    """The same when the text so far breaks off ("and ...")."""
    pause_seconds: float = 0.32
    backchannel_after: float = 3.0
    """Seconds of speech before the first "mm-hm", and at least so long between two."""
    silence_seconds: float = 25.0
    """Silence of both, after which the avatar may say something."""
    agitated_decibels: float = 7.0
    """Louder than the user usually is."""
    agitated_rate: float = 1.25
    """Faster than the user usually is, by peaks of loudness."""


def ends_open(text: str) -> bool:
    """Whether the words so far sound as if more were to come."""
    return bool(_UNFINISHED.search(text.strip()))


@dataclass
class TurnTaker:
    """Feed it every window; it says what happened."""

    settings: TurnSettings = field(default_factory=TurnSettings)
    partial_text: str = ""
    """What a recogniser understood so far, if there is one."""
    _time: float = 0.0
    _voiced: float = 0.0
    _unvoiced: float = 0.0
    _is_speech: bool = False
    _has_paused: bool = False
    _began: float = 0.0
    _last_backchannel: float = 0.0
    _quiet_since: float = 0.0
    _has_told_silence: bool = False
    _levels: list[float] = field(default_factory=list)
    _usual: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=12))

    @property
    def time(self) -> float:
        """Seconds of sound heard so far."""
        return self._time

    @property
    def is_speech(self) -> bool:
        """Whether the user is speaking."""
        return self._is_speech

    def push(self, probability: float, level: float, *, avatar_speaks: bool) -> Iterator[Heard]:
        """One window: voice probability, loudness (root mean square), and what the avatar is doing."""
        self._time += WINDOW_SECONDS
        is_voice = probability >= self.settings.threshold
        self._voiced = self._voiced + WINDOW_SECONDS if is_voice else 0.0
        self._unvoiced = 0.0 if is_voice else self._unvoiced + WINDOW_SECONDS
        if self._is_speech or avatar_speaks or is_voice:
            self._quiet_since = self._time
            self._has_told_silence = self._has_told_silence and avatar_speaks
        if self._is_speech:
            self._levels.append(level)
            yield from self._during_speech(avatar_speaks)
        else:
            yield from self._between(avatar_speaks)

    def _between(self, avatar_speaks: bool) -> Iterator[Heard]:
        settings = self.settings
        needed = settings.barge_in_seconds if avatar_speaks else settings.start_seconds
        if self._voiced >= needed - 1e-9:
            self._is_speech, self._has_paused = True, False
            self._began = self._last_backchannel = self._time - self._voiced
            self._levels.clear()
            yield Heard("barge_in" if avatar_speaks else "speech_started", self._time)
        elif self._time - self._quiet_since >= settings.silence_seconds:
            if not self._has_told_silence:
                yield Heard("silence", self._time)
            self._has_told_silence = True

    def _during_speech(self, avatar_speaks: bool) -> Iterator[Heard]:
        settings = self.settings
        wait = settings.unfinished_seconds if ends_open(self.partial_text) else settings.end_seconds
        if self._unvoiced >= wait:
            self._is_speech = False
            yield from self._judge_mood()
            yield Heard("speech_ended", self._time)
            self.partial_text = ""
        elif self._unvoiced >= settings.pause_seconds:
            if not self._has_paused:
                yield Heard("pause", self._time)
                since = self._time - self._last_backchannel
                if since >= settings.backchannel_after and not avatar_speaks:
                    self._last_backchannel = self._time
                    yield Heard("backchannel", self._time)
            self._has_paused = True
        elif self._unvoiced == 0.0:
            self._has_paused = False

    def _judge_mood(self) -> Iterator[Heard]:
        """Louder and faster than this user's own last utterances, whoever they are."""
        levels = np.array(self._levels)
        if len(levels) * WINDOW_SECONDS < 1.0:
            return
        decibels = float(20 * np.log10(np.percentile(levels, 80) + 1e-6))
        smooth = np.convolve(levels, np.ones(3) / 3, "same")
        peaks = (smooth[1:-1] > smooth[:-2]) & (smooth[1:-1] >= smooth[2:])
        loud = smooth[1:-1] > 0.3 * smooth.max()
        rate = float((peaks & loud).sum() / (len(levels) * WINDOW_SECONDS))
        if len(self._usual) >= 2:
            usual_decibels, usual_rate = np.median(np.array(self._usual), axis=0)
            is_loud = decibels - usual_decibels >= self.settings.agitated_decibels
            is_fast = rate >= usual_rate * self.settings.agitated_rate
            if is_loud or (is_fast and decibels - usual_decibels > 3):
                yield Heard("agitated", self._time, f"{decibels - usual_decibels:+.0f} dB")
                return
        self._usual.append((decibels, rate))
