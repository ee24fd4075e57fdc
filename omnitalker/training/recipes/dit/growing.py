"""Where the sequences of a training come from: a corpus that may still be growing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from omnitalker.base.errors import InputError
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.training.recipes.dit.batching import SequenceSampler

log = logging.getLogger(__name__)


class GrowingSequences:
    """Samplers of the corpus in `folder`, which is looked at anew every `reopen_steps` batches (0: never)."""

    def __init__(
        self, folder: Path, sampler: Callable[[Corpus], SequenceSampler], reopen_steps: int
    ) -> None:
        self._folder, self._sampler, self._reopen_steps = folder, sampler, reopen_steps
        self._drawn = 0
        self._learnt = self._open("train")
        try:
            self.held_out = self._open("valid")
        except InputError:
            log.warning("the corpus has no validation items yet; training items stand in")
            self.held_out = self._learnt

    def for_next_batch(self) -> SequenceSampler:
        self._drawn += 1
        if self._reopen_steps and self._drawn % self._reopen_steps == 0:
            self._learnt = self._open("train")
            log.info("the corpus now has %.2f h", self._learnt.corpus.seconds / 3600)
        return self._learnt

    def _open(self, split: str) -> SequenceSampler:
        return self._sampler(open_corpus(self._folder).filter(split=split))
