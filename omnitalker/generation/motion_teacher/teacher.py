"""The motion teacher: what a face does while it says these phonemes in this sound.

Legend: F motion frames at 25/s, N = 960 F samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, MotionTrack, TimedPhoneme
from omnitalker.generation.motion_teacher.articulation import (  # fmt: skip
    articulate,
    closures,
    place,
    seal_lips,
    tuck_lip,
)
from omnitalker.generation.motion_teacher.gesture import (  # fmt: skip
    brow_raise,
    head_rotations,
    head_translation,
)
from omnitalker.generation.motion_teacher.prosody import Prosody, measure_prosody
from omnitalker.generation.motion_teacher.score import (  # fmt: skip
    Beat,
    Phrase,
    Score,
    at,
    find_beats,
    find_phrases,
    read_score,
    speech_activity,
)
from omnitalker.motion.curves import drift, frame_times, soft_ceiling
from omnitalker.motion.made.blinks import blink_curve, draw_blinks
from omnitalker.motion.made.gaze import draw_glances, gaze_curves, set_gaze
from omnitalker.motion.made.manners import manner_effect, sides
from omnitalker.motion.made.style import REST_SHAPES, MotionStyle, in_manner
from omnitalker.motion.names import INDEX, MOTION_DIM, POSE_SLICE

_FPS = float(timeline.VIDEO_FPS)
_LOPSIDED = (
    "mouthSmile", "mouthDimple", "mouthStretch", "mouthLowerDown", "mouthUpperUp", "mouthFrown",
    "cheekSquint", "noseSneer", "browOuterUp", "browDown",
)  # fmt: skip


def teach(
    phonemes: Sequence[TimedPhoneme],
    samples: FloatArray,
    *,
    manner: str = "neutral",
    intensity: float = 1.0,
    style: MotionStyle | None = None,
    seed: int = 0,
) -> MotionTrack:
    """The motion of one talker over `samples` (N,) at 24 kHz: (F, 61), the same for the same seed.

    phonemes: times in seconds from the first sample; gaps between them are silence.
    intensity: 0 is that person's neutral self, 1 the manner in full.
    """
    if len(samples) == 0 or len(samples) % timeline.SAMPLES_PER_VIDEO_FRAME:
        raise InputError(
            f"The motion teacher got {len(samples)} samples; it needs a whole number of motion frames "
            f"({timeline.SAMPLES_PER_VIDEO_FRAME} samples each). Pad the sound with silence."
        )
    times = frame_times(len(samples) // timeline.SAMPLES_PER_VIDEO_FRAME)
    seconds = len(samples) / timeline.SAMPLE_RATE
    person = in_manner(style or MotionStyle(), manner, intensity)
    prosody = measure_prosody(samples)
    score = read_score(phonemes, seconds)
    phrases = find_phrases(score)
    rngs = np.random.default_rng(seed).spawn(6)
    beats = find_beats(score, prosody, rngs[0], 0.5 / person.head_tempo**0.5, _FPS)
    activity = speech_activity(phrases, times)

    values = np.zeros((len(times), MOTION_DIM))
    speak(values, score, prosody, times + person.lip_lead, person)
    wear(values, manner, intensity, person, activity, times, rngs[1])
    raise_brows(values, brow_raise(times, person, beats, phrases, rngs[2]))
    lean(values, person)
    close_lips(values, score, times + person.lip_lead)
    move_head(values, times, person, activity, beats, phrases, rngs[3])
    look(values, times, seconds, person, manner, intensity, phrases, rngs[4])
    blink(values, times, seconds, person, phrases, rngs[5])
    return MotionTrack(values.astype(np.float32))


def speak(
    values: np.ndarray, score: Score, prosody: Prosody, times: np.ndarray, person: MotionStyle
) -> None:
    """Visemes with coarticulation."""
    loudness = at((score.starts + score.ends) / 2, prosody.loudness, _FPS)
    place(values, articulate(score, times, loudness, person.mouth_amplitude))


def wear(
    values: np.ndarray,
    manner: str,
    intensity: float,
    person: MotionStyle,
    activity: np.ndarray,
    times: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """The manner, the person's rest face and smile, never quite still; rounded lips smile less."""
    breath = 1.0 + 0.10 * drift(times, rng, 0.1, 0.5)
    level = np.clip(intensity * (0.82 + 0.18 * activity) * breath, 0.0, None)
    rounded = values[:, INDEX["mouthPucker"]] + 0.6 * values[:, INDEX["mouthFunnel"]]
    yielding = 1.0 - np.clip(0.75 * rounded, 0.0, 0.75)
    for shape, strength in manner_effect(manner).shapes.items():
        gives_way = shape in ("mouthSmile", "mouthStretch", "mouthDimple", "mouthFrown")
        for column in sides(shape):
            values[:, column] += strength * level * (yielding if gives_way else 1.0)
    for shape, strength in zip(REST_SHAPES, person.rest, strict=True):
        for column in sides(shape):
            values[:, column] += strength * breath
    for column in sides("mouthSmile"):
        values[:, column] += person.smile * yielding * breath
    for column in sides("cheekSquint"):
        values[:, column] += 0.35 * person.smile * breath
    values[:, EXPRESSION] = np.maximum(values[:, EXPRESSION], 0.0)


