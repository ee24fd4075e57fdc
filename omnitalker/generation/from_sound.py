"""Sound in, face out: how a face moves to speech that was made elsewhere.

The phonemes and their times are heard by the recogniser (or aligned, where the words are known); lips and jaw follow
them, head and brows follow loudness and melody, in the way of the style's talker. The sound itself stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from omnitalker.audio.loudness import is_silent, normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import (
    AVChunk,
    FloatArray,
    StylePrompt,
    Text,
    TimedPhoneme,
    TimedWord,
    WornManner,
)
from omnitalker.generation.corrections.worn import ManneredFace
from omnitalker.generation.motion_teacher import teach
from omnitalker.generation.parts import Parts
from omnitalker.models.recogniser import Alignment, PhonemeRecogniser, align, recognise
from omnitalker.motion.names import MOTION_DIM
from omnitalker.motion.track.blending import continue_from, scale_expressiveness, scale_head
from omnitalker.motion.track.sealing import seal_lips
from omnitalker.motion.track.statistics import motion_style
from omnitalker.text.symbols import BILABIALS, SILENCE, SILENT

PIECE_SECONDS = 16.0
"""Long sound is heard in pieces, cut where it is quietest."""
SEEK_SECONDS = 4.0
"""How far before the end of a piece a quiet place is looked for."""
ALIGNED_SECONDS = 90.0
"""A transcript is laid over so much sound at once; words of longer sound are heard."""
MOST_SECONDS = 3600.0
STEADY_DB = 6.0
"""Speech gets louder and fainter by far more within a second; noise and held tones do not, and the mouth rests."""
CHUNK_FRAMES = 24
_QUIET_HOP = timeline.SAMPLES_PER_VIDEO_FRAME


@dataclass(frozen=True)
class SoundRequest:
    """Move a face in the way of `style` to `samples`, which are kept exactly."""

    samples: FloatArray
    """(N,) mono at 24 kHz."""
    style: StylePrompt
    text: Text | None = None
    """What is said in it, if that is known."""
    expressiveness: float = 1.0
    head_motion: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        seconds = len(self.samples) / timeline.SAMPLE_RATE
        if seconds > MOST_SECONDS:
            raise InputError(
                f"the sound lasts {seconds / 60:.0f} minutes; at most {MOST_SECONDS / 60:.0f} are taken at once. "
                "Cut it into parts and give each to 'omnitalker batch'"
            )
        if seconds < 0.2:
            raise InputError(f"the sound lasts {seconds:.2f} s; give at least 0.2 s of speech")
        if is_silent(self.samples):
            raise InputError("the sound is silent: there is nothing a face could say")


def stream_sound(parts: Parts, request: SoundRequest) -> Iterator[AVChunk]:
    """Playable chunks in order, sound and motion equally long."""
    recogniser = parts.recogniser
    if recogniser is None:
        raise InputError("this checkpoint has no recogniser, which a face for given sound needs")
    samples = _whole_frames(request.samples)
    mover = _Mover(request)
    timed, words = _transcribed(recogniser, request, samples)
    chunk, begun = 0, 0
    for first, last in pieces(samples):
        part = samples[first:last]
        start = first / timeline.SAMPLE_RATE
        heard = _within(timed, start, last / timeline.SAMPLE_RATE) or hear(recogniser, part)
        motion = mover.move(heard, part)
        for frame in range(0, len(motion), CHUNK_FRAMES):
            piece = motion[frame : frame + CHUNK_FRAMES]
            at = timeline.video_frames_to_samples(frame)
            sound = part[at : at + timeline.video_frames_to_samples(len(piece))]
            now = start + at / timeline.SAMPLE_RATE
            until = now + len(sound) / timeline.SAMPLE_RATE
            is_last = last == len(samples) and frame + len(piece) == len(motion)
            count = sum(word.start < until or is_last for word in words[begun:])
            said = tuple(words[begun : begun + count])
            yield AVChunk(chunk, now, sound, piece, words=said, is_last=is_last)
            chunk, begun = chunk + 1, begun + count


def hear(recogniser: PhonemeRecogniser, samples: FloatArray) -> tuple[TimedPhoneme, ...]:
    """What is spoken in (N,) samples; nothing where it is no speech."""
    if is_silent(samples) or _is_steady(samples):
        return ()
    return recognise(recogniser, mel_covering(normalise_loudness(_whole_blocks(samples)))).phonemes


def pieces(samples: FloatArray) -> Iterator[tuple[int, int]]:
    """(first, last) samples of stretches of at most `PIECE_SECONDS`, cut on whole motion frames in quiet places."""
    loud = np.square(samples.reshape(-1, _QUIET_HOP), dtype=np.float64).mean(axis=1)
    loud = np.convolve(loud, np.ones(5) / 5, mode="same")
    most = timeline.seconds_to_video_frames(PIECE_SECONDS)
    seek = timeline.seconds_to_video_frames(SEEK_SECONDS)
    start = 0
    while start < len(loud):
        stop = len(loud)
        if stop - start > most:
            window = loud[start + most - seek : start + most]
            stop = start + most - seek + int(window.argmin())
        yield start * _QUIET_HOP, stop * _QUIET_HOP
        start = stop


def _is_steady(samples: FloatArray) -> bool:
    """Whether a second or more of sound is equally loud throughout."""
    frames = len(samples) // _QUIET_HOP
    if frames < timeline.VIDEO_FPS:
        return False
    power = np.square(samples[: frames * _QUIET_HOP].reshape(frames, -1)).mean(axis=1)
    low, high = np.percentile(10 * np.log10(power + 1e-10), [5, 95])
    return bool(high - low < STEADY_DB)


class _Mover:
    """One talker's motion over piece after piece."""

    def __init__(self, request: SoundRequest) -> None:
        style = request.style
        worn = style.worn or WornManner("neutral")
        rest = style.motion.mean(axis=0) if worn.rest is None else worn.rest
        self._request = request
        self._person = motion_style(style.motion, rest) if style.has_motion else None
        own = np.repeat(rest[None], 2, axis=0)
        self._mannered = ManneredFace(replace(worn, rest=None), own) if style.worn else None
        self._before: FloatArray | None = None
        self._pieces = 0

    def move(self, heard: Sequence[TimedPhoneme], samples: FloatArray) -> FloatArray:
        """(F, 61) for a piece, going on from the piece before."""
        request = self._request
        track = teach(heard, samples, style=self._person, seed=request.seed + 7 * self._pieces)
        motion = track.values
        if self._before is not None:
            motion = continue_from(self._before, motion, min(8, len(motion)))
        self._before, self._pieces = motion[-2:], self._pieces + 1
        if self._mannered is not None:
            mel = mel_covering(_whole_blocks(samples))
            motion = self._mannered(motion, mel, marked(heard, len(mel), SILENT, inverted=True))
            motion = seal_lips(motion, marked(heard, len(mel), BILABIALS))
        if request.expressiveness != 1.0:
            motion = scale_expressiveness(motion, request.expressiveness)
        if request.head_motion != 1.0:
            motion = scale_head(motion, request.head_motion)
        assert motion.shape[1] == MOTION_DIM
        return motion


