"""What the model is told besides the noise: text, and the parts of the signal that are already known.

Everything is a (value, mask) pair on the signal's own grid, so dropping a condition for guidance or
training is a function on data, never a flag of the network.

Legend: B items, T mel frames at 93.75/s, F motion frames at 25/s; T = 15 K and F = 4 K for K blocks.
Mel and motion are in the model's normalised units (see `DualBranchDiT.normalise_mel`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

Selection = bool | Tensor
"""All items, none, or (B,) bool: which ones."""


@dataclass(frozen=True)
class Conditions:
    phonemes: Tensor
    """(B, T) symbol ids, 0 = unknown. Per frame with `alignment: duration`, else packed to the left."""
    tones: Tensor
    """(B, T) tone numbers."""
    mel_prompt: Tensor
    """(B, T, 100), zero where not given."""
    mel_given: Tensor
    """(B, T) bool: the frame is known."""
    motion_prompt: Tensor
    """(B, F, 61), zero where not given."""
    motion_given: Tensor
    """(B, F) bool."""
    mel_valid: Tensor | None = None
    """(B, T) bool: False for padding. None when no item is padded."""
    motion_valid: Tensor | None = None
    """(B, F) bool. False over a whole item when it has no motion at all."""
    prosody: Tensor | None = None
    """(B, T, 4) pitch, voicing, energy, told or not: see `audio.curves`. None: nothing is told."""
    texture: Tensor | None = None
    """(B, T, 100) noise: of what a sound made in one pass has its breath and its roughness. None: it has none."""
    voice: Tensor | None = None
    """(B, condition_width) what `DualBranchDiT.encode_style` made of a voice; None: of `mel_prompt`."""
    manner: Tensor | None = None
    """(B, condition_width) likewise of a facial manner."""

    def __len__(self) -> int:
        return self.phonemes.shape[0]

    def to(self, device: torch.device | str) -> Conditions:
        return replace(self, **{name: value.to(device) for name, value in _tensors(self).items()})


def drop(
    conditions: Conditions,
    *,
    text: Selection = False,
    audio: Selection = False,
    motion: Selection = False,
    prosody: Selection = False,
) -> Conditions:
    """The same conditions without the named ones, for every item or for those selected.

    A voice or manner that was encoded before is forgotten with it, so selecting items comes first.
    """
    changed: dict[str, Any] = {}
    if text is not False:
        changed["phonemes"] = _blank(conditions.phonemes, text)
        changed["tones"] = _blank(conditions.tones, text)
    if prosody is not False and conditions.prosody is not None:
        changed["prosody"] = _blank(conditions.prosody, prosody)
    if audio is not False:
        changed["mel_prompt"] = _blank(conditions.mel_prompt, audio)
        changed["mel_given"] = _blank(conditions.mel_given, audio)
        changed["voice"] = None
    if motion is not False:
        changed["motion_prompt"] = _blank(conditions.motion_prompt, motion)
        changed["motion_given"] = _blank(conditions.motion_given, motion)
        changed["manner"] = None
    return replace(conditions, **changed)


def concatenate(parts: Sequence[Conditions]) -> Conditions:
    """Several batches of the same lengths as one batch: how guidance runs in a single pass."""
    first = parts[0]
    joined = {name: torch.cat([getattr(p, name) for p in parts]) for name in _tensors(first)}
    return replace(first, **joined)


def collate(items: Sequence[Conditions]) -> Conditions:
    """Batches of any lengths as one, padded at the end, with the masks that keep the padding out."""
    mel_frames = max(item.phonemes.shape[1] for item in items)
    motion_frames = max(item.motion_prompt.shape[1] for item in items)
    padded = [pad(item, mel_frames, motion_frames) for item in items]
    if all(part.mel_valid is None for part in padded):
        return concatenate(padded)
    return concatenate([_with_masks(part) for part in padded])


def pad(conditions: Conditions, mel_frames: int, motion_frames: int) -> Conditions:
    """Lengthened to the given frames; unchanged (and without masks) where nothing is missing."""
    mel_missing = mel_frames - conditions.phonemes.shape[1]
    motion_missing = motion_frames - conditions.motion_prompt.shape[1]
    if mel_missing == 0 and motion_missing == 0:
        return conditions
    marked = _with_masks(conditions)
    missing = {
        name: motion_missing if name.startswith("motion") else mel_missing
        for name in _tensors(marked)
    }
    return replace(
        marked,
        **{
            name: pad_frames(value, missing[name])
            for name, value in _tensors(marked).items()
            if name not in ("voice", "manner")
        },
    )


def pad_frames(values: Tensor, missing: int) -> Tensor:
    """(B, T, ...) -> (B, T + missing, ...), zeros (or False) at the end."""
    if missing == 0:
        return values
    shape = (values.shape[0], missing, *values.shape[2:])
    return torch.cat([values, values.new_zeros(shape)], dim=1)


def _with_masks(conditions: Conditions) -> Conditions:
    mel, motion = conditions.mel_valid, conditions.motion_valid
    return replace(
        conditions,
        mel_valid=torch.ones_like(conditions.mel_given) if mel is None else mel,
        motion_valid=torch.ones_like(conditions.motion_given) if motion is None else motion,
    )


def _blank(values: Tensor, selection: Selection) -> Tensor:
    if selection is True:
        return torch.zeros_like(values)
    assert isinstance(selection, Tensor)
    keep = ~selection.reshape(-1, *[1] * (values.ndim - 1))
    return values * keep


def _tensors(conditions: Conditions) -> dict[str, Tensor]:
    found = {f.name: getattr(conditions, f.name) for f in fields(conditions)}
    return {name: value for name, value in found.items() if value is not None}
