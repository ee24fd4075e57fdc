from __future__ import annotations

import torch

from omnitalker.base.tensor_cache import TensorCache
from omnitalker.models.layers import AdaLN, DepthwiseConv
from tests.models.conftest import make_conditions, make_dit, make_signal


def test_the_same_question_is_answered_once() -> None:
    asked = []
    layer = torch.nn.Linear(3, 3)
    memo: TensorCache[torch.Tensor] = TensorCache(layer, most=2)

    def ask(x: torch.Tensor) -> torch.Tensor:
        asked.append(x)
        return layer(x)

    ones = torch.ones(1, 3)
    with torch.inference_mode():
        first = memo(ask, ones)
        assert memo(ask, ones.clone()) is first
        assert torch.equal(memo(ask, 2 * ones), layer(2 * ones))
        assert len(asked) == 2
    with torch.no_grad():
        layer.weight.mul_(2)
    with torch.inference_mode():
        changed = memo(ask, ones)
    assert torch.equal(changed, layer(ones))
    assert not torch.equal(changed, first)
    assert memo(ask, ones).requires_grad  # whoever learns wants the gradients


def test_a_network_that_keeps_answers_gives_the_same_ones() -> None:
    dit = make_dit(style=True)
    for layer in dit.modules():
        if isinstance(layer, AdaLN):
            torch.nn.init.normal_(layer.linear.weight)
    conditions = make_conditions(blocks=2)
    mel, motion, _ = make_signal(blocks=2)
    with torch.inference_mode():
        before = [dit(mel, motion, torch.full((2,), t), conditions) for t in (0.2, 0.7)]
        dit.keep_answers()
        for _ in range(2):
            after = [dit(mel, motion, torch.full((2,), t), conditions) for t in (0.2, 0.7)]
            for one, other in zip(before, after, strict=True):
                assert torch.equal(one.mel, other.mel)
                assert torch.equal(one.motion, other.motion)
    assert not torch.equal(before[0].mel, before[1].mel)


def test_a_sum_of_shifts_is_the_convolution() -> None:
    conv = DepthwiseConv(24, 7)
    for length in (1, 5, 60):
        x = torch.randn(2, length, 24)
        valid = torch.arange(length).expand(2, -1) < torch.tensor([[length], [length // 2 + 1]])
        with torch.inference_mode():
            quick = conv(x, valid)
        assert torch.allclose(quick, conv(x, valid), atol=1e-6)
