"""Puts trained parts together into a checkpoint that `OmniTalkerPipeline.from_pretrained` loads."""

from __future__ import annotations

from collections.abc import Sequence
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
    corrections: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Write model_index.json beside the parts' folders, and the built-in voices; returns those.

    steps, schedule, guidance and corrections become the checkpoint's default. The prosody network may be missing.
    """
    folder = Path(checkpoint)
    wanted = [name for name in NETWORKS if name != "prosody"]
    missing = [name for name in wanted if not (folder / name / "config.json").is_file()]
    if missing:
        raise WeightsError(
            f"{folder} lacks {', '.join(missing)}: export each trained part into a folder of that name"
        )
    OmniTalkerPipeline(
        **load_networks(folder),  # type: ignore[arg-type]
        steps=steps,
        schedule=schedule,
        text_guidance=text_guidance,
        corrections=corrections,
    ).save_config(folder)
    return build_voices(voices, folder) if voices is not None else {}
