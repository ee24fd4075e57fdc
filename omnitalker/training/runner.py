"""`train` and `export`, the same for every network."""

from __future__ import annotations

import importlib
import logging
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from omnitalker.base.config import load_config, unknown_choice
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.training.loop import LoopConfig, Task, is_main_process, run
from omnitalker.training.recipe import PartRecipe, Recipe
from omnitalker.training.state import check_resumable, load_average

log = logging.getLogger(__name__)
RECIPES: Final = {
    "dit": "dit",
    "prosody": "prosody",
    "duration": "duration",
    "aligner": "recogniser",
    "vocoder": "vocoder",
    "refiner": "refiner",
    "mood": "mood",
}
"""What can be trained -> the package of its recipe."""


def train(
    name: str,
    config_path: str | Path,
    *,
    run_dir: str | Path,
    resume: bool = False,
    init_from: str | Path | None = None,
    overrides: tuple[str, ...] = (),
) -> None:
    """Train to the end that the settings name; what was learnt then lies in `run_dir`.

    init_from: what an earlier training left, to begin with. overrides: `key=value` over the YAML.
    """
    if resume and init_from is not None:
        raise ConfigError("a resumed run has its weights: leave out --init-from, or --resume")
    recipe, run_dir = recipe_of(name), Path(run_dir)
    config = load_config(recipe.settings, config_path, overrides)
    if resume:
        check_resumable(run_dir)
    torch.manual_seed(config.loop.seed)
    if init_from is not None:
        network = recipe.trained(Path(init_from))
    else:
        network = recipe.resumed(config, run_dir) if resume else recipe.untrained(config)
    recipe.begun(network, run_dir)
    task = recipe.task(config, network, run_dir)
    start = recipe.first_step(config) if init_from is not None else 0
    teach(recipe, network, task, config.loop, run_dir, resume=resume, start=start)


def teach(
    recipe: Recipe[Any, Any],
    network: nn.Module,
    task: Task,
    loop: LoopConfig,
    run_dir: Path,
    *,
    resume: bool = False,
    start: int = 0,
) -> None:
    """Run the loop and leave the averaged weights."""
    progress = run(task, loop, run_dir, resume=resume, start=start)
    if is_main_process():
        load_average(run_dir, task.shipped)
        recipe.leave(network.cpu().eval(), task, run_dir, progress)
        log.info("step %d is left in %s", progress.step, run_dir)


def export(
    name: str, run_dir: str | Path, folder: str | Path, dtype: torch.dtype | None = None
) -> None:
    """The averaged weights of a run, also of one that goes on, as that part of a checkpoint."""
    recipe, run_dir = recipe_of(name), Path(run_dir)
    if not isinstance(recipe, PartRecipe):
        raise InputError(f"{name} is no part of a checkpoint; its training writes what it leaves")
    network = recipe.described(run_dir)
    progress = load_average(run_dir, recipe.shipped(network))
    network.to(dtype or recipe.dtype).save_pretrained(folder)
    log.info("exported step %d to %s", progress.step, folder)


def recipe_of(name: str) -> Recipe[Any, Any]:
    """Recipes are loaded one at a time."""
    if name not in RECIPES:
        raise ConfigError(unknown_choice("train", name, RECIPES))
    return importlib.import_module(f"omnitalker.training.recipes.{RECIPES[name]}.train").RECIPE