def _transcribed(
    recogniser: PhonemeRecogniser, request: SoundRequest, samples: FloatArray
) -> tuple[tuple[TimedPhoneme, ...], tuple[TimedWord, ...]]:
    """Phonemes and words of a known text in time; nothing where there is none, or it is not what is said."""
    text, seconds = request.text, len(samples) / timeline.SAMPLE_RATE
    if text is None or not text.phonemes or seconds > ALIGNED_SECONDS:
        return (), ()
    mel = mel_covering(normalise_loudness(_whole_blocks(samples)))
    found: Alignment = align(recogniser, mel, text.phonemes)
    if not found.fits:
        return (), ()
    spans: dict[int, tuple[float, float]] = {}
    for timed in found.phonemes:
        if timed.phoneme.word is not None:
            first = spans.get(timed.phoneme.word, (timed.start, timed.end))[0]
            spans[timed.phoneme.word] = (first, timed.end)
    words = tuple(
        TimedWord(
            text.words[word].text,
            start,
            end,
            text.offset + text.words[word].start,
            text.offset + text.words[word].end,
        )
        for word, (start, end) in spans.items()
    )
    return found.phonemes, words


def _within(timed: Sequence[TimedPhoneme], start: float, end: float) -> tuple[TimedPhoneme, ...]:
    """The phonemes between two times, counted from the first."""
    return tuple(
        TimedPhoneme(t.phoneme, max(t.start, start) - start, min(t.end, end) - start)
        for t in timed
        if t.end > start and t.start < end
    )


def marked(
    heard: Sequence[TimedPhoneme],
    frames: int,
    symbols: Collection[str],
    start: float = 0.0,
    *,
    inverted: bool = False,
) -> npt.NDArray[np.bool_]:
    """(T,) from `start` seconds on: where one of `symbols` sounds, or anything but them."""
    found = np.zeros(frames, bool)
    for timed in heard:
        if (timed.phoneme.symbol in symbols) != inverted and timed.phoneme.symbol != SILENCE:
            first = max(0, timeline.seconds_to_mel_frames(max(0.0, timed.start - start)))
            last = timeline.seconds_to_mel_frames(max(0.0, timed.end - start))
            found[first:last] = True
    return found


def _whole_frames(samples: FloatArray) -> FloatArray:
    """Silence to the end of the last motion frame."""
    missing = -len(samples) % timeline.SAMPLES_PER_VIDEO_FRAME
    return np.pad(samples.astype(np.float32), (0, missing))


def _whole_blocks(samples: FloatArray) -> FloatArray:
    return np.pad(samples, (0, -len(samples) % timeline.BLOCK_SAMPLES))
