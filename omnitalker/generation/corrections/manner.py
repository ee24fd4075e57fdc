"""Bring generated motion to the reference's facial manner: how far head and mouth go, how much it smiles.

A few-step sampler errs towards the average here too. What is right already stays as it is.

Legend: F motion frames at 25/s.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray
from omnitalker.generation.corrections.followed import Followed, FollowedGain, trust
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


class MannerMatch:
    """Corrects motion in the order it is made; measures on, so that later windows are nearer."""

    def __init__(self, reference: FloatArray, strength: float = 1.0) -> None:
        """reference: (F, 61) of the talker. strength: 0 changes nothing, 1 all that is trusted."""
        figures = measure_style(reference)
        self._strength = strength
        self._head, self._mouth, self._smile = (
            figures.head_amplitude, figures.mouth_amplitude, figures.smile
        )  # fmt: skip
        self._seen = np.zeros((0, 5), np.float64)
        self._head_gain = FollowedGain(0.05, HEAD_GAINS, RAMP_FRAMES, np.float32)
        self._mouth_gain = FollowedGain(0.01, MOUTH_GAINS, RAMP_FRAMES, np.float32)
        self._smile_gain = FollowedGain(0.01, SMILE_GAINS, RAMP_FRAMES, np.float32)
        self._centre = Followed(np.zeros(3), RAMP_FRAMES, np.float32)

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
        return made

    @property
    def _trust(self) -> float:
        return trust(len(self._seen) ** 2, TRUSTED_FRAMES**2, self._strength)

    def _move_head(self, made: FloatArray) -> None:
        """Turns about the middle, and eyes that stay on the viewer meanwhile."""
        heads = self._seen[:, :3]
        found = float(np.degrees(np.sqrt(np.mean(np.square(heads - heads.mean(axis=0))))))
        gain = self._head_gain.aim(self._head, found, self._trust)
        gains = self._head_gain.toward(gain, len(made))[:, None]
        centres = self._centre.toward(heads.mean(axis=0), len(made))
        pose = made[:, POSE_SLICE]
        change = (pose[:, :3] - centres) * (gains - 1)
        pose[:, :3] += change
        made[:, POSE_SLICE] = pose
        gaze = made[:, GAZE_SLICE].copy()
        gaze[:, 0::2] -= change[:, 1:2]
        gaze[:, 1::2] += change[:, 0:1]
        set_gaze(made, gaze)

    def _open_mouth(self, made: FloatArray) -> None:
        low, high = np.percentile(self._seen[:, 3], [5, 95])
        gain = self._mouth_gain.aim(self._mouth, float(high - low), self._trust)
        gains = self._mouth_gain.toward(gain, len(made))
        made[:, _OPENING] = (made[:, _OPENING] * gains[:, None]).clip(0, 1)

    def _smile_more_or_less(self, made: FloatArray) -> None:
        found = float(np.median(self._seen[:, 4]))
        gain = self._smile_gain.aim(self._smile, found, self._trust)
        gains = self._smile_gain.toward(gain, len(made))
        made[:, _SMILE] = (made[:, _SMILE] * gains[:, None]).clip(0, 1)
