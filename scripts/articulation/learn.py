"""Learn how lips and jaw move from tracked talkers: `python scripts/articulation/learn.py FOLDER`.

FOLDER holds clips as `omnitalker.evaluation.talkers` reads them; clips that are held out there are not used. Fits
targets, strengths and widths of the dominance model of `generation.motion_teacher.articulation` by gradient descent,
beginning from the present `data/articulation.json`, and writes that file anew. What no clip says (GRID's 51 words lack
some vowels and all of Mandarin) follows the gain of each shape that the others agree on.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from omnitalker.base.assets import DEFAULT_CHECKPOINT, checkpoint_dir, data_path
from omnitalker.corpus.alignment import load_recogniser
from omnitalker.evaluation.talkers import TalkingClip, held_out, opening, read_talkers
from omnitalker.generation.motion_teacher.articulation import closures
from omnitalker.generation.motion_teacher.prosody import measure_prosody
from omnitalker.generation.motion_teacher.score import at, read_score, stress_factor
from omnitalker.generation.motion_teacher.visemes import (
    AMPLITUDE_POWERS,
    SHAPE_GROUPS,
    SHAPES,
    VISEMES,
)
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.made.manners import sides
from omnitalker.motion.names import INDEX
from omnitalker.text.symbols import SYMBOLS

LEARNT = (
    "jawOpen",
    "mouthFunnel",
    "mouthPucker",
    "mouthStretch",
    "mouthSmile",
    "mouthLowerDown",
    "mouthUpperUp",
)
"""What a few talkers tell about all of us; how lips roll and press is one's own."""
FRAMES, PHONEMES, FPS = 80, 48, 25.0
SHARPNESS = 100.0
"""Of the bend where lips meet: they do not go through one another."""


@dataclass(frozen=True)
class Batch:
    """B clips as tensors, padded to `PHONEMES` and `FRAMES`."""

    visemes: Tensor
    """(B, P, 2)."""
    centres: Tensor
    """(B, 2 P) seconds."""
    durations: Tensor
    """(B, P)."""
    is_there: Tensor
    is_silent: Tensor
    opens: Tensor
    """(B, P) stress, 0 = no vowel."""
    loud: Tensor
    shapes: Tensor
    """(B, F, K) tracked; what is sealed of the jaw is not open."""
    gap: Tensor
    """(B, F) tracked opening."""
    sealed: Tensor
    free: Tensor
    """(B, F) 1 where neither a seal nor a tuck replaces the targets."""
    shown: Tensor
    """(B, F) 1 in frames that exist."""


def batch_of(clips: list[TalkingClip], names: list[str]) -> Batch:
    model, rows = FaceModel.load(), []
    symbols = np.array([[names.index(VISEMES[s][0]), names.index(VISEMES[s][-1])] for s in SYMBOLS])
    for clip in clips:
        score = read_score(clip.phonemes, len(clip.samples) / 24000)
        prosody = measure_prosody(clip.samples)
        middles = (score.starts + score.ends) / 2
        durations = score.ends - score.starts
        sealed, tucked = closures(score, np.arange(FRAMES) / FPS)
        shapes = np.stack([clip.values[:, list(sides(s))].mean(1) for s in SHAPES], axis=1)
        jaw = SHAPES.index("jawOpen")
        shapes[:, jaw] -= np.minimum(clip.values[:, INDEX["mouthClose"]], shapes[:, jaw])
        gap = opening(model, clip.neutral, clip.values)
        centres = score.starts[:, None] + durations[:, None] * np.array([0.27, 0.75])
        rows.append(
            (
                _padded(symbols[score.ids], PHONEMES),
                _padded(centres, PHONEMES).reshape(-1),
                _padded(durations, PHONEMES, 0.05),
                _padded(np.ones(len(durations)), PHONEMES),
                _padded(score.silent.astype(float), PHONEMES),
                _padded(np.where(score.vowel, stress_factor(score.tones), 0.0), PHONEMES),
                _padded(np.clip(at(middles, prosody.loudness, FPS) / 6, -1, 1), PHONEMES),
                _padded(shapes, FRAMES),
                _padded(gap, FRAMES),
                sealed,
                1 - np.maximum(sealed, tucked),
                _padded(np.ones(len(gap)), FRAMES),
            )
        )
    columns = [torch.tensor(np.stack(column)) for column in zip(*rows, strict=True)]
    return Batch(*(c if c.dtype == torch.int64 else c.float() for c in columns))


