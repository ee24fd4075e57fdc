"""The dual-branch flow-matching transformer: sound and facial motion from one network.

Time runs from 0 = noise to 1 = data, and the network gives the velocity data - noise.

Legend: B items, T = 15 K mel frames at 93.75/s, F = 4 K motion frames at 25/s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from omnitalker.base import timeline
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.base.tensor_cache import TensorCache
from omnitalker.models.blocks import BranchBlock, Fusion, FusionBlock
from omnitalker.models.borders import BranchInput, BranchOutput, ProsodyInput, any_in_patch
from omnitalker.models.conditions import Conditions
from omnitalker.models.harmonics import harmonic_comb
from omnitalker.models.int8 import round_weights
from omnitalker.models.layers import (
    MEL_FRAME_SECONDS,
    MOTION_FRAME_SECONDS,
    AdaLN,
    Rotary,
    TimeEmbedding,
    blank,
    rotary,
)
from omnitalker.models.mel_detail import MelDetail
from omnitalker.models.pretrained import Pretrained, register_to_config
from omnitalker.models.style_encoder import StyleEncoder
from omnitalker.models.text_encoder import Alignment, TextEncoder, to_motion_grid

MelSource = Literal["noise", "harmonics"]
"""What the mel is made of. noise: many passes lead from it to one of the mels that the text could be.

harmonics: of the comb that the told pitch draws, in one pass; a further pass only hears the motion better.
"""
LATEST = 0.99
"""Nearer to the end of the flow the way that is left is too short to be divided by."""
MOMENTS_KEPT = 32
"""Times of the flow with a style, whose modulations `keep_answers` keeps: four megabytes of `tiny`'s."""
STYLES_KEPT = 16


@dataclass(frozen=True)
class Velocity:
    """Where noisy mel and motion are heading. A branch that did not run is None."""

    mel: Tensor | None
    """(B, T, 100)."""
    motion: Tensor | None
    """(B, F, 61)."""


@dataclass(frozen=True)
class TextFeatures:
    """Text on both grids: the same at every step of sampling, so computed once."""

    mel: Tensor
    """(B, T, text_width)."""
    motion: Tensor
    """(B, F, text_width)."""


