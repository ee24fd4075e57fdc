"""However many replies a client sends, a session stays as small as it was."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from omnitalker.base.errors import InputError
from omnitalker.live.reply import ReplySettings
from omnitalker.live.session import AvatarSession, SessionSettings
from omnitalker.live.speaker import MOST_CHARACTERS, MOST_REPLIES, MOST_WORKERS

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer

SILENT = SessionSettings(size=0, reply=ReplySettings(stall=30.0))


def workers() -> int:
    return sum(thread.name == "omnitalker-reply" for thread in threading.enumerate())


@pytest.mark.usefixtures("no_leaks")
def test_a_thousand_replies_are_no_thousand_threads(performer: Performer) -> None:
    before = workers()
    with AvatarSession(performer, SILENT) as session:
        refused = 0
        for _ in range(1000):
            try:
                session.say("Hello there my friend.")
            except InputError as error:
                assert "wait until one has ended" in str(error)  # noqa: PT017
                refused += 1
        assert refused >= 1000 - MOST_REPLIES - 20
        for _ in range(50):
            session.interrupt()
            session.say("Again.")
        assert workers() - before <= MOST_WORKERS
    assert workers() == before


@pytest.mark.usefixtures("no_leaks")
def test_text_without_end_is_refused_at_the_limit(performer: Performer) -> None:
    with AvatarSession(performer, SILENT) as session:
        session.push_text("word " * (MOST_CHARACTERS // 5 - 10))
        with pytest.raises(InputError, match="characters wait"):
            session.push_text("word " * 100)
        session.interrupt()
        session.push_text("word " * 100)


@pytest.mark.usefixtures("no_leaks")
def test_replies_are_spoken_in_the_order_they_came(performer: Performer) -> None:
    said: list[str] = []
    done = threading.Event()
    with AvatarSession(performer, SILENT) as session:
        session.subscribe(lambda chunk: said.extend(word.text.lower() for word in chunk.words))
        session.listen(
            lambda event: (
                done.set() if (event.kind, event.utterance) == ("speech_ended", 4) else None
            )
        )
        for word in ("One.", "Two.", "Three.", "Four."):
            session.say(word)
        assert done.wait(60)
    assert said == ["one.", "two.", "three.", "four."]
