"""The made-up population surrounds real talkers: what tracked clips measure is not rare among drawn styles."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.types import MANNERS, FloatArray
from omnitalker.generation.motion_teacher import teach
from omnitalker.media.reader import read_clip
from omnitalker.motion.made.style import draw_style
from omnitalker.motion.names import INDEX
from omnitalker.motion.track.statistics import StyleFigures, measure_style
from omnitalker.reference.tracker import FaceTracker
from tests.generation.motion_teacher.babble import babble

ROOT = Path(__file__).resolve().parents[3]
CLIPS = Path(os.environ.get("OMNITALKER_SHARED", ROOT.parent / "shared")) / "data" / "clips"


def jaw_speed(values: FloatArray) -> float:
    """95th percentile, full openings a second."""
    return float(np.percentile(np.abs(np.diff(values[:, INDEX["jawOpen"]])) * 25, 95))


@pytest.mark.slow
@pytest.mark.skipif(not CLIPS.is_dir(), reason=f"needs the clips in {CLIPS}")
def test_real_talkers_are_ordinary_members_of_the_population() -> None:
    """The median over tracked clips lies within the middle 95 % of 96 talkers of the teacher."""
    names = ("wda_a", "ravdess_08_calm", "ravdess_08_happy", "ravdess_08_sad")
    tracker = FaceTracker()
    real = [tracker.track(read_clip(CLIPS / f"{name}.mp4").frames).motion.values for name in names]
    rng = np.random.default_rng(0)
    made: list[FloatArray] = []
    for index in range(96):
        phonemes, samples = babble(8.0, index)
        manner = MANNERS[index % len(MANNERS)]
        style = draw_style(rng)
        made.append(teach(phonemes, samples, style=style, manner=manner, seed=index).values)
    figures = [
        measure_style(values).as_dict() | {"jaw_speed": jaw_speed(values)} for values in made
    ]
    tracked = [
        measure_style(values).as_dict() | {"jaw_speed": jaw_speed(values)} for values in real
    ]
    unsteady = {"gaze_wander", "nod", "turn", "tilt", "asymmetry"}
    for name in {*StyleFigures.__dataclass_fields__, "jaw_speed"} - unsteady:
        low, high = np.percentile([figure[name] for figure in figures], [2.5, 97.5])
        middle = float(np.median([figure[name] for figure in tracked]))
        assert low <= middle <= high, f"{name}: {low:.2f} <= {middle:.2f} <= {high:.2f}"
