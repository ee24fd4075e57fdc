"""A talk in the terminal: typed lines in, the avatar's voice from the loudspeaker, its film in a file."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from omnitalker import timeline
from omnitalker.dialogue.brain import Brain
from omnitalker.dialogue.character import Character
from omnitalker.dialogue.conversation import Conversation
from omnitalker.dialogue.performer import Performer
from omnitalker.dialogue.session import AvatarSession, SessionEvent, SessionSettings
from omnitalker.media.sound import to_int16
from omnitalker.media.writer import VideoWriter
from omnitalker.types import AVChunk

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ChatOutputs:
    film: Path | None = None
    loudspeaker: bool = True


async def talk(
    performer: Performer,
    character: Character,
    brain: Brain,
    outputs: ChatOutputs,
    write: Callable[[str], object] = sys.stdout.write,
) -> None:
    """Until the input ends, or the user types /quit. /stop interrupts, /manner NAME changes the mood."""
    size = None if outputs.film else 0
    session = AvatarSession(performer.pipeline, performer, SessionSettings(size=size))
    with ExitStack() as stack:
        for sink in _sinks(outputs, session, stack):
            session.subscribe(sink)
        session.subscribe(lambda chunk: _write_words(chunk, write))
        session.listen(lambda event: _write_event(event, character.name, write))
        stack.enter_context(session)
        conversation = Conversation(session, character, brain)
        conversation.greet()
        try:
            await _read_lines(conversation, write)
        finally:
            await conversation.aclose()


async def _read_lines(conversation: Conversation, write: Callable[[str], object]) -> None:
    session = conversation.session
    answer: asyncio.Task[None] | None = None
    while line := await asyncio.to_thread(sys.stdin.readline):
        line = line.strip()
        if line == "/quit":
            return
        if line == "/stop":
            conversation.stop()
        elif line.startswith("/manner "):
            from omnitalker.dialogue.markup import manner_named

            manner = manner_named(line[8:].strip())
            session.set_manner(manner) if manner else write("no such manner\n")
        elif line:
            answer = conversation.hear(line)
    if answer is not None:
        await answer
    while session.is_speaking:
        await asyncio.sleep(0.1)


def _sinks(
    outputs: ChatOutputs, session: AvatarSession, stack: ExitStack
) -> Iterator[Callable[[AVChunk], object]]:
    if outputs.film is not None and session.pictures is not None:
        writer = stack.enter_context(VideoWriter(outputs.film, session.pictures.size))
        yield writer.write
    if outputs.loudspeaker:
        play = stack.enter_context(_loudspeaker())
        if play is not None:
            yield play


@contextmanager
def _loudspeaker() -> Iterator[Callable[[AVChunk], object] | None]:
    """None where there is no sound card or no library for it; the talk goes on in text."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        log.warning("no sound: %s (pip install sounddevice)", error)
        yield None
        return
    with contextlib.ExitStack() as stack:
        try:
            stream = sounddevice.RawOutputStream(
                samplerate=timeline.SAMPLE_RATE, channels=1, dtype="int16", latency="low"
            )
            stack.enter_context(stream)
        except sounddevice.PortAudioError as error:
            log.warning("no sound: %s", error)
            yield None
            return
        yield lambda chunk: stream.write(to_int16(chunk.samples).tobytes())


def _write_words(chunk: AVChunk, write: Callable[[str], object]) -> None:
    for word in chunk.words:
        write(word.text + " ")
    if chunk.is_last:
        write("\n")


def _write_event(event: SessionEvent, name: str, write: Callable[[str], object]) -> None:
    if event.kind == "speech_started":
        write(f"{name}: ")
    elif event.kind == "interrupted":
        write("—\n")