def _padded(values: np.ndarray, length: int, fill: float = 0.0) -> np.ndarray:
    values = values[:length]
    rest = [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)]
    return np.pad(values, rest, constant_values=fill)


class Articulation(torch.nn.Module):
    """The dominance model with everything in it to be learnt."""

    def __init__(self, learnt: dict) -> None:
        super().__init__()
        self.names = sorted(learnt["visemes"])
        found = [learnt["visemes"][name] for name in self.names]
        self.register_buffer(
            "drawn", _t([[v["targets"].get(s, 0.0) for s in SHAPES] for v in found])
        )
        self.register_buffer("strength", _t([v["strength"] for v in found]))
        self.register_buffer("reach", _t([v["reach"] for v in found]))
        self.gain = _p(torch.zeros(len(SHAPES)))
        self.targets_by = _p(torch.zeros_like(self.drawn))
        self.strength_by = _p(torch.zeros_like(self.strength))
        self.reach_by = _p(torch.zeros_like(self.reach))
        self.spread, self.seconds = _p(_t(learnt["spread"]).log()), _p(_t(learnt["seconds"]).log())
        self.core, self.patience = _p(_t(learnt["core"])), _p(_t(learnt["patience"]).log())
        self.loudness, self.lead = _p(_t(learnt["loudness"])), _p(_t(learnt["lead"]))
        self.register_buffer("is_learnt", torch.tensor([shape in LEARNT for shape in SHAPES]))
        self.register_buffer("groups", torch.tensor(SHAPE_GROUPS))
        self.register_buffer("powers", _t(AMPLITUDE_POWERS))

    @property
    def targets(self) -> Tensor:
        changed = (self.drawn * self.gain.exp() + self.targets_by).clamp(min=0)
        return torch.where(self.is_learnt, changed, self.drawn)

    def forward(self, batch: Batch) -> Tensor:
        """(B, F, K)."""
        opens = torch.where(
            batch.opens > 0,
            batch.opens * (1 + self.loudness * batch.loud),
            torch.ones_like(batch.loud),
        )
        targets = self.targets[batch.visemes] * opens[:, :, None, None] ** self.powers
        patience = (batch.durations / self.patience.exp()).clamp(0.08, 1.5).log() * batch.is_silent
        strength = (self.strength + self.strength_by)[batch.visemes] + patience[:, :, None, None]
        count = len(batch.durations)
        targets, strength = targets.reshape(count, -1, len(SHAPES)), strength.reshape(count, -1, 4)
        durations = batch.durations.repeat_interleave(2, 1)
        absent = batch.is_there.repeat_interleave(2, 1)[:, None] == 0
        times = torch.arange(FRAMES) / FPS + self.lead
        distance = (times[None, :, None] - batch.centres[:, None]).abs()
        distance = (distance - durations[:, None] * self.core).clamp(min=0)
        reach = (self.reach + self.reach_by).clamp(min=0)[batch.visemes].reshape(count, -1)
        made = batch.shapes.new_zeros(batch.shapes.shape)
        for group in range(4):
            width = durations * self.spread[group].exp() + self.seconds[group].exp()
            width = width.clamp(max=0.16) + (reach if group == 1 else 0)
            score = -0.5 * (distance / width[:, None]) ** 2 + strength[:, None, :, group]
            weight = score.masked_fill(absent, -1e9).softmax(-1)
            columns = self.groups == group
            made[:, :, columns] = weight @ targets[:, :, columns]
        return made

    def learnt(self) -> dict:
        """As `data/articulation.json` has it."""
        targets, strength = self.targets.tolist(), (self.strength + self.strength_by).tolist()
        reach = (self.reach + self.reach_by).clamp(min=0).tolist()
        return {
            "source": "fitted to tracked talkers of GRID (CC BY 4.0, Cooke et al. 2006)",
            "lead": round(float(self.lead), 4),
            "core": round(float(self.core), 4),
            "patience": round(float(self.patience.exp()), 4),
            "loudness": round(float(self.loudness), 4),
            "spread": [round(v, 4) for v in self.spread.exp().tolist()],
            "seconds": [round(v, 4) for v in self.seconds.exp().tolist()],
            "visemes": {
                name: {
                    "targets": {
                        s: round(v, 3) for s, v in zip(SHAPES, targets[i], strict=True) if v > 0.004
                    },
                    "strength": [round(v, 3) for v in strength[i]],
                    "reach": round(reach[i], 4),
                }
                for i, name in enumerate(self.names)
            },
        }


