"""The values that cross borders between stages. All frozen; arrays are float32 unless said otherwise.

Legend: N samples at 24 kHz, T mel frames at 93.75/s, F motion frames at 25/s, P phonemes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol, get_args

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
Frame = npt.NDArray[np.uint8]
"""One picture, (H, W, 3) RGB."""

Language = Literal["en", "zh"]
Manner = Literal["neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised"]
MANNERS: Final[tuple[Manner, ...]] = get_args(Manner)


@dataclass(frozen=True)
class Word:
    """A word as it is spoken, and the stretch of the user's text that it stands for."""

    text: str
    start: int
    end: int
    """`source[start:end]` is what the user wrote; several spoken words may share one stretch ("42")."""


@dataclass(frozen=True)
class Phoneme:
    """One symbol of `text.symbols`. `word` indexes `Text.words`; None for pauses between words."""

    symbol: str
    tone: int = 0
    word: int | None = None


@dataclass(frozen=True)
class Text:
    """A stretch of text made ready to be spoken. `offset` is where it begins in the whole text."""

    source: str
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    language: Language
    offset: int = 0


@dataclass(frozen=True)
class TimedPhoneme:
    """A phoneme with its place in time, in seconds from the start of its sound."""

    phoneme: Phoneme
    start: float
    end: float


@dataclass(frozen=True)
class TimedWord:
    """A spoken word in time; `start_char:end_char` is its place in the user's whole text."""

    text: str
    start: float
    end: float
    start_char: int
    end_char: int


@dataclass(frozen=True)
class Speech:
    """A finished stretch of sound."""

    samples: FloatArray
    """(N,) in [-1, 1]."""
    words: tuple[TimedWord, ...] = ()

    @property
    def seconds(self) -> float:
        return float(timeline.samples_to_seconds(len(self.samples)))


@dataclass(frozen=True)
class MotionTrack:
    """Facial motion at 25 frames/s: (F, 61), columns named by `motion.NAMES`."""

    values: FloatArray

    @property
    def seconds(self) -> float:
        return float(timeline.video_frames_to_seconds(len(self.values)))


@dataclass(frozen=True)
class ReferenceClip:
    """A clip or portrait as read from disk. A portrait has one frame and no sound."""

    samples: FloatArray
    """(N,) at 24 kHz; empty when there is no sound."""
    frames: tuple[Frame, ...]
    """At 25 frames/s, in the original size, upright."""
    name: str = "reference"


@dataclass(frozen=True)
class Camera:
    """Where a point of space falls in the picture. Things `distance` units nearer than the origin touch the lens."""

    scale: float
    """Pixels per unit, for things as far away as the origin."""
    centre_x: float
    """Pixels; where the origin is seen."""
    centre_y: float
    distance: float = 12.0
    """From the lens to the origin, in units."""

    def project(self, points: FloatArray) -> FloatArray:
        """(..., P, 3) units -> (..., P, 2) pixels, y down."""
        scale = self.scale * self.distance / (self.distance - points[..., 2:])
        flat: FloatArray = points[..., :2] * scale
        flat[..., 1] *= -1
        flat += np.array([self.centre_x, self.centre_y], flat.dtype)
        return flat

    def lift(self, pixels: FloatArray, depth: FloatArray) -> FloatArray:
        """The points (..., P, 3) seen at `pixels` (..., P, 2) whose z is `depth` (..., P)."""
        scale = (self.distance - depth) / (self.scale * self.distance)
        x = (pixels[..., 0] - self.centre_x) * scale
        y = (self.centre_y - pixels[..., 1]) * scale
        return np.stack([x, y, depth], axis=-1)

    def resized(self, factor: float) -> Camera:
        """The same view in a picture `factor` times as large."""
        return Camera(
            self.scale * factor, self.centre_x * factor, self.centre_y * factor, self.distance
        )


@dataclass(frozen=True)
class TrackedFace:
    """A clip's face, frame by frame. Frames where it was not seen are bridged from their neighbours."""

    landmarks: FloatArray
    """(F, 478, 3) pixels, y down; z in pixels as well, nearer is smaller."""
    found: npt.NDArray[np.bool_]
    """(F,) whether the face was seen."""
    motion: MotionTrack
    neutral: FloatArray
    """(478, 3) the person's neutral face in the units of `motion.face`."""
    camera: Camera
    size: tuple[int, int]
    """(width, height) of the frames."""
    cuts: tuple[int, ...] = ()
    """First frames of new scenes; motion is not smoothed across them."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class WornManner:
    """A manner that a face is to wear over what its prompt shows."""

    manner: str
    intensity: float = 1.0
    rest: FloatArray | None = None
    """(61,) mean of the person's everyday face, where the prompt shows another than that."""


