"""What a reference tells: its face tracked, its best ten seconds as a style prompt.

clip -> face tracked, best stretch -> loudness, mel -> phonemes (aligned, or by ear) -> style
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omnitalker.audio.loudness import is_silent, normalise_loudness
from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, ReferenceClip, StylePrompt, TimedPhoneme
from omnitalker.models.recogniser import PhonemeRecogniser, align, recognise
from omnitalker.reference.best_stretch import read_best
from omnitalker.reference.clip import AnalysedClip
from omnitalker.reference.clip import analyse as analyse_clip
from omnitalker.reference.landmarks import locate_faces
from omnitalker.reference.style import build_style
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.symbols import SYMBOL_IDS

SHORTEST_SECONDS = 1.0
OTHER_FACE = 0.5
"""Share of the largest face's width from which on another one could be meant."""


@dataclass(frozen=True)
class Reference:
    """What a clip, portrait or recording lends."""

    style: StylePrompt | None
    """None for a portrait, which neither speaks nor moves."""
    has_face: bool
    phonemes: tuple[TimedPhoneme, ...] = ()
    """What is said in the style, where it could be made out."""
    warnings: tuple[str, ...] = ()


def look(path: str | Path) -> AnalysedClip:
    """Read a reference, track the face in it, and cut it to its best stretch."""
    clip, said = read_best(path)
    if len(clip.frames) != 1:
        _check_length(clip)
    found = analyse_clip(clip)
    return replace(found, warnings=(*said, *found.warnings, *other_faces(found)))


def other_faces(found: AnalysedClip) -> tuple[str, ...]:
    """A note where the middle picture shows further people, smaller ones in the background left out."""
    frames = found.clip.frames
    if not frames or found.face is None:
        return ()
    boxes = locate_faces([frames[len(frames) // 2]])[0]
    large = [box for box in boxes if box[2] > OTHER_FACE * boxes[0][2]]
    if len(large) < 2:
        return ()
    taken = found.face.landmarks[len(frames) // 2, :, 0].mean() / frames[0].shape[1]
    place = "left" if taken < 0.4 else "right" if taken > 0.6 else "in the middle"
    return (
        f"{found.clip.name} shows {len(large)} faces; the one {place} is taken. Cut the picture to the other person to "
        "use that one",
    )


def listen(
    found: AnalysedClip,
    recogniser: PhonemeRecogniser | None,
    frontend: TextFrontend,
    text: str | None = None,
) -> Reference:
    """The style in what was looked at. `text` is what is said in it, if that is known."""
    clip, warnings, has_face = found.clip, list(found.warnings), found.face is not None
    if len(clip.frames) == 1 and not len(clip.samples):
        return Reference(None, has_face, warnings=found.warnings)
    moving = found.face is not None and len(clip.frames) > 1
    motion = found.face.motion.values if found.face is not None and moving else None
    if not len(clip.samples) or is_silent(clip.samples):
        if motion is None:
            raise InputError(f"{clip.name} holds no speech: the recording is silent")
        warnings.append(f"{clip.name} has no sound to take a voice from; only its manner is used")
        style = build_style(motion=motion, metadata={"source": clip.name})
        return Reference(style, has_face, warnings=tuple(warnings))
    mel = mel_covering(_whole_blocks(normalise_loudness(clip.samples)))
    timed = _phonemes(mel, recogniser, frontend, text)
    phonemes, tones = phonemes_per_frame(timed, len(mel))
    style = build_style(
        mel=mel,
        motion=motion,
        phonemes=phonemes,
        tones=tones,
        metadata={"source": clip.name, **({"text": text} if text else {})},
    )
    return Reference(style, has_face, timed, tuple(warnings))


def _check_length(clip: ReferenceClip) -> None:
    seconds = max(
        timeline.video_frames_to_seconds(len(clip.frames)),
        timeline.samples_to_seconds(len(clip.samples)),
    )
    if seconds < SHORTEST_SECONDS:
        raise InputError(
            f"{clip.name} lasts {float(seconds):.1f} s; a reference needs 1 to 10 s of speech"
        )


def _whole_blocks(samples: FloatArray) -> FloatArray:
    whole = len(samples) // timeline.BLOCK_SAMPLES * timeline.BLOCK_SAMPLES
    return samples[:whole]


def _phonemes(
    mel: FloatArray,
    recogniser: PhonemeRecogniser | None,
    frontend: TextFrontend,
    text: str | None,
) -> tuple[TimedPhoneme, ...]:
    """What is said, with times: from the user's words, or by ear; nothing without a recogniser."""
    if recogniser is None:
        return ()
    if text and text.strip():
        spoken = frontend.prepare(text).phonemes
        return align(recogniser, mel, spoken).phonemes
    return recognise(recogniser, mel).phonemes


def phonemes_per_frame(
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