def lip_gap(neutral: np.ndarray) -> Tensor:
    """(K,) by how much each shape in full opens the lips of a face, both sides together."""
    model, little = FaceModel.load(), 0.05
    ajar = np.zeros((1 + len(SHAPES), 61), np.float32)
    ajar[:, INDEX["jawOpen"]] = 0.3
    for row, shape in enumerate(SHAPES, 1):
        ajar[row, list(sides(shape))] += little
    gaps = opening(model, neutral, ajar)
    return _t((gaps[1:] - gaps[0]) / little)


def fit(model: Articulation, batch: Batch, gap_of: Tensor, steps: int) -> None:
    slow = [model.targets_by, model.gain, model.reach_by, model.core, model.loudness]
    quick = [model.strength_by, model.spread, model.seconds, model.patience]
    optimiser = torch.optim.Adam(
        [
            {"params": slow, "lr": 0.01},
            {"params": quick, "lr": 0.03},
            {"params": [model.lead], "lr": 0.003},
        ]
    )
    for step in range(steps):
        made = model(batch)
        gap = (
            torch.nn.functional.softplus(made @ gap_of * SHARPNESS) / SHARPNESS * (1 - batch.sealed)
        )
        wrong = (made - batch.shapes) ** 2 * model.is_learnt
        loss = 4 * (wrong * (batch.free * batch.shown)[..., None]).mean()
        loss = loss + 100 * ((gap - batch.gap) ** 2 * batch.shown).mean()
        speed, real = gap.diff(dim=1), batch.gap.diff(dim=1)
        loss = loss + 100 * ((speed - real) ** 2 * batch.shown[:, 1:]).mean()
        alive = (gap.std(1).mean() / batch.gap.std(1).mean() - 1) ** 2
        alive = alive + (speed.std(1).mean() / real.std(1).mean() - 1) ** 2
        usual = 0.03 * (model.targets_by**2).mean() + 0.001 * (model.strength_by**2).mean()
        usual = usual + 0.1 * (model.reach_by**2).mean() + 0.002 * (model.gain**2).mean()
        loss = loss + 0.4 * alive + usual
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            model.reach_by.clamp_(-0.05, 0.08)
            model.core.clamp_(0, 0.45)
        if step % 25 == 24:
            r = [np.corrcoef(a, b)[0, 1] for a, b in zip(gap.detach(), batch.gap, strict=True)]
            print(f"step {step + 1}: loss {loss.item():.4f}, opening r {np.mean(r):.3f}")


def _t(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def _p(values: Tensor) -> torch.nn.Parameter:
    return torch.nn.Parameter(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=350)
    parser.add_argument("--most", type=int, default=200, help="clips of each talker")
    given = parser.parse_args()
    recogniser = load_recogniser(checkpoint_dir(DEFAULT_CHECKPOINT) / "recogniser")

    def learnable(names: list[str]) -> list[str]:
        kept = set(held_out(names))
        return [name for name in sorted(names) if name not in kept][: given.most]

    clips = list(read_talkers(given.folder, recogniser, learnable))
    path = data_path("articulation.json")
    model = Articulation(json.loads(path.read_text(encoding="utf-8")))
    fit(model, batch_of(clips, model.names), lip_gap(clips[0].neutral), given.steps)
    Path(str(path)).write_text(
        json.dumps(model.learnt(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
