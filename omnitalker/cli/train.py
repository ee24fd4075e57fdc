"""Which module trains which network; they are loaded one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omnitalker.base.errors import ConfigError


def run(
    kind: str,
    config: Path,
    *,
    run_dir: Path,
    resume: bool,
    init_from: Path | None,
    overrides: tuple[str, ...],
) -> None:
    if resume and init_from is not None:
        raise ConfigError(
            "--resume and --init-from exclude each other: a resumed run has its weights"
        )
    common: dict[str, Any] = {
        "run_dir": run_dir,
        "resume": resume,
        "init_from": init_from,
        "overrides": overrides,
    }
    if kind == "dit":
        from omnitalker.training.recipes.dit.train import train as train_dit

        train_dit(config, **common)
    elif kind == "prosody":
        from omnitalker.training.recipes.prosody.train import train as train_prosody

        train_prosody(config, **common)
    elif kind == "duration":
        from omnitalker.training.recipes.duration.train import train as train_duration

        train_duration(config, **common)
    elif kind == "aligner":
        from omnitalker.training.recipes.recogniser.train import train as train_recogniser

        train_recogniser(config, **common)
    elif kind == "vocoder":
        from omnitalker.training.recipes.vocoder.train import train as train_vocoder

        train_vocoder(config, **common)
    elif kind == "mood":
        from omnitalker.training.recipes.mood.train import train as train_mood

        train_mood(config, **common)
    else:
        from omnitalker.training.recipes.refiner.train import train as train_refiner

        train_refiner(config, **common)
