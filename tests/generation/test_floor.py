"""What must never break unnoticed: the shipped weights, from text to sound, are understood and sound as they did.

After an intended change of the weights: `OMNITALKER_WRITE_GOLDEN=1 pytest tests/generation/test_floor.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from omnitalker.audio.mel import mel_covering, pad_to_blocks
from omnitalker.generation.request import SpeakRequest
from omnitalker.models.recogniser import recognise
from omnitalker.pipeline import OmniTalkerPipeline, collect
from omnitalker.text.edit_distance import count_errors
from omnitalker.text.symbols import SILENT

GOLDEN = Path(__file__).parent / "golden" / "ava.npz"
SENTENCE = "The morning train is late again."
NEAR_NATS = 0.35
"""Mean distance per bin: eight-bit and half-precision arithmetic differ by less, another voice by more."""


def said(pipeline: OmniTalkerPipeline, voice: str) -> np.ndarray:
    """(T, 100) of the finished sound."""
    request = SpeakRequest(SENTENCE, pipeline.styles.get(voice, "neutral"), seed=3)
    return mel_covering(pad_to_blocks(collect(pipeline.stream(request)).audio))


@pytest.fixture(scope="module")
def shipped() -> OmniTalkerPipeline:
    return OmniTalkerPipeline.from_pretrained("tiny")


@pytest.fixture(scope="module")
def mel(shipped: OmniTalkerPipeline) -> np.ndarray:
    return said(shipped, "ava")


def test_the_shipped_recogniser_understands_the_shipped_voice(
    shipped: OmniTalkerPipeline, mel: np.ndarray
) -> None:
    assert shipped.recogniser is not None
    meant = [p.symbol for p in shipped.frontend.prepare(SENTENCE).phonemes]
    heard = [t.phoneme.symbol for t in recognise(shipped.recogniser, mel).phonemes]
    spoken = [[s for s in symbols if s not in SILENT] for symbols in (meant, heard)]
    assert count_errors(*spoken).rate < 0.3, f"meant {spoken[0]}, heard {spoken[1]}"


def test_the_default_voice_sounds_as_it_did(shipped: OmniTalkerPipeline, mel: np.ndarray) -> None:
    if os.environ.get("OMNITALKER_WRITE_GOLDEN"):
        np.savez_compressed(GOLDEN, mel=mel.astype(np.float16))
    golden = np.load(GOLDEN)["mel"].astype(np.float32)
    assert abs(len(mel) - len(golden)) <= 15
    frames = min(len(mel), len(golden))
    assert np.abs(mel[:frames] - golden[:frames]).mean() < NEAR_NATS
    other = said(shipped, "ben")
    frames = min(len(other), len(golden))
    assert np.abs(other[:frames] - golden[:frames]).mean() > 2 * NEAR_NATS, "it can fail"
