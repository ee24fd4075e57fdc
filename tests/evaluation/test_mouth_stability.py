import numpy as np
import pytest

from omnitalker.evaluation.mouth_stability import compare_stability, mouth_change
from omnitalker.motion.face.model import FaceModel
from tests.painted_faces import camera, motion, paint, painted_identity

SIZE = 256


def _speaking(jaws, blink_teeth=False):
    """Painted faces with the mouth as open as told; the inside white in every second one, or never."""
    model = FaceModel.load()
    frames, points = [], []
    for index, jaw in enumerate(jaws):
        face = model.pixels(model.neutral, motion(jawOpen=jaw), camera(SIZE)).astype(np.float32)
        frame = paint(face, SIZE)[0]
        if blink_teeth and index % 2:
            dark = (frame == (60, 20, 20)).all(axis=2)
            frame[dark] = (240, 240, 230)
        frames.append(frame)
        points.append(face)
    return frames, np.stack(points)


def _change(frames, points):
    layout = (
        FaceModel.load()
        .pixels(FaceModel.load().neutral, motion(jawOpen=0.35), camera(SIZE))
        .astype(np.float32)
    )
    return mouth_change(frames, points, layout, camera(SIZE).scale)


def test_lips_that_move_over_the_same_inside_change_little_and_teeth_that_blink_much():
    jaws = [0.3, 0.4, 0.5, 0.4, 0.3]
    calm, restless = _change(*_speaking(jaws)), _change(*_speaking(jaws, blink_teeth=True))
    assert calm.pairs == restless.pairs == 4
    assert calm.mean < 12
    assert restless.mean > 100


def test_closed_mouths_have_no_inside():
    assert _change(*_speaking([0.0, 0.0, 0.0])) is None


def test_a_rendered_mouth_is_compared_with_the_camera():
    jaws = [0.3, 0.45, 0.3, 0.5]
    there, points = _speaking(jaws, blink_teeth=True)
    shown, _ = _speaking(jaws)
    figures = compare_stability(shown, there, points, painted_identity(SIZE))
    assert figures.mean_ratio == pytest.approx(figures.shown_mean / figures.camera_mean)
    assert figures.mean_ratio < 0.2
