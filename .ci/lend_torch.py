"""lend_torch.py VENV FOLDER: lets the environment VENV use this one's PyTorch, and nothing else of it.

An environment for every check would otherwise cost five gigabytes of CUDA each.
"""

import re
import sys
import sysconfig
from pathlib import Path

OURS = re.compile(r"(torch|functorch|triton|nvidia|cuda)([-_.]|gen\b|\b)")


def lend(venv: Path, folder: Path) -> None:
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if OURS.match(path.name) and not path.name.startswith("torchaudio"):
            (folder / path.name).symlink_to(path)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{folder}\n", encoding="utf-8")


lend(Path(sys.argv[1]), Path(sys.argv[2]))
