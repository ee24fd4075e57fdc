"""Expression strengths of every frame: bounded least squares in the renderer's own basis.

The unknowns are the 43 shapes that landmarks show (eyeLook follows from gaze). `jawOpen` enters as what is open
(jawOpen - mouthClose) and what is open but sealed (mouthClose): both at least 0, so lips never cross.
Besides the points themselves, differences of point pairs are matched (lip and lid gaps, mouth width): they matter
most to the eye, and the bias that a tracker has in the places of both points cancels in them.

F frames, P points, K = 43 unknowns, R rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import POINTS
from omnitalker.motion.names import BLENDSHAPES
from omnitalker.reference.fit.head import Heads

FITTED = tuple(name for name in BLENDSHAPES if not name.startswith("eyeLook"))
COLUMNS = np.array([BLENDSHAPES.index(name) for name in FITTED])
_JAW, _CLOSE = FITTED.index("jawOpen"), FITTED.index("mouthClose")

_SELDOM = (
    "cheekPuff",
    "jawForward",
    "jawLeft",
    "jawRight",
    "mouthDimple",
    "mouthShrug",
    "noseSneer",
)
_RARE = np.array([name.startswith(_SELDOM) for name in FITTED])

NOISE = 0.01
"""Units by which a landmark misses the model, tracker and model errors together."""
_CHUNK = 64


@dataclass(frozen=True)
class Prior:
    """What is expected of strengths before looking: small, few, changing steadily."""

    size: float = 1.0
    """Standard deviation of a strength."""
    sparse: float = 1.0
    """Cost of a shape at full strength, which leaves idle shapes at exactly 0."""
    rare: float = 10.0
    """The same for shapes that talk hardly needs, where others explain the face nearly as well."""
    even: float = 6.0
    """Cost of a squared difference of 1 between the left and the right side of a shape."""
    steady: float = 12.0
    """Cost of a squared change of 1 between neighbouring frames."""


def point_weights() -> FloatArray:
    """(P,) how far each point's place is to be believed."""
    weights = np.full(POINTS, 0.5, np.float32)
    weights[list(regions.OVAL)] = 0.08
    weights[list(regions.LIPS)] = 1.5
    weights[list(regions.INNER_LIPS + regions.OUTER_LIPS)] = 2.5
    weights[list(regions.RIGHT_BROW + regions.LEFT_BROW)] = 1.2
    weights[list(regions.LIDS)] = 0.7
    weights[list(regions.RIGHT_IRIS + regions.LEFT_IRIS)] = 0.0
    return weights


def pair_rows() -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Pairs (Q, 2) of points whose difference is matched, and the weight of each."""
    lips = list(zip(regions.INNER_LIP_UPPER[1:-1], regions.INNER_LIP_LOWER[1:-1], strict=True))
    lids = list(zip(regions.LEFT_LID_UPPER[2:-2], regions.LEFT_LID_LOWER[2:-2], strict=True))
    lids += list(zip(regions.RIGHT_LID_UPPER[2:-2], regions.RIGHT_LID_LOWER[2:-2], strict=True))
    wide = [(61, 291), (78, 308)]
    weights = [12.0] * len(lips) + [4.0] * len(lids) + [12.0] * len(wide)
    return np.array(lips + lids + wide), np.array(weights, np.float32)


def visibility(neutral: FloatArray, triangles: npt.NDArray[np.int32], heads: Heads) -> FloatArray:
    """(F, P) near 1 for points that face the camera, small for those turned away."""
    a, b, c = (neutral[triangles[:, i]] for i in range(3))
    normals = np.zeros_like(neutral)
    for i in range(3):
        np.add.at(normals, triangles[:, i], np.cross(b - a, c - a))
    normals[:, 2] += 1e-6
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    facing = normals @ heads.turn[:, 2].T
    return np.asarray((facing.T + 0.15).clip(0.05, 1.0), np.float32)


@dataclass(frozen=True)
class Rows:
    """Everything a least-squares fit matches: points, then pairs, each in x and y."""

    pairs: npt.NDArray[np.int64]
    weights: FloatArray
    """(P + Q,)."""

    @staticmethod
    def usual() -> Rows:
        pairs, extra = pair_rows()
        return Rows(pairs, np.concatenate([point_weights(), extra]))

    def extend(self, values: FloatArray) -> FloatArray:
        """(..., P, C) -> (..., P + Q, C) with the differences appended."""
        first, second = values[..., self.pairs[:, 0], :], values[..., self.pairs[:, 1], :]
        return np.concatenate([values, first - second], axis=-2)

    def trust(self, seen: FloatArray) -> FloatArray:
        """(F, P) visibility -> (F, P + Q) weights of the rows."""
        both = np.minimum(seen[:, self.pairs[:, 0]], seen[:, self.pairs[:, 1]])
        return np.concatenate([seen, both], axis=1) * self.weights / NOISE**2 / 8


def flat_target(
    pixels: FloatArray, camera: Camera, heads: Heads, shapes: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Perspective taken out: where points are seen and where the model has them, both (F, P, 2) in units."""
    space = heads.posed(shapes)
    return camera.lift(pixels, space[..., 2])[..., :2], space[..., :2]