EXPRESSION = slice(0, POSE_SLICE.start)


def raise_brows(values: np.ndarray, raised: np.ndarray) -> None:
    for name, share in (("browInnerUp", 0.8), ("browOuterUp", 0.9), ("eyeWide", 0.25)):
        for column in sides(name):
            values[:, column] += share * raised
    for column in sides("browDown"):
        values[:, column] *= 1.0 - np.clip(0.8 * raised, 0.0, 0.6)


def lean(values: np.ndarray, person: MotionStyle) -> None:
    """The livelier half of the face, then every shape kept below 1."""
    for name in _LOPSIDED:
        left, right = sides(name)
        values[:, left] *= 1.0 + 0.3 * person.asymmetry
        values[:, right] *= 1.0 - 0.3 * person.asymmetry
    jaw = values[:, INDEX["jawOpen"]]
    values[:, INDEX["mouthLeft"]] += max(person.asymmetry, 0.0) * (0.03 + 0.10 * jaw)
    values[:, INDEX["mouthRight"]] += max(-person.asymmetry, 0.0) * (0.03 + 0.10 * jaw)
    values[:, EXPRESSION] = soft_ceiling(values[:, EXPRESSION])


def close_lips(values: np.ndarray, score: Score, times: np.ndarray) -> None:
    """The contacts of speech, and lips that rest together in a long silence."""
    sealed, tucked = closures(score, times)
    resting = 0.9 * (1.0 - _mouth_busy(score, times))
    seal_lips(values, resting, press=0.02)
    tuck_lip(values, tucked)
    seal_lips(values, sealed)
    values[:, INDEX["cheekPuff"]] += 0.05 * sealed


def _mouth_busy(score: Score, times: np.ndarray) -> np.ndarray:
    return speech_activity(find_phrases(score), times, attack=0.12, release=0.2)


def move_head(
    values: np.ndarray,
    times: np.ndarray,
    person: MotionStyle,
    activity: np.ndarray,
    beats: Sequence[Beat],
    phrases: Sequence[Phrase],
    rng: np.random.Generator,
) -> None:
    rotations = head_rotations(times, person, activity, beats, phrases, rng)
    translation = head_translation(times, rotations, person, rng)
    values[:, POSE_SLICE] = np.concatenate([rotations, translation], axis=1)


def look(
    values: np.ndarray,
    times: np.ndarray,
    seconds: float,
    person: MotionStyle,
    manner: str,
    intensity: float,
    phrases: Sequence[Phrase],
    rng: np.random.Generator,
) -> None:
    """Away as a phrase begins, back well before it ends; fear and grief look lower or restlessly."""
    glances = draw_glances(rng, seconds, person.gaze_wander, [p.start for p in phrases])
    lower = float(np.radians(manner_effect(manner).gaze_degrees)) * intensity
    head = values[:, POSE_SLICE][:, :3]
    set_gaze(values, gaze_curves(times, glances, head, rng, rest_pitch=lower))


def blink(
    values: np.ndarray,
    times: np.ndarray,
    seconds: float,
    person: MotionStyle,
    phrases: Sequence[Phrase],
    rng: np.random.Generator,
) -> None:
    """Lids on top of whatever the manner does to them; wide eyes give way while shut."""
    onsets = draw_blinks(rng, seconds, person.blinks_per_minute, [p.end for p in phrases])
    lids = blink_curve(times, onsets, rng)
    for column in sides("eyeBlink"):
        values[:, column] += lids * (0.97 - values[:, column])
    for column in sides("eyeWide"):
        values[:, column] *= 1.0 - lids
