"""Put tracks together and turn their expression up or down.

Legend: F frames at 25/s, K frames of a transition.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray
from omnitalker.motion.curves import smoothstep, soft_ceiling
from omnitalker.motion.made.gaze import GAZE_LIMIT, set_gaze
from omnitalker.motion.names import (
    BLENDSHAPES,
    EXPRESSION_SLICE,
    GAZE_SLICE,
    INDEX,
    MOTION_DIM,
    POSE_SLICE,
)  # fmt: skip

MOUTH: Final = tuple(INDEX[n] for n in BLENDSHAPES if n.startswith(("mouth", "jaw", "cheekPuff")))
"""Columns that speech uses."""
_MOOD: Final = ("mouthSmile", "mouthFrown", "mouthDimple", "mouthPress")
_ARTICULATION: Final = tuple(
    column for column in MOUTH if not BLENDSHAPES[column].startswith(_MOOD)
)
_LIDS: Final = tuple(INDEX[n] for n in BLENDSHAPES if n.startswith(("eyeBlink", "eyeLook")))


def continue_from(previous: FloatArray, following: FloatArray, frames: int = 8) -> FloatArray:
    """`following` (F, 61) bent over its first `frames` so that it goes on where `previous` stopped.

    Position and velocity match at the seam; after `frames` the track is untouched.
    """
    _check(previous, "previous")
    _check(following, "following")
    count = min(frames, len(following))
    velocity = _velocity(previous)
    gap = previous[-1] + velocity - following[0]
    drift = velocity - (following[1] - following[0] if len(following) > 1 else 0.0)
    out = following.astype(np.float64)
    out[:count] += _fade_out(gap, drift, frames)[:count]
    return _legal(out)


def join(first: FloatArray, second: FloatArray, frames: int = 8) -> FloatArray:
    """(F1 + F2, 61): one after the other, without a jump in position or velocity."""
    return np.concatenate([first, continue_from(first, second, frames)]).astype(np.float32)


def close_mouth(previous: FloatArray, frames: int = 4) -> FloatArray:
    """(frames, 61) that follow `previous` and end with the lips together and the jaw up.

    For an interruption: from any state, at once, in 3 to 5 frames. Head and eyes coast to a stop.
    """
    _check(previous, "previous")
    if not 3 <= frames <= 5:
        raise InputError(f"A mouth closes in 3 to 5 frames; got {frames}.")
    velocity = _velocity(previous)
    done = np.arange(1, frames + 1) / frames
    coast = np.cumsum(np.linspace(0.75, 0.0, frames))[:, None]
    out = previous[-1] + coast * velocity
    mouth = list(MOUTH)
    out[:, mouth] = (1.0 - smoothstep(done))[:, None] * previous[-1, mouth]
    lids = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
    out[:, lids] = previous[-1, lids] * (1.0 - smoothstep(done))[:, None]
    return _legal(out)


def scale_expressiveness(values: FloatArray, factor: float) -> FloatArray:
    """(F, 61) with expression turned up or down about the neutral face: 0 deadpan, 1 unchanged, 2 double.

    Mood and brows follow the factor in full, articulation by half, so that deadpan still speaks; lips that
    were sealed stay sealed. Blinks, gaze and head are left alone.
    """
    _check(values, "values")
    if not 0.0 <= factor <= 2.0:
        raise InputError(f"Expressiveness is a factor from 0 to 2; got {factor:g}.")
    gains = np.full(len(BLENDSHAPES), factor)
    gains[list(_ARTICULATION)] = 1.0 + (factor - 1.0) / 2
    gains[list(_LIDS)] = 1.0
    out = values.astype(np.float64)
    shapes = out[:, EXPRESSION_SLICE]
    bent = np.maximum(soft_ceiling(shapes * gains), np.minimum(shapes * gains, shapes))
    bent[:, list(_LIDS)] = shapes[:, list(_LIDS)]
    jaw, close = INDEX["jawOpen"], INDEX["mouthClose"]
    sealed = shapes[:, close] / np.maximum(shapes[:, jaw], 1e-6)
    bent[:, close] = np.where(shapes[:, jaw] > 1e-3, sealed * bent[:, jaw], bent[:, close])
    out[:, EXPRESSION_SLICE] = bent
    return _legal(out)


def scale_head(values: FloatArray, factor: float, posture: FloatArray | None = None) -> FloatArray:
    """(F, 61) with head motion scaled about a posture; the eyes keep looking where they looked.

    `posture` is (6,), the track's own mean when None; pieces of one track need the same.
    """
    _check(values, "values")
    if not 0.0 <= factor <= 2.0:
        raise InputError(f"Head motion is scaled by a factor from 0 to 2; got {factor:g}.")
    out = values.astype(np.float64)
    pose = out[:, POSE_SLICE]
    centre = pose.mean(axis=0) if posture is None else posture
    scaled = centre + factor * (pose - centre)
    turned = scaled - pose
    gaze = out[:, GAZE_SLICE].copy()
    gaze[:, [0, 2]] -= turned[:, 1:2]
    gaze[:, [1, 3]] += turned[:, 0:1]
    out[:, POSE_SLICE] = scaled
    if factor != 1.0:
        set_gaze(out, np.clip(gaze, -GAZE_LIMIT, GAZE_LIMIT))
    return _legal(out)


def _velocity(values: FloatArray) -> np.ndarray:
    """(61,) per frame at the end of a track; a single frame stands still."""
    if len(values) < 2:
        return np.zeros(MOTION_DIM)
    return np.asarray(values[-1] - values[-2], dtype=np.float64)


def _fade_out(gap: np.ndarray, drift: np.ndarray, frames: int) -> np.ndarray:
    """(frames, 61) cubic from value `gap` and slope `drift` per frame at frame 0 to rest at `frames`."""
    t = (np.arange(frames) / frames)[:, None]
    value = (1 + 2 * t) * (1 - t) ** 2
    slope = t * (1 - t) ** 2 * frames
    return np.asarray(value * gap + slope * drift)


def _legal(out: np.ndarray) -> FloatArray:
    out[:, EXPRESSION_SLICE] = np.clip(out[:, EXPRESSION_SLICE], 0.0, 1.0)
    return out.astype(np.float32)


def _check(values: FloatArray, name: str) -> None:
    if values.ndim != 2 or values.shape[1] != MOTION_DIM or len(values) == 0:
        raise InputError(
            f"'{name}' must be a motion track (F, {MOTION_DIM}) with F >= 1; got {values.shape}."
        )
