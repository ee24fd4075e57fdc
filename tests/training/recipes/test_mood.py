"""The mood classifier is trained on voices whose moods are plain to hear, and tells them apart on others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from omnitalker.audio.prosody import RATE, Prosody, prosody
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.corpus.store import ShardWriter
from omnitalker.models.mood import MoodClassifier
from omnitalker.training.runner import train
from tests.training.conftest import make_item

BLOCKS = 10
MANNERS = {"neutral": (120, 0.02, 0.1), "angry": (230, 0.25, 0.4), "sad": (85, 0.0, 0.03)}
"""Hz, how far the pitch swings, and loudness."""


def voice(manner: str, seed: int) -> np.ndarray:
    """(N,) int16: a buzz in syllables, with a person's own pitch."""
    rng = np.random.default_rng(seed)
    pitch, swing, loudness = MANNERS[manner]
    time = np.arange(BLOCKS * timeline.BLOCK_SAMPLES) / timeline.SAMPLE_RATE
    hertz = pitch * rng.uniform(0.9, 1.1) * (1 + swing * np.sin(2 * np.pi * 1.5 * time))
    phase = 2 * np.pi * np.cumsum(hertz) / timeline.SAMPLE_RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time) + 0.6, 0, 1)
    sound = loudness * tone * syllables + 0.001 * rng.standard_normal(len(time))
    return (32767 * sound.clip(-1, 1)).astype(np.int16)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("moods")
    items = []
    for index, (speaker, manner) in enumerate(
        (s, m) for s in range(12) for m in (*MANNERS, "neutral")
    ):
        item = make_item(index, f"p{speaker}", blocks=BLOCKS)
        item = item.with_info(manner=manner, extra={"teacher": "buzz"})
        items.append(replace(item, samples=voice(manner, index)))
    ShardWriter(root / "corpus").write("first", items)
    config = root / "mood.yaml"
    config.write_text(f"corpus: {root / 'corpus'}\nloop: {{steps: 400}}\nheld_out: 0.4\n")
    train("mood", config, run_dir=root / "run")
    return root / "run"


def test_moods_of_people_it_never_heard_are_told_apart(trained: Path) -> None:
    report = json.loads((trained / "report.json").read_text())
    assert report["held_out_speakers"] >= 2
    assert report["known_speaker"]["balanced_accuracy"] > 0.8
    assert set(report["known_speaker"]["recall"]) == set(MANNERS)


def test_what_was_trained_is_what_the_listener_loads(trained: Path) -> None:
    classifier = MoodClassifier.load(trained / "mood.safetensors")
    usual = heard("neutral", 901)
    for manner in ("angry", "sad"):
        judged = classifier.judge(heard(manner, 900), usual)
        assert judged.mood == manner
        assert judged.confidence > 0.4


def heard(manner: str, seed: int) -> Prosody:
    sound = voice(manner, seed).astype(np.float32) / 32768
    spoken = prosody(resample(sound, timeline.SAMPLE_RATE, RATE))
    assert spoken is not None
    return spoken


def test_it_begins_with_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--init-from"):
        train("mood", "configs/train/mood.yaml", run_dir=tmp_path, init_from="mood.safetensors")
