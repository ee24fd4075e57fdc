"""The prosody network and what teaches it, as one network whose forward pass is the loss.

Legend: B items, P curve frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from omnitalker.models.prosody import ProsodyInputs, ProsodyModel
from omnitalker.training.adversary import Verdict, discriminator_loss, pull
from omnitalker.training.losses import flow_point
from omnitalker.training.recipes.prosody.critic import CurveCritic, CurveCriticConfig


@dataclass(frozen=True)
class ProsodyBatch:
    inputs: ProsodyInputs
    noise: Tensor
    """(B, P, 3)."""
    time: Tensor
    """(B,)."""
    wanted: Tensor
    """(B, P, 3) in the network's units."""
    weights: Tensor
    """(B, P, 3): what the loss looks at, and how closely."""
    belief: float = 0.0
    """How far the critic is listened to, 0 to 1."""


class ProsodyLesson(nn.Module):
    """`ProsodyBatch` -> losses; the one named `loss` is minimised."""

    def __init__(self, network: ProsodyModel, critic: CurveCriticConfig | None = None) -> None:
        super().__init__()
        self.network = network
        self.settings = critic
        self.critic = CurveCritic(critic.width) if critic else None

    def forward(self, batch: ProsodyBatch) -> dict[str, Tensor]:
        given = batch.inputs.given[..., None]
        noisy = flow_point(batch.wanted, batch.noise, batch.time)
        made = self.network(torch.where(given, 0.0, noisy), batch.time, batch.inputs)
        error = (made.float() - batch.wanted).square() * batch.weights
        losses = {"curves": error.sum() / batch.weights.sum().clamp(min=1)}
        if self.critic is not None and torch.is_grad_enabled():
            losses |= self._judged(made, losses["curves"], batch)
        return {"loss": torch.stack(list(losses.values())).sum(), **losses}

    def _judged(self, made: Tensor, error: Tensor, batch: ProsodyBatch) -> dict[str, Tensor]:
        assert self.critic is not None
        assert self.settings is not None
        critic, inputs = self.critic, batch.inputs
        shown = self._shown(made, batch)
        of_real = critic(self._shown(batch.wanted, batch), inputs)
        losses = {"judge": discriminator_loss(of_real, critic(shown.detach(), inputs))}
        if batch.belief:
            still = {name: p.detach() for name, p in critic.named_parameters()}

            def judge(curves: Tensor) -> list[Verdict]:
                return functional_call(critic, still, (self._shown(curves, batch), inputs))  # type: ignore[no-any-return]

            wish = pull(
                made,
                error,
                judge,
                of_real,
                share=self.settings.share,
                features=self.settings.features,
            )
            losses["pull"] = wish * batch.belief
        return losses

    def _shown(self, curves: Tensor, batch: ProsodyBatch) -> Tensor:
        """Curves with the heard ones where those were given, and no pitch where nobody hears it."""
        whole = torch.where(batch.inputs.given[..., None], batch.wanted, curves.float())
        spoken = (batch.wanted[..., 1:2] > 0).float()
        return torch.cat([whole[..., :1] * spoken, whole[..., 1:]], dim=-1)
