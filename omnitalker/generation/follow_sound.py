"""A face for sound that is still arriving: follows a host's own voice a quarter of a second behind it.

push(samples) ─> 80 ms more known ─> phonemes of the last two seconds ─> lips of the two frames before the look-ahead

Legend: F motion frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, StylePrompt, WornManner
from omnitalker.generation.corrections.worn import ManneredFace
from omnitalker.generation.from_sound import hear, marked
from omnitalker.generation.motion_teacher.prosody import measure_prosody
from omnitalker.generation.motion_teacher.score import read_score
from omnitalker.generation.motion_teacher.teacher import close_lips, lean, speak
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.motion.made.gaze import GAZE_LIMIT, set_gaze
from omnitalker.motion.made.style import MotionStyle
from omnitalker.motion.names import BLENDSHAPES, GAZE_SLICE, INDEX, POSE_SLICE
from omnitalker.motion.track.sealing import seal_lips
from omnitalker.text.symbols import BILABIALS, SILENT

STEP_FRAMES = 2
AHEAD_FRAMES = 4
"""With the step, and the frame that waits to know whether it is the last, 0.28 s behind what the host has sent."""
HEARD_FRAMES = 50
NOD = float(np.radians(2.4))
"""How far the head goes down on a syllable that is 10 dB louder than those around it."""
BROW = 0.22
_SLOW, _QUICK = 0.03, 0.35
"""Share of a new frame in the running loudness of speech and of the syllable."""
_SILENT_DB = -50.0
_LIPS = [
    index
    for index, name in enumerate(BLENDSHAPES)
    if name.startswith(("jaw", "mouth")) and not name.startswith(("mouthSmile", "mouthFrown"))
]
_SIZE = timeline.SAMPLES_PER_VIDEO_FRAME


@dataclass(frozen=True)
class FollowedFrame:
    """40 ms: the host's sound and the face that goes with it."""

    samples: FloatArray
    """(960,)."""
    motion: FloatArray
    """(61,)."""


class SoundFollower:
    """One utterance of one talker. Sound comes out as it came in, frame by frame with its motion."""

    def __init__(
        self,
        recogniser: PhonemeRecogniser,
        style: StylePrompt,
        person: MotionStyle,
        listening: FloatArray,
    ) -> None:
        """listening: (F, 61) what the face does anyway (head, eyes, blinks); it goes round."""
        self._recogniser, self._person, self._listening = recogniser, person, listening
        worn = style.worn or WornManner("neutral")
        rest = style.motion.mean(axis=0) if worn.rest is None else worn.rest
        own = np.repeat(rest[None], 2, axis=0)
        self._face = (
            ManneredFace(WornManner(worn.manner, worn.intensity), own) if style.worn else None
        )
        self._samples: FloatArray = np.zeros(0, np.float32)
        self._first = 0
        """Frame number of the first sample that is still kept."""
        self._made = 0
        self._slow = self._quick = _SILENT_DB

    def push(self, samples: FloatArray) -> Iterator[FollowedFrame]:
        """(N,) more samples at 24 kHz; the frames that can be shown now."""
        self._samples = np.concatenate([self._samples, samples.astype(np.float32)])
        while self._known - self._made >= STEP_FRAMES + AHEAD_FRAMES:
            yield from self._make(STEP_FRAMES)

    def finish(self) -> Iterator[FollowedFrame]:
        """The rest, with silence to the end of its last frame; the lips come to rest."""
        self._samples = np.pad(self._samples, (0, -len(self._samples) % _SIZE))
        while self._made < self._known:
            yield from self._make(min(STEP_FRAMES, self._known - self._made))

    @property
    def _known(self) -> int:
        """Whole frames of sound that have come."""
        return self._first + len(self._samples) // _SIZE

    def _make(self, count: int) -> Iterator[FollowedFrame]:
        begin = max(self._first, self._made + STEP_FRAMES + AHEAD_FRAMES - HEARD_FRAMES)
        stop = min(self._known, self._made + STEP_FRAMES + AHEAD_FRAMES)
        window = self._samples[(begin - self._first) * _SIZE : (stop - self._first) * _SIZE]
        place = self._made - begin
        motion = self._motion(window, place, count)
        for index in range(count):
            at = (place + index) * _SIZE
            yield FollowedFrame(window[at : at + _SIZE], motion[index])
        self._made += count
        keep = max(0, self._made - HEARD_FRAMES - self._first)
        self._samples, self._first = self._samples[keep * _SIZE :], self._first + keep

    def _motion(self, window: FloatArray, place: int, count: int) -> FloatArray:
        """(count, 61) of the frames at `place` of a window of sound."""
        heard = hear(self._recogniser, window)
        score = read_score(heard, len(window) / timeline.SAMPLE_RATE)
        times = (place + np.arange(count)) / timeline.VIDEO_FPS
        rows = (self._made + np.arange(count)) % len(self._listening)
        values = self._listening[rows].astype(np.float64)
        values[:, _LIPS] = 0.0
        ahead = times + self._person.lip_lead
        speak(values, score, measure_prosody(window), ahead, self._person)
        self._emphasise(values, window, place)
        lean(values, self._person)
        close_lips(values, score, ahead)
        motion = values.astype(np.float32)
        if self._face is None:
            return motion
        frames = slice(place * _SIZE, (place + count) * _SIZE)
        mel = mel_covering(window[frames])
        shifted = marked(heard, len(mel), SILENT, place / timeline.VIDEO_FPS, inverted=True)
        motion = self._face(motion, mel, shifted)
        return seal_lips(motion, marked(heard, len(mel), BILABIALS, place / timeline.VIDEO_FPS))

    def _emphasise(self, values: FloatArray, window: FloatArray, place: int) -> None:
        """Head and brows on the loud syllables, in place; the eyes stay on the viewer."""
        for index in range(len(values)):
            part = window[(place + index) * _SIZE : (place + index + 1) * _SIZE]
            level = max(float(10 * np.log10(np.mean(np.square(part)) + 1e-10)), _SILENT_DB)
            if level > _SILENT_DB:
                self._slow += (
                    _SLOW * (level - self._slow) if self._slow > _SILENT_DB else level - self._slow
                )
            self._quick += _QUICK * (level - self._quick)
            stress = (
                float(np.clip((self._quick - self._slow) / 10, 0, 1))
                if self._slow > _SILENT_DB
                else 0.0
            )
            nod = self._person.head_amplitude * NOD * stress
            values[index, POSE_SLICE.start] += nod
            brow = self._person.brow_activity * BROW * stress
            for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
                values[index, INDEX[name]] += brow
            gaze = values[index : index + 1, GAZE_SLICE].copy()
            gaze[:, 1::2] += nod
            set_gaze(values[index : index + 1], np.clip(gaze, -GAZE_LIMIT, GAZE_LIMIT))
