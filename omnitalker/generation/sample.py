"""The next stretch of sound and motion: continue a style prompt (and what was said last) with new text.

Legend: T mel frames and F motion frames, always whole blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from omnitalker.audio.curves import CHANNELS
from omnitalker.base import timeline
from omnitalker.base.machine import has_fast_bfloat16
from omnitalker.base.types import FloatArray, IntArray, Latents, StylePrompt
from omnitalker.generation.flow import (
    Progress,
    Schedule,
    Signal,
    Solver,
    sample,
    seeded_noise,
    times,
)
from omnitalker.generation.guidance import Guidance, guided_velocity
from omnitalker.models.conditions import Conditions
from omnitalker.models.dit import DualBranchDiT

Branches = Literal["both", "mel", "motion"]


@dataclass(frozen=True)
class SamplingSettings:
    """How to sample. The defaults are those of a checkpoint that names none: four network passes, no guidance."""

    steps: int = 4
    schedule: Schedule = "sway"
    solver: Solver = "euler"
    guidance: Guidance = field(default_factory=Guidance)
    prompt_seconds: float = 3.0
    """At most so much of the style prompt is continued; more is slower and a little truer."""
    style_seconds: float = 10.0
    """At most so much of it is heard and seen for voice and manner; costs next to nothing."""
    corrections: tuple[str, ...] = ()
    """What is put right before and after the network, in this order: names of `corrections.chain`."""
    temperature: float = 0.6
    """How variously things are said where prosody comes first; 0 = always in the likeliest way."""
    prosody_steps: int = 1
    """Passes of the prosody network."""
    branches: Branches = "both"


@torch.inference_mode()
def generate(
    dit: DualBranchDiT,
    prompt: StylePrompt,
    phonemes: IntArray,
    tones: IntArray,
    *,
    seed: int,
    settings: SamplingSettings | None = None,
    style: StylePrompt | None = None,
    tail: StylePrompt | None = None,
    curves: FloatArray | None = None,
    progress: Progress | None = None,
) -> Latents:
    """What `phonemes` and `tones` (T,), ids per mel frame, sound and look like in the prompt's manner.

    `style` is what tells voice and manner, where that is not the prompt itself. `tail` is the end of what
    was generated before (`tail_of`); the new part continues it. `curves` (T, 4): how it is to be said, for a
    network that is told so. Only the new part is returned. A branch that `settings.branches` leaves out comes
    back empty.
    """
    settings = settings or SamplingSettings()
    prefix = [_shortened(prompt, settings.prompt_seconds)]
    if tail is not None:
        prefix.append(tail)
    conditions, lead = _conditions(dit, prefix, phonemes, tones, curves)
    mel_frames, motion_frames = conditions.phonemes.shape[1], conditions.motion_prompt.shape[1]
    noise = Signal(
        mel=_noise(dit, seed, mel_frames, dit.mel_bins) if settings.branches != "motion" else None,
        motion=_noise(dit, seed + 1, motion_frames, dit.motion_dim)
        if settings.branches != "mel"
        else None,
    )
    if dit.detail is not None:
        conditions = replace(conditions, texture=noise.mel)
    schedule = times(settings.steps, settings.schedule)
    with half_precision(dit):
        conditions = _with_style(dit, conditions, style or prompt, settings)
        velocity = guided_velocity(dit, conditions, settings.guidance)
        made = sample(velocity, noise, schedule, settings.solver, progress)
    mel = made.mel if made.mel is None else dit.denormalise_mel(made.mel)
    motion = made.motion if made.motion is None else dit.denormalise_motion(made.motion)
    return Latents(
        mel=_new_part(mel, lead.mel, dit.mel_bins),
        motion=_new_part(motion, lead.motion, dit.motion_dim),
    )


def half_precision(dit: DualBranchDiT) -> AbstractContextManager[object]:
    """bfloat16 arithmetic for weights in single precision, where the processor is good at it."""
    if dit.device.type == "cpu" and dit.dtype == torch.float32 and has_fast_bfloat16():
        return torch.autocast("cpu", torch.bfloat16)
    return nullcontext()


def tail_of(
    latents: Latents,
    phonemes: IntArray,
    tones: IntArray,
    blocks: int,
    curves: FloatArray | None = None,
) -> StylePrompt:
    """The last `blocks` blocks of what was just generated, as a prefix for the next stretch."""
    return StylePrompt(latents.mel, latents.motion, phonemes, tones, curves).last(blocks)


def _with_style(
    dit: DualBranchDiT, conditions: Conditions, prompt: StylePrompt, settings: SamplingSettings
) -> Conditions:
    """Voice and manner of the whole prompt, where it is longer than what is continued."""
    if settings.style_seconds <= settings.prompt_seconds:
        return conditions
    nothing = np.zeros(0, np.int64)
    whole, _ = _conditions(dit, [_shortened(prompt, settings.style_seconds)], nothing, nothing)
    heard = dit.encode_style(whole)
    return replace(conditions, voice=heard.voice, manner=heard.manner)


@dataclass(frozen=True)
class _Lead:
    """Frames of the prefix."""

    mel: int
    motion: int


def _conditions(
    dit: DualBranchDiT,
    prefix: Sequence[StylePrompt],
    phonemes: IntArray,
    tones: IntArray,
    curves: FloatArray | None = None,
) -> tuple[Conditions, _Lead]:
    blocks = -(-len(phonemes) // timeline.BLOCK_MEL_FRAMES)
    missing = blocks * timeline.BLOCK_MEL_FRAMES - len(phonemes)
    new_motion = blocks * timeline.BLOCK_VIDEO_FRAMES
    lead = _Lead(sum(len(p.mel) for p in prefix), sum(len(p.motion) for p in prefix))

    def ids(rows: Sequence[IntArray], new: IntArray) -> Tensor:
        return _tensor(np.concatenate([*rows, np.pad(new, (0, missing))]).astype(np.int64), dit)

    def given(lengths: Sequence[int], known: Sequence[bool], new: int) -> Tensor:
        return _tensor(np.repeat([*known, False], [*lengths, new]), dit)

    mel_given = given(
        [len(p.mel) for p in prefix], [p.has_voice for p in prefix], missing + len(phonemes)
    )
    motion_given = given(
        [len(p.motion) for p in prefix], [p.has_motion for p in prefix], new_motion
    )
    mel = _lengthened([p.mel for p in prefix], len(phonemes) + missing, dit)
    motion = _lengthened([p.motion for p in prefix], new_motion, dit)
    conditions = Conditions(
        phonemes=ids([p.phonemes for p in prefix], phonemes),
        tones=ids([p.tones for p in prefix], tones),
        mel_prompt=dit.normalise_mel(mel) * mel_given[..., None],
        mel_given=mel_given,
        motion_prompt=dit.normalise_motion(motion) * motion_given[..., None],
        motion_given=motion_given,
        prosody=_told(prefix, curves, len(phonemes) + missing, dit),
    )
    return conditions, lead


def _told(
    prefix: Sequence[StylePrompt], curves: FloatArray | None, new: int, dit: DualBranchDiT
) -> Tensor | None:
    """(1, T, 4) of the prefix and of `new` frames; zeros, which is untold, where nothing is known."""
    if dit.curves_in is None:
        return None
    parts = [
        np.zeros((len(p.mel), CHANNELS), np.float32) if p.curves is None else p.curves
        for p in prefix
    ]
    if curves is not None:
        parts.append(curves)
        new -= len(curves)
    return _lengthened(parts, new, dit)


def _shortened(prompt: StylePrompt, seconds: float) -> StylePrompt:
    """The last whole blocks of a prompt, at most `seconds` long."""
    return prompt.last(max(1, timeline.blocks_to_cover(seconds)))


def _lengthened(parts: Sequence[FloatArray], new: int, dit: DualBranchDiT) -> Tensor:
    """The parts, then `new` frames of zeros: (1, frames, channels)."""
    known = np.concatenate(parts).astype(np.float32)
    return _tensor(np.pad(known, ((0, new), (0, 0))), dit)


def _noise(dit: DualBranchDiT, seed: int, frames: int, channels: int) -> Tensor:
    return seeded_noise([seed], frames, channels).to(dit.device)


def _tensor(values: npt.NDArray[np.generic], dit: DualBranchDiT) -> Tensor:
    return torch.from_numpy(values)[None].to(dit.device)


def _new_part(signal: Tensor | None, lead: int, channels: int) -> FloatArray:
    if signal is None:
        return np.zeros((0, channels), np.float32)
    return signal[0, lead:].float().cpu().numpy().copy()
