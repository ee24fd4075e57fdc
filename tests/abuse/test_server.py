"""Callers who want more than their share: slow readers and openings, floods, wrong keys, other hosts' names."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websockets

from omnitalker.base.errors import ConfigError
from omnitalker.server import front, prompt
from omnitalker.server.admission import Allowance, Busy, Pace, RateLimit, Slots, Tally
from omnitalker.server.client import AvatarClient
from omnitalker.server.front import check_host, is_loopback, listen_at
from omnitalker.server.keys import KeyRing, digest, new_key
from omnitalker.server.run import check_open
from omnitalker.server.settings import IceServer, ServeConfig
from tests.live.waiting import wait_until

if TYPE_CHECKING:
    from omnitalker.server.state import ServerState

LONG = "The quick brown fox jumps over the lazy dog near the river bank. " * 60


@contextmanager
def serving(
    hall: ServerState, keys: KeyRing | None = None, **changes: Any
) -> Iterator[tuple[str, ServerState]]:
    """A real server over the same model with another configuration."""
    import uvicorn

    from omnitalker.server.app import create_app
    from omnitalker.server.state import ServerState

    config = replace(hall.config, keys_env="OMNITALKER_NO_KEYS", **changes)
    own = ServerState(hall.studio, hall.characters, config)
    settings = uvicorn.Config(
        create_app(own, keys), port=0, log_level="warning", http=prompt.PromptProtocol
    )
    server = uvicorn.Server(settings)
    listening = listen_at("127.0.0.1", 0)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)  # full after a moment of speech
    address = f"127.0.0.1:{listening.getsockname()[1]}"
    thread = threading.Thread(target=server.run, args=([listening],), name="test-server")
    thread.start()
    wait_until(lambda: server.started, 30)
    try:
        yield address, own
    finally:
        own.is_hurried.set()
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def stalled(address: str, body: dict[str, Any]) -> socket.socket:
    """A request whose answer nobody reads."""
    host, _, port = address.partition(":")
    data = json.dumps(body).encode()
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.connect((host, int(port)))
    line.sendall(
        f"POST /v1/audio/speech HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(data)}\r\n\r\n".encode()
        + data
    )
    return line


def test_readers_who_do_not_read_lose_their_places(hall: ServerState) -> None:
    with serving(hall, write_seconds=1.0) as (address, own):
        lines = [stalled(address, {"input": LONG, "response_format": "wav"}) for _ in range(2)]
        wait_until(lambda: own.admission.syntheses.taken == 2, 60)
        wait_until(lambda: own.admission.syntheses.taken == 0, 90)
        answer = httpx.post(f"http://{address}/v1/audio/speech", json={"input": "Hi."}, timeout=60)
        assert answer.status_code == 200
        assert own.admission.slow_readers == 2
        for line in lines:
            line.close()


def test_a_socket_whose_client_never_reads_is_closed(hall: ServerState) -> None:

    async def sit(address: str, own: ServerState) -> None:
        line = await websockets.connect(f"ws://{address}/v1/avatar", max_queue=1)
        await line.send(json.dumps({"type": "session.start", "size": 768}))
        await line.send(json.dumps({"type": "say", "text": LONG}))
        line.transport.pause_reading()
        await asyncio.to_thread(wait_until, lambda: own.admission.sessions.taken == 1, 20)
        await asyncio.to_thread(wait_until, lambda: own.admission.sessions.taken == 0, 90)
        line.transport.abort()

    with serving(hall, write_seconds=1.0) as (address, own):
        asyncio.run(asyncio.wait_for(sit(address, own), 120))


def test_who_says_nothing_takes_no_place(hall: ServerState) -> None:
    async def sit(address: str, own: ServerState) -> None:
        url = f"ws://{address}/v1/avatar"
        quiet = [await websockets.connect(url) for _ in range(3)]
        await asyncio.to_thread(wait_until, lambda: own.admission.openings.taken == 3, 20)
        async with websockets.connect(url) as one_more:
            assert "are in use" in await one_more.recv()
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await one_more.recv()
        assert own.admission.sessions.taken == 0
        for line in quiet:
            await line.close()

    allowance = Allowance(openings=3, requests_per_minute=0)
    with serving(hall, allowance=allowance) as (address, own):
        asyncio.run(asyncio.wait_for(sit(address, own), 60))


def test_openings_without_end_are_closed(
    hall: ServerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "OPENING_SECONDS", 0.5)
    with serving(hall) as (address, _):
        host, _, port = address.partition(":")
        for words in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: "):
            with socket.create_connection((host, int(port)), timeout=20) as line:
                line.sendall(words)
                with contextlib.suppress(ConnectionResetError):
                    assert line.recv(1000) == b""
        with socket.create_connection((host, int(port)), timeout=20) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 50)
            with contextlib.suppress(ConnectionError):
                for _ in range(60):
                    line.sendall(b"a" * 65_536)
                assert line.recv(1000) == b""
        assert httpx.get(f"http://{address}/health").status_code == 200


def test_a_flood_of_replies_is_refused_and_costs_no_threads(hall: ServerState) -> None:
    async def flood(address: str) -> None:
        async with AvatarClient(f"ws://{address}/v1/avatar", video="none", greet=False) as avatar:
            for _ in range(300):
                await avatar._socket.send('{"type": "say", "text": "hello there my friend"}')
            async for message in avatar:
                if isinstance(message, dict) and "wait until one has ended" in message.get(
                    "message", ""
                ):
                    break
            assert sum(t.name == "omnitalker-reply" for t in threading.enumerate()) <= 3

    with serving(hall) as (address, _):
        asyncio.run(asyncio.wait_for(flood(address), 60))


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ('{"type": "ping", "x": ' + "1" * 6000 + "}", "not JSON"),
        (json.dumps({"type": "z" * 60_000}), "is not known"),
        ('{"type": "user.text", "text": "' + "x" * 5000 + '"}', "at most 4000"),
    ],
)
def test_errors_are_short_and_end_nothing(address: str, key: str, sent: str, says: str) -> None:
    async def talk() -> str:
        async with AvatarClient(
            f"ws://{address}/v1/avatar", key=key, video="none", greet=False
        ) as avatar:
            await avatar._socket.send(sent)
            async for message in avatar:
                if isinstance(message, dict) and message["type"] == "error":
                    return str(message["message"])
        raise AssertionError("nothing came")

    message = asyncio.run(asyncio.wait_for(talk(), 60))
    assert says in message
    assert len(message) < 500


@pytest.mark.parametrize("size", [256.0, False, [1], "256", 10**30])
def test_sizes_of_other_kinds_are_refused_in_words(address: str, key: str, size: object) -> None:
    async def talk() -> str:
        async with AvatarClient(
            f"ws://{address}/v1/avatar", key=key, size=size, greet=False
        ) as avatar:
            async for message in avatar:
                if isinstance(message, dict):
                    return str(message.get("message"))
        raise AssertionError("nothing came")

    assert "size must be" in asyncio.run(asyncio.wait_for(talk(), 60))


def test_signs_that_are_read_out_count_as_sounds(hall: ServerState) -> None:
    with serving(hall) as (address, _):
        answer = httpx.post(
            f"http://{address}/v1/audio/speech", json={"input": "<" * 4096}, timeout=60
        )
    assert answer.status_code == 400
    assert "the limit is 12,000" in answer.json()["error"]["message"]


def test_names_that_others_let_point_here_are_refused(hall: ServerState) -> None:
    with serving(hall, origins=("https://talk.example.org",)) as (address, _):
        port = address.rpartition(":")[2]
        base = f"http://{address}"
        evil = {"host": f"evil.example:{port}", "origin": f"http://evil.example:{port}"}
        assert httpx.get(f"{base}/v1/models", headers=evil).status_code == 421
        assert httpx.get(base, headers={"host": "evil.example"}).status_code == 421
        assert (
            httpx.get(f"{base}/v1/models", headers={"host": "", "origin": "null"}).status_code
            == 421
        )
        assert httpx.get(f"{base}/v1/models", headers={"origin": "null"}).status_code == 403
        for name in (
            "localhost",
            f"localhost:{port}",
            "192.168.1.7",
            "[::1]:80",
            "talk.example.org",
        ):
            assert httpx.get(f"{base}/v1/models", headers={"host": name}).status_code == 200
        page = httpx.get(base)
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]

        async def knock() -> None:
            async with websockets.connect(
                f"ws://{address}/v1/avatar", additional_headers={"Host": "evil.example"}
            ):
                pass

        with pytest.raises(
            (websockets.exceptions.InvalidStatus, websockets.exceptions.InvalidMessage)
        ):
            asyncio.run(asyncio.wait_for(knock(), 30))


def test_allowed_names_and_those_below_them() -> None:
    check_host("talk.example.org:443", ["talk.example.org"])
    check_host("a.b.example.org", [".example.org"])
    check_host("example.org", [".example.org"])
    for name in ("example.org.evil.com", "evilexample.org", "", "@", "a:b:c"):
        with pytest.raises(front.Refusal):
            check_host(name, [".example.org"])


def test_wrong_keys_are_counted_and_those_inside_stay(hall: ServerState, tmp_path: Path) -> None:
    right = new_key(tmp_path / "keys.yaml", "ann")
    other = new_key(tmp_path / "keys.yaml", "bo")
    ring = KeyRing("OMNITALKER_NO_KEYS", tmp_path / "keys.yaml")
    allowance = Allowance(wrong_keys_per_minute=5)
    with serving(hall, ring, allowance=allowance) as (address, own):

        def ask(key: str) -> int:
            headers = {"authorization": f"Bearer {key}"}
            return httpx.get(f"http://{address}/v1/models", headers=headers).status_code

        assert ask(right) == 200
        assert [ask(f"guess-{n}") for n in range(8)] == [401] * 5 + [429] * 3
        assert ask(other) == 429, "a right guess must not be told from a wrong one"
        assert ask(right) == 200, "who was inside already is not locked out"
        assert own.admission.wrong_keys.refused == 4


def test_keys_have_names_are_hashed_and_can_be_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.yaml"
    ann, bo = new_key(file, "ann"), new_key(file, "bo")
    text = file.read_text()
    assert ann not in text
    assert digest(ann) in text
    assert file.stat().st_mode & 0o077 == 0
    ring = KeyRing("OMNITALKER_NO_KEYS", file)
    monkeypatch.setattr("omnitalker.server.keys.LOOK_EVERY", 0.0)
    assert (ring.name_of(ann), ring.name_of(bo), ring.name_of("")) == ("ann", "bo", None)
    file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("ann")))
    assert (ring.name_of(ann), ring.name_of(bo)) == (None, "bo")
    file.write_text("bo: plain-text-secret\n")
    assert ring.name_of(bo) == "bo", "a broken file changes nothing"
    with pytest.raises(ConfigError, match="already"):
        new_key(tmp_path / "other.yaml", "x") and new_key(tmp_path / "other.yaml", "x")
    with pytest.raises(ConfigError, match="no key file"):
        KeyRing("OMNITALKER_NO_KEYS", tmp_path / "absent.yaml")


def test_without_keys_only_this_machine_is_served(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("K", raising=False)
    none = KeyRing("K")
    assert none.is_empty
    check_open(ServeConfig(host="127.0.0.1"), none)
    check_open(ServeConfig(host="localhost"), none)
    for host in ("0.0.0.0", "::", "192.168.1.7", "talk.example.org"):
        with pytest.raises(ConfigError, match="no keys"):
            check_open(ServeConfig(host=host), none)
        assert not is_loopback(host)
    check_open(ServeConfig(host="0.0.0.0", insecure=True), none)
    assert "INSECURE" in caplog.text
    for blank in (" , ", "", ","):
        monkeypatch.setenv("K", blank)
        with pytest.raises(ConfigError, match="holds no key"):
            KeyRing("K")
    monkeypatch.setenv("K", "a-secret")
    check_open(ServeConfig(host="0.0.0.0"), KeyRing("K"))


def test_a_second_server_on_the_port_fails_before_it_loads() -> None:
    with listen_at("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen at 127.0.0.1:{port}"):
            listen_at("127.0.0.1", port)


def test_nobody_outside_is_asked_for_the_way() -> None:
    from aiortc import RTCPeerConnection

    from omnitalker.server.webrtc import rtc_configuration

    assert rtc_configuration(()).iceServers == []
    asked: list[object] = []

    async def connect() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "aiortc.rtcicetransport.getDefaultIceServers",
                lambda *_: asked.append("the default") or [],
                raising=False,
            )
            peer = RTCPeerConnection(rtc_configuration(()))
            peer.createDataChannel("x")
            await peer.setLocalDescription(await peer.createOffer())
            await peer.close()

    asyncio.run(asyncio.wait_for(connect(), 60))
    assert not asked
    turn = rtc_configuration((IceServer(("turn:turn.example.org:3478",), "ann", "TURN_PASSWORD"),))
    assert turn.iceServers[0].username == "ann"


def test_eight_at_once_get_what_they_get_one_by_one(hall: ServerState) -> None:
    texts = [f"Number {n} is said." for n in range(4)] * 2
    allowance = Allowance(syntheses=8, requests_per_minute=0)
    with serving(hall, syntheses=8, allowance=allowance) as (address, _):

        def ask(text: str) -> bytes:
            body = {"input": text, "response_format": "pcm"}
            answer = httpx.post(f"http://{address}/v1/audio/speech", json=body, timeout=120)
            assert answer.status_code == 200
            return answer.content

        alone = [ask(text) for text in texts[:4]]
        with ThreadPoolExecutor(8) as callers:
            together = list(callers.map(ask, texts))
    assert len(set(alone)) > 1, "an untrained network says some alike"
    assert together == alone * 2


def test_what_is_too_large_is_told_and_its_rest_not_read(hall: ServerState) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    with serving(hall) as (address, _), httpx.Client(timeout=30) as client:
        for content in (b"x" * 2_000_000, pieces()):
            with contextlib.suppress(
                httpx.WriteError, httpx.ReadError
            ):  # hung up on while it still sends
                answer = client.post(f"http://{address}/v1/audio/speech", content=content)
                assert answer.status_code == 413
                assert answer.headers["connection"] == "close"
            assert client.get(f"http://{address}/health").status_code == 200


def test_nobody_takes_more_than_a_share() -> None:
    places = Slots(3, "chairs", share=2)
    with places.seat("ann"), places.seat("ann"):
        with pytest.raises(Busy, match="your 2 chairs"), places.seat("ann"):
            pass
        with places.seat("bo"), pytest.raises(Busy, match="all 3"), places.seat("cy"):
            pass
    assert (places.taken, places.refused) == (0, 2)
    assert not places._by_caller


def test_seconds_of_speech_come_back_after_an_hour() -> None:
    now = 0.0
    tally = Tally(60.0, 3600.0, clock=lambda: now)
    for _ in range(59):
        tally.add("ann", 1.0)
        assert tally.look("ann") == 0
        now += 10
    tally.add("ann", 5.0)
    assert tally.look("ann") > 0
    assert tally.look("bo") == 0
    now += 3600
    assert tally.look("ann") == 0


def test_a_million_callers_are_forgotten_in_turn() -> None:
    limit = RateLimit(1)
    for number in range(12_000):
        limit.wait(str(number))
    assert len(limit._events) <= 10_001
    assert limit.wait("11999") > 0


def test_the_pace_of_a_connection() -> None:
    now = 0.0
    pace = Pace(10, clock=lambda: now)
    delays = [pace.delay() for _ in range(30)]
    assert delays[0] <= 0.1
    assert delays[-1] == pytest.approx(3.0)
    now = 100.0
    assert sum(pace.delay() == 0.0 for _ in range(45)) >= 40


def test_when_it_is_told_to_stop_what_is_said_is_said_to_its_end(hall: ServerState) -> None:
    """The server itself is stopped in tests/server/test_stopping; here nothing new may begin."""
    with serving(hall) as (address, own):
        own.is_leaving.set()
        answer = httpx.post(f"http://{address}/v1/audio/speech", json={"input": "Hi."}, timeout=60)
        assert answer.status_code == 503
        assert "stopping" in answer.json()["error"]["message"]