@dataclass(frozen=True)
class StylePrompt:
    """A voice and a manner: the unmasked prefix that the model continues. All four parts are equally long."""

    mel: FloatArray
    """(T, 100) log-mel. T is a whole number of blocks."""
    motion: FloatArray
    """(F, 61), F = 4 T / 15."""
    phonemes: IntArray
    """(T,) symbol ids per mel frame; 0 where unknown."""
    tones: IntArray
    """(T,) tone per mel frame."""
    curves: FloatArray | None = None
    """(T, 4) how it is said, as networks are told it (`audio.curves`); None where that was not heard."""
    has_voice: bool = True
    has_motion: bool = True
    """False where that part is a placeholder (a portrait has no motion, a sound file no face)."""
    identity: str | None = None
    """Key of the presenter this style was recorded with, if any."""
    worn: WornManner | None = None
    """None: the face is as the prompt shows it."""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def blocks(self) -> int:
        return timeline.blocks_in_mel(len(self.mel))

    def last(self, blocks: int) -> StylePrompt:
        """The end of it, at most so many blocks: what generation continues."""
        skipped = self.blocks - min(blocks, self.blocks)
        mel = slice(skipped * timeline.BLOCK_MEL_FRAMES, None)
        motion = slice(skipped * timeline.BLOCK_VIDEO_FRAMES, None)
        return replace(
            self,
            mel=self.mel[mel],
            motion=self.motion[motion],
            phonemes=self.phonemes[mel],
            tones=self.tones[mel],
            curves=None if self.curves is None else self.curves[mel],
        )


@dataclass(frozen=True)
class Latents:
    """What the model makes before it is heard or seen."""

    mel: FloatArray
    """(T, 100)."""
    motion: FloatArray
    """(F, 61)."""


@dataclass(frozen=True)
class AVChunk:
    """A playable piece: equally long sound and picture, always a whole number of video frames."""

    index: int
    start: float
    """Seconds since the beginning of the stream."""
    samples: FloatArray
    """(960 K,) at 24 kHz."""
    motion: FloatArray
    """(K, 61)."""
    frames: tuple[Frame, ...] = ()
    """K pictures; empty when no renderer was asked for."""
    words: tuple[TimedWord, ...] = ()
    """Words that begin in this chunk; times since the beginning of the stream."""
    utterance: int = 0
    is_idle: bool = False
    is_last: bool = False


@dataclass(frozen=True)
class TextureBank:
    """Pictures of one region of the face in many expressions and poses, all laid out alike.

    Every crop is bent so that its landmarks come to lie on those of the layout: lips are where lips are in
    all of them, whatever they do.
    """

    crops: npt.NDArray[np.uint8]
    """(K, h, w, 3) RGB."""
    motion: FloatArray
    """(K, 61) coefficients the crops were taken at."""
    layout: FloatArray
    """(478, 2) landmarks in pixels of the crop; those outside the region are not used."""


@dataclass(frozen=True)
class Framing:
    """Where the square picture of an identity was cut from its original frame, in original pixels."""

    left: float
    top: float
    side: float
    width: int
    height: int
    """Size of the original frame."""


@dataclass(frozen=True)
class Identity:
    """How a person looks: everything a renderer needs, made once per reference. Pictures are S x S."""

    name: str
    picture: Frame
    """(S, S, 3) RGB: head and shoulders, foreground colours also where the matte is thin."""
    matte: npt.NDArray[np.uint8]
    """(S, S) 255 = the person."""
    background: Frame
    """(S, S, 3) what is behind the person, filled in where the person hid it."""
    neutral: FloatArray
    """(478, 3) face points without expression, in head space (see `motion.names`): with the coefficients
    below they land on `landmarks`, exactly for a portrait, within a pixel or two for a clip."""
    coefficients: FloatArray
    """(61,) what the person does in `picture`."""
    landmarks: FloatArray
    """(478, 2) face points in `picture`, pixels."""
    camera: Camera
    """Sees the head as `picture` does, in pixels of `picture`."""
    framing: Framing
    original: Frame | None = None
    """The whole frame that `picture` was cut from, for pasting the talking head back."""
    faces: TextureBank | None = None
    """The skin of the face, laid out as in `picture`."""
    mouths: TextureBank | None = None
    """Lips and what is between them, laid out as a half-open, frontal mouth."""
    lids: TextureBank | None = None
    """Both eyes closed, one crop, laid out as closed, frontal eyes: as seen, or painted where they never close;
    of stills, eyes in many looks on lids a little closed."""
    refiner: Mapping[str, npt.NDArray[np.float32]] | None = None
    """Weights of a network trained on this person (`models.refiner`), by name."""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        return len(self.picture)


@dataclass
class RenderMemory:
    """What one video has shown so far: a new one for every video, given with each of its frames in order.

    Without it a frame is drawn by itself: the body rests, and the mouth is the nearest one known.
    """

    frame: int = 0
    """Number of the next frame."""
    mouth: int | None = None
    """Picture of the bank of mouths that is shown, or on its way."""
    shares: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    """(K,) how much of each picture of that bank was shown last."""
    gap: float = 0.0
    """Between the lips, eye distances."""


class Renderer(Protocol):
    """Turns coefficients into pictures. Made once per identity and size; it keeps no history itself."""

    size: tuple[int, int]
    """(width, height)."""

    def frame(self, coefficients: FloatArray, memory: RenderMemory | None = None) -> Frame:
        """(61,) -> (H, W, 3) RGB uint8. memory: of the video that the frame belongs to; brought up to date."""
        ...