def normal_equations(
    fields: FloatArray,
    residual: FloatArray,
    heads: Heads,
    rows: Rows,
    trust: FloatArray,
    sways: FloatArray | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(F, K, K) and (F, K) of the weighted fit of fields (K, P, 3) to residual (F, P, 2).

    With `sways` (F, 6, P, 2), what the pose can still do about the residual is left to it.
    """
    extended = rows.extend(fields)
    wanted = rows.extend(residual)
    count = len(fields)
    gram = np.empty((len(residual), count, count))
    moment = np.empty((len(residual), count))
    for start in range(0, len(residual), _CHUNK):
        part = slice(start, start + _CHUNK)
        turn = heads.turn[part, :2].astype(np.float32)
        design = np.einsum("fij,krj->fkri", turn, extended, optimize=True)
        root = np.sqrt(trust[part])[:, None, :, None].astype(np.float32)
        design = (design * root).reshape(len(turn), count, -1)
        target = (wanted[part] * root[:, 0]).reshape(len(turn), -1, 1)
        if sways is not None:
            sway = (rows.extend(sways[part]) * root).reshape(len(turn), 6, -1)
            inner = np.linalg.inv(sway @ np.swapaxes(sway, 1, 2) + np.eye(6, dtype=np.float32))
            target = target - np.swapaxes(sway, 1, 2) @ (inner @ (sway @ target))
            crossed = design @ np.swapaxes(sway, 1, 2)
            gram[part] = design @ np.swapaxes(design, 1, 2)
            gram[part] -= crossed @ inner @ np.swapaxes(crossed, 1, 2)
        else:
            gram[part] = design @ np.swapaxes(design, 1, 2)
        moment[part] = (design @ target)[..., 0]
    return gram, moment


def solve(
    gram: npt.NDArray[np.float64],
    moment: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
    prior: Prior,
    linked: npt.NDArray[np.bool_],
    sweeps: int = 40,
) -> npt.NDArray[np.float64]:
    """Strengths (F, K) in 0..1 that minimise the fit plus the prior, by coordinate descent.

    linked: (F - 1,) whether neighbouring frames belong to one scene. Even and odd frames take turns.
    """
    frames, count = moment.shape
    gram = gram + np.eye(count) / prior.size**2 + prior.even * _unevenness()
    moment = moment - np.where(_RARE, prior.rare, prior.sparse)
    before = np.concatenate([[False], linked]) * prior.steady
    after = np.concatenate([linked, [False]]) * prior.steady
    strengths = np.pad(start, ((1, 1), (0, 0)))
    diagonal = np.einsum("fkk->fk", gram) + (before + after)[:, None]
    for _ in range(sweeps):
        for parity in (0, 1):
            now = np.arange(parity, frames, 2)
            own, neighbours = strengths[now + 1], gram[now]
            pull = moment[now] + before[now, None] * strengths[now]
            pull += after[now, None] * strengths[now + 2]
            for k in range(count):
                rest = (neighbours[:, k] * own).sum(1) - gram[now, k, k] * own[:, k]
                own[:, k] = np.clip((pull[:, k] - rest) / diagonal[now, k], 0, 1)
            strengths[now + 1] = own
    return strengths[1:-1]


def _unevenness() -> npt.NDArray[np.float64]:
    """(K, K) quadratic form: the sum over paired shapes of (left - right) squared."""
    sides = [regions.other_side(name) for name in FITTED]
    swap = np.eye(len(FITTED))[[FITTED.index(name) for name in sides]]
    paired = np.array([name != side for name, side in zip(FITTED, sides, strict=True)])
    return np.diag(paired.astype(float)) - swap * paired[:, None]


def to_unknowns(fields: FloatArray) -> FloatArray:
    """(51, P, 3) -> (K, P, 3): the fields of the unknowns."""
    chosen = fields[COLUMNS].copy()
    chosen[_CLOSE] += chosen[_JAW]
    return chosen


def to_strengths(unknowns: npt.NDArray[np.float64]) -> FloatArray:
    """(F, K) -> (F, 51) blendshape strengths."""
    strengths = np.zeros((len(unknowns), len(BLENDSHAPES)), np.float32)
    values = unknowns.copy()
    values[:, _JAW] = np.minimum(values[:, _JAW] + values[:, _CLOSE], 1)
    strengths[:, COLUMNS] = values
    return strengths


def from_strengths(strengths: FloatArray) -> npt.NDArray[np.float64]:
    """(F, 51) -> (F, K), inverse of `to_strengths`."""
    values = strengths[:, COLUMNS].astype(np.float64)
    values[:, _CLOSE] = np.minimum(values[:, _CLOSE], values[:, _JAW])
    values[:, _JAW] -= values[:, _CLOSE]
    return values
