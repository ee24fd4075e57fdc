"""The laws of the motion teacher: contacts happen, silence rests, style can be read back, time is exact."""

from __future__ import annotations

import time

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS
from omnitalker.generation.motion_teacher import teach
from omnitalker.generation.motion_teacher.visemes import BILABIALS, LABIODENTALS, VISEMES
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.made.blinks import detect_blinks
from omnitalker.motion.made.manners import sides
from omnitalker.motion.made.style import REST_SHAPES, MotionStyle, draw_style, in_manner
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.statistics import measure_style
from omnitalker.text.symbols import SYMBOLS
from tests.generation.motion_teacher.babble import babble, spread, timed


def column(values: np.ndarray, name: str) -> np.ndarray:
    return values[:, INDEX[name]]


def lip_gap(values: np.ndarray) -> np.ndarray:
    """What parts the lips, less what closes them."""
    return (
        column(values, "jawOpen")
        - column(values, "mouthClose")
        + 0.4 * column(values, "mouthLowerDownLeft")
        + 0.4 * column(values, "mouthUpperUpLeft")
    )


def frames_of(start: float, end: float, lead: float, length: int) -> slice:
    """Frames in which the mouth should show a sound: from its lead on."""
    first = int(np.floor((start - lead - 0.02) * 25))
    return slice(max(first, 0), min(int(np.ceil((end - lead + 0.02) * 25)) + 1, length))


def test_every_symbol_has_a_viseme() -> None:
    assert set(VISEMES) == set(SYMBOLS)


@pytest.mark.parametrize("manner", MANNERS)
def test_bilabials_always_seal(manner: str) -> None:
    rng = np.random.default_rng(1)
    for seed in range(4):
        phonemes, samples = babble(8.0, seed)
        style = draw_style(rng)
        values = teach(phonemes, samples, manner=manner, style=style, seed=seed).values
        gap = lip_gap(values)
        open_gap = np.percentile(gap, 90)
        hits = [p for p in phonemes if p.phoneme.symbol in BILABIALS]
        assert hits
        for hit in hits:
            closest = gap[frames_of(hit.start, hit.end, style.lip_lead, len(gap))].min()
            assert closest < 0.02 < 0.2 * open_gap


@pytest.mark.parametrize("manner", ["neutral", "happy", "angry", "disgusted", "surprised"])
def test_bilabials_seal_on_the_face_that_is_rendered(manner: str) -> None:
    """The same law on the shared face mesh: inner lips within 1 % of the eye distance, wide open between."""
    model = FaceModel.load()
    phonemes, samples = babble(8.0, 3)
    values = teach(phonemes, samples, manner=manner, seed=3).values
    points = model.deform(model.neutral, values)
    upper = points[:, list(face_regions.INNER_LIP_UPPER[3:-3]), 1]
    lower = points[:, list(face_regions.INNER_LIP_LOWER[3:-3]), 1]
    gap = (upper - lower).mean(axis=1)
    for hit in phonemes:
        if hit.phoneme.symbol in BILABIALS:
            assert gap[frames_of(hit.start, hit.end, 0.02, len(gap))].min() < 0.01
    assert np.percentile(gap, 90) > 0.08


@pytest.mark.parametrize("length", [0.03, 0.05, 0.09, 0.2])
def test_a_bilabial_of_any_length_and_phase_seals(length: float) -> None:
    for shift in np.linspace(0.0, 0.04, 5):
        middle = 0.8 + shift
        phonemes = [
            timed("ɑ", 0.5, middle, 1),
            timed("p", middle, middle + length),
            timed("ɑ", middle + length, 1.4, 1),
        ]
        samples = spread(["ɑ"] * 10)[1]
        gap = lip_gap(teach(phonemes, samples).values)
        assert gap[frames_of(middle, middle + length, 0.09, len(gap))].min() < 0.02
        assert gap.max() > 0.3


@pytest.mark.parametrize("symbol", sorted(LABIODENTALS))
def test_labiodentals_tuck_the_lower_lip(symbol: str) -> None:
    phonemes, samples = spread(["ɑ", symbol, "ɑ"], 0.12)
    roll = column(teach(phonemes, samples).values, "mouthRollLower")
    at_contact = frames_of(phonemes[1].start, phonemes[1].end, 0.02, len(roll))
    assert roll[at_contact].max() > 0.45
    assert roll[: at_contact.start - 3].max() < 0.1


def test_mouth_shapes_tell_vowels_apart() -> None:
    shapes = {}
    for symbol in ("ɑ", "i", "u", "s"):
        phonemes, samples = spread(["t", symbol, "t"], 0.16)
        values = teach(phonemes, samples).values
        middle = round((phonemes[1].start + 0.08 - MotionStyle().lip_lead) * 25)
        shapes[symbol] = {name: float(values[middle, INDEX[name]]) for name in INDEX}
    assert shapes["ɑ"]["jawOpen"] > 1.3 * shapes["i"]["jawOpen"]
    assert shapes["u"]["mouthPucker"] > 4 * shapes["i"]["mouthPucker"]
    assert shapes["i"]["mouthStretchLeft"] > 2 * shapes["u"]["mouthStretchLeft"]
    assert shapes["s"]["jawOpen"] < 0.8 * shapes["ɑ"]["jawOpen"]


def test_silence_rests() -> None:
    phonemes, samples = spread(["ɑ", "b", "i", "s", "ɑ"], 0.1, start=2.0)
    values = teach(phonemes, samples, seed=3).values
    silent = np.r_[0 : int(1.6 * 25), int(3.0 * 25) : len(values)]
    assert lip_gap(values)[silent].max() < 0.05
    assert column(values, "jawOpen")[silent].max() < 0.05
    assert values[silent, POSE_SLICE].std(axis=0).min() > 1e-4, "a living head is never frozen"


