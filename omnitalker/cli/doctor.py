"""`omnitalker doctor`: what is installed, what is missing, how fast this machine is, on one screen."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time

import typer

_CORE = ("torch", "torchaudio", "vocos", "diffusers", "mediapipe", "av", "opencv-python", "numpy")
_EXTRAS = {
    "app": "gradio",
    "batch": "ray",
    "train": "accelerate",
    "eval": "pocketsphinx",
    "server": "fastapi",
    "pipecat": "pipecat-ai",
    "livekit": "livekit-agents",
}


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor() -> None:
    """What is installed, what is missing, how fast this machine is."""
    from omnitalker.base import assets
    from omnitalker.base.errors import WeightsError

    print(f"Python      {platform.python_version()} on {platform.system()} {platform.machine()}")
    print(f"processors  {os.cpu_count()}")
    for package in _CORE:
        print(f"{package:11} {_version(package) or 'MISSING: pip install -e .'}")
    for extra, package in _EXTRAS.items():
        found = _version(package)
        missing = f"not installed (pip install 'omnitalker[{extra}]')"
        print(f"[{extra}]".ljust(12) + (f"{package} {found}" if found else missing))
    try:
        print(f"checkpoint  {assets.checkpoint_dir()}")
    except WeightsError as error:
        print(f"checkpoint  MISSING: {error}")
    print(f"presenters  {', '.join(assets.presenter_names()) or 'MISSING'}")
    if _version("torch"):
        _speed()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _speed() -> None:
    """A matrix product of the network's size: what the real-time factor depends on."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    matrix = torch.randn(1536, 1536, device=device)
    matrix @ matrix
    started = time.perf_counter()
    for _ in range(10):
        matrix @ matrix
    if device == "cuda":
        torch.cuda.synchronize()
    rate = 10 * 2 * 1536**3 / (time.perf_counter() - started) / 1e9
    half = device == "cpu" and torch.cpu._is_avx512_bf16_supported()
    print(f"speed       {rate:.0f} GFLOP/s on {device}{', bfloat16 in hardware' if half else ''}")
