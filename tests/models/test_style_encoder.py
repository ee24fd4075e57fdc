from __future__ import annotations

import torch

from omnitalker.models.style_encoder import StyleEncoder


def make_encoder(stride: int = 1, layers: int = 2) -> StyleEncoder:
    torch.manual_seed(0)
    encoder = StyleEncoder(channels=6, width=16, layers=layers, out=8, stride=stride)
    torch.nn.init.normal_(encoder.out.weight, std=0.3)
    return encoder.eval()


def test_what_is_not_given_does_not_matter() -> None:
    encoder = make_encoder()
    values = torch.randn(2, 20, 6)
    given = torch.zeros(2, 20, dtype=torch.bool)
    given[:, 3:12] = True
    other = torch.where(given[..., None], values, torch.randn(2, 20, 6))
    known = given[..., None]
    torch.testing.assert_close(encoder(values * known, given), encoder(other * known, given))


def test_knowing_nothing_is_one_answer_for_all() -> None:
    encoder = make_encoder()
    nothing = torch.zeros(2, 12, dtype=torch.bool)
    style = encoder(torch.zeros(2, 12, 6), nothing)
    longer = encoder(torch.zeros(2, 40, 6), torch.zeros(2, 40, dtype=torch.bool))
    torch.testing.assert_close(style[0], style[1])
    torch.testing.assert_close(style, longer)


def test_hears_what_mean_and_spread_cannot() -> None:
    """The same values in another order are another melody."""
    values = torch.randn(1, 24, 6)
    given = torch.ones(1, 24, dtype=torch.bool)
    turned = values[:, torch.randperm(24)]
    blind = make_encoder(layers=0)
    torch.testing.assert_close(blind(values, given), blind(turned, given))
    hearing = make_encoder()
    assert (hearing(values, given) - hearing(turned, given)).abs().max() > 1e-3


def test_strides_leave_out_a_last_odd_frame() -> None:
    encoder = make_encoder(stride=2)
    values = torch.randn(1, 25, 6)
    given = torch.ones(1, 25, dtype=torch.bool)
    assert encoder(values, given).shape == (1, 8)
