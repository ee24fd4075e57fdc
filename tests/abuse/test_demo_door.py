"""Who may open the page at all, by which name, how often, and with how much."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from omnitalker.base.errors import ConfigError
from omnitalker.demo import front, launch
from omnitalker.demo.launch import DemoSettings, check_open
from omnitalker.server import prompt
from tests.demo.conftest import served

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline


def test_without_a_password_only_this_machine_is_let_in(caplog: pytest.LogCaptureFixture) -> None:
    for wish in (DemoSettings(host="0.0.0.0"), DemoSettings(share=True), DemoSettings(host="::")):
        with pytest.raises(ConfigError, match="password"):
            check_open(wish)
    check_open(DemoSettings())
    check_open(DemoSettings(host="0.0.0.0", auth=("ann", "secret")))
    check_open(DemoSettings(host="0.0.0.0", insecure=True))
    assert "INSECURE" in caplog.text


def test_other_names_other_sites_and_frames_are_refused(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path
) -> None:
    with served(tiny_pipeline, tmp_path, hosts=("talk.example.org",)) as address:
        assert httpx.get(address, headers={"host": "evil.example:8761"}).status_code == 421
        assert httpx.get(address, headers={"host": "talk.example.org"}).status_code == 200
        page = httpx.get(address)
        assert page.headers["content-security-policy"] == "frame-ancestors 'self'"
        assert "omnitalker-visitor" in page.headers["set-cookie"]
        assert "HttpOnly" in page.headers["set-cookie"]
        upload = f"{address}gradio_api/upload"
        files = {"files": ("a.txt", b"x")}
        cross = {"sec-fetch-site": "cross-site"}
        assert httpx.post(upload, files=files, headers=cross).status_code == 403
        assert httpx.post(upload, files=files).status_code == 200


SENT = 24_000_000
"""Bytes: more than the system holds for both ends of a connection."""


def test_who_does_not_read_or_ask_is_hung_up_on(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "WRITE_SECONDS", 1.0)
    monkeypatch.setattr(prompt, "OPENING_SECONDS", 1.0)
    with served(tiny_pipeline, tmp_path) as address:
        host, port = httpx.URL(address).host, httpx.URL(address).port or 80
        sent = {"files": ("long.bin", bytes(SENT))}
        path = httpx.post(f"{address}gradio_api/upload", files=sent, timeout=60).json()[0]
        with socket.create_connection((host, port), timeout=30) as line:
            line.sendall(f"GET /gradio_api/file={path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            time.sleep(2.5)
            assert _until_closed(line) < SENT
        for words in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "):
            with socket.create_connection((host, port), timeout=30) as line:
                line.sendall(words)
                assert _until_closed(line) == 0
        assert httpx.get(address).status_code == 200


def _until_closed(line: socket.socket) -> int:
    """Bytes that still come; a connection that stays open times out, which is an error."""
    total = 0
    with contextlib.suppress(ConnectionError):
        while data := line.recv(1 << 20):
            total += len(data)
    return total


def test_a_second_visit_keeps_its_number(tiny_pipeline: OmniTalkerPipeline, tmp_path: Path) -> None:
    with served(tiny_pipeline, tmp_path) as address, httpx.Client() as browser:
        assert "set-cookie" in browser.get(address).headers
        assert "omnitalker-visitor" not in browser.get(address).headers.get("set-cookie", "")


@pytest.mark.parametrize(
    ("path", "limit", "value", "body"),
    [
        ("/login", "PASSWORDS_PER_MINUTE", 3, b""),
        ("/gradio_api/queue/join", "CALLS_PER_MINUTE", 3, b""),
        ("/gradio_api/upload", "UPLOADED_BYTES", 300, b"x" * 100),
    ],
)
def test_too_much_of_anything_is_refused(
    monkeypatch: pytest.MonkeyPatch, path: str, limit: str, value: int, body: bytes
) -> None:
    monkeypatch.setattr(front, limit, value)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def statuses() -> list[int]:
        guard, found = front.PageGuard(app), []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                found.append(message["status"])

        for client in ("10.0.0.1",) * 5 + ("10.0.0.2",):
            scope = {
                "type": "http", "method": "POST", "path": path, "headers": [], "client": (client, 1),
            }  # fmt: skip
            await guard(scope, receive, send)
        return found

    assert asyncio.run(statuses()) == [200, 200, 200, 429, 429, 200]
