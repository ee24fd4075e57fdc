"""Trains `audio.mood` on the manners of the corpus, and measures it on speakers that it never heard.

The acted manners come from the corpus's synthetic voices; real recordings (all of them neutral) teach it not
to hear a mood in every real voice.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional

from omnitalker.audio.prosody import RATE, Prosody, prosody
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.config import load_config
from omnitalker.base.errors import InputError
from omnitalker.corpus.item import ItemInfo
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.models.mood import INPUTS, MOODS, Mood, inputs_of

log = logging.getLogger(__name__)
MOOD_OF: Final[dict[str, Mood]] = {
    "neutral": "neutral", "calm": "neutral", "happy": "happy", "surprised": "happy", "sad": "sad",
    "angry": "angry", "disgusted": "angry", "fearful": "fearful",
}  # fmt: skip


@dataclass(frozen=True)
class MoodConfig:
    corpus: str = "runs/corpus"
    real_items: int = 500
    """Recordings of real, neutral speakers at most."""
    longest_seconds: float = 8.0
    hidden: int = 24
    steps: int = 1500
    batch: int = 256
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    noise: float = 0.15
    """Of the inputs, in their own standard deviations: microphones and rooms differ."""
    held_out: float = 0.25
    """Share of the speakers that are only measured on."""
    seed: int = 0


@dataclass(frozen=True)
class _Example:
    speaker: str
    mood: Mood
    is_real: bool
    spoken: Prosody


def train(
    config: str | Path,
    *,
    run_dir: Path,
    resume: bool = False,
    init_from: Path | None = None,
    overrides: Iterable[str] = (),
) -> Path:
    """Writes `mood.safetensors` and `report.json` into `run_dir`. It takes minutes, so it is never resumed."""
    if resume or init_from is not None:
        raise InputError(
            "the mood classifier is trained in one go; leave out --resume, --init-from"
        )
    settings = load_config(MoodConfig, config, overrides)
    examples = _examples(open_corpus(settings.corpus), settings)
    held_out = [e for e in examples if _is_held_out(e.speaker, settings.held_out)]
    kept = [e for e in examples if not _is_held_out(e.speaker, settings.held_out)]
    if not held_out or not kept:
        raise InputError(f"{settings.corpus} has too few speakers with manners to learn from")
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    x, y = _pairs(kept, rng, repeats=4)
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-3
    net = _fit(torch.from_numpy(((x - mean) / scale).clip(-4, 4)), torch.from_numpy(y), settings)
    report = _report(net, held_out, mean, scale, rng) | {"examples": len(kept)}
    run_dir.mkdir(parents=True, exist_ok=True)
    first, last = net[0], net[2]
    arrays = {
        "mean": mean, "scale": scale,
        "hidden_weight": first.weight.detach().numpy(), "hidden_bias": first.bias.detach().numpy(),
        "out_weight": last.weight.detach().numpy(), "out_bias": last.bias.detach().numpy(),
    }  # fmt: skip
    path = run_dir / "mood.safetensors"
    save_file({name: np.ascontiguousarray(a, np.float32) for name, a in arrays.items()}, path)
    (run_dir / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    log.info("%s", report)
    return path


def _examples(corpus: Corpus, settings: MoodConfig) -> list[_Example]:
    rng = np.random.default_rng(settings.seed)
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


def _fit(x: torch.Tensor, y: torch.Tensor, settings: MoodConfig) -> nn.Sequential:
    net = nn.Sequential(
        nn.Linear(INPUTS, settings.hidden), nn.Tanh(), nn.Linear(settings.hidden, 5)
    )
    optimiser = torch.optim.AdamW(
        net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    weights = len(y) / (5.0 * torch.bincount(y, minlength=5).clamp(min=1))
    for _ in range(settings.steps):
        some = torch.randint(len(x), (settings.batch,))
        seen = x[some] + settings.noise * torch.randn(settings.batch, INPUTS)
        loss = functional.cross_entropy(net(seen), y[some], weights, label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return net.eval()


def _report(
    net: nn.Sequential,
    examples: Sequence[_Example],
    mean: np.ndarray[Any, Any],
    scale: np.ndarray[Any, Any],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """On held-out speakers, once unknown and once after their usual way of speaking is known."""
    real = [e for e in examples if e.is_real]
    acted = [e for e in examples if not e.is_real]
    x, y = _pairs(acted, rng, repeats=1)
    said = _said(net, x, mean, scale)
    known = x[:, -1] > 0
    return {
        "held_out_speakers": len({e.speaker for e in examples}),
        "held_out_utterances": len(acted),
        "chance": round(1 / len(MOODS), 3),
        "unknown_speaker": _scores(said[~known], y[~known]),
        "known_speaker": _scores(said[known], y[known]),
        "real_neutral_heard_as_neutral": _share_neutral(net, real, mean, scale),
    }


def _said(net: nn.Sequential, x: Any, mean: Any, scale: Any) -> np.ndarray[Any, Any]:
    with torch.inference_mode():
        seen = torch.from_numpy(((x - mean) / scale).clip(-4, 4).astype(np.float32))
        return net(seen).argmax(dim=1).numpy()  # type: ignore[no-any-return]


def _share_neutral(net: nn.Sequential, real: Sequence[_Example], mean: Any, scale: Any) -> float:
    if not real:
        return 0.0
    x = np.stack([inputs_of(e.spoken, None) for e in real])
    return round(float((_said(net, x, mean, scale) == 0).mean()), 3)


def _scores(said: Any, true: Any) -> dict[str, Any]:
    """Recall of each mood, and their mean (chance: one in five)."""
    recalls = {
        mood: round(float((said[true == i] == i).mean()), 3)
        for i, mood in enumerate(MOODS)
        if (true == i).any()
    }
    return {
        "balanced_accuracy": round(float(np.mean(list(recalls.values()))), 3),
        "recall": recalls,
    }