class DualBranchDiT(Pretrained):
    """Fusion blocks, in which both branches attend to each other, then single blocks per branch.

    Each branch sees, side by side on channels: noisy signal, known signal, known or not, text. With
    `style`, two small encoders add what they hear and see in the known signal to the time condition, so
    that a voice and a manner colour every layer at once, and may come from more than is in the sequence.
    """

    @register_to_config
    def __init__(
        self,
        mel_width: int = 384,
        motion_width: int = 256,
        heads: int = 4,
        head_dim: int = 96,
        fusion_layers: int = 6,
        single_layers: int = 2,
        mel_ffn: int = 1536,
        motion_ffn: int = 768,
        condition_width: int = 128,
        text_width: int = 192,
        text_layers: int = 3,
        mel_patch: int = 2,
        conv_kernel: int = 7,
        position_kernel: int = 15,
        position_groups: int = 16,
        fusion: Fusion = "joint",
        alignment: Alignment = "duration",
        mel_source: MelSource = "noise",
        mel_attention_layers: int | None = None,
        detail_layers: int = 0,
        detail_width: int = 256,
        prosody: bool = False,
        style: bool = True,
        style_width: int = 128,
        style_layers: int = 3,
        symbols: int = 96,
        tones: int = 8,
        mel_bins: int = timeline.N_MELS,
        motion_dim: int = 61,
        mel_mean: Sequence[float] = (-4.0,),
        mel_std: Sequence[float] = (3.0,),
        motion_mean: Sequence[float] = (0.0,),
        motion_std: Sequence[float] = (0.2,),
    ) -> None:
        super().__init__()
        _check_sizes(mel_width, motion_width, head_dim, position_groups, fusion, alignment)
        if mel_source not in ("noise", "harmonics"):
            raise ConfigError(f"mel_source is {mel_source!r}; choose noise or harmonics.")
        self.gradient_checkpointing = False
        self.mel_bins, self.motion_dim = mel_bins, motion_dim
        self.mel_patch, self.head_dim = mel_patch, head_dim
        self.mel_source = mel_source
        self.mel_statistics = (list(mel_mean), list(mel_std))
        self.motion_statistics = (list(motion_mean), list(motion_std))

        # 1. conditions
        self.text = TextEncoder(symbols, tones, text_width, text_layers, alignment)
        self.curves_in = ProsodyInput(text_width) if prosody else None
        self.time = TimeEmbedding(condition_width)
        self.voice = self.manner = None
        if style:
            sizes = (style_width, style_layers, condition_width)
            self.voice = StyleEncoder(mel_bins, *sizes, stride=mel_patch)
            self.manner = StyleEncoder(motion_dim, *sizes)

        # 2. inputs of each branch
        self.mel_in = BranchInput(
            mel_bins, mel_patch, text_width, mel_width, position_kernel, position_groups
        )
        self.motion_in = BranchInput(
            motion_dim, 1, text_width, motion_width, position_kernel, position_groups
        )

        # 3. fusion blocks, then single blocks
        attending = fusion_layers + single_layers
        if mel_attention_layers is not None:
            attending = mel_attention_layers

        def mel_block(layer: int) -> BranchBlock:
            sizes = (mel_width, heads, head_dim, mel_ffn, condition_width, conv_kernel)
            return BranchBlock(*sizes, attention=layer < attending)

        def motion_block() -> BranchBlock:
            return BranchBlock(
                motion_width, heads, head_dim, motion_ffn, condition_width, conv_kernel
            )

        self.fusion_blocks = nn.ModuleList(
            FusionBlock(mel_block(layer), motion_block(), fusion) for layer in range(fusion_layers)
        )
        self.mel_blocks = nn.ModuleList(
            mel_block(fusion_layers + layer) for layer in range(single_layers)
        )
        self.motion_blocks = nn.ModuleList(motion_block() for _ in range(single_layers))

        # 4. outputs
        parts = 1 if mel_source == "noise" else 2
        self.mel_out = BranchOutput(mel_width, condition_width, parts * mel_patch * mel_bins)
        self.motion_out = BranchOutput(motion_width, condition_width, motion_dim)
        self.detail = None
        if detail_layers:
            self.detail = MelDetail(
                detail_width,
                detail_layers,
                token_width=mel_width,
                patch=mel_patch,
                text_width=text_width,
                bins=mel_bins,
                condition_width=condition_width,
            )

    def use_int8(self) -> None:
        """Eight-bit arithmetic for most of the work on the CPU; what sets the tone stays exact."""
        for blocks in (self.fusion_blocks, self.mel_blocks, self.motion_blocks):
            round_weights(blocks, spare=AdaLN)

    def keep_answers(self) -> None:
        """What depends on style and time alone is worked out once, not at every call: a sixth of a small window."""
        for module in self.modules():
            if isinstance(module, AdaLN):
                module.memo = TensorCache(module, most=MOMENTS_KEPT)
            elif isinstance(module, StyleEncoder):
                module.memo = TensorCache(module, most=STYLES_KEPT)

    def encode_text(self, conditions: Conditions) -> TextFeatures:
        """The text on both grids. Pass it to `forward` to save doing it at every step."""
        valid = conditions.mel_valid
        features = self.text(conditions.phonemes, conditions.tones, valid)
        if self.curves_in is not None and conditions.prosody is not None:
            features = blank(features + self.curves_in(conditions.prosody), valid)
        return TextFeatures(features, to_motion_grid(features))

    def encode_style(self, conditions: Conditions) -> Conditions:
        """The conditions with the voice and manner of their known frames as vectors.

        From a prompt that is longer than what is then continued, or to save doing it at every step.
        """
        if self.voice is None or self.manner is None:
            return conditions
        voice, manner = conditions.voice, conditions.manner
        if voice is None:
            voice = self.voice(conditions.mel_prompt, conditions.mel_given)
        if manner is None:
            manner = self.manner(conditions.motion_prompt, conditions.motion_given)
        return replace(conditions, voice=voice, manner=manner)

    def forward(
        self,
        mel: Tensor | None,
        motion: Tensor | None,
        time: Tensor,
        conditions: Conditions,
        text: TextFeatures | None = None,
    ) -> Velocity:
        """mel: (B, T, 100) and motion: (B, F, 61), noisy and normalised; time: (B,).

        None for either leaves that branch out: sound alone or motion alone.
        """
        _check_lengths(conditions)
        text = text or self.encode_text(conditions)

        # 1. conditions
        mel_condition = motion_condition = self.time(time)
        if self.mel_source == "harmonics":
            mel_condition = self.time(torch.zeros_like(time))
        style = self.encode_style(conditions)
        if style.voice is not None and style.manner is not None:
            mel_condition = mel_condition + style.voice + style.manner
            motion_condition = motion_condition + style.voice + style.manner

        # 2. inputs of each branch
        mel_x = mel_valid = mel_place = motion_x = motion_valid = motion_place = None
        source = mel
        if mel is not None:
            if self.mel_source == "harmonics":
                source = _comb(conditions, mel)
            mel_valid = any_in_patch(conditions.mel_valid, self.mel_patch)
            mel_x = self.mel_in(
                source, conditions.mel_prompt, conditions.mel_given, text.mel, conditions.mel_valid
            )
            mel_place = self._mel_places(mel_x)
        if motion is not None:
            motion_valid = conditions.motion_valid
            motion_x = self.motion_in(
                motion, conditions.motion_prompt, conditions.motion_given, text.motion, motion_valid
            )
            motion_place = self._motion_places(motion_x)

        # 3. fusion blocks, then single blocks
        for block in cast("Sequence[FusionBlock]", self.fusion_blocks):
            if mel_x is not None and motion_x is not None:
                mel_x, motion_x = self._run(
                    block,
                    mel_x,
                    motion_x,
                    mel_condition,
                    motion_condition,
                    mel_place,
                    motion_place,
                    mel_valid,
                    motion_valid,
                )
            elif mel_x is not None:
                mel_x = self._run(block.mel, mel_x, mel_condition, mel_place, mel_valid)
            else:
                motion_x = self._run(
                    block.motion, motion_x, motion_condition, motion_place, motion_valid
                )
        if mel_x is not None:
            for single in self.mel_blocks:
                mel_x = self._run(single, mel_x, mel_condition, mel_place, mel_valid)
        if motion_x is not None:
            for single in self.motion_blocks:
                motion_x = self._run(single, motion_x, motion_condition, motion_place, motion_valid)

        # 4. outputs
        mel_velocity = motion_velocity = None
        if mel_x is not None:
            assert mel is not None
            assert source is not None
            answer = self.mel_out(mel_x, mel_condition)
            if self.mel_source == "noise":
                mel_velocity = self._unpatch(answer, mel)
            else:
                shape, depth = (self._unpatch(part, mel) for part in answer.chunk(2, dim=-1))
                made = shape + (1 + depth) * source
                if self.detail is not None:
                    made = self.detail(
                        made,
                        source,
                        conditions.texture,
                        mel_x,
                        text.mel,
                        mel_condition,
                        conditions.mel_valid,
                    )
                left = (1 - time.clamp(max=LATEST)).view(-1, 1, 1)
                mel_velocity = (made - mel) / left
        if motion_x is not None:
            motion_velocity = self.motion_out(motion_x, motion_condition)
        return Velocity(mel=mel_velocity, motion=motion_velocity)

    def normalise_mel(self, mel: Tensor) -> Tensor:
        """Log-mel -> the units the model works in."""
        mean, std = (mel.new_tensor(part) for part in self.mel_statistics)
        return (mel - mean) / std

    def denormalise_mel(self, mel: Tensor) -> Tensor:
        mean, std = (mel.new_tensor(part) for part in self.mel_statistics)
        return mel * std + mean

    def normalise_motion(self, motion: Tensor) -> Tensor:
        """Coefficients -> the units the model works in."""
        mean, std = (motion.new_tensor(part) for part in self.motion_statistics)
        return (motion - mean) / std

    def denormalise_motion(self, motion: Tensor) -> Tensor:
        mean, std = (motion.new_tensor(part) for part in self.motion_statistics)
        return motion * std + mean

    def _run(self, block: nn.Module, *inputs: object) -> Any:
        if torch.is_grad_enabled() and self.gradient_checkpointing:
            return checkpoint(block, *inputs, use_reentrant=False)
        return block(*inputs)

    def _mel_places(self, tokens: Tensor) -> Rotary:
        patch = self.mel_patch
        first = torch.arange(tokens.shape[1], device=tokens.device) * patch
        centre = first + (patch - 1) / 2
        return rotary(centre * MEL_FRAME_SECONDS, self.head_dim)

    def _motion_places(self, tokens: Tensor) -> Rotary:
        frames = torch.arange(tokens.shape[1], device=tokens.device)
        return rotary(frames * MOTION_FRAME_SECONDS, self.head_dim)

    def _unpatch(self, tokens: Tensor, like: Tensor) -> Tensor:
        return tokens.reshape(tokens.shape[0], -1, self.mel_bins)[:, : like.shape[1]]


