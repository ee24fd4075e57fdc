from __future__ import annotations

from pathlib import Path

import torch

from omnitalker.base.config import load_config
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.presets import build_dit
from omnitalker.training.recipes.dit.train import DitTrainConfig
from omnitalker.training.recipes.dit.warm_start import grown
from tests.models.conftest import TINY, make_conditions, make_dit, make_signal


def preset(folder: Path, **changes: object) -> Path:
    path = folder / "form.yaml"
    lines = [f"  {key}: {value}" for key, value in {**TINY, **changes}.items()]
    path.write_text("\n".join(["dit:", *lines]) + "\n")
    return path


def grow(folder: Path, **changes: object) -> tuple[DualBranchDiT, DualBranchDiT]:
    old = make_dit(mel_mean=[-3.0] * 100, mel_std=[2.0] * 100)
    return old, grown(preset(folder, prosody="true", **changes), old).eval()


def test_untold_the_new_form_says_what_the_old_one_said_first(tmp_path: Path) -> None:
    old, new = grow(tmp_path, mel_source="harmonics")
    _, motion, _ = make_signal()
    start = (torch.zeros(2, 45, 100), motion, torch.zeros(2), make_conditions())
    said, says = old(*start), new(*start)
    torch.testing.assert_close(says.mel, said.mel)
    torch.testing.assert_close(says.motion, said.motion)
    assert new.mel_statistics == old.mel_statistics


def test_a_block_without_attention_keeps_what_it_can(tmp_path: Path) -> None:
    old, new = grow(tmp_path, mel_attention_layers=1)
    adaln = old.fusion_blocks[1].mel.adaln.linear.weight
    kept = new.fusion_blocks[1].mel
    torch.testing.assert_close(kept.adaln.linear.weight, adaln[len(adaln) // 2 :])
    torch.testing.assert_close(kept.ffn[0].weight, old.fusion_blocks[1].mel.ffn[0].weight)


def test_the_recipe_of_the_told_form_is_valid() -> None:
    config = load_config(DitTrainConfig, "configs/train/dit_told.yaml")
    assert build_dit(config.model).mel_source == "harmonics"
    assert config.grow_from is not None
