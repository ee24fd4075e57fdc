"""The style prompt made easier for the network: an unusual face nearer to the usual, the pitch a little higher.

Some tracked people move coefficients that no trained style moves, lean further and are livelier. Given as they are,
sound and motion attending to one another, that spoils the cloned voice: so the less familiar such a manner is, the
closer it is brought to the usual. Its size comes back with the facial manner's correction, which knows the reference as it is.

The network learnt to go on with utterances, and pitch sinks in the course of one. A new sentence should not begin
where the prompt had sunk to: without `lift_prompt_pitch` voices come out 1.2 semitones below their prompts, with it 0.6.

Legend: F motion frames at 25/s, T mel frames, M mel bins; offsets are in units of the training data's spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from omnitalker.audio.pitch_shift import shift_pitch
from omnitalker.base.types import FloatArray

USUAL_MEAN: Final = 1.5
USUAL_SPREAD: Final = 1.25
"""An eighth of the coefficients of a trained style are beyond one of these, two fifths at most."""
FAMILIAR, STRANGE = 0.35, 0.5
"""Shares of coefficients beyond: limits are wide up to the first and narrow from the second on."""
WIDE: Final = (3.0, 2.0)
NARROW: Final = (0.5, 0.5)
"""The farthest mean and the widest spread of a coefficient."""
FARTHEST_FRAME: Final = 3.0
"""From the mean, in the coefficient's own spreads."""
STILL: Final = 0.011
"""Coefficients that spread no further than this never moved in training."""
LIFT_SEMITONES: Final = 1.1
"""Twice as many would take away all of it, but cost similarity (0.006): formants move with the pitch."""


def familiar_motion(
    motion: FloatArray, mean: Sequence[float], spread: Sequence[float]
) -> FloatArray:
    """(F, 61) of a reference -> the same as far as it is familiar; trained styles are hardly changed."""
    middle = np.broadcast_to(np.asarray(mean, np.float32), motion.shape[1:])
    unit = np.broadcast_to(np.asarray(spread, np.float32), motion.shape[1:])
    offset = (motion - middle) / unit
    own_mean, own_spread = offset.mean(axis=0), offset.std(axis=0)
    moves = unit > STILL
    beyond = (np.abs(own_mean) > USUAL_MEAN) | (own_spread > USUAL_SPREAD)
    strangeness = np.clip((beyond[moves].mean() - FAMILIAR) / (STRANGE - FAMILIAR), 0.0, 1.0)
    farthest, widest = (w + strangeness * (n - w) for w, n in zip(WIDE, NARROW, strict=True))
    shape = (offset - own_mean) / np.maximum(own_spread, 1e-6)
    known = shape.clip(-FARTHEST_FRAME, FARTHEST_FRAME) * np.minimum(own_spread, widest)
    known += own_mean.clip(-farthest, farthest)
    known[:, ~moves] = 0.0
    return np.asarray(known * unit + middle, np.float32)


def lift_prompt_pitch(mel: FloatArray) -> FloatArray:
    """(T, M) log-mel of a voice -> the same voice, a little higher."""
    return shift_pitch(mel, np.full(len(mel), LIFT_SEMITONES, np.float32))
