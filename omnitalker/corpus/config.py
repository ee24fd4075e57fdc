"""What to build: the settings of `configs/train/corpus.yaml`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CorpusConfig:
    """A corpus is the same for the same settings, whatever the number of workers."""

    seed: int = 7
    speakers: int = 420
    """Of both languages: Kokoro's packs first, then mixtures."""
    students: int = 200
    """English voices of the fast teacher with other throats."""
    student_sentences: int = 1000
    """Of the fast teacher's own voice."""
    sentences: int = 7
    """Of every student, and neutral ones of every built-in voice in each language and round."""
    neutral_share: float = 0.35
    """How many turns of the mixtures are neutral; the others are in one of seven manners."""
    only: tuple[str, ...] = ()
    """Names of the speakers to make; empty = the whole population."""
    rounds: int = 1
    """How often the whole population is gone through; every round has new sentences."""
    english_sentences: str = ""
    """A file with one sentence a line, added to our own; "" = ours alone. `$NAME` is an environment variable."""
    english_sentences_share: float = 0.5
    """How many English items come from that file."""
    real_voices: tuple[str, ...] = ()
    """Folders of recordings to add (see `corpus.real.import_real`)."""
    recogniser: str = ""
    """The folder of a trained recogniser, to find the words of the real speech; "" = its words stay masked."""
    real_speeds: tuple[float, ...] = (0.9, 1.12)
    """Copies of the real training clips that have words, played so fast: each a new voice."""
    test_readers: int = 20
    """Real readers that are never trained on."""
    test_sentences: int = 100
    test_speaker_every: int = 13
    """Every so many-th mixture is never trained on."""
    valid_share: float = 0.02
    shard_items: int = 8
    min_seconds: float = 0.6
    max_seconds: float = 12.0
    noise_db: float = -78.0
    """Level of the noise under everything, so that silence is that of a room."""
