"""Every recipe answers to the one `train`."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from omnitalker.base.config import load_config
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.cli.train import TrainKind
from omnitalker.models.checkpoint import NETWORKS
from omnitalker.training.recipe import PartRecipe
from omnitalker.training.runner import RECIPES, export, recipe_of, train

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_reads_its_shipped_settings(name: str) -> None:
    recipe = recipe_of(name)
    config = load_config(recipe.settings, ROOT / "configs" / "train" / f"{name}.yaml")
    assert config.loop.steps > 0
    assert not isinstance(recipe, PartRecipe) or recipe.part in NETWORKS


def test_the_command_line_knows_the_recipes() -> None:
    assert set(get_args(TrainKind)) == set(RECIPES)


def test_what_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    settings = ROOT / "configs" / "train" / "duration.yaml"
    with pytest.raises(ConfigError, match="leave out --init-from, or --resume"):
        train("duration", settings, run_dir=tmp_path, resume=True, init_from=tmp_path)
    with pytest.raises(InputError, match="nothing to resume"):
        train("duration", settings, run_dir=tmp_path, resume=True)
    with pytest.raises(ConfigError, match="did you mean 'duration'"):
        train("durations", settings, run_dir=tmp_path)
    with pytest.raises(InputError, match="no part of a checkpoint"):
        export("mood", tmp_path, tmp_path / "out")
