"""Is the file right? Automatic checks of every output, and what counts as an outlier."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from omnitalker.audio.loudness import find_silences, is_silent, speech_level_db
from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, TimedPhoneme
from omnitalker.batch.lips import moments, seen_contrast
from omnitalker.generation.parts import Parts
from omnitalker.media.probe import probe
from omnitalker.models.recogniser import align, recognise
from omnitalker.reference.landmarks import (
    LandmarkFinder,
    can_locate,
    can_track,
    locate_faces,
    named_task,
    open_finder,
)
from omnitalker.reference.lips import lip_figures
from omnitalker.studio.order import Order
from omnitalker.studio.produce import Made
from omnitalker.text.edit_distance import count_errors
from omnitalker.text.markup import said
from omnitalker.text.symbols import SILENT

MEASURED = ("mp4", "webm", "wav")
"""Formats whose files say exactly how long their sound and picture are."""
LONGEST_DRIFT = 0.045
"""Seconds between the ends of sound and picture: one frame and the codecs' padding."""
LEVELS_DB = (-32.0, -12.0)
LONGEST_SILENCE = 2.5
LOWEST_AGREEMENT = 0.6
LOWEST_LIP_CONTRAST = 0.15
RECOGNISED_SECONDS = 20.0
"""Longer speech is not listened to: comparing long phoneme strings costs more than making them."""


class OutputChecker:
    """One per worker: what looks for faces is opened once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @cached_property
    def _finder(self) -> LandmarkFinder:
        return open_finder(named_task(), still=True)

    def check(self, made: Made, order: Order) -> dict[str, Any]:
        """Figures by name, and under 'warnings' in words what is out of the ordinary. Of a scene only lengths and faces:
        lines that overlap cannot be heard out."""
        figures: dict[str, Any]
        if order.scene is not None:
            figures = {**_lengths(made, order), **_face(made)}
            return {**_rounded(figures), "warnings": warnings(figures)}
        timed, heard = _heard(made, order, self._parts)
        figures = {
            **_lengths(made, order),
            **_sound(made.recording.samples),
            **_face(made),
            **heard,
            **self._lips(made, order, timed),
        }
        rounded = _rounded(figures)
        return {**rounded, "warnings": warnings(rounded)}

    def _lips(self, made: Made, order: Order, timed: tuple[TimedPhoneme, ...]) -> dict[str, Any]:
        """By frames of the film where it has some that can be looked at, by the coefficients elsewhere."""
        if order.outputs.format == "mp4" and can_track():
            contrast, found = seen_contrast(
                made.files[0], moments(made.recording.motion, timed), self._finder
            )
            seen = {"lip_contrast": contrast, "face_found": found}
            return {name: value for name, value in seen.items() if value is not None}
        meant = lip_figures(made.recording.motion, timed).contrast if timed else math.nan
        return {"lip_contrast_meant": meant} if math.isfinite(meant) else {}


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {n: round(v, 3) if isinstance(v, float) else v for n, v in figures.items()}


def warnings(figures: dict[str, Any]) -> list[str]:
    """What is out of the ordinary, worst first."""
    found = []
    if figures.get("face_found", 1.0) < 1.0:
        found.append("a face is not always found")
    if figures.get("silent"):
        found.append("there is no sound")
    elif not LEVELS_DB[0] <= figures.get("loudness_db", -20.0) <= LEVELS_DB[1]:
        found.append(f"loudness is {figures['loudness_db']:.0f} dB")
    if figures.get("av_difference", 0.0) > LONGEST_DRIFT:
        found.append(f"sound and picture differ by {1000 * figures['av_difference']:.0f} ms")
    if figures.get("longest_silence", 0.0) > LONGEST_SILENCE:
        found.append(f"{figures['longest_silence']:.1f} s of silence")
    if figures.get("agreement", 1.0) < LOWEST_AGREEMENT:
        found.append(f"only {100 * figures['agreement']:.0f} % of the sounds are recognised")
    if figures.get("lip_contrast", 1.0) < LOWEST_LIP_CONTRAST:
        found.append("lips hardly close for m, b, p")
    elif figures.get("lip_contrast_meant", 1.0) < LOWEST_LIP_CONTRAST:
        found.append("lips are hardly meant to close for m, b, p")
    return found


def _lengths(made: Made, order: Order) -> dict[str, Any]:
    """What the file itself says, against what was generated."""
    if order.outputs.format not in MEASURED:
        return {}
    tracks = probe(made.files[0])
    lengths = [length for length in (tracks.video, tracks.audio) if length is not None]
    return {"av_difference": max(abs(length - made.seconds) for length in lengths)}


def _sound(samples: FloatArray) -> dict[str, Any]:
    if is_silent(samples):
        return {"silent": True}
    silences = [(span.stop - span.start) / timeline.SAMPLE_RATE for span in find_silences(samples)]
    return {
        "loudness_db": speech_level_db(samples),
        "peak": float(np.abs(samples).max()),
        "longest_silence": float(max(silences, default=0.0)),
    }


def _face(made: Made) -> dict[str, Any]:
    pictures = made.recording.pictures
    if not pictures or not can_locate():
        return {}
    found = [len(boxes) > 0 for boxes in locate_faces(pictures)]
    return {"face_found": sum(found) / len(found)}


def _heard(
    made: Made, order: Order, parts: Parts
) -> tuple[tuple[TimedPhoneme, ...], dict[str, Any]]:
    """When each phoneme is said, and how much of what should be said our own ears hear."""
    samples = made.recording.samples
    if parts.recogniser is None or is_silent(samples):
        return (), {}
    usable = len(samples) // timeline.BLOCK_SAMPLES * timeline.BLOCK_SAMPLES
    if usable == 0 or made.seconds > RECOGNISED_SECONDS:
        return (), {}
    mel = mel_covering(samples[:usable])
    prepared = parts.frontend.prepare(said(order.words), order.delivery.language).phonemes
    meant = [phoneme.symbol for phoneme in prepared if phoneme.symbol not in SILENT]
    heard = [item.phoneme.symbol for item in recognise(parts.recogniser, mel).phonemes]
    errors = count_errors(meant, [symbol for symbol in heard if symbol not in SILENT])
    figures = {"agreement": max(0.0, 1.0 - errors.rate)}
    if len(mel) <= 2 * len(prepared) + 2:
        return (), figures
    return align(parts.recogniser, mel, prepared).phonemes, figures
