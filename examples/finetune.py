"""Train on clips of your own: python examples/finetune.py my_videos/ runs/mine --minutes 60

The folder holds talking clips, each with its transcript in a .txt of the same name. Needs omnitalker[train].
"""

import argparse
from pathlib import Path

from omnitalker.base.assets import checkpoint_dir
from omnitalker.corpus import import_folder
from omnitalker.training.runner import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--config", type=Path, default=Path("configs/train/dit.yaml"))
    given = parser.parse_args()
    corpus = given.run / "corpus"
    import_folder(given.clips, out=corpus)
    train(
        "dit",
        given.config,
        run_dir=given.run,
        init_from=checkpoint_dir() / "transformer",
        overrides=(f"corpus={corpus}", f"loop.max_minutes={given.minutes}"),
    )


if __name__ == "__main__":
    main()
