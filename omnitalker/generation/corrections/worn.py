"""A manner worn on top of what the network makes: its strength in full, timed with the voice.

A network errs towards the average of the faces it has seen, and an own clip was taken in one mood only. So what a
manner asks of brows, lids, cheeks and corners is added here: taken on as the voice begins, strongest on loud
syllables, fading in pauses, giving way to lips that round, press or meet.

Legend: F motion frames at 25/s, T mel frames at 93.75/s.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, IntArray, Latents, StylePrompt, WornManner
from omnitalker.motion.curves import drift, smoothstep, soft_ceiling
from omnitalker.motion.made.gaze import GAZE_LIMIT, set_gaze
from omnitalker.motion.made.manners import manner_effect, shape_offsets, sides
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, INDEX, MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.sealing import seal_lips
from omnitalker.text.symbols import BILABIALS, SILENT, SYMBOL_IDS

BEGINNING: Final = 0.8
"""How much of the manner the first frame wears: a film does not begin with somebody else's face."""
FADE_SECONDS: Final = 1.2
EMPHASIS: Final = 0.12
"""How much stronger it is on the loudest syllables, how much weaker on the faintest."""
EMPHASIS_RANGE: Final = 1.2
"""Log-mel over the running mean that counts as loud."""
UNREST: Final = 0.05
"""No face holds an expression quite still."""
_YIELDING: Final = ("mouthSmile", "mouthStretch", "mouthDimple", "mouthFrown")
"""Corners that cannot be pulled while the lips round."""
_BETWEEN_OPENINGS: Final = ("mouthPress", "mouthRollUpper", "mouthShrugUpper", "mouthShrugLower")
"""What lips do only while they are nearly closed."""
_BILABIALS: Final = [SYMBOL_IDS[symbol] for symbol in BILABIALS]
_SILENT: Final = [SYMBOL_IDS[symbol] for symbol in SILENT]
_NOD: Final = POSE_SLICE.start
_OPENING: Final = [
    INDEX["jawOpen"], INDEX["mouthClose"], *sides("mouthLowerDown"), *sides("mouthUpperUp"),
]  # fmt: skip


class ManneredFace:
    """Adds one manner to one talker's motion in the order it is made."""

    def __init__(
        self, worn: WornManner, prompt: FloatArray, before: ManneredFace | None = None
    ) -> None:
        """prompt: (F, 61) motion that the network continues. before: what the face wore until now, which fades."""
        effect = manner_effect(worn.manner)
        shown = prompt.mean(axis=0)
        rest = shown if worn.rest is None else worn.rest
        self._offsets = np.zeros(MOTION_DIM)
        for column, strength in shape_offsets(worn.manner).items():
            self._offsets[column] = strength * worn.intensity + rest[column] - shown[column]
        nod = np.radians(effect.nod_degrees) * worn.intensity
        self._offsets[_NOD] = nod + rest[_NOD] - shown[_NOD]
        self._look = 0.0 if worn.rest is not None else effect.gaze_degrees * worn.intensity
        done = 0.0 if worn.rest is None else 1.0
        self._mouth = effect.mouth ** (worn.intensity - done)
        self._rise = 1 - np.exp(-1 / (effect.onset * timeline.VIDEO_FPS))
        self._fall = 1 - np.exp(-1 / (FADE_SECONDS * timeline.VIDEO_FPS))
        self._paused = effect.paused
        self._level = BEGINNING if before is None else 1.0
        self._loud, self._frames = 0.0, 0
        self._fading: FloatArray = (
            np.zeros(MOTION_DIM, np.float32) if before is None else before.last
        )
        self._change = 0 if before is None else max(1, int(2 * effect.onset * timeline.VIDEO_FPS))
        self.last: FloatArray = self._fading
        """(61,) what was added to the last frame."""
        self._seed = zlib.crc32(worn.manner.encode())

    def __call__(
        self, motion: FloatArray, mel: FloatArray, speaking: npt.NDArray[np.bool_]
    ) -> FloatArray:
        """motion: (F, 61) as sampled; mel: (T, 100) with it; speaking: (T,) where a phoneme sounds."""
        if not len(motion):
            return motion
        taken_on: npt.NDArray[np.float64] = np.ones(len(motion))
        if self._change:
            taken_on = smoothstep((self._frames + 1.0 + np.arange(len(motion))) / self._change)
        level = self._levels(mel, speaking, len(motion)) * taken_on
        added = level[:, None] * self._offsets + (1 - taken_on)[:, None] * self._fading
        self.last = added[-1]
        made = motion.astype(np.float64)
        made[:, _OPENING] *= 1 + (self._mouth - 1) * taken_on[:, None]
        look = level * np.radians(self._look)
        if added[:, _NOD].any() or look.any():
            _hold_head(made, added[:, _NOD], look)
        return _worn(made, added).astype(np.float32)

    def _levels(
        self, mel: FloatArray, speaking: npt.NDArray[np.bool_], frames: int
    ) -> npt.NDArray[np.float64]:
        """(F,) how much of the manner is worn; goes on from the frames before."""
        times = self._frames + np.arange(frames)
        rng = np.random.default_rng(self._seed)
        unrest = 1 + UNREST * drift(times / timeline.VIDEO_FPS, rng, 0.08, 0.5)
        loudness = mel.mean(axis=1) if len(mel) else np.zeros(len(speaking))
        level = np.empty(frames)
        for frame in range(frames):
            part = _mel_frames_of(frame, len(speaking))
            is_heard = bool(speaking[part].any())
            wanted = self._paused
            if is_heard:
                loud = float(loudness[part].mean()) if len(loudness) else 0.0
                self._loud += 0.02 * (loud - self._loud) if self._loud else loud
                stress = np.clip((loud - self._loud) / EMPHASIS_RANGE, -1, 1)
                wanted = 1 + EMPHASIS * float(stress)
            rate = self._rise if wanted > self._level else self._fall
            self._level += rate * (wanted - self._level)
            level[frame] = self._level
        self._frames += frames
        return level * unrest