def test_lips_lead_the_sound_by_the_style() -> None:
    phonemes, samples = babble(8.0, 2)
    fine = [
        column(teach(phonemes, samples, style=MotionStyle(lip_lead=lead)).values, "jawOpen")
        for lead in (0.0, 0.08)
    ]
    assert np.corrcoef(fine[0][2:], fine[1][:-2])[0, 1] > 0.999


def test_style_can_be_read_from_the_output() -> None:
    """Each parameter correlates at least 0.8 with its figure measured on 8 s, words and noise differing."""
    rng = np.random.default_rng(5)
    styles, figures, tracks = [], [], []
    for index in range(40):
        style = draw_style(rng)
        phonemes, samples = babble(8.0, index)
        values = teach(phonemes, samples, style=style, seed=index).values
        styles.append(style)
        tracks.append(values)
        figures.append(measure_style(values))
    for name in (
        "mouth_amplitude", "head_amplitude", "head_tempo", "blinks_per_minute", "smile",
        "brow_activity", "gaze_wander", "asymmetry",
    ):  # fmt: skip
        told = [getattr(style, name) for style in styles]
        seen = [getattr(figure, name) for figure in figures]
        assert np.corrcoef(told, seen)[0, 1] >= 0.8, name
    for index, shape in enumerate(REST_SHAPES):
        told = [style.rest[index] for style in styles]
        seen = [np.percentile(track[:, sides(shape)[0]], 20) for track in tracks]
        assert np.corrcoef(told, seen)[0, 1] >= 0.8, shape
    for axis, name in enumerate(("nod", "turn", "tilt")):
        told = [style.posture[axis] for style in styles]
        assert np.corrcoef(told, [getattr(f, name) for f in figures])[0, 1] >= 0.8, name


def test_manners_show_and_scale_with_intensity() -> None:
    phonemes, samples = babble(8.0, 1)

    def mean(manner: str, intensity: float, name: str) -> float:
        track = teach(phonemes, samples, manner=manner, intensity=intensity, seed=1)
        return float(column(track.values, name).mean())

    for manner, name in (
        ("happy", "mouthSmileLeft"), ("sad", "mouthFrownLeft"), ("angry", "browDownLeft"),
        ("fearful", "eyeWideLeft"), ("disgusted", "noseSneerLeft"), ("surprised", "browInnerUp"),
    ):  # fmt: skip
        none, half, full = (mean(manner, intensity, name) for intensity in (0.0, 0.5, 1.0))
        assert full > none + 0.2
        assert none < half < full
    assert in_manner(MotionStyle(), "sad", 0.0) == MotionStyle()


def test_values_are_smooth_and_plausible() -> None:
    rng = np.random.default_rng(9)
    turned = []
    for index, manner in enumerate(MANNERS):
        phonemes, samples = babble(8.0, index)
        values = teach(phonemes, samples, manner=manner, style=draw_style(rng), seed=index).values
        shapes = values[:, EXPRESSION_SLICE]
        assert shapes.min() >= 0.0
        assert shapes.max() <= 1.0
        assert values.dtype == np.float32
        rotations = np.degrees(np.abs(values[:, POSE_SLICE][:, :3]))
        turned.append(rotations)
        assert rotations.max() < 13.0
        assert np.abs(values[:, POSE_SLICE][:, 3:]).max() < 0.25
        assert np.degrees(np.abs(values[:, GAZE_SLICE])).max() <= 20.0
        assert np.abs(np.diff(rotations, axis=0)).max() < 4.0, "degrees a frame"
        assert np.abs(np.diff(column(values, "jawOpen"))).max() < 0.4
    assert np.percentile(turned, 95) < 8.0


def test_blinks_are_blinks() -> None:
    style = MotionStyle(blinks_per_minute=20)
    blinks, seconds = [], 0.0
    for seed in range(8):
        phonemes, samples = babble(12.0, seed)
        values = teach(phonemes, samples, style=style, seed=seed).values
        found = detect_blinks(values)
        blinks += found
        seconds += 12.0
        for blink in found:
            assert column(values, "eyeBlinkLeft")[blink.peak] > 0.9
            lids = column(values, "eyeBlinkLeft")[max(blink.peak - 6, 0) : blink.peak + 7]
            assert 2 <= (lids > 0.1).sum() <= 7
    assert 14 < len(blinks) / seconds * 60 < 26


def test_same_seed_same_motion_other_seed_other_motion() -> None:
    phonemes, samples = babble(4.0, 0)
    first, again, other = (teach(phonemes, samples, seed=seed).values for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05
    mouth = INDEX["jawOpen"]
    np.testing.assert_allclose(first[:, mouth], other[:, mouth], atol=1e-6)


def test_length_is_exact_and_wrong_input_is_told() -> None:
    phonemes, samples = babble(4.0, 0)
    assert teach(phonemes, samples).values.shape == (100, MOTION_DIM)
    with pytest.raises(InputError, match="960"):
        teach(phonemes, samples[:-1])
    with pytest.raises(InputError, match="neutral, calm"):
        teach(phonemes, samples, manner="bored")
    with pytest.raises(InputError, match="alphabet"):
        teach([timed("qq", 0.0, 0.1)], samples)
    assert teach([], samples).values.shape == (100, MOTION_DIM)


def test_a_hundred_times_faster_than_life() -> None:
    phonemes, samples = babble(12.0, 0)
    teach(phonemes, samples)
    begin = time.process_time()
    for seed in range(3):
        teach(phonemes, samples, seed=seed)
    assert time.process_time() - begin < 36.0 / 100
