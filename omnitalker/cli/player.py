"""Plays a sound file with what the system has for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from omnitalker.base.errors import InputError

PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
)
"""In this order; each takes the file as its last argument."""


def play(path: Path) -> None:
    """Until it is over. Raises `InputError` where nothing here can play sound."""
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(str(path), winsound.SND_FILENAME)
        return
    for player, *options in PLAYERS:
        found = shutil.which(player)
        if found and subprocess.run([found, *options, str(path)], check=False).returncode == 0:
            return
    names = ", ".join(player for player, *_ in PLAYERS)
    raise InputError(
        f"nothing here can play sound (tried {names}). Write it to a file instead: --sample voice.wav"
    )
