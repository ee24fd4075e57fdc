"""A small U-Net that takes back what a warp does to this person's pictures.

It sees the picture alone: told the coefficients as well it does no better on frames that it has not met, and on one
clip worse (docs/design.md).

B pictures of H x W pixels, both multiples of 8. Pictures are RGB in 0..1.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from omnitalker.base.errors import InputError

DETAIL = 0.7
"""Pixels: the blur that tells fine detail from the rest."""


class _Block(nn.Module):
    """Two convolutions with a residual path."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, width, h, w)."""
        return x + self.second(F.silu(self.first(x)))


class Refiner(nn.Module):
    """Adds a correction to a warped face. Untrained it adds nothing."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        widths = (width, 2 * width, 3 * width)
        # 1. In, 2. down, 3. up, 4. out.
        self.enter = nn.Conv2d(12, width, 3, padding=1)
        self.down = nn.ModuleList(_Block(w) for w in widths)
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in pairwise(widths))
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in pairwise(widths)
        )
        self.up = nn.ModuleList(_Block(w) for w in widths[:-1])
        self.leave = nn.Conv2d(width, 12, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.constant_(self.leave.bias, 0.0)  # type: ignore[arg-type]
        self.crispness: Tensor
        self.register_buffer("crispness", torch.zeros(1))

    def forward(self, picture: Tensor) -> Tensor:
        """picture: (B, 3, H, W) -> (B, 3, H, W), not clipped."""
        x = self.enter(F.pixel_unshuffle(picture - 0.5, 2))
        skips = []
        for level, block in enumerate(self.down):
            x = block(x)
            if level < len(self.shrink):
                skips.append(x)
                x = self.shrink[level](x)
        for level in reversed(range(len(self.grow))):
            x = self.up[level](self.grow[level](x) + skips[level])
        correction = F.pixel_shuffle(self.leave(x), 2)
        # Without this a grid of two pixels would show, the more the crisper.
        return picture + _blurred(correction, correction.new_tensor([0.25, 0.5, 0.25]))

    def crisped(self, picture: Tensor) -> Tensor:
        """(B, 3, H, W) with edges strengthened by `crispness`.

        Where the network cannot know to the pixel where an edge is, its best guess is a soft one. How much it softens
        is measured once, after training.
        """
        return picture + self.crispness * fine_detail(picture)


def fine_detail(picture: Tensor) -> Tensor:
    """(B, C, H, W): what a blur over about three pixels takes away."""
    taps = torch.exp(-0.5 * (torch.arange(-2.0, 3.0, device=picture.device) / DETAIL) ** 2)
    return picture - _blurred(picture, taps / taps.sum())


def _blurred(picture: Tensor, taps: Tensor) -> Tensor:
    """(B, C, H, W), by the same odd number of taps across and down."""
    channels, count = picture.shape[1], len(taps)
    kernel = torch.outer(taps, taps).to(picture.dtype).expand(channels, 1, count, count)
    padded = F.pad(picture, 4 * (count // 2,), mode="replicate")
    return F.conv2d(padded, kernel, groups=channels)


class PatchCritic(nn.Module):
    """Tells real patches from refined ones; its features also measure likeness, in place of downloaded ones."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        widths = (3, width, 2 * width, 3 * width)
        self.layers = nn.ModuleList(
            nn.utils.spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1))
            for a, b in pairwise(widths)
        )
        self.verdict = nn.utils.spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, picture: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(B, 3, H, W) -> a verdict per patch (B, 1, H/8, W/8), and the features of every layer."""
        features = []
        x = picture - 0.5
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.verdict(x), features


def build_refiner(tensors: dict[str, Tensor]) -> Refiner:
    """The refiner whose weights these are; its size follows from them."""
    if "condition.0.weight" in tensors:
        raise InputError(
            "This identity's refiner is of an earlier version. Train it again: omnitalker train refiner."
        )
    refiner = Refiner(tensors["enter.weight"].shape[0])
    refiner.load_state_dict(tensors, strict=True)
    return refiner.eval().requires_grad_(False)


@torch.inference_mode()
def refine(refiner: Refiner, picture: Tensor) -> Tensor:
    """One picture (H, W, 3) uint8 -> (H, W, 3) uint8."""
    x = picture.permute(2, 0, 1)[None].float() / 255
    result = refiner.crisped(refiner(x)).clamp(0, 1)[0]
    return (result * 255).round().to(torch.uint8).permute(1, 2, 0)
