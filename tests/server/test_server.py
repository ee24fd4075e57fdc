from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import httpx
import pytest

from omnitalker.server.admission import RateLimit
from omnitalker.server.client import AvatarClient
from omnitalker.server.packets import Packet
from omnitalker.server.state import ServerState
from tests.live.waiting import wait_until

if TYPE_CHECKING:
    pass

SCRIPT = "ada [happy]: Good morning.\n& bob: No.\nnarrator: So it went.\n"


@pytest.fixture
def http(address: str, key: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://{address}", headers=headers, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    ("kind", "content_type", "codec"),
    [
        ("mp3", "audio/mpeg", "mp3"), ("opus", "audio/ogg", "opus"), ("aac", "audio/aac", "aac"),
        ("flac", "audio/flac", "flac"), ("wav", "audio/wav", "pcm_s16le"),
    ],
)  # fmt: skip
def test_speech_in_every_format(
    http: httpx.Client, kind: str, content_type: str, codec: str
) -> None:
    body = {"input": "Hello there.", "voice": "alloy", "response_format": kind}
    answer = http.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(content_type)
    with av.open(io.BytesIO(answer.content)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name.startswith(codec)
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(stream))
    assert 0.4 < seconds < 10


def test_the_official_client_reads_audio_and_events(address: str, key: str) -> None:
    openai = pytest.importorskip("openai")
    client = openai.OpenAI(base_url=f"http://{address}/v1", api_key=key)
    assert "omnitalker" in [model.id for model in client.models.list()]
    make = client.audio.speech.with_streaming_response.create
    with make(model="tts-1", voice="nova", input="Hello there.", response_format="pcm") as answer:
        sound = b"".join(answer.iter_bytes())
    assert len(sound) % 1920 == 0
    with make(
        model="tts-1", voice="nova", input=SCRIPT, instructions="calmly", response_format="pcm"
    ) as answer:
        assert len(b"".join(answer.iter_bytes())) > 1.5 * len(sound)
    with make(
        model="omnitalker", voice="ada:happy", input="Hello there.", response_format="pcm",
        stream_format="sse",
    ) as answer:  # fmt: skip
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data:")]
    assert events[-1]["type"] == "speech.audio.done"
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}


def test_video_is_an_mp4_whose_sound_and_picture_are_equally_long(http: httpx.Client) -> None:
    answer = http.post("/v1/video/speech", json={"input": "Hello there.", "size": 256})
    assert answer.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(answer.content)) as container:
        frames = len(list(container.decode(video=0)))
    with av.open(io.BytesIO(answer.content)) as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert frames > 10
    assert abs(frames * 960 - samples) <= 2 * 1024


def test_a_script_is_a_film_of_several_speakers_and_a_sound_of_several_voices(
    http: httpx.Client,
) -> None:
    body = {"input": SCRIPT, "size": 256, "layout": "side-by-side"}
    answer = http.post("/v1/video/scenes", json=body)
    assert answer.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(answer.content)) as container:
        assert len(list(container.decode(video=0))) > 20
    sound = {"input": SCRIPT, "response_format": "wav"}
    one, several = ({**sound, "input": text} for text in ("ada: Good morning.", SCRIPT))
    lengths = [len(http.post("/v1/audio/speech", json=wish).content) for wish in (one, several)]
    assert lengths[1] > 1.5 * lengths[0]


def test_instructions_and_directions_in_the_text_are_followed(http: httpx.Client) -> None:
    body = {"input": "Good morning to you.", "response_format": "wav"}
    slow = {"instructions": "very slowly"}, {"input": "[very slowly] Good morning to you."}
    plain, *slower = (
        len(http.post("/v1/audio/speech", json={**body, **other}).content) for other in ({}, *slow)
    )
    assert min(slower) > 1.15 * plain


