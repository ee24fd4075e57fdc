"""Landmarks of a clip -> the person's neutral face, a camera, and 61 coefficients per frame.

First the identity on a few frames spread over the clip (pose, expression and identity take turns), then pose
and expression of every frame with the identity held, then lids and gaze.

F frames, P points, K unknown shapes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Camera, FloatArray
from omnitalker.motion.face import regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.made.gaze import set_gaze
from omnitalker.motion.names import EXPRESSION_SLICE, POSE_SLICE
from omnitalker.reference.fit import expression, eyes
from omnitalker.reference.fit import identity as identity_fit
from omnitalker.reference.fit.expression import Prior, Rows
from omnitalker.reference.fit.head import Heads, first_guess, refine, sways
from omnitalker.reference.sequence import BoolArray, bridge, smooth, stretches

KEYFRAMES = 32
IDENTITY_ROUNDS = 6
FRAME_ROUNDS = 3
_LIDS = list(regions.LIDS)
_BLINKS = list(eyes._BLINKS)
_ALONE = Prior(steady=0.0, sparse=3.0, rare=30.0)


@dataclass(frozen=True)
class FittedFace:
    """What explains a clip's landmarks."""

    neutral: FloatArray
    camera: Camera
    values: FloatArray
    """(F, 61)."""
    eyes_closed: bool


def fit_clip(
    landmarks: FloatArray, found: BoolArray, cuts: tuple[int, ...], model: FaceModel
) -> FittedFace:
    """landmarks: (F, P, 3) pixels, gaps already bridged."""
    seen = np.nonzero(found)[0]
    keys = seen[np.unique(np.linspace(0, len(seen) - 1, KEYFRAMES).round().astype(int))]
    heads, camera = first_guess(landmarks, model.neutral)
    neutral, factor = _identity(landmarks[keys, :, :2], heads.pick(keys), camera, model)
    camera = replace(camera, scale=camera.scale / factor)
    heads = Heads(heads.turn, heads.place * np.float32(factor))
    return _frames(landmarks[..., :2], heads, camera, neutral, cuts, model)


def fit_known(
    landmarks: FloatArray,
    cuts: tuple[int, ...],
    neutral: FloatArray,
    camera: Camera,
    model: FaceModel,
) -> FittedFace:
    """The motion of somebody whose neutral face and camera are known. landmarks: (F, P, 3) pixels."""
    heads, _ = first_guess(landmarks, neutral, camera)
    return _frames(landmarks[..., :2], heads, camera, neutral, cuts, model)


def _identity(
    pixels: FloatArray, heads: Heads, camera: Camera, model: FaceModel
) -> tuple[FloatArray, float]:
    """The neutral face in units, and by what it had to be scaled to have eye corners one unit apart."""
    rows, neutral = Rows.usual(), model.neutral
    unknowns: npt.NDArray[np.float64] = np.zeros((len(pixels), len(expression.FITTED)))
    weights = expression.point_weights()
    apart = np.zeros(len(pixels) - 1, bool)
    for round_ in range(IDENTITY_ROUNDS):
        fields = expression.to_unknowns(model.fields(neutral))
        shapes = neutral + np.tensordot(unknowns.astype(np.float32), fields, 1)
        heads = refine(heads, camera, pixels, shapes, weights)
        visible = expression.visibility(neutral, model.triangles, heads)
        opening = eyes.measure_opening(eyes.in_head(pixels, camera, heads, shapes), model)
        trust = rows.trust(visible)
        seen, there = expression.flat_target(pixels, camera, heads, shapes)
        unposed = heads.posed(np.broadcast_to(neutral, shapes.shape))[..., :2]
        gram, moment = expression.normal_equations(
            fields, seen - unposed, heads, rows, trust, sways(heads, camera, shapes)
        )
        unknowns = expression.solve(gram, moment, unknowns, _ALONE, apart)
        moved = np.tensordot(unknowns.astype(np.float32), fields, 1)
        awake = (opening.part.min(1) > 0.7).astype(np.float32)
        trust[:, _LIDS] *= 0.02 + awake[:, None]
        there = heads.posed(model.neutral + moved)[..., :2]
        modes = identity_fit.fit_modes(
            model, seen - there, heads, rows, trust, sways(heads, camera, shapes)
        )
        neutral = model.shape(modes)
        if round_ >= 2:
            there = heads.posed(neutral + moved)[..., :2]
            left = identity_fit.fit_residual(
                model,
                seen - there,
                heads,
                trust[:, : len(weights)] / np.maximum(weights, 0.1) * 0.5,
            )
            neutral = neutral + left
    neutral = neutral + identity_fit.resting_part(unknowns, fields)
    points = eyes.in_head(pixels, camera, heads, neutral + moved)
    opening = eyes.measure_opening(points, model)
    neutral = eyes.neutral_lids(neutral, opening)
    awake_frames = opening.part.min(1) > 0.5
    neutral = eyes.rest_irises(
        neutral, model, points[awake_frames] if awake_frames.any() else points
    )
    return identity_fit.scaled_to_unit(neutral)


