"""Bring generated motion to the reference's facial manner: how far head and mouth go, how much it smiles and blinks.

A few-step sampler errs towards the average here too. What is right already stays as it is.

Legend: F motion frames at 25/s.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.motion.made.blinks import Blink, detect_blinks
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import GAZE_SLICE, INDEX, POSE_SLICE
from omnitalker.motion.track.statistics import measure_style

TRUSTED_FRAMES: Final = 20
"""After so many frames half of what is measured of the output is believed, of fewer next to nothing."""
REMEMBERED_FRAMES: Final = 60 * timeline.VIDEO_FPS
RAMP_FRAMES: Final = 8
"""A new gain comes in over so many frames."""
HEAD_GAINS: Final = (0.6, 1.7)
MOUTH_GAINS: Final = (0.75, 1.35)
SMILE_GAINS: Final = (0.7, 1.4)
USUAL_BLINKS: Final = 0.33
"""A second; believed as if seen for `PRIOR_SECONDS`, so that three seconds without a blink are no stare."""
PRIOR_SECONDS: Final = 3.0
EARLY, LATE = 1.0, 0.6
"""A blink may come so many blinks too early, and is added when it is so many too late."""
OPEN: Final = 0.45
"""Lids further closed than this are in a blink, or narrow: no place for another one."""

_LIDS = (INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"])
_JAW = INDEX["jawOpen"]
_SMILE = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
_OPENING = [
    INDEX[name]
    for name in (
        "jawOpen", "mouthClose", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft",
        "mouthUpperUpRight",
    )
]  # fmt: skip
"""Scaled together, so that lips that meet still do."""
_BLINK = np.array([0.35, 0.95, 1.0, 0.65, 0.3, 0.08], np.float32)
"""Lid closure, frame by frame."""


class MannerMatch:
    """Corrects motion in the order it is made; measures on, so that later windows are nearer."""

    def __init__(self, reference: FloatArray, strength: float = 1.0) -> None:
        """reference: (F, 61) of the talker. strength: 0 changes nothing, 1 all that is trusted."""
        figures = measure_style(reference)
        seconds = len(reference) / timeline.VIDEO_FPS
        blinks = figures.blinks_per_minute / 60 * seconds
        self._strength = strength
        self._head, self._mouth, self._smile = (
            figures.head_amplitude, figures.mouth_amplitude, figures.smile
        )  # fmt: skip
        self._blinks = (blinks + USUAL_BLINKS * PRIOR_SECONDS) / (seconds + PRIOR_SECONDS)
        self._seen = np.zeros((0, 5), np.float64)
        self._head_gain = self._mouth_gain = self._smile_gain = 1.0
        self._centre = np.zeros(3)
        self._shown = reference[:0]
        self._frames = 0
        self._blinked = 0

    def __call__(self, motion: FloatArray) -> FloatArray:
        """(F, 61) as sampled -> (F, 61) in the reference's manner."""
        if not len(motion):
            return motion
        made = np.array(motion, np.float32)
        rotations = made[:, POSE_SLICE][:, :3]
        new = np.column_stack([rotations, made[:, _JAW], made[:, _SMILE].mean(axis=1)])
        self._seen = np.concatenate([self._seen, new])[-REMEMBERED_FRAMES:]
        self._move_head(made)
        self._open_mouth(made)
        self._smile_more_or_less(made)
        self._blink(made)
        return made

    def _gain(
        self, wanted: float, found: float, floor: float, limits: tuple[float, float]
    ) -> float:
        seen = len(self._seen) ** 2
        trust = self._strength * seen / (seen + TRUSTED_FRAMES**2)
        return float(np.exp(trust * np.log((wanted + floor) / (found + floor))).clip(*limits))

    def _move_head(self, made: FloatArray) -> None:
        """Turns about the middle, and eyes that stay on the viewer meanwhile."""
        heads = self._seen[:, :3]
        found = float(np.degrees(np.sqrt(np.mean(np.square(heads - heads.mean(axis=0))))))
        gain, centre = self._gain(self._head, found, 0.05, HEAD_GAINS), heads.mean(axis=0)
        share = _ramp(len(made))[:, None]
        gains = self._head_gain + share * (gain - self._head_gain)
        centres = self._centre + share * (centre - self._centre)
        pose = made[:, POSE_SLICE]
        change = (pose[:, :3] - centres) * (gains - 1)
        pose[:, :3] += change
        made[:, POSE_SLICE] = pose
        gaze = made[:, GAZE_SLICE].copy()
        gaze[:, 0::2] -= change[:, 1:2]
        gaze[:, 1::2] += change[:, 0:1]
        set_gaze(made, gaze)
        self._head_gain, self._centre = gain, centre

    def _open_mouth(self, made: FloatArray) -> None:
        low, high = np.percentile(self._seen[:, 3], [5, 95])
        gain = self._gain(self._mouth, float(high - low), 0.01, MOUTH_GAINS)
        gains = self._mouth_gain + _ramp(len(made)) * (gain - self._mouth_gain)
        made[:, _OPENING] = (made[:, _OPENING] * gains[:, None]).clip(0, 1)
        self._mouth_gain = gain

    def _smile_more_or_less(self, made: FloatArray) -> None:
        found = float(np.median(self._seen[:, 4]))
        gain = self._gain(self._smile, found, 0.01, SMILE_GAINS)
        gains = self._smile_gain + _ramp(len(made)) * (gain - self._smile_gain)
        made[:, _SMILE] = (made[:, _SMILE] * gains[:, None]).clip(0, 1)
        self._smile_gain = gain

    def _blink(self, made: FloatArray) -> None:
        """As many as are due: those that come too early go, one that is overdue comes."""
        per_frame = self._blinks / timeline.VIDEO_FPS
        before = len(self._shown)
        joined = np.concatenate([self._shown, made])
        found = [blink for blink in detect_blinks(joined) if blink.peak >= before - 1]
        for blink in found:
            due = per_frame * (self._frames + blink.peak - before) - self._blinked
            if due + EARLY < 1 and blink.start >= before:
                _keep_open(joined, blink)
            else:
                self._blinked += 1
        made[:] = joined[before:]
        while per_frame * (self._frames + len(made)) - self._blinked >= LATE:
            due = (self._blinked + 1) / per_frame - self._frames
            if not _blink_near(made, due):
                break
            self._blinked += 1
        self._frames += len(made)
        self._shown = np.concatenate([self._shown, made])[-timeline.VIDEO_FPS // 2 :]


def _ramp(frames: int) -> FloatArray:
    return np.minimum(1.0, np.arange(1, frames + 1) / RAMP_FRAMES).astype(np.float32)


def _keep_open(made: FloatArray, blink: Blink) -> None:
    first, last = max(0, blink.start - 2), min(len(made) - 1, blink.end + 2)
    share = np.linspace(0, 1, last - first + 1, dtype=np.float32)
    for lid in _LIDS:
        level = made[first, lid] + share * (made[last, lid] - made[first, lid])
        made[first : last + 1, lid] = np.minimum(made[first : last + 1, lid], level)


def _blink_near(made: FloatArray, frame: float) -> bool:
    """One more blink as near to `frame` as the lids are open for long enough, if they are anywhere."""
    reach = len(_BLINK) + 4
    if len(made) < reach:
        return False
    lids = made[:, list(_LIDS)].max(axis=1)
    free = np.lib.stride_tricks.sliding_window_view(lids, reach).max(axis=1) < OPEN
    if not free.any():
        return False
    places = np.flatnonzero(free) + 2
    at = int(places[np.argmin(np.abs(places - frame))])
    for lid in _LIDS:
        part = made[at : at + len(_BLINK), lid]
        part[:] = 1 - (1 - part) * (1 - _BLINK)
    return True