def _comb(conditions: Conditions, like: Tensor) -> Tensor:
    """(B, T, 100) the harmonics of the told pitch; nothing where none is told."""
    if conditions.prosody is None:
        return torch.zeros_like(like)
    pitch, voiced = conditions.prosody[..., 0], conditions.prosody[..., 1]
    return harmonic_comb(pitch, voiced).to(like.dtype)


def _check_lengths(conditions: Conditions) -> None:
    mel, motion = conditions.phonemes.shape[1], conditions.motion_prompt.shape[1]
    blocks = timeline.blocks_in_mel(mel)
    if mel != blocks * timeline.BLOCK_MEL_FRAMES or motion != blocks * timeline.BLOCK_VIDEO_FRAMES:
        raise InputError(
            f"The model got {mel} mel and {motion} motion frames; it takes whole blocks of "
            f"{timeline.BLOCK_MEL_FRAMES} and {timeline.BLOCK_VIDEO_FRAMES}. "
            "Pad the sound and motion to a multiple of 160 ms."
        )


def _check_sizes(
    mel_width: int, motion_width: int, head_dim: int, groups: int, fusion: str, alignment: str
) -> None:
    for name, width in (("mel_width", mel_width), ("motion_width", motion_width)):
        if width % groups:
            raise ConfigError(
                f"{name} is {width}; it must be a multiple of position_groups={groups}."
            )
    if head_dim % 2:
        raise ConfigError(f"head_dim is {head_dim}; rotary positions need an even number.")
    if fusion not in ("joint", "cross", "none"):
        raise ConfigError(f"fusion is {fusion!r}; choose joint, cross or none.")
    if alignment not in ("duration", "implicit"):
        raise ConfigError(f"alignment is {alignment!r}; choose duration or implicit.")