def _frames(
    pixels: FloatArray,
    heads: Heads,
    camera: Camera,
    neutral: FloatArray,
    cuts: tuple[int, ...],
    model: FaceModel,
) -> FittedFace:
    """Pose, expression, lids and gaze of every frame of a known face."""
    rows, fields = Rows.usual(), expression.to_unknowns(model.fields(neutral))
    linked = np.ones(max(len(pixels) - 1, 0), bool)
    linked[[cut - 1 for cut in cuts]] = False
    unknowns: npt.NDArray[np.float64] = np.zeros((len(pixels), len(expression.FITTED)))
    weights = expression.point_weights()
    shapes = np.broadcast_to(neutral, (len(pixels), *neutral.shape))
    heads = refine(heads, camera, pixels, shapes, weights)
    for _ in range(FRAME_ROUNDS):
        heads = Heads.from_pose(_steady(heads.pose, cuts))
        trust = rows.trust(expression.visibility(neutral, model.triangles, heads))
        seen, _ = expression.flat_target(pixels, camera, heads, shapes)
        unposed = heads.posed(np.broadcast_to(neutral, shapes.shape))[..., :2]
        gram, moment = expression.normal_equations(
            fields, seen - unposed, heads, rows, trust, sways(heads, camera, shapes)
        )
        unknowns = expression.solve(gram, moment, unknowns, Prior(), linked)
        shapes = neutral + np.tensordot(unknowns.astype(np.float32), fields, 1)
        heads = refine(heads, camera, pixels, shapes, weights, rounds=2)

    heads = Heads.from_pose(_steady(heads.pose, cuts))
    values = eyes.still(len(pixels))
    values[:, EXPRESSION_SLICE] = expression.to_strengths(unknowns)
    values[:, POSE_SLICE] = heads.pose
    points = eyes.in_head(pixels, camera, heads, shapes)
    opening = eyes.measure_opening(points, model)
    awake = opening.part.mean(1) > 0.55
    gaze = eyes.gaze_angles(points, neutral, model)
    if awake.any():
        gaze = bridge(gaze, awake, cuts)
    values = _looking(values, gaze)
    values[:, _BLINKS] = eyes.blink_strengths(model, neutral, values, opening)
    return FittedFace(neutral, camera, values, eyes.eyes_closed(opening))


def _looking(values: FloatArray, gaze: FloatArray) -> FloatArray:
    wide = values.astype(np.float64)
    set_gaze(wide, gaze.astype(np.float64))
    return wide.astype(np.float32)


def _steady(pose: FloatArray, cuts: tuple[int, ...]) -> FloatArray:
    """Heads have mass: a parabola through seven frames follows all that they do."""
    if all(scene.stop - scene.start < 3 for scene in stretches(len(pose), cuts)):
        return pose
    return smooth(pose, cuts, window=7, order=2)
