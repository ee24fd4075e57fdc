"""What the model is told in training: which frames are known, and what is withheld from it.

Legend: B sequences, T = 15 K mel frames, F = 4 K motion frames. Masks are drawn in blocks of 160 ms, so
that they mean the same on both grids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from omnitalker.base import timeline

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MaskConfig:
    prefix_share: float = 0.75
    """Sequences whose known part is the beginning, as when speaking; the rest have random segments."""
    prefix_blocks: tuple[int, int] = (4, 22)
    """Shortest and longest known beginning."""
    masked: tuple[float, float] = (0.7, 1.0)
    """Share hidden by random segments."""
    drop_text: float = 0.1
    drop_audio: float = 0.15
    drop_motion: float = 0.15
    drop_prompt_text: float = 0.15
    """The prompt has no transcript."""
    drop_prosody: float = 0.1
    sound_given: float = 0.04
    """All sound is known, also where motion is not: a face for any sound."""
    face_given: float = 0.03
    """All motion is known: sound for a face."""
    foreign_motion: float = 0.08
    """The prompt's motion does not belong to its words, as when voice and face are mixed."""


@dataclass(frozen=True)
class Masks:
    """(B, ...) what each sequence is told."""

    known: Tensor
    """(B, K) bool: block is known, before drops."""
    drop_text: Tensor
    """(B,) bool."""
    drop_audio: Tensor
    drop_motion: Tensor
    drop_prompt_text: Tensor
    drop_prosody: Tensor
    sound_given: Tensor
    """(B,) bool: all of the mel is known."""
    face_given: Tensor
    """(B,) bool: all of the motion is known; never with all of the mel."""
    motion_shift: Tensor
    """(B,) frames by which the known motion is turned round; 0 = its own."""


def draw_masks(rng: np.random.Generator, count: int, blocks: int, config: MaskConfig) -> Masks:
    known = np.stack([_known_blocks(rng, blocks, config) for _ in range(count)])
    shift = rng.integers(1, blocks * timeline.BLOCK_VIDEO_FRAMES, size=count)
    foreign = rng.random(count) < config.foreign_motion
    sound_given = rng.random(count) < config.sound_given
    face_given = (rng.random(count) < config.face_given) & ~sound_given
    return Masks(
        known=torch.from_numpy(known),
        drop_text=torch.from_numpy(rng.random(count) < config.drop_text),
        drop_audio=torch.from_numpy(rng.random(count) < config.drop_audio),
        drop_motion=torch.from_numpy(rng.random(count) < config.drop_motion),
        drop_prompt_text=torch.from_numpy(rng.random(count) < config.drop_prompt_text),
        drop_prosody=torch.from_numpy(rng.random(count) < config.drop_prosody),
        sound_given=torch.from_numpy(sound_given),
        face_given=torch.from_numpy(face_given),
        motion_shift=torch.from_numpy(np.where(foreign, shift, 0)),
    )


def on_mel_grid(known: Tensor) -> Tensor:
    """(B, K) -> (B, T)."""
    return known.repeat_interleave(timeline.BLOCK_MEL_FRAMES, dim=1)


def on_motion_grid(known: Tensor) -> Tensor:
    """(B, K) -> (B, F)."""
    return known.repeat_interleave(timeline.BLOCK_VIDEO_FRAMES, dim=1)


def turned(motion: Tensor, shift: Tensor) -> Tensor:
    """(B, F, C) with each sequence turned round in time by its shift (B,)."""
    frames = torch.arange(motion.shape[1])
    index = (frames[None] + shift[:, None]) % motion.shape[1]
    return motion.gather(1, index[..., None].expand_as(motion))


def _known_blocks(rng: np.random.Generator, blocks: int, config: MaskConfig) -> BoolArray:
    if rng.random() < config.prefix_share:
        least, most = config.prefix_blocks
        most = min(most, blocks - 3)
        return np.arange(blocks) < rng.integers(min(least, most), most + 1)
    known = np.ones(blocks, dtype=bool)
    hidden = round(rng.uniform(*config.masked) * blocks)
    while known.sum() > blocks - hidden:
        length = int(rng.integers(2, max(3, blocks // 2)))
        start = int(rng.integers(-length + 1, blocks))
        known[max(0, start) : start + length] = False
    return known
