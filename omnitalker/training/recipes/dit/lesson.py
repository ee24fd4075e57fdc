"""The transformer and what teaches it, as one network whose forward pass is the loss.

Legend: B sequences, T = 15 K mel frames, F = 4 K motion frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from omnitalker.models.conditions import Conditions, drop
from omnitalker.models.dit import LATEST, DualBranchDiT
from omnitalker.motion.names import EXPRESSION_SLICE, GAZE_SLICE, MOTION_DIM, POSE_SLICE
from omnitalker.training.adversary import Verdict, discriminator_loss, pull
from omnitalker.training.losses import Kind, flow_point, masked_error
from omnitalker.training.recipes.dit.critic import CriticConfig, MelCritic, excerpts


@dataclass(frozen=True)
class LossConfig:
    kind: Kind = "l2"
    mel: float = 1.0
    motion: float = 1.0
    expression: float = 1.0
    pose: float = 1.0
    gaze: float = 0.5
    noisy_share: float = 0.0
    """Share of flow times drawn next to the noise, where a few-step sampler decides most."""
    text_guidance: float = 0.0
    """Guidance by text that becomes part of the weights, so that sampling needs none (arXiv 2502.12154).

    g makes the network answer as if guided by 1 / (1 - g): 0.35 is a scale of 1.54. For a last part of
    training, once the network knows what text does.
    """
    voice_guidance: float = 0.0
    """The same by the prompt's sound: how firmly to keep to its voice."""


@dataclass(frozen=True)
class DitBatch:
    mel: Tensor
    """(B, T, 100) normalised."""
    motion: Tensor | None
    """(B, F, 61) normalised; None when no sequence has motion."""
    conditions: Conditions
    noise_mel: Tensor
    noise_motion: Tensor | None
    time: Tensor
    """(B,)."""
    mel_wanted: Tensor
    """(B, T) bool: frames that the loss looks at."""
    mel_weights: Tensor
    """(B, 1, 100): zero for bins above what was recorded."""
    motion_wanted: Tensor | None
    judged: Tensor
    """(B,) where the critic's excerpt begins."""
    belief: float = 0.0
    """How far the critic is listened to, 0 to 1."""


class Lesson(nn.Module):
    """`DitBatch` -> losses; the one named `loss` is minimised."""

    def __init__(
        self, network: DualBranchDiT, loss: LossConfig, critic: CriticConfig | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.loss, self.critic_config = loss, critic
        self.critic = MelCritic(critic.channels) if critic else None
        weights = torch.ones(MOTION_DIM)
        weights[EXPRESSION_SLICE] = loss.expression
        weights[POSE_SLICE] = loss.pose
        weights[GAZE_SLICE] = loss.gaze
        self.register_buffer("motion_weights", weights, persistent=False)

    def forward(self, batch: DitBatch) -> dict[str, Tensor]:
        one_pass = self.network.mel_source == "harmonics"
        noisy_mel = torch.zeros_like(batch.mel)
        if not one_pass:
            noisy_mel = flow_point(batch.mel, batch.noise_mel, batch.time)
        noisy_motion = None
        if batch.motion is not None:
            assert batch.noise_motion is not None
            noisy_motion = flow_point(batch.motion, batch.noise_motion, batch.time)
        velocity = self.network(noisy_mel, noisy_motion, batch.time, batch.conditions)
        if one_pass:
            losses = self._arrived(arrival(velocity.mel, batch.time), batch)
        else:
            wanted = batch.mel - batch.noise_mel
            if self.network.training:
                still = velocity.mel.detach()
                wanted = wanted + self._guidance(still, noisy_mel, noisy_motion, batch)
            losses = {"mel": self._mel_error(velocity.mel, wanted, batch, self.loss.kind)}
        terms = [self.loss.mel * losses["mel"]]
        terms += [losses[name] for name in ("pull", "judge") if name in losses]
        if batch.motion is not None:
            assert batch.noise_motion is not None
            assert batch.motion_wanted is not None
            wanted = batch.motion - batch.noise_motion
            losses["motion"] = masked_error(
                velocity.motion, wanted, batch.motion_wanted, self.loss.kind, self.motion_weights
            )
            terms.append(self.loss.motion * losses["motion"])
        return {"loss": torch.stack(terms).sum(), **losses}

    def _mel_error(self, told: Tensor, wanted: Tensor, batch: DitBatch, kind: Kind) -> Tensor:
        return masked_error(told, wanted, batch.mel_wanted, kind, batch.mel_weights)

    def _arrived(self, made: Tensor, batch: DitBatch) -> dict[str, Tensor]:
        """Losses of a mel (B, T, 100) made in one pass."""
        losses = {"mel": self._mel_error(made, batch.mel, batch, "l1")}
        if self.critic is None or not torch.is_grad_enabled():
            return losses
        assert self.critic_config is not None
        free = batch.mel_wanted[..., None] & (batch.mel_weights > 0)
        frames = self.critic_config.frames

        def show(mel: Tensor) -> Tensor:
            return excerpts(torch.where(free, mel.float(), batch.mel), batch.judged, frames)

        of_real = self.critic(show(batch.mel))
        losses["judge"] = discriminator_loss(of_real, self.critic(show(made).detach()))
        if batch.belief:
            still = {name: p.detach() for name, p in self.critic.named_parameters()}

            def judge(mel: Tensor) -> list[Verdict]:
                return functional_call(self.critic, still, (show(mel),))  # type: ignore[no-any-return, arg-type]

            wish = pull(
                made,
                losses["mel"],
                judge,
                of_real,
                share=self.critic_config.share,
                features=self.critic_config.features,
            )
            losses["pull"] = self.loss.mel * wish * batch.belief
        return losses

    @torch.no_grad()
    def _guidance(
        self, told: Tensor, noisy_mel: Tensor, noisy_motion: Tensor | None, batch: DitBatch
    ) -> Tensor | float:
        """How far to push the mel's target away from what the network says without text or voice.

        Comes after the pass with gradients: autocast keeps the weights of the first pass.
        """
        known = batch.conditions
        has_text, has_voice = known.phonemes.any(dim=1), known.mel_given.any(dim=1)
        push: Tensor | float = 0.0
        for strength, has, without in (
            (self.loss.text_guidance, has_text, {"text": True}),
            (self.loss.voice_guidance, has_voice, {"audio": True}),
        ):
            if strength:
                blind = drop(known, **without)
                untold = self.network(noisy_mel, noisy_motion, batch.time, blind).mel
                push = push + strength * has[:, None, None] * (told - untold).float()
        return push


def arrival(velocity: Tensor, time: Tensor) -> Tensor:
    """Where a mel that began at zero gets to by this velocity at `time` (B,)."""
    return velocity * (1 - time.clamp(max=LATEST)).view(-1, 1, 1)
