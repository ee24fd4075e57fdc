"""Folders of networks: what is written comes back, and what does not fit is refused in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from omnitalker.base.errors import WeightsError
from omnitalker.models.checkpoint import FORMAT, INDEX, read_settings
from omnitalker.models.duration import DurationModel
from omnitalker.models.pretrained import CONFIG, WEIGHTS
from omnitalker.models.vocoder.vocoder import Vocoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    small().half().save_pretrained(tmp_path / "duration")
    return tmp_path / "duration"


def small() -> DurationModel:
    return DurationModel(16, heads=2, layers=1, ffn=32)


def test_it_remembers_how_it_was_built() -> None:
    config = small().config
    assert (config.width, config["heads"], config.kernel) == (16, 2, 5)
    assert list(config)[:2] == ["width", "heads"]
    with pytest.raises(AttributeError, match="depth"):
        _ = config.depth


def test_half_on_disk_single_in_use(folder: Path) -> None:
    state = torch.get_rng_state()
    loaded = DurationModel.from_pretrained(folder)
    assert torch.equal(torch.get_rng_state(), state)
    assert loaded.dtype == torch.float32
    assert not loaded.training
    stored = load_file(folder / WEIGHTS)
    for name, value in loaded.state_dict().items():
        assert torch.equal(value, stored[name].float())
    assert DurationModel.from_pretrained(folder, torch.bfloat16).dtype == torch.bfloat16


def test_buffers_that_are_not_stored_are_there(tmp_path: Path) -> None:
    vocoder = Vocoder(dim=16, intermediate_dim=32, num_layers=1, pitch_dim=16, pitch_layers=1)
    vocoder.eval().save_pretrained(tmp_path)
    mel = torch.randn(1, 12, 100) - 5
    assert torch.equal(Vocoder.from_pretrained(tmp_path).decode(mel), vocoder.decode(mel))


def test_the_files_are_where_diffusers_looks_for_them() -> None:
    from diffusers.utils import CONFIG_NAME, SAFETENSORS_WEIGHTS_NAME

    assert (CONFIG_NAME, SAFETENSORS_WEIGHTS_NAME) == (CONFIG, WEIGHTS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"foreign": torch.zeros(1)}, "foreign is not known"),
        ({"out.bias": None}, "out.bias is missing"),
        ({"out.bias": torch.zeros(2)}, r"out.bias is \(2,\), \(1,\) is expected"),
        ({"out.bias": torch.tensor([torch.nan])}, "out.bias is not finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    folder: Path, change: dict[str, torch.Tensor | None], said: str
) -> None:
    weights = load_file(folder / WEIGHTS) | change
    kept = {name: value.clone() for name, value in weights.items() if value is not None}
    save_file(kept, folder / WEIGHTS)
    with pytest.raises(WeightsError, match=said):
        DurationModel.from_pretrained(folder)


def test_other_folders_are_refused(folder: Path) -> None:
    with pytest.raises(WeightsError, match="no DurationModel at 'nowhere'"):
        DurationModel.from_pretrained("nowhere")
    with pytest.raises(WeightsError, match="holds a DurationModel, not a Vocoder"):
        Vocoder.from_pretrained(folder)
    described = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(described | {"layer": 3}))
    with pytest.raises(WeightsError, match="'layer' is not known; did you mean 'layers'"):
        DurationModel.from_pretrained(folder)
    (folder / CONFIG).write_text("{")
    with pytest.raises(WeightsError, match="cannot be read"):
        DurationModel.from_pretrained(folder)


def test_a_checkpoint_of_another_format_is_refused(tmp_path: Path) -> None:
    index = {"_class_name": "OmniTalkerPipeline", "steps": 4}
    for told in (index, {**index, "_format": FORMAT}):
        (tmp_path / INDEX).write_text(json.dumps(told))
        assert read_settings(tmp_path) == {"steps": 4}
    (tmp_path / INDEX).write_text(json.dumps({**index, "_format": 99}))
    with pytest.raises(WeightsError, match=f"format 99, this OmniTalker .* reads format {FORMAT}"):
        read_settings(tmp_path)
