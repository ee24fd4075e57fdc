"""A session that is given sound instead of text: it is heard as it is, soon, and an interruption ends it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.audio.pcm import from_int16
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, FloatArray
from omnitalker.hosts.joint import JointVoice
from omnitalker.live.session import AvatarSession, SessionEvent
from omnitalker.live.sound import SoundReply
from tests.live.waiting import wait_until

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer

pytestmark = pytest.mark.usefixtures("no_leaks")


def sound(seconds: float) -> FloatArray:
    return (
        np.random.default_rng(2).normal(0, 0.1, int(24000 * seconds)).astype(np.float32).clip(-1, 1)
    )


def test_given_sound_is_heard_as_it_is(performer: Performer) -> None:
    given = sound(0.8)
    chunks: list[AVChunk] = []
    events: list[SessionEvent] = []
    with AvatarSession(performer) as session:
        session.subscribe(chunks.append)
        session.listen(events.append)
        for at in range(0, len(given), 2400):
            session.push_sound(given[at : at + 2400])
        session.end_sound()
        wait_until(lambda: any(event.kind == "speech_ended" for event in events), 60)
    spoken = np.concatenate([chunk.samples for chunk in chunks if not chunk.is_idle])
    assert len(spoken) == len(given)
    # Where sound begins, and where a busy machine runs dry, 5 ms fade so that nothing clicks.
    assert np.isclose(spoken, given, atol=1e-6).mean() > 0.9


def test_an_interruption_ends_given_sound(performer: Performer) -> None:
    chunks: list[AVChunk] = []
    with AvatarSession(performer) as session:
        session.subscribe(chunks.append)
        session.push_sound(sound(6.0))
        wait_until(lambda: any(not chunk.is_idle for chunk in chunks), 60)
        session.interrupt()
        count = len(chunks)
        wait_until(lambda: len(chunks) > count + 15, 60)
        assert all(chunk.is_idle for chunk in chunks[count + 2 :])
        session.push_sound(sound(0.4))
        session.end_sound()
        wait_until(lambda: any(not chunk.is_idle for chunk in chunks[count + 15 :]), 60)


def test_text_and_sound_take_turns(performer: Performer) -> None:
    events: list[SessionEvent] = []
    with AvatarSession(performer) as session:
        session.listen(events.append)
        session.push_text("Hello there")
        session.push_sound(sound(0.4))
        session.end_sound()
        wait_until(lambda: [e.kind for e in events].count("speech_ended") == 2, 60)


def test_stereo_is_refused(performer: Performer) -> None:
    with AvatarSession(performer) as session, pytest.raises(InputError, match="one channel"):
        session.push_sound(np.zeros((2, 960), np.float32))


def test_frames_wait_no_longer_than_the_look_ahead(performer: Performer) -> None:
    reply = SoundReply(performer)
    reply.push_sound(sound(0.32))
    frames = reply.frames()
    assert next(frames).time == 0.0
    reply.cancel()
    assert list(frames) == []


def test_hosts_that_keep_the_time_get_pictures_for_their_sound(performer: Performer) -> None:
    async def talk() -> None:
        voice = JointVoice(performer)
        reply = voice.sound_reply()
        given = sound(0.5)
        reply.push_sound(given)
        reply.end()
        began = time.monotonic()
        pieces = [piece async for piece in voice.pieces(reply)]
        assert time.monotonic() - began < 20
        heard = from_int16(np.frombuffer(b"".join(piece.sound for piece in pieces), np.int16))
        np.testing.assert_allclose(heard[: len(given)], given, atol=1e-4)
        assert all(piece.picture.shape == (64, 64, 3) for piece in pieces)
        assert [piece.is_last for piece in pieces] == [False] * (len(pieces) - 1) + [True]

    asyncio.run(asyncio.wait_for(talk(), 60))
