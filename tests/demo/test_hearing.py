"""What the page fills in under a reference, by the recognisers that are really there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from omnitalker.base import assets
from omnitalker.demo.hearing import Ears
from omnitalker.media.sound import write_wav

ROOT = Path(__file__).parents[2]
VOICES = Path(os.environ.get("OMNITALKER_SHARED", ROOT.parent / "shared")) / "data" / "voices"


@pytest.fixture(scope="module")
def ears() -> Ears:
    from omnitalker.pipeline import OmniTalkerPipeline

    return Ears(OmniTalkerPipeline.from_pretrained(assets.DEFAULT_CHECKPOINT).recogniser)


def test_silence_and_pictures_say_nothing(ears: Ears, tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(48_000, np.float32))
    (tmp_path / "broken.mp4").write_bytes(b"nonsense")
    for name in ("silence.wav", "broken.mp4"):
        heard = ears.listen(tmp_path / name)
        assert (heard.words, heard.note) == ("", "")


@pytest.mark.skipif(
    not VOICES.exists(), reason=f"no recordings at {VOICES}: they are not ours to ship"
)
def test_mandarin_is_told_by_its_sounds(ears: Ears) -> None:
    heard = ears.listen(VOICES / "f5_ref_zh.wav")
    if not heard.note:  # faster-whisper is here and knows the words
        assert len(heard.words) > 3
        return
    assert heard.words == ""
    assert "Heard as Mandarin" in heard.note
    assert sum(mark in heard.note for mark in "āáǎàēéěèīíǐìōóǒòūúǔù") > 3


@pytest.mark.skipif(
    not VOICES.exists(), reason=f"no recordings at {VOICES}: they are not ours to ship"
)
def test_english_is_told_by_its_words(ears: Ears) -> None:
    heard = ears.listen(VOICES / "f5_ref_en.wav")
    assert heard.note == ""
    assert len(heard.words.split()) > 3
