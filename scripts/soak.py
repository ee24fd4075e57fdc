"""An hour (or --minutes) of mixed load on a real server, good callers and bad ones, with limits on what may be left.

python scripts/soak.py --minutes 60 -o out/soak.json

Exit code 1 where memory, threads, descriptors or temporary files grew past the limits, or a good caller failed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import websockets
import yaml

SENTENCES = (
    "Good morning, how are you today?", "早上好，今天天气很好。", "It costs 42 euros, I think.",
    "The quick brown fox jumps over the lazy dog near the river bank.",
)  # fmt: skip
LONG = " ".join(SENTENCES[3:] * 30)
FORMATS = ("wav", "mp3", "opus", "aac", "flac", "pcm")
GROWTH = {"memory_mb": 200.0, "threads": 4, "descriptors": 8, "temporary": 2}
"""That may be left when all have gone, over what was there after the first tenth of the time."""
CONFIG = {
    "sessions": 4, "syntheses": 4, "write_seconds": 2.0, "idle_minutes": 1.0,
    "allowance": {
        "requests_per_minute": 0, "sessions": 4, "syntheses": 4, "openings": 64,
        "wrong_keys_per_minute": 0,
    },
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Load:
    """Callers against one address; `counts` says how each fared."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.counts: Counter[str] = Counter()
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120)

    async def speech(self) -> None:
        body = {"input": random.choice(SENTENCES), "response_format": random.choice(FORMATS)}
        await self._post("speech", "/v1/audio/speech", body)

    async def video(self) -> None:
        await self._post("video", "/v1/video/speech", {"input": SENTENCES[0], "size": 256})

    async def nonsense(self) -> None:
        """Bad requests of many kinds: each is an error in words."""
        bodies: tuple[Any, ...] = (
            {"input": ""}, {"input": "x" * 10_000}, {"input": "<" * 4096}, {"input": 7},
            {"input": "hi", "voice": "../../etc/passwd"}, {"input": "hi", "speed": 99},
        )  # fmt: skip
        answer = await self._http.post("/v1/audio/speech", json=random.choice(bodies))
        self.counts[f"nonsense {answer.status_code // 100}xx"] += 1

    async def talk(self) -> None:
        """A live avatar that speaks, is interrupted, hears nonsense and floods."""
        uri = f"ws://127.0.0.1:{self.port}/v1/avatar"
        try:
            async with websockets.connect(uri, max_size=None) as line:
                video = random.choice(("none", "jpeg"))
                start = {"type": "session.start", "video": video, "size": 256, "greet": False}
                await line.send(json.dumps(start))
                for _ in range(random.randint(1, 60)):
                    await line.send(json.dumps({"type": "say", "text": random.choice(SENTENCES)}))
                for message in ("{broken", "[" * 5000, '{"type": "dance"}', b"odd"):
                    await line.send(message)
                ends = time.monotonic() + random.uniform(1, 8)
                while time.monotonic() < ends:
                    await asyncio.wait_for(line.recv(), 20)
                await line.send('{"type": "interrupt"}')
            self.counts["talks"] += 1
        except (websockets.exceptions.WebSocketException, OSError, asyncio.TimeoutError) as error:
            self.counts[f"talks: {type(error).__name__}"] += 1

    async def vanish(self) -> None:
        """Asks for much and hangs up, or never reads, or never asks."""
        line = socket.socket()
        line.setblocking(False)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        loop = asyncio.get_running_loop()
        body = json.dumps({"input": LONG, "response_format": "wav"}).encode()
        head = (
            f"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        with contextlib.suppress(OSError):
            await loop.sock_connect(line, ("127.0.0.1", self.port))
            await loop.sock_sendall(line, random.choice((head + body, head[:40], b"")))
            await asyncio.sleep(random.uniform(0.1, 6))
        line.close()
        self.counts["vanished"] += 1

    async def run(self, until: float, callers: int) -> None:
        acts: tuple[Callable[[], Awaitable[None]], ...] = (
            self.speech, self.speech, self.talk, self.video, self.nonsense, self.vanish,
        )  # fmt: skip

        async def caller() -> None:
            while time.monotonic() < until:
                try:
                    await random.choice(acts)()
                except httpx.HTTPError as error:
                    self.counts[f"http: {type(error).__name__}"] += 1

        await asyncio.gather(*(caller() for _ in range(callers)))
        await self._http.aclose()

    async def _post(self, name: str, path: str, body: dict[str, Any]) -> None:
        answer = await self._http.post(path, json=body)
        kind = "busy" if answer.status_code in (429, 503) else f"{answer.status_code}"
        self.counts[f"{name} {kind}"] += 1


def figures(pid: int, temporary: Path) -> dict[str, float]:
    """What the process holds now."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    facts = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {
        "memory_mb": round(int(facts["VmRSS"].split()[0]) / 1024, 1),
        "threads": int(facts["Threads"]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "temporary": len(list(temporary.rglob("*"))),
    }


async def soak(minutes: float, callers: int, checkpoint: str | None) -> dict[str, Any]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, "tmp")
        temporary.mkdir()
        config = Path(folder, "serve.yaml")
        own = {"checkpoint": checkpoint} if checkpoint else {}
        config.write_text(yaml.safe_dump({**CONFIG, **own, "port": port, "characters": ["ava"]}))
        command = [sys.executable, "-m", "omnitalker.cli.main", "serve", "--config", str(config)]
        environment = {**os.environ, "TMPDIR": str(temporary)}
        with open(Path(folder, "log"), "w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            await _ready(port, server)
            return await _measured(Load(port), server.pid, temporary, minutes, callers)
        finally:
            server.terminate()
            server.wait(60)


async def _ready(port: int, server: subprocess.Popen[bytes]) -> None:
    async with httpx.AsyncClient(timeout=5) as http:
        for _ in range(600):
            if server.poll() is not None:
                raise SystemExit("the server ended before it was ready")
            with contextlib.suppress(httpx.HTTPError):
                if (await http.get(f"http://127.0.0.1:{port}/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.5)
    raise SystemExit("the server was not ready within five minutes")


async def _measured(
    load: Load, pid: int, temporary: Path, minutes: float, callers: int
) -> dict[str, Any]:
    began = time.monotonic()
    await load.run(began + 60 * minutes / 10, callers)
    await asyncio.sleep(SETTLE_SECONDS)
    before = figures(pid, temporary)
    load = Load(load.port)
    work = asyncio.create_task(load.run(began + 60 * minutes, callers))
    samples = []
    while not work.done():
        await asyncio.wait({work}, timeout=max(5.0, minutes))
        samples.append(figures(pid, temporary))
    await work
    await asyncio.sleep(SETTLE_SECONDS)
    after = figures(pid, temporary)
    most = {name: max(sample[name] for sample in samples) for name in before}
    growth = {name: round(after[name] - before[name], 1) for name in before}
    failed = {n: c for n, c in load.counts.items() if n.endswith((" 500", "http: ReadTimeout"))}
    return {
        "minutes": minutes, "callers": callers, "before": before, "most": most, "after": after,
        "growth": growth, "allowed": GROWTH, "counts": dict(sorted(load.counts.items())),
        "passed": not failed and all(growth[name] <= GROWTH[name] for name in GROWTH),
    }  # fmt: skip


SETTLE_SECONDS = 30.0
"""A place is given back when its client is known to be gone."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--callers", type=int, default=6)
    parser.add_argument("--checkpoint")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/soak.json"))
    wish = parser.parse_args()
    found = asyncio.run(soak(wish.minutes, wish.callers, wish.checkpoint))
    wish.output.parent.mkdir(parents=True, exist_ok=True)
    wish.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
    raise SystemExit(0 if found["passed"] else 1)


if __name__ == "__main__":
    main()