def test_a_line_that_cannot_be_made_is_left_out_unless_that_is_not_wished(
    http: httpx.Client,
) -> None:
    body = {"input": f"{SCRIPT}zoe: Hello.\n", "size": 256}
    answer = http.post("/v1/video/scenes", json=body)
    assert answer.headers["x-omnitalker-left-out"] == "1"
    answer = http.post("/v1/video/scenes", json={**body, "strict": True})
    assert answer.status_code == 400
    assert "line 4: speaker 'zoe' is not known" in answer.json()["error"]["message"]
    named = "---\ncast: {A: {ref: /etc/passwd}}\n---\nA: Hi.\nada: Ho.\n"
    answer = http.post("/v1/video/scenes", json={"input": named, "strict": True})
    assert "no file can be named here" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"input": "  "}, "empty"),
        ({"input": "x" * 5000}, "5000 characters"),
        ({"input": "hi", "voice": "nobody"}, "nobody"),
        ({"input": "hi", "voice": "ada:furious"}, "furious"),
        ({"input": "hi", "response_format": "midi"}, "response_format"),
        ({"input": "!!! 😀"}, "nothing to say"),
        ({}, "input"),
    ],
)
def test_bad_requests_are_explained(http: httpx.Client, body: dict[str, str], says: str) -> None:
    answer = http.post("/v1/audio/speech", json=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


def test_who_may_not_come_in(address: str, http: httpx.Client) -> None:
    base = f"http://{address}"
    assert httpx.get(f"{base}/v1/models").status_code == 401
    wrong = {"authorization": "Bearer nonsense"}
    assert httpx.get(f"{base}/v1/models", headers=wrong).status_code == 401
    assert http.get("/v1/models", headers={"origin": "https://evil.example"}).status_code == 403
    assert http.get("/v1/models", headers={"origin": base}).status_code == 200
    assert http.post("/v1/audio/speech", content=b"x" * 30_000).status_code == 413
    chunked = (b"x" * 10_000 for _ in range(5))
    assert http.post("/v1/audio/speech", content=chunked).status_code == 413
    assert http.post("/v1/audio/speech", content=b"{not json").status_code == 400
    for path in ("/", "/health", "/static/omnitalker.js"):
        assert httpx.get(base + path).status_code == 200


def test_places_are_limited_and_given_back(hall: ServerState, http: httpx.Client) -> None:
    with hall.admission.syntheses.seat(), hall.admission.syntheses.seat():
        answer = http.post("/v1/audio/speech", json={"input": "hi"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert http.post("/v1/audio/speech", json={"input": "hi"}).status_code == 200
    with http.stream("POST", "/v1/audio/speech", json={"input": "word " * 800}) as answer:
        next(answer.iter_bytes())
    wait_until(lambda: hall.admission.syntheses.taken == 0)
    figures = http.get("/metrics").text
    assert 'omnitalker_first_chunk_seconds_count{kind="audio"}' in figures
    assert "omnitalker_syntheses_refused 1.0" in figures
    assert http.get("/ready").status_code in (200, 503)


def test_a_socket_talks_is_interrupted_and_leaves_nothing(
    address: str, hall: ServerState, key: str
) -> None:
    async def talk() -> list[Packet | dict]:
        url = f"ws://{address}/v1/avatar"
        got: list[Packet | dict] = []
        async with AvatarClient(url, key=key, size=256, greet=False) as avatar:
            await avatar.send(type="text.delta", text="Well, let me see, my friend, ")
            async for message in avatar:
                got.append(message)
                if isinstance(message, dict) and message["type"] == "word" and len(got) < 900:
                    await avatar.send(type="interrupt")
                    await avatar.send(type="nonsense")
                    await avatar._socket.send("{broken")
                    await avatar.send(type="user.text", text="What?")
                if isinstance(message, Packet) and message.is_last:
                    break
        return got

    got = asyncio.run(asyncio.wait_for(talk(), 60))
    events = [message["type"] for message in got if isinstance(message, dict)]
    assert events[0] == "session.started"
    assert {"speech.started", "word", "interrupted", "error", "user"} <= set(events)
    packets = [message for message in got if isinstance(message, Packet)]
    assert all(len(packet.samples) == 960 for packet in packets)
    assert all(packet.picture.startswith(b"\xff\xd8") for packet in packets)
    wait_until(lambda: hall.admission.sessions.taken == 0)
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "omnitalker-session"])


def test_a_third_session_is_refused_and_a_vanished_client_is_noticed(
    address: str, hall: ServerState, key: str
) -> None:
    async def crowd() -> dict:
        url = f"ws://{address}/v1/avatar"
        async with AvatarClient(url, key=key, size=256), AvatarClient(url, key=key, video="none"):
            wait_until(lambda: hall.admission.sessions.taken == 2)
            third = AvatarClient(url, key=key)
            async with third:
                return await anext(aiter(third))  # type: ignore[return-value]

    refused = asyncio.run(asyncio.wait_for(crowd(), 60))
    assert refused["code"] == "busy"
    wait_until(lambda: hall.admission.sessions.taken == 0)


def test_the_rate_is_limited_caller_by_caller() -> None:
    now = time.monotonic()
    limit = RateLimit(2, clock=lambda: now)
    assert [limit.wait("a"), limit.wait("a"), limit.wait("b")] == [0, 0, 0]
    assert limit.wait("a") > 0
    now += 61
    assert limit.wait("a") == 0
