"""A checkpoint of the real classes, small and untrained: it does not talk, but everything runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest_plugins = ["tests.live_fixtures"]

if TYPE_CHECKING:
    from omnitalker.base.types import StylePrompt
    from omnitalker.pipeline import OmniTalkerPipeline


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a saved checkpoint with two built-in voices."""
    import torch

    from omnitalker.models.dit import DualBranchDiT
    from omnitalker.models.duration import DurationModel
    from omnitalker.models.recogniser import PhonemeRecogniser
    from omnitalker.models.vocoder.vocoder import Vocoder
    from omnitalker.pipeline import OmniTalkerPipeline
    from omnitalker.reference.style import save_style
    from omnitalker.text.symbols import SILENT, SYMBOLS

    torch.manual_seed(0)
    pipeline = OmniTalkerPipeline(
        transformer=DualBranchDiT(
            mel_width=32, motion_width=16, heads=2, head_dim=16, fusion_layers=2, single_layers=1,
            mel_ffn=64, motion_ffn=32, condition_width=16, text_width=16, text_layers=1,
            position_groups=4,
        ),
        duration=DurationModel(width=16, heads=2, layers=1, ffn=32),
        recogniser=PhonemeRecogniser(SYMBOLS, sorted(SILENT), width=16, layers=1),
        vocoder=Vocoder(dim=16, intermediate_dim=32, num_layers=2, pitch_dim=16, pitch_layers=1),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("checkpoints") / "toy"
    pipeline.save_pretrained(folder)
    for voice in ("ada", "bob"):
        for manner in ("neutral", "happy"):
            path = folder / "voices" / voice / f"{manner}.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            save_style(make_style(seed=len(voice + manner)), path)
    return folder


@pytest.fixture(scope="session")
def tiny_pipeline(tiny_checkpoint: Path) -> OmniTalkerPipeline:
    from omnitalker.pipeline import OmniTalkerPipeline

    return OmniTalkerPipeline.from_pretrained(tiny_checkpoint)


@pytest.fixture(scope="session")
def told_pipeline(tiny_pipeline: OmniTalkerPipeline) -> OmniTalkerPipeline:
    """The same, but prosody comes first, and sound is made of harmonics in one pass."""
    import torch

    from omnitalker.models.dit import DualBranchDiT
    from omnitalker.models.prosody import ProsodyModel
    from omnitalker.pipeline import OmniTalkerPipeline

    torch.manual_seed(0)
    sizes = dict(tiny_pipeline.transformer.config)
    told = {**sizes, "mel_source": "harmonics", "prosody": True, "mel_attention_layers": 2}
    prosody = ProsodyModel(width=16, heads=2, head_dim=8, layers=1, ffn=32, text_layers=1)
    torch.nn.init.normal_(prosody.leave.weight, std=0.05)
    transformer = DualBranchDiT.from_config(told)
    networks = {n: part for n, part in tiny_pipeline.components.items() if part is not None}
    parts = {**networks, "transformer": transformer.eval(), "prosody": prosody.eval()}
    pipeline = OmniTalkerPipeline(**parts, steps=2)
    pipeline.register_to_config(_name_or_path=tiny_pipeline.config["_name_or_path"])
    return pipeline


@pytest.fixture(scope="session")
def style() -> StylePrompt:
    return make_style()


def make_style(blocks: int = 8, seed: int = 0) -> StylePrompt:
    """A plausible but meaningless prompt."""
    from omnitalker.base.types import StylePrompt

    rng = np.random.default_rng(seed)
    frames = 15 * blocks
    return StylePrompt(
        mel=rng.normal(-5, 1, (frames, 100)).astype(np.float32),
        motion=rng.uniform(0, 0.2, (4 * blocks, 61)).astype(np.float32),
        phonemes=np.repeat(rng.integers(1, 60, blocks * 3), 5).astype(np.int64),
        tones=np.zeros(frames, np.int64),
    )
