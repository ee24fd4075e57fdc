"""What a checkpoint folder holds: a folder for each network, and `model_index.json` with its settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from omnitalker.base.errors import WeightsError
from omnitalker.base.version import VERSION
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.duration import DurationModel
from omnitalker.models.pretrained import CONFIG, Pretrained
from omnitalker.models.prosody import ProsodyModel
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.models.vocoder.vocoder import Vocoder

INDEX = "model_index.json"
FORMAT = 1
"""Of a checkpoint, `_format` in its index (without it 1): raised when earlier programs could not use it."""
NETWORKS: dict[str, type[Pretrained]] = {
    "transformer": DualBranchDiT,
    "duration": DurationModel,
    "vocoder": Vocoder,
    "recogniser": PhonemeRecogniser,
    "prosody": ProsodyModel,
}
OPTIONAL = ("recogniser", "prosody")


def load_networks(
    folder: Path, dtype: dict[str, torch.dtype] | torch.dtype = torch.float32
) -> dict[str, Pretrained | None]:
    """Every network of a checkpoint, for use and not for training; an optional one may be None.

    `dtype` by name, the others' as "default", or one for all.
    """
    wanted = dtype if isinstance(dtype, dict) else {"default": dtype}
    networks: dict[str, Pretrained | None] = {}
    for name, kind in NETWORKS.items():
        if name in OPTIONAL and not (folder / name / CONFIG).is_file():
            networks[name] = None
            continue
        precision = wanted.get(name, wanted.get("default", torch.float32))
        networks[name] = kind.from_pretrained(folder / name, precision).requires_grad_(False)
    return networks


def read_settings(folder: Path) -> dict[str, Any]:
    """The checkpoint's own defaults: how many steps, on which schedule, ..."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"the checkpoint {folder} cannot be loaded: {error}") from error
    found = index.get("_format", FORMAT)
    if found != FORMAT:
        raise WeightsError(
            f"the checkpoint {folder} is of format {found!r:.20}, this OmniTalker ({VERSION}) reads format {FORMAT}: "
            "update the one or the other"
        )
    return {
        name: value
        for name, value in index.items()
        if name not in NETWORKS and not name.startswith("_")
    }
