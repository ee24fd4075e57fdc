"""Linear layers in eight-bit arithmetic, for processors without fast bfloat16: half as fast again there."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

STEPS = 127
"""Between nothing and the largest weight of a row."""


class Int8Linear(nn.Module):
    """A trained linear layer; its weights are rounded row by row, its inputs as they come.

    The true weights stay, for saving, training and other devices: in bfloat16 where that loses nothing.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        weight = linear.weight.detach()
        short = weight.to(torch.bfloat16)
        self.weight = nn.Parameter(short if torch.equal(short.to(weight.dtype), weight) else weight)
        self.bias = linear.bias
        self._packed = self._pack()
        self._packed_from = self._changes()

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu" or torch.is_grad_enabled():
            return nn.functional.linear(x, self.weight.to(x.dtype), self.bias)
        if self._packed_from != self._changes():
            self._packed, self._packed_from = self._pack(), self._changes()
        return torch.ops.quantized.linear_dynamic(x.float(), self._packed, True).to(x.dtype)

    def _changes(self) -> int:
        """Changes when the weights are changed in place, as optimisers and `load_state_dict` do."""
        return -1 if self.weight.is_inference() else self.weight._version

    def _pack(self) -> Any:
        weight = self.weight.detach().float().cpu()
        scales = weight.abs().amax(dim=1).clamp(min=1e-8).double() / STEPS
        zeros = torch.zeros(len(scales), dtype=torch.long)
        rounded = torch.quantize_per_channel(weight, scales, zeros, 0, torch.qint8)
        bias = None if self.bias is None else self.bias.detach().float().cpu()
        return torch.ops.quantized.linear_prepack(rounded, bias)


def is_int8_possible() -> bool:
    return "x86" in torch.backends.quantized.supported_engines


def round_weights(model: nn.Module, spare: type[nn.Module]) -> None:
    """Put `Int8Linear` in the place of every linear layer in `model`, but for those in a `spare`."""
    for name, child in model.named_children():
        if isinstance(child, nn.Linear):
            setattr(model, name, Int8Linear(child))
        elif not isinstance(child, spare):
            round_weights(child, spare)
