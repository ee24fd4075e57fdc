from __future__ import annotations

import pytest
import torch
from torch import nn

from omnitalker.models.int8 import Int8Linear, is_int8_possible, round_weights

pytestmark = pytest.mark.skipif(not is_int8_possible(), reason="no eight-bit kernels here")


def linear(width: int = 96, out: int = 64) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(width, out)


def apart(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / b.norm())


@torch.no_grad()
def test_says_nearly_the_same() -> None:
    true = linear()
    x = torch.randn(2, 50, 96)
    assert 0 < apart(Int8Linear(true)(x), true(x)) < 0.02


def test_true_weights_stay() -> None:
    true = linear()
    rounded = Int8Linear(true)
    assert torch.equal(rounded.state_dict()["weight"], true.weight)
    x = torch.randn(3, 96)
    assert torch.equal(rounded(x), true(x)), "with gradients, the true weights count"
    short = linear().bfloat16().float()
    assert Int8Linear(short).weight.dtype == torch.bfloat16
    assert torch.equal(Int8Linear(short).weight.float(), short.weight)


@torch.no_grad()
def test_follows_weights_that_change() -> None:
    rounded, other = Int8Linear(linear()), nn.Linear(96, 64)
    x = torch.randn(5, 96)
    rounded(x)
    rounded.load_state_dict(other.state_dict())
    assert apart(rounded(x), other(x)) < 0.02


def test_all_but_the_spared() -> None:
    class Spared(nn.Sequential):
        pass

    model = nn.Sequential(linear(), nn.Sequential(linear(64, 8)), Spared(linear(8, 8)))
    round_weights(model, Spared)
    kinds = [type(module) for module in model.modules() if hasattr(module, "in_features")]
    assert kinds == [Int8Linear, Int8Linear, nn.Linear]
