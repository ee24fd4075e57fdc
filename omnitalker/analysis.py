"""What a reference tells: its face tracked, its best ten seconds as a style prompt.

clip -> face tracked -> best window -> loudness, mel -> phonemes (aligned, or recognised) -> style
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from omnitalker import timeline
from omnitalker.audio.loudness import is_silent, level_db, normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.errors import InputError
from omnitalker.media.reader import read_clip
from omnitalker.reference.style import build_style
from omnitalker.reference.tracker import FaceTracker
from omnitalker.text.symbols import SYMBOL_IDS
from omnitalker.types import FloatArray, ReferenceClip, StylePrompt, TimedPhoneme, TrackedFace

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline

log = logging.getLogger(__name__)

SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 10.0


@dataclass(frozen=True)
class Reference:
    """A clip, portrait or recording after analysis."""

    clip: ReferenceClip
    tracked: TrackedFace | None
    """None for a recording without pictures."""
    style: StylePrompt | None
    """None for a portrait, which neither speaks nor moves."""
    phonemes: tuple[TimedPhoneme, ...] = ()
    """What is said in the style, where it could be made out."""
    warnings: tuple[str, ...] = ()


def analyse(pipeline: OmniTalkerPipeline, path: str | Path, text: str | None = None) -> Reference:
    """Read and understand a reference. `text` is what is said in it, if that is known."""
    clip = read_clip(path)
    tracked = FaceTracker().track(clip.frames, Path(path).name) if clip.frames else None
    if len(clip.frames) == 1 and not len(clip.samples):
        return Reference(clip, tracked, None, warnings=tracked.warnings if tracked else ())
    return _with_style(pipeline, clip, tracked, text)


def _with_style(
    pipeline: OmniTalkerPipeline,
    clip: ReferenceClip,
    tracked: TrackedFace | None,
    text: str | None,
) -> Reference:
    warnings = list(tracked.warnings) if tracked else []
    seconds = _seconds(clip)
    if seconds < SHORTEST_SECONDS:
        raise InputError(
            f"{clip.name} lasts {seconds:.1f} s; a reference needs {SHORTEST_SECONDS:.0f} to "
            f"{LONGEST_SECONDS:.0f} s"
        )
    start, stop = _best_window(clip, tracked, seconds)
    if stop - start < timeline.seconds_to_video_frames(seconds) - 1:
        warnings.append(
            f"{clip.name} lasts {seconds:.1f} s; the {LONGEST_SECONDS:.0f} s from "
            f"{float(timeline.video_frames_to_seconds(start)):.1f} s on are used"
        )
    samples = clip.samples[
        timeline.video_frames_to_samples(start) : timeline.video_frames_to_samples(stop)
    ]
    motion = tracked.motion.values[start:stop] if tracked and len(clip.frames) > 1 else None
    if not len(samples) or is_silent(samples):
        if motion is None:
            raise InputError(f"{clip.name} holds no speech: the recording is silent")
        warnings.append(f"{clip.name} has no sound to take a voice from; only its manner is used")
        style = build_style(motion=motion, metadata={"source": clip.name})
        return Reference(clip, tracked, style, warnings=tuple(warnings))
    mel = mel_covering(_whole_blocks(normalise_loudness(samples)))
    timed = _phonemes(pipeline, mel, text)
    phonemes, tones = _per_frame(timed, len(mel))
    style = build_style(
        mel=mel,
        motion=motion,
        phonemes=phonemes,
        tones=tones,
        metadata={"source": clip.name, **({"text": text} if text else {})},
    )
    return Reference(clip, tracked, style, timed, tuple(warnings))


def _seconds(clip: ReferenceClip) -> float:
    if len(clip.frames) > 1:
        return float(timeline.video_frames_to_seconds(len(clip.frames)))
    return float(timeline.samples_to_seconds(len(clip.samples)))


def _best_window(
    clip: ReferenceClip, tracked: TrackedFace | None, seconds: float
) -> tuple[int, int]:
    """Video frames [start, stop) of at most 10 s with the most speech and a visible face."""
    frames = timeline.seconds_to_video_frames(seconds)
    longest = timeline.seconds_to_video_frames(LONGEST_SECONDS)
    if frames <= longest:
        return 0, frames
    score = np.zeros(frames)
    if len(clip.samples):
        level = level_db(clip.samples)
        at = np.linspace(0, len(level) - 1, frames).astype(int)
        score += level[at] > np.median(level) - 12
    if tracked is not None:
        score[: len(tracked.found)] += tracked.found
    total = np.concatenate([[0.0], np.cumsum(score)])
    start = int(np.argmax(total[longest:] - total[:-longest]))
    return start, start + longest


def _whole_blocks(samples: FloatArray) -> FloatArray:
    whole = len(samples) // timeline.BLOCK_SAMPLES * timeline.BLOCK_SAMPLES
    return samples[:whole]


def _phonemes(
    pipeline: OmniTalkerPipeline, mel: FloatArray, text: str | None
) -> tuple[TimedPhoneme, ...]:
    """What is said, with times: from the user's words, or by ear; nothing without a recogniser."""
    if pipeline.recogniser is None:
        return ()
    from omnitalker.models.recogniser import align, recognise

    if text and text.strip():
        spoken = pipeline.frontend.prepare(text).phonemes
        return align(pipeline.recogniser, mel, spoken).phonemes
    return recognise(pipeline.recogniser, mel).phonemes


def _per_frame(
    timed: tuple[TimedPhoneme, ...], frames: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(T,) symbol ids and tones; 0 (unknown) where nothing was made out."""
    symbols, tones = np.zeros(frames, np.int64), np.zeros(frames, np.int64)
    for item in timed:
        first = timeline.seconds_to_mel_frames(item.start)
        last = timeline.seconds_to_mel_frames(item.end)
        symbols[first:last] = SYMBOL_IDS[item.phoneme.symbol]
        tones[first:last] = item.phoneme.tone
    return symbols, tones
