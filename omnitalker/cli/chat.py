"""`omnitalker chat` and `character`: a talk on this machine, and with whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.machine import rest_between_calls
from omnitalker.cli.consent import Agreed, ask_consent, people_in

character_app = typer.Typer(help="Look at and check the files of characters.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command("chat")(chat)
    app.add_typer(character_app, name="character")


def chat(
    character: Annotated[str, typer.Option(help="A built-in character, or a file.")] = "ava",
    llm_url: Annotated[
        str, typer.Option(help="An OpenAI-compatible endpoint up to /v1; none = an echo.")
    ] = "",
    llm_model: Annotated[str, typer.Option(help="The model's name there.")] = "",
    llm_key_env: Annotated[
        str, typer.Option(help="Variable that holds its key.")
    ] = "OPENAI_API_KEY",
    tools: Annotated[
        Path | None, typer.Option(help="A .py file whose functions the model may call.")
    ] = None,
    microphone: Annotated[
        bool, typer.Option("--mic", help="Listen to the microphone as well (wear headphones).")
    ] = False,
    hear: Annotated[
        Path | None, typer.Option(help="A sound file instead of a microphone, in real time.")
    ] = None,
    asr: Annotated[
        str, typer.Option(help="whisper, whisper:small, pocketsphinx, none, or a URL up to /v1.")
    ] = "whisper",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Film the talk into this .mp4.")
    ] = None,
    loudspeaker: Annotated[bool, typer.Option(help="Play the sound here.")] = True,
    i_have_consent: Agreed = False,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps.")] = "cpu",
) -> None:
    """Talk with a character: typed, by microphone, or with a recording in its place.

    For picture and voice in a browser open `omnitalker serve`.
    """
    rest_between_calls()
    import asyncio

    from omnitalker.agent.character import load_character, perform
    from omnitalker.agent.chat import ChatInputs, ChatOutputs, talk
    from omnitalker.agent.hearing import hearing_named, recogniser_of
    from omnitalker.agent.language_model import LanguageModel
    from omnitalker.live.warmup import warm_up
    from omnitalker.studio.casting import Casting

    person = load_character(character)
    ask_consent(people_in(person.order, person.voices.values()), i_have_consent)
    model = LanguageModel(llm_url, llm_model, llm_key_env, tools)
    toolbox = model.toolbox()
    ears = recogniser_of(hearing_named(asr, llm_key_env)) if microphone or hear else None
    inputs = ChatInputs(microphone, hear, ears)
    outputs = ChatOutputs(output, loudspeaker)
    performer = perform(Casting.from_pretrained(checkpoint, device), person)
    warm_up(performer)
    asyncio.run(
        talk(performer, person, model.brain(toolbox), outputs, inputs=inputs, run_tool=toolbox)
    )


@character_app.command("check")
def check_character(
    file: Annotated[str, typer.Argument(help="A character's file, or a built-in one's name.")],
    checkpoint: Annotated[str, typer.Option(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
) -> None:
    """Say whether a character's face, voices and lines will work; exit code 2 if not."""
    from omnitalker.agent.character import check, load_character
    from omnitalker.base.errors import ConfigError
    from omnitalker.studio.casting import Casting

    character = load_character(file)
    problems = check(Casting.from_pretrained(checkpoint), character)
    if problems:
        raise ConfigError(f"{file}: " + "; ".join(problems))
    print(f"{character.name}: all is well")


@character_app.command("list")
def list_characters() -> None:
    """The built-in characters."""
    from omnitalker.agent.character import character_names, load_character

    for name in character_names():
        order = load_character(name).order
        face, voice = order.look.face or "-", order.voice.voice or "its face's"
        print(f"{name:16} face {face}, voice {voice}, {order.delivery.emotion}")
