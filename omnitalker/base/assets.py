"""Finds what ships with the project.

What is in the package (configurations, characters, small models) is in `omnitalker/data`. Checkpoints and
presenters are looked for by names such as `checkpoints/tiny`: in the working directory, in
`$OMNITALKER_HOME`, beside the package in a clone, in the cache that `omnitalker fetch` fills, and in the
wheel `omnitalker-tiny`.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from omnitalker.base.config import read_yaml
from omnitalker.base.errors import WeightsError

DATA = Path(__file__).resolve().parent.parent / "data"
CHECKPOINTS = "checkpoints"
DEFAULT_CHECKPOINT = f"{CHECKPOINTS}/tiny"
PRESENTERS = f"{CHECKPOINTS}/presenters"
HOME_VARIABLE = "OMNITALKER_HOME"
WHEEL = "omnitalker_tiny"
"""The package whose folders are those of `checkpoints/`."""


def data_path(*parts: str) -> Path:
    """A file or folder that travels inside the package."""
    return DATA.joinpath(*parts)


def cache_dir() -> Path:
    """What `omnitalker fetch` fills: `$OMNITALKER_HOME`, or a folder of the user's."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "omnitalker"


def find(name: str | Path) -> Path | None:
    """The first existing place of `name`, or None."""
    return next((path for path in _places(Path(name)) if path.exists()), None)


def checkpoint_dir(name: str | Path = DEFAULT_CHECKPOINT) -> Path:
    """The folder of a checkpoint given by path, or by its short name under checkpoints/."""
    path = find(name) or find(Path(CHECKPOINTS) / name)
    if path is None or not (path / "model_index.json").is_file():
        folders = _places(Path(CHECKPOINTS))
        here = sorted({f.parent.name for each in folders for f in each.glob("*/model_index.json")})
        raise WeightsError(
            f"no checkpoint at '{name}' (a folder with a model_index.json); "
            + (f"here: {', '.join(here)}" if here else "none is here")
            + ". Install the wheel omnitalker-tiny (`make wheels` builds it), or unpack it with "
            "`omnitalker fetch WHEEL`"
        )
    return path


def presenter_names() -> tuple[str, ...]:
    """Short names of the built-in presenters, alphabetical."""
    folder = find(PRESENTERS)
    return tuple(sorted(path.stem for path in folder.glob("*.safetensors"))) if folder else ()


def presenter_file(name: str) -> Path | None:
    return find(Path(PRESENTERS) / f"{name}.safetensors")


def presenter_voice(name: str) -> str | None:
    """The built-in voice that goes with a built-in presenter."""
    sheet = find(Path(PRESENTERS) / "presenters.yaml")
    if sheet is None:
        return None
    return (read_yaml(sheet).get(name) or {}).get("voice")


def _places(name: Path) -> list[Path]:
    """Where `name` may be, in order."""
    clone = DATA.parent.parent
    places = [root / name for root in (Path.cwd(), cache_dir(), clone)]
    spec = importlib.util.find_spec(WHEEL)
    if name.parts[:1] == (CHECKPOINTS,) and spec is not None and spec.origin is not None:
        places.append(Path(spec.origin).parent.joinpath(*name.parts[1:]))
    return places
