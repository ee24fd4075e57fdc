"""`omnitalker serve` told to stop, by one signal or by an impatient second, with people in the room."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import yaml

from omnitalker.server.client import AvatarClient
from omnitalker.server.packets import Packet
from omnitalker.server.settings import ServeConfig
from tests.live.waiting import wait_until
from tests.ports import free_port

pytestmark = pytest.mark.slow
LONG = "This is a long answer and it goes on for quite a while. " * 70


@pytest.fixture
def config(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    character = {"name": "Ada", "persona": "p", "voice": "ada", "renderer": "sketch", "size": 256}
    (tmp_path / "ada.yaml").write_text(yaml.safe_dump(character))
    path = tmp_path / "serve.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "port": free_port(), "checkpoint": str(tiny_checkpoint),
                "characters": [str(tmp_path / "ada.yaml")],
            }
        )
    )  # fmt: skip
    return path


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


async def listen(address: str, hears: threading.Event) -> None:
    """Until the server ends the connection."""
    from websockets.exceptions import ConnectionClosed

    with contextlib.suppress(ConnectionClosed):
        async with AvatarClient(f"ws://{address}/v1/avatar", greet=False) as avatar:
            await avatar.send(type="say", text=LONG)
            async for message in avatar:
                if isinstance(message, Packet) and not message.is_idle:
                    hears.set()


def read(address: str, reads: threading.Event) -> None:
    body = {"input": LONG, "response_format": "pcm"}
    with (
        contextlib.suppress(httpx.TransportError),
        httpx.stream("POST", f"http://{address}/v1/audio/speech", json=body, timeout=60) as answer,
    ):
        for _ in answer.iter_raw():
            reads.set()


@pytest.mark.parametrize("has_visitors", [False, True])
@pytest.mark.parametrize(
    "signals", [(signal.SIGINT,), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)]
)
def test_it_ends_without_a_word(
    config: Path, signals: tuple[signal.Signals, ...], has_visitors: bool
) -> None:
    address = f"127.0.0.1:{yaml.safe_load(config.read_text())['port']}"
    log = config.with_suffix(".log")
    command = [sys.executable, "-W", "ignore", "-m", "omnitalker.cli.main", "serve", "-c", config]
    asks_for_keys = ServeConfig().keys_env  # set by the server of other tests
    env = {k: v for k, v in os.environ.items() if k != asks_for_keys} | {"PYTHONUNBUFFERED": "1"}
    with (
        log.open("w") as sink,
        subprocess.Popen(command, stdout=sink, stderr=sink, env=env) as server,
    ):
        try:
            wait_until(lambda: is_ready(address), 120)
            busy = [threading.Event(), threading.Event()]
            visitors = [
                threading.Thread(target=lambda: asyncio.run(listen(address, busy[0]))),
                threading.Thread(target=read, args=(address, busy[1])),
            ]
            for visitor in visitors if has_visitors else ():
                visitor.start()
            wait_until(lambda: not has_visitors or all(event.is_set() for event in busy), 60)
            for number in signals:
                server.send_signal(number)
                time.sleep(0.3)
            code = server.wait(40)
        finally:
            server.kill()
        for visitor in visitors if has_visitors else ():
            visitor.join(20)
            assert not visitor.is_alive()
    told = log.read_text()
    assert code in (0, -signal.SIGTERM), told
    assert "Traceback" not in told
    assert "ERROR" not in told
