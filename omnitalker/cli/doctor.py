"""`omnitalker doctor`: what is installed, what is missing, how fast this machine is, on one screen."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import time
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base import assets
from omnitalker.base.errors import WeightsError

_CORE = ("torch", "diffusers", "numpy", "scipy", "av", "opencv-contrib-python")
_EXTRAS = {
    "reference": "mediapipe",
    "app": "gradio",
    "server": "fastapi",
    "hearing": "faster-whisper",
    "batch": "ray",
    "credentials": "c2pa-python",
    "dictionary": "misaki",
    "train": "accelerate",
    "eval": "Resemblyzer",
    "pipecat": "pipecat-ai",
    "livekit": "livekit-agents",
}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    speed: Annotated[
        bool, typer.Option("--speed", help="Also time the arithmetic (a few seconds).")
    ] = False,
    write_sums: Annotated[
        Path | None,
        typer.Option(help="Write the SHA256SUMS of this folder of weights, which you changed."),
    ] = None,
) -> None:
    """What is installed, what is missing, whether the weights are as shipped, how fast this machine is."""
    if write_sums is not None:
        from omnitalker.base import checksums

        print(checksums.write_sums(write_sums))
        return
    print(f"Python       {platform.python_version()} on {platform.system()} {platform.machine()}")
    print(f"processors   {os.cpu_count()}")
    print(f"free disk    {shutil.disk_usage('.').free / 1e9:.0f} GB here")
    for package in _CORE:
        print(f"{package:12} {_version(package) or 'MISSING: pip install omnitalker'}")
    for extra, package in _EXTRAS.items():
        found = _version(package)
        missing = f"not installed (pip install 'omnitalker[{extra}]')"
        print(f"[{extra}]".ljust(13) + (f"{package} {found}" if found else missing))
    try:
        print(f"checkpoint   {assets.checkpoint_dir()}, {_integrity(assets.checkpoint_dir())}")
    except WeightsError as error:
        print(f"checkpoint   MISSING: {error}")
    folder = assets.find(assets.PRESENTERS)
    names = ", ".join(assets.presenter_names())
    print(f"presenters   {names}, {_integrity(folder)}" if folder else "presenters   MISSING")
    if speed:
        _speed()


def _integrity(folder: Path) -> str:
    from omnitalker.base import checksums

    if not (folder / checksums.SUMS).is_file():
        return f"without a {checksums.SUMS}"
    problems = checksums.check_folder(folder)
    return f"NOT AS SHIPPED: {'; '.join(problems[:5])}" if problems else "as shipped"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _speed() -> None:
    """A matrix product of the network's size: what the real-time factor depends on."""
    import torch

    from omnitalker.base.machine import has_fast_bfloat16

    device = "cuda" if torch.cuda.is_available() else "cpu"
    matrix = torch.randn(1536, 1536, device=device)
    matrix @ matrix
    started = time.perf_counter()
    for _ in range(10):
        matrix @ matrix
    if device == "cuda":
        torch.cuda.synchronize()
    rate = 10 * 2 * 1536**3 / (time.perf_counter() - started) / 1e9
    half = ", bfloat16 in hardware" if device == "cpu" and has_fast_bfloat16() else ""
    print(f"arithmetic   {rate:.0f} GFLOP/s on {device}{half}")
