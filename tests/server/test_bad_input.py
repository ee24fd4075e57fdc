"""What clients, language models and networks do to a live avatar: nothing hangs, nothing is left behind."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websockets

from omnitalker.agent.brain import LLMSettings, OpenAIBrain
from omnitalker.agent.character import Character
from omnitalker.agent.conversation import Conversation
from omnitalker.live.reply import ReplySettings
from omnitalker.live.session import AvatarSession, SessionSettings
from omnitalker.server.client import AvatarClient
from omnitalker.server.connection import ClientConnection
from tests.agent.test_conversation import Endpoint, delta
from tests.live.waiting import wait_until
from tests.live_fixtures import sketched

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer
    from omnitalker.server.state import ServerState

WORDS = "This is a long answer and it goes on for quite a while until it ends. "


class Heard:
    """The words and events of a session without pictures."""

    def __init__(self, session: AvatarSession) -> None:
        self.words: list[str] = []
        self.kinds: list[str] = []
        session.subscribe(lambda chunk: self.words.extend(w.text.lower() for w in chunk.words))
        session.listen(lambda event: self.kinds.append(event.kind))

    def wait_for(self, kind: str, count: int = 1) -> None:
        wait_until(lambda: self.kinds.count(kind) >= count, 20)


def silent(performer: Performer, **reply: float) -> AvatarSession:
    settings = SessionSettings(size=0, reply=ReplySettings(**reply))  # type: ignore[arg-type]
    return AvatarSession(performer, settings)


@pytest.mark.usefixtures("no_leaks")
def test_empty_deltas_are_no_words_and_do_not_end_a_reply(performer: Performer) -> None:
    with silent(performer) as session:
        heard = Heard(session)
        for part in ("", "Good ", "", "", "morning", ""):
            session.push_text(part)
        session.end_text()
        session.end_text()
        heard.wait_for("speech_ended")
    assert heard.words == ["good", "morning"]


@pytest.mark.usefixtures("no_leaks")
def test_a_language_that_the_character_lacks_is_left_out_with_a_word_in_the_log(
    performer: Performer, caplog: pytest.LogCaptureFixture
) -> None:
    english = replace(performer, delivery=replace(performer.delivery, language="en"))
    with silent(english) as session, caplog.at_level(logging.WARNING, "omnitalker"):
        heard = Heard(session)
        session.say("Привет, как дела? This I can say.")
        heard.wait_for("speech_ended")
    assert heard.words == ["this", "i", "can", "say."]
    assert "left out" in caplog.text
    assert "error" not in heard.kinds


@pytest.mark.usefixtures("no_leaks")
def test_interrupted_before_the_first_word_and_again_for_nothing(performer: Performer) -> None:
    with silent(performer) as session:
        heard = Heard(session)
        session.interrupt()
        session.push_text(WORDS)
        session.interrupt()
        session.interrupt()
        session.push_text("Another ")
        session.push_text("thing.")
        session.end_text()
        heard.wait_for("speech_ended")
    assert heard.words == ["another", "thing."]
    assert heard.kinds.count("interrupted") == 1


@pytest.mark.usefixtures("no_leaks")
def test_ten_thousand_words_can_be_cut_short_at_any_time(performer: Performer) -> None:
    with silent(performer) as session:
        heard = Heard(session)
        session.say("word " * 10_000)
        heard.wait_for("speech_started")
        session.interrupt()
        session.say("Enough.")
        heard.wait_for("speech_ended")
        assert heard.words[-1] == "enough."
        session.push_text("word " * 10_000)


@pytest.mark.usefixtures("no_leaks")
@pytest.mark.parametrize("hangs", [True, False])
def test_a_language_model_that_stalls_or_is_down_is_excused_aloud(
    performer: Performer, caplog: pytest.LogCaptureFixture, hangs: bool
) -> None:
    ada = Character("Ada", "You are Ada.", sketched("ada"))

    async def talk() -> Heard:
        async with (
            Endpoint([delta(content="The answer ")], 200, hangs) as url,
            silent(performer) as session,
        ):
            heard = Heard(session)
            address = url if hangs else "http://127.0.0.1:9/v1"
            thinker = OpenAIBrain(LLMSettings(address, "m", first_seconds=1.0, stall_seconds=0.3))
            conversation = Conversation(session, ada, thinker)
            conversation.hear("Why?")
            await asyncio.to_thread(heard.wait_for, "speech_ended")
            await conversation.aclose()
            left = {task.get_name() for task in asyncio.all_tasks()}
            assert not [name for name in left if name.startswith("omnitalker")]
            return heard

    with caplog.at_level(logging.ERROR, "omnitalker"):
        heard = asyncio.run(asyncio.wait_for(talk(), 60))
    assert heard.words[:2] == (["the", "answer"] if hangs else ["i", "am"])
    assert "thought." in heard.words
    assert ("stalled" if hangs else "failed") in caplog.text


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("{broken", "not JSON"), ("[1, 2]", "JSON object"), ('{"type": 3}', "JSON object"),
        ('{"type": "say"}', '"text"'), ('{"type": "say", "text": 7}', '"text"'),
        ('{"type": "manner", "manner": "furious"}', "furious"),
        ('{"type": "dance"}', "dance"), ("[" * 30_000, "not JSON"),
        ('{"type": "say", "text": "' + "x" * 70_000 + '"}', "limit"), (b"odd", "16-bit"),
        (bytes(70_000), "limit"),
    ],
)  # fmt: skip
def test_messages_that_mean_nothing_are_answered_and_survived(
    address: str, key: str, hall: ServerState, sent: str | bytes, says: str
) -> None:
    async def talk() -> tuple[str, float]:
        async with AvatarClient(
            f"ws://{address}/v1/avatar", key=key, video="none", greet=False
        ) as avatar:
            await avatar._socket.send(sent)
            problem = await next_event(avatar, "error")
            await avatar.send(type="ping")
            return problem["message"], (await next_event(avatar, "pong"))["time"]

    message, _ = asyncio.run(asyncio.wait_for(talk(), 60))
    assert says in message
    wait_until(lambda: hall.admission.sessions.taken == 0)


async def next_event(avatar: AvatarClient, kind: str) -> dict[str, Any]:
    async for message in avatar:
        if isinstance(message, dict) and message["type"] == kind:
            return message
    raise AssertionError(f"no {kind} came")


def test_a_wrong_key_opens_no_door(address: str, hall: ServerState) -> None:
    async def knock(**options: Any) -> None:
        async with websockets.connect(f"ws://{address}/v1/avatar", **options):
            pass

    for options in ({}, {"additional_headers": {"authorization": "Bearer nonsense"}}):
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            asyncio.run(asyncio.wait_for(knock(**options), 30))
        assert refused.value.response.status_code == 403
    offer = httpx.post(f"http://{address}/v1/webrtc/offer", json={"sdp": "x"}, timeout=30)
    assert offer.status_code == 401
    assert hall.admission.sessions.taken == 0


def sockets() -> int:
    """Open sockets of this process."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            count += os.readlink(link).startswith("socket:")
        except OSError:
            continue
    return count


