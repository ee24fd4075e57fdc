from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.store import ShardWriter

SMALL_MODEL = """
dit: {mel_width: 32, motion_width: 16, heads: 2, head_dim: 16, fusion_layers: 1, single_layers: 1,
      mel_ffn: 64, motion_ffn: 32, condition_width: 16, text_width: 16, text_layers: 1,
      position_groups: 4}
duration: {width: 16, heads: 2, layers: 1, ffn: 32}
prosody: {width: 16, heads: 2, head_dim: 8, layers: 1, ffn: 32, text_layers: 1}
"""


def make_item(index: int, speaker: str, split: str = "train", blocks: int = 9) -> CorpusItem:
    """Every frame's mel tells its speaker (bin 0) and its item (bin 1)."""
    rng = np.random.default_rng(index)
    mel = rng.normal(-4, 1, (15 * blocks, 100))
    mel[:, 0], mel[:, 1] = ord(speaker[0]), index
    motion = np.full((4 * blocks, 61), index / 100) + rng.normal(0, 0.05, (4 * blocks, 61))
    starts = np.linspace(0, blocks * 0.16, 13, dtype=np.float32)
    return CorpusItem(
        info=ItemInfo(
            id=f"item{index}", speaker=speaker, language="en", source="kokoro", split=split,
            blocks=blocks,
        ),
        samples=np.zeros(3840 * blocks, np.int16),
        mel=mel.astype(np.float16),
        symbols=rng.integers(1, 60, 12).astype(np.int16),
        tones=rng.integers(0, 8, 12).astype(np.int16),
        starts=starts,
        motion=motion.astype(np.float16),
        pitch=np.zeros(15 * blocks, np.float16),
        energy=mel.mean(axis=1).astype(np.float16),
    )  # fmt: skip


@pytest.fixture(scope="session")
def corpus_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve items of three speakers; those of `c` have no motion."""
    root = tmp_path_factory.mktemp("corpus")
    items = [
        make_item(i, "abc"[i % 3], "valid" if i >= 9 else "train", blocks=7 + i % 4)
        for i in range(12)
    ]
    writer = ShardWriter(root)
    writer.write("first", items)
    moving = [item for item in items if item.info.speaker != "c"]
    writer.overlay(
        "motion",
        "first",
        {item.info.id: {"motion": item.motion} for item in moving},
        {item.info.id: {"has_motion": True} for item in moving},
    )
    return root


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "small.yaml"
    path.write_text(SMALL_MODEL)
    return path
