"""Teach the phoneme recogniser: first the corpus with its teachers' times, then also real speech.

    omnitalker train aligner configs/train/aligner.yaml [--resume]

Real speech has no times. Once the corpus has taught enough, the recogniser aligns it, drops what does not fit,
learns from its own alignment, and later does all that once more.
A killed run goes on from its last checkpoint.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from omnitalker import timeline
from omnitalker.config import load_config
from omnitalker.errors import InputError
from omnitalker.models.recogniser import BLANK, PhonemeRecogniser, align, recognise
from omnitalker.text.symbols import SILENT, SYMBOL_IDS, SYMBOLS
from omnitalker.training.corpus.store import open_corpus
from omnitalker.training.recogniser_data import (
    IGNORE,
    Batch,
    TimedSpeech,
    Transcribed,
    follows_of,
    from_corpus,
    make_batch,
    read_real,
    self_aligned,
)
from omnitalker.types import Phoneme

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecogniserTraining:
    corpus: str
    voices: str | None = None
    """The shared `voices` folder; without it only the corpus is learnt."""
    held_out: str | None = None
    """A file that lists recordings to leave out, one to a line."""
    width: int = 224
    layers: int = 10
    seed: int = 0
    threads: int = 1
    steps: int = 700
    align_at: tuple[int, ...] = (300, 500)
    """Steps at which real speech is (again) aligned, and a growing corpus read anew."""
    dropped: float = 0.08
    real_share: float = 0.5
    batch_size: int = 12
    frames: int = 320
    rate: float = 2e-3
    ctc_weight: float = 0.4
    tone_weight: float = 0.3
    checkpoint_minutes: float = 2.0
    log_every: int = 25


def loss_of(
    model: PhonemeRecogniser, batch: Batch, ctc_weight: float, tone_weight: float
) -> Tensor:
    """Cross-entropy of symbols and tones per frame, and CTC of what is spoken."""
    with torch.autocast("cpu", torch.bfloat16):
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
    return symbol + tone_weight * tone + ctc_weight * ctc


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


class Trainer:
    """All that a run consists of."""

    def __init__(self, config: RecogniserTraining, run_dir: Path) -> None:
        self.config = config
        self.checkpoint = run_dir / "state.pt"
        torch.manual_seed(config.seed)
        self.model = PhonemeRecogniser(
            SYMBOLS, sorted(SILENT), width=config.width, layers=config.layers
        )
        self.optimiser = torch.optim.AdamW(self.model.parameters(), config.rate, weight_decay=0.02)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, config.rate, total_steps=config.steps, pct_start=0.15
        )
        self.corpus, self.unseen = _split(config)
        self.real = _real(config)
        self._count_followers()
        self.aligned: list[TimedSpeech] = []
        self.step = 0

    def train_step(self) -> float:
        """One batch; the batch depends on (seed, step) alone."""
        c = self.config
        if self.real and self.step in c.align_at:
            self.corpus, self.unseen = _split(c)
            self._count_followers()
            self.aligned = self_aligned(self.model, self.real, c.dropped)
        rng = np.random.default_rng((c.seed, self.step))
        own = bool(self.aligned) and rng.random() < c.real_share
        batch = make_batch(self.aligned if own else self.corpus, rng, c.batch_size, c.frames)
        loss = loss_of(self.model, batch, c.ctc_weight, c.tone_weight)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.schedule.step()
        self.step += 1
        return loss.item()

    def _count_followers(self) -> None:
        self.model.follows.copy_(torch.from_numpy(follows_of(self.corpus)))

    def save(self) -> None:
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def load(self) -> None:
        if not self.checkpoint.is_file():
            raise InputError(f"nothing to resume: {self.checkpoint} does not exist.")
        state = torch.load(self.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.step = state["step"]
        if self.real and self.step > min(self.config.align_at, default=self.step):
            self.aligned = self_aligned(self.model, self.real, self.config.dropped)


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


def train(
    config_path: str | Path,
    *,
    run_dir: str | Path,
    resume: bool = False,
    init_from: str | Path | None = None,
    overrides: tuple[str, ...] = (),
) -> None:
    """`omnitalker train aligner`: the result is the folder `recogniser` in `run_dir`."""
    config = load_config(RecogniserTraining, config_path, overrides)
    torch.set_num_threads(config.threads)
    run_dir = Path(run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, run_dir)
    if resume:
        trainer.load()
    elif init_from is not None:
        weights = PhonemeRecogniser.from_pretrained(init_from).state_dict()
        trainer.model.load_state_dict(weights)
    logger.info(
        "%d items, %d unseen, %d real", len(trainer.corpus), len(trainer.unseen), len(trainer.real)
    )
    saved = began = time.time()
    while trainer.step < config.steps:
        loss = trainer.train_step()
        if trainer.step % config.log_every == 0:
            logger.info("step %d loss %.3f, %.0f s", trainer.step, loss, time.time() - began)
        if time.time() - saved > 60 * config.checkpoint_minutes:
            trainer.save()
            saved = time.time()
            logger.info("%s", measure(trainer.model, trainer.unseen[:8]))
    trainer.save()
    trainer.model.eval().half().save_pretrained(run_dir / "recogniser")
    trainer.model.float()
    logger.info("%s", measure(trainer.model, trainer.unseen[:60]))
