"""`omnitalker voices`: who can speak, who can be seen."""

from __future__ import annotations

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.cli import options
from omnitalker.studio.people import VoiceFacts, presenters
from omnitalker.studio.people import voices as known_voices


def register(app: typer.Typer) -> None:
    app.command("voices")(voices)


def voices(checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT) -> None:
    """The built-in voices with their emotions, and the faces."""
    found = known_voices(checkpoint)
    print("voices, for --voice")
    for voice in found:
        print(f"  {voice.name:10}{voice.sex:8}{voice.language:8}{voice.description}".rstrip())
    print("faces, for --face")
    for person in presenters(tuple(voice.name for voice in found)):
        heard = f" (voice {person.voice})" if person.voice else ""
        print(f"  {person.name:10}{person.description}{heard}")
    print("emotions, for --emotion")
    for emotions, who in _by_emotions(found).items():
        print(f"  {', '.join(emotions)}{f' ({who})' if who else ''}")


def _by_emotions(found: tuple[VoiceFacts, ...]) -> dict[tuple[str, ...], str]:
    """What is known to speak in what; no names where all do."""
    names: dict[tuple[str, ...], list[str]] = {}
    for voice in found:
        names.setdefault(voice.emotions, []).append(voice.name)
    return {emotions: ", ".join(who) if len(names) > 1 else "" for emotions, who in names.items()}