def ours() -> set[str]:
    return {t.name for t in threading.enumerate() if t.name.startswith("omnitalker")}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts sockets the way of Linux")
def test_clients_that_vanish_or_never_read_leave_nothing(
    address: str, key: str, hall: ServerState
) -> None:
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://{address}", headers=headers, timeout=60) as warm:
        warm.get("/v1/models")
    wait_until(lambda: not ours(), 20)
    before = sockets()

    async def vanish() -> None:
        url = f"ws://{address}/v1/avatar"
        for message in ({"type": "session.start", "size": 256}, {"type": "say", "text": WORDS}):
            socket = await websockets.connect(url, additional_headers=headers, max_queue=1)
            await socket.send(json.dumps({"type": "session.start", "size": 256}))
            await socket.send(json.dumps(message))
            await asyncio.sleep(0.7)  # and nothing is read
            socket.transport.abort()
        silent_one = await websockets.connect(url, additional_headers=headers)
        silent_one.transport.abort()
        for path in ("/v1/audio/speech", "/v1/video/speech"):
            await asyncio.to_thread(hang_up, address, headers, path)

    asyncio.run(asyncio.wait_for(vanish(), 60))
    wait_until(
        lambda: hall.admission.sessions.taken == 0 and hall.admission.syntheses.taken == 0, 30
    )
    wait_until(lambda: not ours(), 30)
    wait_until(lambda: sockets() <= before, 30)


def hang_up(address: str, headers: dict[str, str], path: str) -> None:
    with (
        httpx.Client(base_url=f"http://{address}", headers=headers, timeout=60) as client,
        client.stream("POST", path, json={"input": WORDS * 20, "response_format": "pcm"}) as answer,
    ):
        next(answer.iter_raw())


@pytest.mark.usefixtures("no_leaks")
def test_a_desk_closed_in_mid_sentence_leaves_no_task(hall: ServerState) -> None:
    async def visit(act: Callable[[ClientConnection], object]) -> None:
        desk = await asyncio.to_thread(ClientConnection, hall, "ada", {"size": 0, "greet": False})
        desk.open(asyncio.get_running_loop(), lambda _: None)
        desk.session.start()
        act(desk)
        await asyncio.sleep(0.2)
        await desk.aclose()
        left = {task.get_name() for task in asyncio.all_tasks()}
        assert not [name for name in left if name.startswith("omnitalker")]

    for act in (
        lambda desk: None,
        lambda desk: desk.conversation.hear(WORDS),
        lambda desk: desk.hear_sound(b"\0\0" * 1600),
        lambda desk: desk.session.push_text("half a clause"),
    ):
        asyncio.run(asyncio.wait_for(visit(act), 30))
