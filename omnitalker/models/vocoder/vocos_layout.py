"""Reading a checkpoint folder of the `vocos` package: config.yaml and pytorch_model.bin."""

from __future__ import annotations

from pathlib import Path

import torch
import yaml
from torch import Tensor

from omnitalker.base import timeline
from omnitalker.base.errors import WeightsError

_CLASSES = {
    "feature_extractor": "vocos.feature_extractors.MelSpectrogramFeatures",
    "backbone": "vocos.models.VocosBackbone",
    "head": "vocos.heads.ISTFTHead",
}
_GRID = {
    "sample_rate": timeline.SAMPLE_RATE,
    "n_fft": timeline.N_FFT,
    "hop_length": timeline.HOP_LENGTH,
    "n_mels": timeline.N_MELS,
    "input_channels": timeline.N_MELS,
    "padding": "center",
}
_SIZES = ("dim", "intermediate_dim", "num_layers")


def is_vocos_layout(path: str | Path) -> bool:
    return (Path(path) / "config.yaml").is_file()


def read_vocos_layout(folder: Path) -> tuple[dict[str, int], dict[str, Tensor]]:
    """Sizes of the backbone, and the weights of backbone and head by name."""
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    for part, expected in _CLASSES.items():
        found = (config.get(part) or {}).get("class_path")
        if found != expected:
            raise WeightsError(f"{folder}/config.yaml: {part} is {found}, expected {expected}")
        for key, value in config[part].get("init_args", {}).items():
            if key in _GRID and value != _GRID[key]:
                raise WeightsError(
                    f"{folder}/config.yaml: {part}.{key} is {value}; mels here have {_GRID[key]}"
                )
    backbone = config["backbone"]["init_args"]
    weights = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    ours = {k: v for k, v in weights.items() if k.startswith(("backbone.", "head.out."))}
    return {key: backbone[key] for key in _SIZES}, ours
