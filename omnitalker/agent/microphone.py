"""Where the user's voice comes from: the machine's microphone, or a sound file played as if into one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np

from omnitalker.agent.voice_activity import RATE, WINDOW, WINDOW_SECONDS
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.errors import InputError, MissingExtra
from omnitalker.base.types import FloatArray
from omnitalker.media.reader import read_audio

MOST_WAITING = 100
"""Blocks that may wait for a busy listener; older ones are lost."""


async def microphone(device: int | str | None = None) -> AsyncIterator[FloatArray]:
    """(512,) at 16 kHz, as they are recorded, until the reader stops."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise MissingExtra("sounddevice", "hearing", "listening with a microphone") from error
    loop = asyncio.get_running_loop()
    blocks: asyncio.Queue[FloatArray] = asyncio.Queue()

    def keep(block: FloatArray) -> None:
        if blocks.qsize() < MOST_WAITING:
            blocks.put_nowait(block)

    def on_block(data: Any, _frames: int, _time: Any, _status: Any) -> None:
        loop.call_soon_threadsafe(keep, np.array(data[:, 0], np.float32))

    try:
        stream = sounddevice.InputStream(
            samplerate=RATE, blocksize=WINDOW, channels=1, dtype="float32", device=device,
            callback=on_block,
        )  # fmt: skip
    except (sounddevice.PortAudioError, ValueError) as error:
        raise InputError(
            f"no microphone can be opened ({error}); plug one in, or pass a sound file with --hear"
        ) from error
    with stream:
        while True:
            yield await blocks.get()


async def microphone_file(path: Path) -> AsyncIterator[FloatArray]:
    """The same from a sound file, in real time; then silence for as long as it is read."""
    sound = resample(await asyncio.to_thread(read_audio, path), timeline.SAMPLE_RATE, RATE)
    whole = np.pad(sound, (0, -len(sound) % WINDOW)).reshape(-1, WINDOW)
    loop = asyncio.get_running_loop()
    start, count = loop.time(), 0
    silence = np.zeros(WINDOW, np.float32)
    while True:
        yield whole[count] if count < len(whole) else silence
        count += 1
        await asyncio.sleep(max(0.0, start + count * WINDOW_SECONDS - loop.time()))
