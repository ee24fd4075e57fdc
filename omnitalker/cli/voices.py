"""`omnitalker voices`: who can speak, who can be seen; voices by description."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.errors import InputError
from omnitalker.cli import options
from omnitalker.cli.describe import create, find
from omnitalker.studio.people import VoiceFacts, presenters
from omnitalker.studio.people import voices as known_voices

voices_app = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    app.add_typer(voices_app, name="voices")
    voices_app.callback()(voices)
    voices_app.command("find")(find)
    voices_app.command("create")(create)


def voices(
    context: typer.Context,
    play: Annotated[
        str | None, typer.Option("--play", metavar="NAME", help="Hear a voice say who it is.")
    ] = None,
    sample: Annotated[
        Path | None,
        typer.Option("--sample", metavar="FILE", help="With --play: into a file, not aloud."),
    ] = None,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """The built-in voices with their emotions, and the faces; find and create take a description.

    Examples:

      omnitalker voices

      omnitalker voices --play clara

      omnitalker voices --play lin --sample lin.wav
    """
    if context.invoked_subcommand is not None:
        return
    if play is not None:
        _introduce(play, sample, checkpoint)
        return
    if sample is not None:
        raise InputError("--sample needs a voice: omnitalker voices --play NAME --sample FILE")
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


def _introduce(name: str, file: Path | None, checkpoint: str) -> None:
    """A voice says its name, aloud or into `file`."""
    from omnitalker.cli.player import play
    from omnitalker.studio.casting import Casting
    from omnitalker.studio.check import check, check_writable
    from omnitalker.studio.order import parse
    from omnitalker.studio.produce import produce

    text = f"Hello, I am {name.capitalize()}. This is how I sound, whatever you want me to say."
    order = parse({"text": text, "voice": name, "format": "wav"})
    check(order, {voice.name: voice.emotions for voice in known_voices(checkpoint)})
    with tempfile.TemporaryDirectory() as folder:
        output = file.with_suffix(".wav") if file else Path(folder) / "voice.wav"
        check_writable(output)
        produce(Casting.from_pretrained(checkpoint), order, output)
        if file is None:
            play(output)
        else:
            print(output)


def _by_emotions(found: tuple[VoiceFacts, ...]) -> dict[tuple[str, ...], str]:
    """What is known to speak in what; no names where all do."""
    names: dict[tuple[str, ...], list[str]] = {}
    for voice in found:
        names.setdefault(voice.emotions, []).append(voice.name)
    return {emotions: ", ".join(who) if len(names) > 1 else "" for emotions, who in names.items()}
