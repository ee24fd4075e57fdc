"""Trains `audio.mood` on the manners of the corpus, and measures it on speakers that it never heard.

The acted manners come from the corpus's synthetic voices; real recordings (all of them neutral) teach it not
to hear a mood in every real voice.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional

from omnitalker.audio.prosody import RATE, Prosody, prosody
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.corpus.item import ItemInfo
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.models.mood import INPUTS, MOODS, Mood, inputs_of
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Precision, Task
from omnitalker.training.recipe import Recipe
from omnitalker.training.state import Progress

log = logging.getLogger(__name__)
MOOD_OF: Final[dict[str, Mood]] = {
    "neutral": "neutral", "calm": "neutral", "happy": "happy", "surprised": "happy", "sad": "sad",
    "angry": "angry", "disgusted": "angry", "fearful": "fearful",
}  # fmt: skip


@dataclass(frozen=True)
class MoodLoop(LoopConfig):
    steps: int = 1500
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    ema_decay: float = 0.99
    precision: Precision = "no"
    log_steps: int = 100


@dataclass(frozen=True)
class MoodConfig:
    corpus: str = "runs/corpus"
    real_items: int = 500
    """Recordings of real, neutral speakers at most."""
    longest_seconds: float = 8.0
    hidden: int = 24
    loop: MoodLoop = field(default_factory=MoodLoop)
    batch: int = 256
    noise: float = 0.15
    """Of the inputs, in their own standard deviations: microphones and rooms differ."""
    held_out: float = 0.25
    """Share of the speakers that are only measured on."""


@dataclass(frozen=True)
class _Example:
    speaker: str
    mood: Mood
    is_real: bool
    spoken: Prosody


@dataclass(frozen=True)
class MoodBatch:
    seen: Tensor
    """(B, INPUTS), of unit range."""
    moods: Tensor
    """(B,)."""


class MoodTask(Task):
    """Plugs the classifier into the training loop."""

    model: nn.Sequential

    def __init__(self, config: MoodConfig, model: nn.Sequential) -> None:
        self.config, self.model = config, model
        examples = _examples(open_corpus(config.corpus), config)
        self.held_out = [e for e in examples if _is_held_out(e.speaker, config.held_out)]
        kept = [e for e in examples if not _is_held_out(e.speaker, config.held_out)]
        if not self.held_out or not kept:
            raise InputError(f"{config.corpus} has too few speakers with manners to learn from")
        x, moods = _pairs(kept, np.random.default_rng(config.loop.seed), repeats=4)
        self.examples = len(kept)
        self.mean, self.scale = x.mean(axis=0), x.std(axis=0) + 1e-3
        self._seen, self._moods = self.inputs(x), torch.from_numpy(moods)
        each = torch.bincount(self._moods, minlength=len(MOODS)).clamp(min=1)
        self._weights = len(moods) / (len(MOODS) * each)

    def inputs(self, x: np.ndarray[Any, Any]) -> Tensor:
        """What `inputs_of` tells, as the network is told it."""
        return torch.from_numpy(((x - self.mean) / self.scale).clip(-4, 4).astype(np.float32))

    def batch(self, dice: BatchRng) -> MoodBatch:
        some = torch.randint(len(self._seen), (self.config.batch,), generator=dice.torch)
        noise = torch.randn(self.config.batch, INPUTS, generator=dice.torch)
        return MoodBatch(self._seen[some] + self.config.noise * noise, self._moods[some])

    def losses(self, model: nn.Module, batch: MoodBatch) -> Mapping[str, Tensor]:
        batch = moved(batch, model)
        weights = self._weights.to(batch.seen.device)
        loss = functional.cross_entropy(
            model(batch.seen), batch.moods, weights, label_smoothing=0.05
        )
        return {"loss": loss}

    def validate(self, _directory: Path, _step: int) -> Mapping[str, float]:
        report = self.report()
        return {
            name: report[f"{name}_speaker"]["balanced_accuracy"] for name in ("unknown", "known")
        }

    def report(self) -> dict[str, Any]:
        """On held-out speakers, once unknown and once after their usual way of speaking is known."""
        real = [e for e in self.held_out if e.is_real]
        acted = [e for e in self.held_out if not e.is_real]
        x, y = _pairs(acted, np.random.default_rng(self.config.loop.seed), repeats=1)
        said, known = self._said(x), x[:, -1] > 0
        alone = np.stack([inputs_of(e.spoken, None) for e in real]) if real else x[:0]
        return {
            "examples": self.examples,
            "held_out_speakers": len({e.speaker for e in self.held_out}),
            "held_out_utterances": len(acted),
            "chance": round(1 / len(MOODS), 3),
            "unknown_speaker": _scores(said[~known], y[~known]),
            "known_speaker": _scores(said[known], y[known]),
            "real_neutral_heard_as_neutral": _share(self._said(alone) == 0),
        }

    @torch.no_grad()
    def _said(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return self.model(moved(self.inputs(x), self.model)).argmax(dim=1).cpu().numpy()


class MoodRecipe(Recipe[MoodConfig, nn.Sequential]):
    """A run leaves `mood.safetensors`, as `models.mood` loads it, and `report.json`."""

    settings = MoodConfig

    def untrained(self, config: MoodConfig) -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(INPUTS, config.hidden), nn.Tanh(), nn.Linear(config.hidden, len(MOODS))
        )

    def trained(self, _path: Path) -> nn.Sequential:
        raise InputError("the mood classifier begins with nothing; leave out --init-from")

    def task(self, config: MoodConfig, network: nn.Sequential, _run_dir: Path) -> MoodTask:
        return MoodTask(config, network)

    def leave(
        self, network: nn.Sequential, task: MoodTask, run_dir: Path, _progress: Progress
    ) -> None:
        first, last = network[0], network[2]
        arrays = {
            "mean": task.mean, "scale": task.scale,
            "hidden_weight": first.weight.detach().numpy(), "hidden_bias": first.bias.detach().numpy(),
            "out_weight": last.weight.detach().numpy(), "out_bias": last.bias.detach().numpy(),
        }  # fmt: skip
        path = run_dir / "mood.safetensors"
        save_file({name: np.ascontiguousarray(a, np.float32) for name, a in arrays.items()}, path)
        report = task.report()
        (run_dir / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        log.info("%s", report)


def _examples(corpus: Corpus, settings: MoodConfig) -> list[_Example]:
    rng = np.random.default_rng(settings.loop.seed)
    infos = corpus.infos
    acted = [i for i, info in enumerate(infos) if "teacher" in info.extra]
    real = [i for i, info in enumerate(infos) if "teacher" not in info.extra]
    chosen = [*acted, *rng.permutation(real)[: settings.real_items].tolist()]
    found = []
    for index in chosen:
        item = corpus[index]
        count = int(settings.longest_seconds * timeline.SAMPLE_RATE)
        sound = item.sound[:count]
        spoken = prosody(resample(sound, timeline.SAMPLE_RATE, RATE))
        if spoken is not None:
            info = item.info
            is_real = "teacher" not in info.extra
            found.append(_Example(_speaker(info), MOOD_OF[info.manner], is_real, spoken))
    return found


def _speaker(info: ItemInfo) -> str:
    """The same invented person spoken by another synthesiser is another voice; a real one at another speed is not."""
    person = info.speaker.split("@")[0]
    return f"{info.source}/{person}"


def _is_held_out(speaker: str, share: float) -> bool:
    """By person, so that no voice of a held-out person is learnt from."""
    person = speaker.partition("/")[2]
    return zlib.crc32(person.encode()) % 1000 < 1000 * share


def _pairs(
    examples: Sequence[_Example], rng: np.random.Generator, repeats: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Each example alone, and compared with a few neutral utterances of the same speaker."""
    rows, moods = [], []
    usual = _neutral_by_speaker(examples)
    for example in examples:
        rows.append(inputs_of(example.spoken, None))
        moods.append(MOODS.index(example.mood))
        others = [u for u in usual[example.speaker] if u is not example.spoken]
        for _ in range(repeats if others else 0):
            some = rng.permutation(len(others))[: rng.integers(1, 4)]
            middle = np.median([others[i].values for i in some], axis=0).astype(np.float32)
            rows.append(inputs_of(example.spoken, Prosody(middle)))
            moods.append(MOODS.index(example.mood))
    return np.stack(rows), np.array(moods)


def _neutral_by_speaker(examples: Sequence[_Example]) -> dict[str, list[Prosody]]:
    usual: dict[str, list[Prosody]] = defaultdict(list)
    for example in examples:
        if example.mood == "neutral":
            usual[example.speaker].append(example.spoken)
    return usual


def _share(hits: np.ndarray[Any, Any]) -> float:
    return round(float(hits.mean()), 3) if len(hits) else 0.0


def _scores(said: Any, true: Any) -> dict[str, Any]:
    """Recall of each mood, and their mean (chance: one in five)."""
    recalls = {
        mood: _share(said[true == i] == i) for i, mood in enumerate(MOODS) if (true == i).any()
    }
    return {
        "balanced_accuracy": round(float(np.mean(list(recalls.values()))), 3),
        "recall": recalls,
    }


RECIPE = MoodRecipe()
