"""Lips judged from pictures: motion is rendered on a presenter, the pictures are tracked again.

Legend: F frames at 25/s. The lip gap is the distance of the inner lip edges over that of the eyes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from omnitalker.base import assets, timeline
from omnitalker.base.errors import WeightsError
from omnitalker.base.types import FloatArray, Identity, RenderMemory, TimedPhoneme, TrackedFace
from omnitalker.motion.face import regions
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.lips import OPEN_VOWELS, lip_gap
from omnitalker.reference.tracker import FaceTracker
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.text.symbols import BILABIALS

SIZE = 512
"""Side of the pictures: the usual one. At half of it a gap that counts is a single pixel."""
SEALED = 0.02
"""Gap under which lips count as closed: closed lips of the teachers are seen with up to 0.017, open vowels with 0.15 to
0.35; 0.02 is four pixels between the lips of a face that fills a picture of 512."""
LEAD_SECONDS, LINGER_SECONDS = 0.12, 0.04
"""Lips may be closed so much before the sound of a bilabial, and open so much before it ends."""
LAGS = np.arange(-6, 7)
"""Frames by which the lips are tried later than the sound."""


def measure(values: FloatArray, timed: Sequence[TimedPhoneme]) -> dict[str, Any]:
    """`closures`, `closed`, `at_bilabials` and `at_vowels` (gaps), `contrast` by lag."""
    gap = seen_gap(values)
    bilabials = [p for p in timed if p.phoneme.symbol in BILABIALS]
    vowels = [p for p in timed if p.phoneme.symbol in OPEN_VOWELS]
    at_bilabials = [g for p in bilabials if (g := _extreme(gap, p, np.min)) is not None]
    at_vowels = [g for p in vowels if (g := _extreme(gap, p, np.max)) is not None]
    return {
        "closures": len(at_bilabials),
        "closed": sum(value < SEALED for value in at_bilabials),
        "at_bilabials": at_bilabials,
        "at_vowels": at_vowels,
        "by_lag": [_contrast(np.roll(gap, -lag), bilabials, vowels) for lag in LAGS.tolist()],
    }


def seen_landmarks(values: FloatArray, size: int = SIZE) -> FloatArray:
    """(F, 61) -> (F, 478, 3) points of the face in the rendered pictures, pixels, y down."""
    return _tracked(values, size).landmarks


def seen_gap(values: FloatArray, size: int = SIZE) -> FloatArray:
    """(F, 61) -> (F,) lip gap in the rendered pictures."""
    seen = _tracked(values, size).landmarks
    right, left = regions.OUTER_EYE_CORNERS
    apart = np.linalg.norm(seen[:, right] - seen[:, left], axis=1)
    return np.asarray(lip_gap(seen) / apart, np.float32)


def best_lag(contrasts: Sequence[float]) -> float:
    """Frames after the sound at which the lips fit it best, between the lags that were tried."""
    values = np.asarray(contrasts, float)
    at = int(np.nanargmax(values))
    if 0 < at < len(values) - 1:
        before, here, after = values[at - 1 : at + 2]
        bend = before - 2 * here + after
        if bend < 0:
            return float(LAGS[at] + 0.5 * (before - after) / bend)
    return float(LAGS[at])


def _extreme(gap: FloatArray, timed: TimedPhoneme, choose: Any) -> float | None:
    first = max(0, int((timed.start - LEAD_SECONDS) * timeline.VIDEO_FPS))
    last = int(np.ceil((timed.end + LINGER_SECONDS) * timeline.VIDEO_FPS))
    stretch = gap[first : max(first + 1, last)]
    return float(choose(stretch)) if len(stretch) else None


def _contrast(
    gap: npt.NDArray[np.float32], bilabials: Sequence[TimedPhoneme], vowels: Sequence[TimedPhoneme]
) -> float:
    """How much wider the lips are in the middle of open vowels than in the middle of bilabials, 0..1."""

    def middle(timed: TimedPhoneme) -> float:
        at = (timed.start + timed.end) / 2 * timeline.VIDEO_FPS - 0.5
        return float(np.interp(at, np.arange(len(gap)), gap))

    if not bilabials or not vowels:
        return float("nan")
    wide = float(np.mean([middle(p) for p in vowels]))
    narrow = float(np.mean([middle(p) for p in bilabials]))
    return (wide - narrow) / max(wide, 1e-6)


@lru_cache(maxsize=1)
def _presenter() -> Identity:
    names = assets.presenter_names()
    path = assets.presenter_file(names[0]) if names else None
    if path is None:
        raise WeightsError(
            "no built-in presenter to render the lips on; see checkpoints/presenters"
        )
    return load_identity(path)


@lru_cache(maxsize=1)
def _tracker() -> FaceTracker:
    return FaceTracker()


def _tracked(values: FloatArray, size: int) -> TrackedFace:
    identity, tracker = _presenter(), _tracker()
    renderer = WarpRenderer(identity, size)
    memory = RenderMemory()
    frames = [renderer.frame(row, memory) for row in values]
    camera = identity.camera.resized(size / identity.size)
    return tracker.track(frames, "the rendered clip", (identity.neutral, camera))