class MannerLayer:
    """The manner of whichever style speaks, from one style to the next."""

    def __init__(self) -> None:
        self._style: StylePrompt | None = None
        self._face: ManneredFace | None = None

    def put_on(self, style: StylePrompt) -> None:
        """From here on in this style's manner; what was worn before fades."""
        if style is self._style:
            return
        self._style = style
        if style.has_motion and (style.worn or self._face):
            worn = style.worn or WornManner("neutral")
            self._face = ManneredFace(worn, style.motion, before=self._face)

    def __call__(self, made: Latents, phonemes: IntArray) -> Latents:
        """phonemes: (T,) ids per mel frame. Lips that meet still do."""
        if self._face is None or not len(made.motion):
            return made
        motion = self._face(made.motion, made.mel, ~np.isin(phonemes, _SILENT))
        return replace(made, motion=seal_lips(motion, np.isin(phonemes, _BILABIALS)))


def _worn(made: npt.NDArray[np.float64], added: npt.NDArray[np.float64]) -> FloatArray:
    """Shapes with what is added, as far as lips and lids are free for it."""
    added = added.copy()
    rounded = made[:, INDEX["mouthPucker"]] + 0.6 * made[:, INDEX["mouthFunnel"]]
    yielding = 1 - np.clip(0.75 * rounded, 0, 0.75)
    opened = made[:, INDEX["jawOpen"]] - made[:, INDEX["mouthClose"]]
    nearly_shut = 1 - np.clip(opened / 0.3, 0, 1)
    for names, gives_way in ((_YIELDING, yielding), (_BETWEEN_OPENINGS, nearly_shut)):
        columns = [column for name in names for column in sides(name)]
        added[:, columns] *= gives_way[:, None]
    lids = list(sides("eyeBlink"))
    awake = 1 - made[:, lids].clip(0, 1)
    added[:, lids] *= awake
    added[:, list(sides("eyeWide"))] *= awake
    shapes = np.maximum(made[:, EXPRESSION_SLICE] + added[:, EXPRESSION_SLICE], 0)
    changed = (added[:, EXPRESSION_SLICE] != 0).any(axis=0)
    made[:, EXPRESSION_SLICE][:, changed] = soft_ceiling(shapes[:, changed], 0.85)
    return np.asarray(made, np.float32)


def _hold_head(
    made: npt.NDArray[np.float64], nod: npt.NDArray[np.float64], look: npt.NDArray[np.float64]
) -> None:
    """Head lower or higher, in place; the eyes stay on the viewer but for the manner's own look."""
    made[:, _NOD] += nod
    gaze = made[:, GAZE_SLICE].copy()
    gaze[:, 1::2] += (nod + look)[:, None]
    set_gaze(made, np.clip(gaze, -GAZE_LIMIT, GAZE_LIMIT))


def _mel_frames_of(frame: int, total: int) -> slice:
    """The mel frames that sound while a motion frame of the same piece is shown."""
    per_frame = float(timeline.MEL_RATE) / timeline.VIDEO_FPS
    first = min(int(frame * per_frame), max(total - 1, 0))
    return slice(first, max(first + 1, int((frame + 1) * per_frame)))
