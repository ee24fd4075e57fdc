"""Sentences to say: where they come from, cut to a good length, and those kept for tests."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from omnitalker.base.errors import ConfigError
from omnitalker.corpus.config import CorpusConfig

DATA = Path(__file__).parent / "data"
SHORTEST_DRILL = 8
SHORTEST_CHARACTERS, LONGEST_CHARACTERS = 18, 118
_CLAUSE_END = re.compile(r"(?<=[,;:])\s+")


@dataclass(frozen=True)
class Texts:
    """Sentences by use, shuffled; training and test lists share none."""

    english_read: Sequence[str]
    english_own: Sequence[str]
    mandarin: Sequence[str]
    english_test: Sequence[str]
    mandarin_test: Sequence[str]


def load_texts(config: CorpusConfig) -> Texts:
    """All sentences that `config` asks for."""
    rng = np.random.default_rng([config.seed, 1])
    own = _mixed(rng, read_sentences(DATA / "talk_en.txt"), read_sentences(DATA / "en.txt"))
    mandarin = _mixed(rng, read_sentences(DATA / "talk_zh.txt"), read_sentences(DATA / "zh.txt"))
    read = _read_file(config.english_sentences) if config.english_sentences else []
    pool = read or own
    plain = [s for s in pool if 40 <= len(s) <= 105 and re.fullmatch(r"[A-Z][A-Za-z',; ]+\.", s)]
    test = _shuffled(plain, np.random.default_rng([config.seed, 2]))[: config.test_sentences]
    held = set(test)
    zh_held = min(config.test_sentences // 2, len(mandarin) // 10)
    return Texts(
        english_read=_shuffled([s for s in read if s not in held], rng),
        english_own=[s for s in own if s not in held],
        mandarin=mandarin[zh_held:],
        english_test=test,
        mandarin_test=mandarin[:zh_held],
    )


def _mixed(rng: np.random.Generator, talk: Sequence[str], drill: Sequence[str]) -> list[str]:
    """Lines written one by one, and as many of the drills (templates, numbers, spelling) among them."""
    drills = _shuffled([line for line in drill if len(line) >= SHORTEST_DRILL], rng)
    return _shuffled([*talk, *drills[: len(talk)]], rng)


def read_sentences(path: Path) -> list[str]:
    """Lines of a file, without empty ones, comments (#) and repetitions."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def cut(sentence: str) -> list[str]:
    """A sentence, or its pieces between commas where it is too long; pieces too short are left out."""
    pieces: list[str] = []
    for clause in _CLAUSE_END.split(sentence):
        if pieces and len(pieces[-1]) + len(clause) < LONGEST_CHARACTERS:
            pieces[-1] = f"{pieces[-1]} {clause}"
        else:
            pieces.append(clause)
    finished = [_finished(p) for p in pieces]
    return [p for p in finished if SHORTEST_CHARACTERS <= len(p) <= LONGEST_CHARACTERS]


def expand(path: str) -> Path:
    """A path of the configuration: `$NAME` is an environment variable, `~` the home folder."""
    return Path(os.path.expandvars(path)).expanduser()


def _read_file(path: str) -> list[str]:
    file = expand(path)
    if not file.is_file():
        raise ConfigError(
            f"english_sentences: {file} is not a file. Give a text file with one sentence a line, "
            'or "" to use only the sentences that come with the project'
        )
    lines = (re.sub(r"\s*-{2,}\s*", ", ", line) for line in read_sentences(file))
    ascii_only = (s for s in lines if s.isascii() and not re.search(r"[\"\[\]*]", s))
    return list(dict.fromkeys(piece for sentence in ascii_only for piece in cut(sentence)))


def _finished(piece: str) -> str:
    piece = piece.rstrip(" ,;:-")
    piece = piece[:1].upper() + piece[1:]
    return piece if piece.endswith((".", "?", "!")) else f"{piece}."


def _shuffled(sentences: Sequence[str], rng: np.random.Generator) -> list[str]:
    return [sentences[i] for i in rng.permutation(len(sentences))]
