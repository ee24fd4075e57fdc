"""Finds what ships with the project. What is in the package (configurations, characters, small models) is in
`omnitalker/data`; checkpoints and presenters are beside it. A name such as `checkpoints/tiny` is looked for in the working directory, then in `$OMNITALKER_HOME`, then
in the project's own folder, so that it works from a clone whatever the working directory is.
"""

from __future__ import annotations

import os
from pathlib import Path

from omnitalker.base.config import read_yaml
from omnitalker.base.errors import WeightsError

DATA = Path(__file__).resolve().parent.parent / "data"
DEFAULT_CHECKPOINT = "checkpoints/tiny"
PRESENTERS = "checkpoints/presenters"


def data_path(*parts: str) -> Path:
    """A file or folder that travels inside the package."""
    return DATA.joinpath(*parts)


def roots() -> tuple[Path, ...]:
    home = os.environ.get("OMNITALKER_HOME")
    own = DATA.parent.parent
    return (Path.cwd(), *([Path(home)] if home else []), own)


def find(name: str | Path) -> Path | None:
    """The first existing place of `name`, or None."""
    for root in roots():
        candidate = root / name
        if candidate.exists():
            return candidate
    return None


def checkpoint_dir(name: str | Path = DEFAULT_CHECKPOINT) -> Path:
    """The folder of a checkpoint given by path, or by its short name under checkpoints/."""
    path = find(name) or find(Path("checkpoints") / name)
    if path is None or not (path / "model_index.json").is_file():
        shipped = sorted(
            {
                index.parent.name
                for root in roots()
                for index in root.glob("checkpoints/*/model_index.json")
            }
        )
        have = f"shipped: {', '.join(shipped)}" if shipped else "none is shipped here"
        raise WeightsError(
            f"no checkpoint at '{name}' (a folder with a model_index.json); {have}. "
            "Clone the repository with its checkpoints/ folder, or set OMNITALKER_HOME"
        )
    return path


def presenter_names() -> tuple[str, ...]:
    """Short names of the built-in presenters, alphabetical."""
    folder = find(PRESENTERS)
    return tuple(sorted(path.stem for path in folder.glob("*.safetensors"))) if folder else ()


def presenter_file(name: str) -> Path | None:
    """None for what is not the name of a built-in presenter; a path never is."""
    if name not in presenter_names():
        return None
    return find(Path(PRESENTERS) / f"{name}.safetensors")


def presenter_voice(name: str) -> str | None:
    """The built-in voice that goes with a built-in presenter."""
    sheet = find(Path(PRESENTERS) / "presenters.yaml")
    if sheet is None:
        return None
    return (read_yaml(sheet).get(name) or {}).get("voice")
