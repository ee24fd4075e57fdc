"""From phonemes to frames: predicted seconds, the user's controls, and an exact conversion.

Legend: P phonemes, T = 15 K mel frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, IntArray, StylePrompt
from omnitalker.models.duration import SHORTEST_SECONDS, DurationInputs, DurationModel, seconds_of

LONGEST_PHONEME_SECONDS = 2.0
PROMPT_PHONEMES = 160
"""The last so many phonemes of a prompt set the rhythm."""


@dataclass(frozen=True)
class PhonemeRow:
    """Phonemes with their durations."""

    symbols: IntArray
    """(P,) ids."""
    tones: IntArray
    """(P,)."""
    seconds: npt.NDArray[np.float64]
    """(P,)."""


@dataclass(frozen=True)
class FrameText:
    """Phonemes on the mel grid, a whole number of blocks."""

    phonemes: IntArray
    """(T,) ids."""
    tones: IntArray
    """(T,)."""
    starts: npt.NDArray[np.float64]
    """(P + 1,) seconds: phoneme p lasts from starts[p] to starts[p + 1]; the last is the end of all."""


@torch.inference_mode()
def predict_seconds(
    model: DurationModel, symbols: IntArray, tones: IntArray, prompt: StylePrompt | None = None
) -> npt.NDArray[np.float64]:
    """(P,) seconds for the new phonemes, in the rhythm of `prompt`.

    A prompt with phonemes gives their durations, one without gives the pace of its mel.
    """
    if len(symbols) == 0:
        return np.zeros(0)
    known, mel = _rhythm(prompt)
    lead = len(known.symbols)
    new = np.zeros(len(symbols))
    device = model.device
    inputs = DurationInputs(
        symbols=_row(np.concatenate([known.symbols, symbols]), device),
        tones=_row(np.concatenate([known.tones, tones]), device),
        seconds=_row(np.concatenate([known.seconds, new]).astype(np.float32), device),
        given=_row(np.arange(lead + len(symbols)) < lead, device),
        mel=None if mel is None else _row(mel, device),
    )
    logarithms = model(inputs)  # type: ignore[operator]
    seconds = seconds_of(logarithms)[0, lead:]
    return np.clip(seconds.double().cpu().numpy(), SHORTEST_SECONDS, LONGEST_PHONEME_SECONDS)


def runs(phonemes: IntArray, tones: IntArray) -> PhonemeRow:
    """(T,) ids per mel frame -> the phonemes they are runs of, and how long each lasts."""
    if len(phonemes) == 0:
        return PhonemeRow(phonemes, tones, np.zeros(0))
    changes = (np.diff(phonemes) != 0) | (np.diff(tones) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    counts = np.diff(np.concatenate([starts, [len(phonemes)]]))
    return PhonemeRow(phonemes[starts], tones[starts], counts / float(timeline.MEL_RATE))


def control(
    seconds: npt.NDArray[np.float64],
    is_pause: npt.NDArray[np.bool_],
    *,
    speed: float = 1.0,
    pauses: float = 1.0,
    total: float | None = None,
) -> npt.NDArray[np.float64]:
    """(P,) seconds after the user's wishes: `speed` 2 is twice as fast, `pauses` scales silence alone,
    `total` stretches everything to that many seconds."""
    if speed <= 0 or pauses < 0 or (total is not None and total <= 0):
        raise InputError(
            f"speed={speed}, pauses={pauses}, total={total}: speed and total must be above 0, "
            "pauses at least 0. Speeds of 0.5 to 2 sound natural."
        )
    scaled = np.where(is_pause, seconds * pauses, seconds) / speed
    if total is not None and scaled.sum() > 0:
        scaled = total * (scaled / scaled.sum())  # in this order even a denormal sum is no harm
    return scaled


def expand(symbols: IntArray, tones: IntArray, seconds: npt.NDArray[np.float64]) -> FrameText:
    """Phonemes on the mel grid. Rounding never adds up: frame k takes the phoneme that sounds at k/93.75 s.

    The last phoneme is lengthened to fill the last block. A phoneme shorter than a frame may get none.
    """
    if len(symbols) == 0:
        return FrameText(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(1))
    starts = np.concatenate([[0.0], np.cumsum(seconds, dtype=np.float64)])
    blocks = max(1, timeline.blocks_to_cover(float(starts[-1])))
    frames = blocks * timeline.BLOCK_MEL_FRAMES
    starts[-1] = float(blocks * timeline.BLOCK_SECONDS)
    centres = np.arange(frames) / float(timeline.MEL_RATE)
    index = np.searchsorted(starts[1:-1], centres, side="right")
    return FrameText(symbols[index].astype(np.int64), tones[index].astype(np.int64), starts)


def _rhythm(prompt: StylePrompt | None) -> tuple[PhonemeRow, FloatArray | None]:
    """The prompt's phonemes, or its mel where it has none."""
    nothing = PhonemeRow(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if prompt is None or not prompt.has_voice:
        return nothing, None
    row = runs(prompt.phonemes, prompt.tones)
    known = row.symbols > 0
    if not known.any():
        return nothing, prompt.mel
    last = np.flatnonzero(known)[-PROMPT_PHONEMES:]
    return PhonemeRow(row.symbols[last], row.tones[last], row.seconds[last]), None


def _row(values: npt.NDArray[np.generic], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))[None].to(device)
