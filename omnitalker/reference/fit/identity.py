"""A person's neutral face from a few frames: identity modes first, then what they leave over."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.reference.fit.expression import FITTED, Rows, normal_equations
from omnitalker.reference.fit.head import Heads

_RIGID = list(regions.RIGID)
_LIP_PAIRS = np.array([regions.INNER_LIP_UPPER, regions.INNER_LIP_LOWER])
_MANNERS = ("mouthSmile", "mouthFrown", "brow", "cheekSquint", "eyeSquint", "eyeWide")
ENOUGH_TO_REST = 16
"""Keyframes from which on the least strength of a shape tells about the face."""
RESIDUAL_SIZE = 0.03
"""Units by which faces depart from the identity modes."""


def fit_modes(
    model: FaceModel,
    residual: FloatArray,
    heads: Heads,
    rows: Rows,
    trust: FloatArray,
    sways: FloatArray,
) -> FloatArray:
    """(40,) identity modes explaining residual (F, P, 2), the departure from the mean face with its expression."""
    gram, moment = normal_equations(model.identities, residual, heads, rows, trust, sways)
    share = 1 / max(1.0, len(residual) / 6)
    normal = gram.sum(0) * share + np.eye(len(model.identities))
    return np.asarray(np.linalg.solve(normal, moment.sum(0) * share), np.float32)


def fit_residual(
    model: FaceModel, residual: FloatArray, heads: Heads, trust: FloatArray
) -> FloatArray:
    """(P, 3) what a face still departs by. residual: (F, P, 2); trust: (F, P) believed points.

    Seals stay sealed: both lips of the closed mouth depart alike. A common turn or shift is left to the pose.
    """
    seen = heads.turn[:, :2]
    share = 1 / max(1.0, len(residual) / 6)
    weight = trust * share
    gram = np.einsum("fp,fia,fib->pab", weight, seen, seen, optimize=True)
    moment = np.einsum("fp,fia,fpi->pa", weight, seen, residual, optimize=True)
    stiff = np.full(len(gram), 1 / RESIDUAL_SIZE**2)
    gram += stiff[:, None, None] * np.eye(3)
    departure = np.linalg.solve(gram, moment[..., None])[..., 0]
    departure = _even(departure, model.triangles)
    lips = 0.5 * (departure[_LIP_PAIRS[0]] + departure[_LIP_PAIRS[1]])
    departure[_LIP_PAIRS[0]] = departure[_LIP_PAIRS[1]] = lips
    return np.asarray(departure - _rigid_part(model.neutral, departure), np.float32)


def resting_part(unknowns: npt.NDArray[np.float64], fields: FloatArray) -> FloatArray:
    """(P, 3) of the neutral face that came out as expression: what a shape never goes below all through a clip.

    unknowns: (F, K). A standing smile, frown or raised brow may be manner: half of it stays expression.
    """
    if len(unknowns) < ENOUGH_TO_REST:
        return np.zeros_like(fields[0])
    base = np.percentile(unknowns, 10, axis=0)
    for index, name in enumerate(FITTED):
        if name in ("jawOpen", "mouthClose") or name.startswith("eyeBlink"):
            base[index] = 0
        elif name.startswith(_MANNERS):
            base[index] *= 0.5
    part = np.tensordot(base.astype(np.float32), fields, 1)
    lips = 0.5 * (part[_LIP_PAIRS[0]] + part[_LIP_PAIRS[1]])
    part[_LIP_PAIRS[0]] = part[_LIP_PAIRS[1]] = lips
    return np.asarray(part, np.float32)


def _even(
    field: npt.NDArray[np.float64], triangles: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """A little diffusion: neighbouring points depart alike."""
    total, count = np.zeros_like(field), np.zeros(len(field))
    for a, b in ((0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)):
        np.add.at(total, triangles[:, a], field[triangles[:, b]])
        np.add.at(count, triangles[:, a], 1)
    mean = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], field)
    return 0.65 * field + 0.35 * mean


def _rigid_part(points: FloatArray, departure: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The small shift and turn that best explain the departure of the rigid points, for all points."""

    def columns(place: FloatArray) -> npt.NDArray[np.float64]:
        x, y, z = place.T
        one, zero = np.ones_like(x), np.zeros_like(x)
        turning = np.stack([zero, z, -y, -z, zero, x, y, -x, zero], 1).reshape(-1, 3, 3)
        shift = np.stack([one, zero, zero, zero, one, zero, zero, zero, one], 1).reshape(-1, 3, 3)
        return np.concatenate([turning, shift], axis=2)

    design = columns(points[_RIGID]).reshape(-1, 6)
    motion = np.linalg.lstsq(design, departure[_RIGID].ravel(), rcond=None)[0]
    return np.asarray(columns(points) @ motion)


def scaled_to_unit(neutral: FloatArray) -> tuple[FloatArray, float]:
    """The neutral with outer eye corners one unit apart, and the factor that it took."""
    right, left = regions.OUTER_EYE_CORNERS
    factor = 1 / float(np.linalg.norm(neutral[right] - neutral[left]))
    return np.asarray(neutral * factor, np.float32), factor
