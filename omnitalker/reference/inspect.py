"""A look at what is tracked in a clip: lines to print, curves, pictures with landmarks."""

from __future__ import annotations

from pathlib import Path

import cv2

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.media.reader import read_clip
from omnitalker.reference import consent
from omnitalker.reference.clip import track
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.inspect_pictures import (
    contact_sheet,
    draw_landmarks,
    plot_curves,
    summary,
)
from omnitalker.reference.style import load_style

EVERY = 5
"""One frame in this many is written with its landmarks."""
_UNITS = {
    "seconds": "{:.2f} s",
    "face_found": "{:.0%} of the frames",
    "eye_distance_px": "{:.0f} pixels",
    "turn_degrees": "{:.0f} degrees at most",
    "blinks": "{:.0f}",
    "jaw_range": "{:.2f}",
}


def run(
    path: str | Path, *, plot: str | Path | None = None, frames: str | Path | None = None
) -> list[str]:
    """Track a clip or portrait; with `plot` write curves there, with `frames` pictures into that folder.

    Of a style or identity file: what it says about itself.
    """
    if Path(path).suffix == ".safetensors":
        return _about(Path(path))
    clip = read_clip(path)
    if not clip.frames:
        raise InputError(f"{clip.name} has no pictures to inspect.")
    face = track(clip)
    lines = [f"{name:18}{_UNITS[name].format(value)}" for name, value in summary(face).items()]
    lines += [f"note: {warning}" for warning in face.warnings]
    if plot is not None:
        Path(plot).parent.mkdir(parents=True, exist_ok=True)
        lines.append(str(plot_curves(face, plot, clip.name)))
    if frames is not None:
        folder = Path(frames)
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "sheet.jpg"), contact_sheet(clip.frames, face)[..., ::-1])
        for index in range(0, len(clip.frames), EVERY):
            drawn = draw_landmarks(clip.frames[index], face, index)
            cv2.imwrite(str(folder / f"{index:05}.jpg"), drawn[..., ::-1])
        lines.append(str(folder))
    return lines


def _about(path: Path) -> list[str]:
    """Name, source, and who agreed; of an identity, or else of a style."""
    try:
        identity = load_identity(path)
        metadata, first = identity.metadata, f"identity: {identity.name}"
    except InputError:
        style = load_style(path)
        metadata, first = (
            style.metadata,
            f"style: {float(style.blocks * timeline.BLOCK_SECONDS):.2f} s",
        )
    said = [f"{name}: {value}" for name, value in sorted(metadata.items()) if name != consent.KEY]
    return [first, *said, *consent.in_words(metadata)]
