"""Puts trained parts together into a checkpoint that `OmniTalkerPipeline.from_pretrained` loads."""

from __future__ import annotations

from pathlib import Path

from omnitalker.base.errors import WeightsError
from omnitalker.corpus.built_in_voices import build_voices
from omnitalker.models.checkpoint import NETWORKS, load_networks
from omnitalker.pipeline import OmniTalkerPipeline


def pack(
    checkpoint: str | Path,
    voices: str | Path | None = None,
    *,
    steps: int = 4,
    schedule: str = "sway",
    text_guidance: float = 1.0,
) -> dict[str, list[str]]:
    """Write model_index.json beside the parts' folders, and the built-in voices; returns those.

    steps, schedule and guidance become the checkpoint's default: four plain steps, guidance being learnt into the weights.
    """
    folder = Path(checkpoint)
    missing = [name for name in NETWORKS if not (folder / name / "config.json").is_file()]
    if missing:
        raise WeightsError(
            f"{folder} lacks {', '.join(missing)}: export each trained part into a folder of that name"
        )
    settings = {"steps": steps, "schedule": schedule, "text_guidance": text_guidance}
    OmniTalkerPipeline(**load_networks(folder), **settings).save_config(folder)
    return build_voices(voices, folder) if voices is not None else {}
