"""What to build: the settings of `configs/train/corpus.yaml`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CorpusConfig:
    """A corpus is the same for the same settings, whatever the number of workers."""

    seed: int = 7
    speakers: int = 320
    items_per_manner: int = 2
    """Utterances of each speaker in each manner."""
    only: tuple[str, ...] = ()
    """Names of the speakers to make; empty = the whole population."""
    rounds: int = 1
    """How often the whole population is gone through; every round has new sentences."""
    english_sentences: str = ""
    """A file with one sentence a line, added to our own; "" = ours alone. `$NAME` is an environment variable."""
    english_sentences_share: float = 0.72
    """How many English items come from that file."""
    real_voices: str = ""
    """A folder with lj/ and librispeech/ (see `corpus.real`) to add; "" = no real speech."""
    recogniser: str = ""
    """The folder of a trained recogniser, to find the words of the real speech; "" = its words stay masked."""
    real_speeds: tuple[float, ...] = (0.84, 0.91, 1.1, 1.2)
    """Copies of the real training clips that have words, played so fast: each a new voice."""
    test_readers: int = 20
    """Real readers that are never trained on."""
    test_sentences: int = 100
    test_speaker_every: int = 13
    """Every so many-th speaker is never trained on."""
    test_manner_share: float = 0.04
    """Share of (speaker, manner) pairs of the trained speakers that are never trained on."""
    valid_share: float = 0.02
    shard_items: int = 32
    min_seconds: float = 0.6
    max_seconds: float = 11.0
    noise_db: float = -78.0
    """Level of the noise under everything, so that silence is that of a room."""
