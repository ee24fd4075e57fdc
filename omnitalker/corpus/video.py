"""One talking video made into corpus items: read, tracked, checked, aligned, cut at pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from omnitalker.audio.loudness import is_silent, limit_peaks, normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.audio.pcm import to_int16
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, ReferenceClip, TrackedFace
from omnitalker.corpus.alignment import check_fit, tidy, to_arrays
from omnitalker.corpus.clip import TRANSCRIPTS, FolderClip, ImportLimits
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.prosody import heard
from omnitalker.corpus.teachers.speech import TimedSymbol
from omnitalker.generation.motion_teacher import teach
from omnitalker.media.reader import read_clip
from omnitalker.models.recogniser import PhonemeRecogniser, align
from omnitalker.motion.names import INDEX
from omnitalker.reference.tracker import FaceTracker
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import SILENT

_SEARCH_FRAMES = 12
_FULL_SCALE = 0.999


@dataclass(frozen=True)
class Sync:
    """How the mouth goes with the sound: positive lag = the mouth is late, in motion frames."""

    lag: int
    correlation: float


class VideoReader:
    """Reads talking videos; holds what takes long to load."""

    def __init__(self, recogniser: PhonemeRecogniser, limits: ImportLimits) -> None:
        self._recogniser = recogniser
        self._limits = limits
        self._tracker = FaceTracker()
        self._frontend = TextFrontend()

    def read(self, clip: FolderClip, name: str) -> list[CorpusItem]:
        """The items of `clip`, named NAME-0, NAME-1, ...; `InputError` says why it cannot be used."""
        if not clip.text:
            raise InputError(
                f"it has no transcript: put {clip.path.stem}.txt beside it, or a row in {TRANSCRIPTS}"
            )
        read = read_clip(clip.path, max_seconds=self._limits.longest_clip_seconds)
        check_sound(read, self._limits)
        tracked = self._tracker.track(read.frames, clip.path.name)
        check_face(tracked, self._limits)
        if tracked.cuts:
            raise InputError(f"a cut at frame {tracked.cuts[0]}; give one continuous shot per file")
        blocks = len(read.frames) // timeline.BLOCK_VIDEO_FRAMES
        motion = tracked.motion.values[: blocks * timeline.BLOCK_VIDEO_FRAMES]
        samples = limit_peaks(normalise_loudness(_whole(read.samples, blocks)))
        mel = mel_covering(samples)
        text = self._frontend.prepare(clip.text, clip.language)
        fit = align(self._recogniser, mel, text.phonemes)
        check_fit(fit, self._limits.alignment)
        check_sync(motion, teach(fit.phonemes, samples).values, self._limits)
        phones = tidy(fit.phonemes, len(samples) / timeline.SAMPLE_RATE, clip.text)
        pieces = cut_at_pauses(phones, blocks, self._limits)
        return [
            _item(clip, f"{name}-{index}", text.language, piece, samples, mel, motion)
            for index, piece in enumerate(pieces)
        ]


@dataclass(frozen=True)
class Piece:
    """A stretch of a clip, in blocks, with its phonemes timed from its own beginning."""

    start: int
    stop: int
    phones: tuple[TimedSymbol, ...]


def check_sound(clip: ReferenceClip, limits: ImportLimits) -> None:
    """`InputError` unless there is sound that can be learnt from."""
    if len(clip.frames) < 2:
        raise InputError("it is no video")
    if not len(clip.samples) or is_silent(clip.samples):
        raise InputError("it has no sound")
    clipped = float((np.abs(clip.samples) >= _FULL_SCALE).mean())
    if clipped > limits.clipped:
        raise InputError(f"{clipped:.2%} of its samples are clipped; at most {limits.clipped:.2%}")


def check_face(face: TrackedFace, limits: ImportLimits) -> None:
    """`InputError` unless a face is there all the time and large enough to read."""
    if face.found.mean() < limits.face_found:
        raise InputError(f"the face is seen in only {face.found.mean():.0%} of the frames")
    height = float(np.median(np.ptp(face.landmarks[face.found, :, 1], axis=1)))
    if height < limits.face_pixels:
        raise InputError(
            f"the face is {height:.0f} pixels high; at least {limits.face_pixels:.0f} are wanted"
        )


def check_sync(motion: FloatArray, expected: FloatArray, limits: ImportLimits) -> None:
    """`InputError` where the mouth (F, 61) does not do what these phonemes ask of it (F, 61)."""
    sync = measure_sync(motion, expected)
    if sync.correlation < limits.sync_correlation or abs(sync.lag) > limits.sync_frames:
        raise InputError(
            f"sound and mouth do not go together: best lag {sync.lag} frames, correlation "
            f"{sync.correlation:.2f}; wanted at most {limits.sync_frames} and at least "
            f"{limits.sync_correlation}. Is somebody else speaking, or is the sound late?"
        )


def measure_sync(motion: FloatArray, expected: FloatArray) -> Sync:
    """Correlation of the opening mouth with that of the motion teacher, at the lag where it is best."""
    own, wanted = (_quick_part(_opening(values)) for values in (motion, expected))
    best = Sync(0, -1.0)
    for lag in range(-_SEARCH_FRAMES, _SEARCH_FRAMES + 1):
        a = own[max(lag, 0) : len(own) + min(lag, 0)]
        b = wanted[max(-lag, 0) : len(wanted) + min(-lag, 0)]
        if len(a) > 2 * _SEARCH_FRAMES and a.std() > 1e-4 and b.std() > 1e-4:
            correlation = float(np.corrcoef(a, b)[0, 1])
            if correlation > best.correlation:
                best = Sync(lag, correlation)
    return best


def _opening(motion: FloatArray) -> FloatArray:
    lower = (motion[:, INDEX["mouthLowerDownLeft"]] + motion[:, INDEX["mouthLowerDownRight"]]) / 4
    return motion[:, INDEX["jawOpen"]] - motion[:, INDEX["mouthClose"]] + lower


def _quick_part(curve: FloatArray, frames: int = 25) -> FloatArray:
    """What changes within a second; a clip's slow drift says nothing about sync."""
    padded = np.pad(curve, frames // 2, mode="edge")
    return curve - np.convolve(padded, np.ones(frames) / frames, "valid")


def cut_at_pauses(phones: Sequence[TimedSymbol], blocks: int, limits: ImportLimits) -> list[Piece]:
    """Stretches of at most the longest item, cut in the middle of pauses, on block borders."""
    block = float(timeline.BLOCK_SECONDS)
    starts = [0.0, *(p.end for p in phones[:-1])]
    borders = {
        round((start + p.end) / 2 / block)
        for p, start in zip(phones, starts, strict=True)
        if p.symbol in SILENT and p.end - start > block
    }
    candidates = sorted({b for b in borders if 0 < b < blocks} | {blocks})
    pieces: list[Piece] = []
    begin = 0
    for index, border in enumerate(candidates):
        following = candidates[index + 1] if index + 1 < len(candidates) else None
        too_long = (
            following is not None and (following - begin) * block > limits.longest_item_seconds
        )
        if following is None or too_long:
            if limits.shortest_item_seconds <= (border - begin) * block:
                pieces.append(Piece(begin, border, _between(phones, begin * block, border * block)))
            begin = border
    kept = [p for p in pieces if (p.stop - p.start) * block <= limits.longest_item_seconds]
    if not kept:
        raise InputError(
            f"no stretch of {limits.shortest_item_seconds} to {limits.longest_item_seconds} s between pauses"
        )
    return kept


def _between(phones: Sequence[TimedSymbol], start: float, stop: float) -> tuple[TimedSymbol, ...]:
    inside = [p for p in phones if p.end > start + 1e-3]
    cut: list[TimedSymbol] = []
    for phone in inside:
        cut.append(TimedSymbol(phone.symbol, phone.tone, min(phone.end, stop) - start))
        if phone.end >= stop:
            break
    return tuple(cut)


def _whole(samples: FloatArray, blocks: int) -> FloatArray:
    wanted = blocks * timeline.BLOCK_SAMPLES
    return np.pad(samples[:wanted], (0, max(0, wanted - len(samples))))


def _item(
    clip: FolderClip,
    name: str,
    language: str,
    piece: Piece,
    samples: FloatArray,
    mel: FloatArray,
    motion: FloatArray,
) -> CorpusItem:
    def part(values: FloatArray, rate: int) -> npt.NDArray[np.float32]:
        return values[piece.start * rate : piece.stop * rate]

    return CorpusItem(
        info=ItemInfo(
            id=name,
            speaker=clip.speaker,
            language=language,
            source="folder",
            text=clip.text,
            manner=clip.manner,
            intensity=0.0 if clip.manner == "neutral" else 1.0,
            has_motion=True,
            blocks=piece.stop - piece.start,
            extra={"file": clip.path.name},
        ),
        samples=to_int16(part(samples, timeline.BLOCK_SAMPLES)),
        mel=part(mel, timeline.BLOCK_MEL_FRAMES).astype(np.float16),
        **heard(part(mel, timeline.BLOCK_MEL_FRAMES)),
        motion=part(motion, timeline.BLOCK_VIDEO_FRAMES).astype(np.float16),
        **to_arrays(piece.phones),
    )
