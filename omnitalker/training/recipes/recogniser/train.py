"""Teach the phoneme recogniser: first the corpus with its teachers' times, then also real speech.

    omnitalker train aligner configs/train/aligner.yaml [--resume]

Real speech has no times. Once the corpus has taught enough, the recogniser aligns it, drops what does not fit,
learns from its own alignment, and later does all that once more. What it found lies in the run's folder, so that a
killed run goes on with the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from omnitalker.base import timeline
from omnitalker.base.types import Phoneme
from omnitalker.corpus.store import open_corpus
from omnitalker.models.recogniser import BLANK, PhonemeRecogniser, align, recognise
from omnitalker.text.symbols import SILENT, SYMBOL_IDS, SYMBOLS
from omnitalker.training.devices import moved
from omnitalker.training.loop import BatchRng, LoopConfig, Task
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.recipes.recogniser.data import (
    IGNORE,
    Batch,
    TimedSpeech,
    Transcribed,
    follows_of,
    from_corpus,
    load_times,
    make_batch,
    read_real,
    save_times,
    self_aligned,
)

logger = logging.getLogger(__name__)
TIMES = "aligned-{step}.safetensors"


@dataclass(frozen=True)
class RecogniserLoop(LoopConfig):
    steps: int = 700
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    clip: float = 5.0
    ema_decay: float = 0.98
    validate_steps: int = 200
    checkpoint_minutes: float = 2.0


@dataclass(frozen=True)
class RecogniserTraining:
    corpus: str
    voices: str | None = None
    """The shared `voices` folder; without it only the corpus is learnt."""
    held_out: str | None = None
    """A file that lists recordings to leave out, one to a line."""
    width: int = 224
    layers: int = 10
    loop: RecogniserLoop = field(default_factory=RecogniserLoop)
    align_at: tuple[int, ...] = (300, 500)
    """Steps at which real speech is (again) aligned, and a growing corpus read anew."""
    dropped: float = 0.08
    real_share: float = 0.5
    batch_size: int = 12
    frames: int = 320
    ctc_weight: float = 0.4
    tone_weight: float = 0.3
    valid_items: int = 24


def losses_of(
    model: nn.Module, batch: Batch, ctc_weight: float, tone_weight: float
) -> dict[str, Tensor]:
    """Cross-entropy of symbols and tones per frame, and CTC of what is spoken."""
    evidence = model(batch.mel, batch.valid)
    symbol = F.cross_entropy(
        evidence.frame.float().flatten(0, 1),
        batch.symbols.flatten(),
        ignore_index=IGNORE,
        label_smoothing=0.02,
    )
    tone = F.cross_entropy(
        evidence.tone.float().flatten(0, 1), batch.tones.flatten(), ignore_index=IGNORE
    )
    ctc = F.ctc_loss(
        evidence.ctc.float().log_softmax(dim=-1).transpose(0, 1),
        torch.cat(batch.targets),
        batch.valid.sum(dim=1),
        torch.tensor([len(target) for target in batch.targets]),
        blank=BLANK,
        zero_infinity=True,
    )
    loss = symbol + tone_weight * tone + ctc_weight * ctc
    return {"loss": loss, "symbol": symbol, "tone": tone, "ctc": ctc}


@dataclass(frozen=True)
class Quality:
    """On unseen speech with known times."""

    median_ms: float
    """Median distance of a boundary from the teacher's."""
    within_20_ms: float
    error_rate: float
    """Phoneme error rate of free recognition."""


def measure(model: PhonemeRecogniser, speech: list[TimedSpeech]) -> Quality:
    """Align and recognise `speech`. Only boundaries of spoken phonemes count."""
    model.eval()
    off: list[float] = []
    wrong = total = 0
    for item in speech:
        spoken = [int(s) for s in item.symbols if SYMBOLS[s] not in SILENT]
        keep = [p for p, s in enumerate(item.symbols) if SYMBOLS[s] not in SILENT]
        phonemes = [Phoneme(SYMBOLS[item.symbols[p]], 0, p) for p in keep]
        timed = [
            t for t in align(model, item.mel, phonemes).phonemes if t.phoneme.symbol not in SILENT
        ]
        for place, p in zip(timed, keep, strict=True):
            off.append(abs(place.start - item.edges[p] / float(timeline.MEL_RATE)))
        heard = [
            SYMBOL_IDS[t.phoneme.symbol]
            for t in recognise(model, item.mel).phonemes
            if t.phoneme.symbol not in SILENT
        ]
        wrong += edit_distance(spoken, heard)
        total += len(spoken)
    model.train()
    ms = 1000 * np.array(off)
    return Quality(float(np.median(ms)), float((ms <= 20).mean()), wrong / max(1, total))


