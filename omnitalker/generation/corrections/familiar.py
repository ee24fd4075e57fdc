"""A facial manner brought within what the network has seen, so that an unusual face does not change the voice.

Some tracked people move coefficients that no trained style moves, lean further and are livelier. Given as they are,
sound and motion attending to one another, that spoils the cloned voice: so the less familiar such a manner is, the
closer it is brought to the usual. Its size comes back with `MannerMatch`, which knows the reference as it is.

Legend: F motion frames at 25/s; offsets are in units of the training data's spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

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