def edit_distance(a: list[int], b: list[int]) -> int:
    """Insertions, deletions and substitutions from a to b."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        above, row[0] = row[:], i + 1
        for j, y in enumerate(b):
            row[j + 1] = min(above[j + 1] + 1, row[j] + 1, above[j] + (x != y))
    return row[-1]


class RecogniserTask(Task):
    """Plugs the recogniser into the training loop."""

    model: PhonemeRecogniser

    def __init__(self, config: RecogniserTraining, model: PhonemeRecogniser, run_dir: Path) -> None:
        self.config = config
        self.model = model
        self.run_dir = run_dir
        self.real = _real(config)
        self.aligned: list[TimedSpeech] = []
        self._aligned_at = -1
        self._read_corpus()
        logger.info(
            "%d items, %d unseen, %d real", len(self.corpus), len(self.unseen), len(self.real)
        )

    def batch(self, dice: BatchRng) -> Batch:
        """Some of the corpus, or of real speech once that is aligned."""
        c = self.config
        self._align_for(dice.step)
        own = bool(self.aligned) and dice.numpy.random() < c.real_share
        return make_batch(self.aligned if own else self.corpus, dice.numpy, c.batch_size, c.frames)

    def losses(self, model: nn.Module, batch: Batch) -> Mapping[str, Tensor]:
        batch = moved(batch, model)
        return losses_of(model, batch, self.config.ctc_weight, self.config.tone_weight)

    def validate(self, _directory: Path, _step: int) -> Mapping[str, float]:
        quality = measure(self.model, self.unseen[: self.config.valid_items])
        return dict(vars(quality))

    def _align_for(self, step: int) -> None:
        """Have the alignment that belongs to `step`: of now, or the one that was made before a kill."""
        due = max((at for at in self.config.align_at if at <= step), default=None)
        if not self.real or due is None or due == self._aligned_at:
            return
        path = self.run_dir / TIMES.format(step=due)
        if step == due:
            self._read_corpus()
            self.aligned = self_aligned(self.model, self.real, self.config.dropped)
            save_times(self.aligned, path)
        else:
            self.aligned = load_times(self.real, path)
        self._aligned_at = due

    def _read_corpus(self) -> None:
        self.corpus, self.unseen = _split(self.config)
        followers = torch.from_numpy(follows_of(self.corpus))
        self.model.follows.copy_(followers.to(self.model.follows.device))


def _split(config: RecogniserTraining) -> tuple[list[TimedSpeech], list[TimedSpeech]]:
    corpus = open_corpus(config.corpus)
    train = from_corpus(corpus.filter(split="train"))
    unseen = from_corpus(corpus.filter(where=lambda info: info.split != "train"))
    return (train, unseen) if unseen else (train[:-24], train[-24:])


def _real(config: RecogniserTraining) -> list[Transcribed]:
    if config.voices is None:
        return []
    held = Path(config.held_out).read_text().split() if config.held_out else []
    return read_real(Path(config.voices), [Path(name).stem for name in held])


class RecogniserRecipe(PartRecipe[RecogniserTraining, PhonemeRecogniser]):
    settings = RecogniserTraining
    part = "recogniser"

    def untrained(self, config: RecogniserTraining) -> PhonemeRecogniser:
        return PhonemeRecogniser(SYMBOLS, sorted(SILENT), width=config.width, layers=config.layers)

    def task(
        self, config: RecogniserTraining, network: PhonemeRecogniser, run_dir: Path
    ) -> RecogniserTask:
        return RecogniserTask(config, network, run_dir)


RECIPE = RecogniserRecipe()
