"""`omnitalker serve`, `chat`, `character` and `bench`."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.machine import rest_between_calls

character_app = typer.Typer(help="Look at and check the files of characters.", no_args_is_help=True)
bench_app = typer.Typer(help="Measure this machine.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)
    app.command("chat")(chat)
    app.add_typer(character_app, name="character")
    app.add_typer(bench_app, name="bench")


def serve(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A file as in omnitalker/data/serve.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    checkpoint: Annotated[str | None, typer.Option(help="Checkpoint folder.")] = None,
) -> None:
    """Serve live avatars: a web page, OpenAI-compatible speech, WebSocket and WebRTC."""
    rest_between_calls()
    from omnitalker.base import assets
    from omnitalker.base.config import load_config
    from omnitalker.server.run import run
    from omnitalker.server.settings import ServeConfig

    settings = load_config(ServeConfig, config or assets.data_path("serve", "local.yaml"))
    settings = replace(
        settings,
        host=host or settings.host,
        port=port or settings.port,
        checkpoint=checkpoint or settings.checkpoint,
    )
    print(f"Open http://{settings.host}:{settings.port} when it says it is ready (Ctrl-C stops)")
    run(settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a further Ctrl-C has nothing left to stop


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
    from omnitalker.studio.casting import Studio

    person = load_character(character)
    model = LanguageModel(llm_url, llm_model, llm_key_env, tools)
    toolbox = model.toolbox()
    ears = recogniser_of(hearing_named(asr, llm_key_env)) if microphone or hear else None
    inputs = ChatInputs(microphone, hear, ears)
    outputs = ChatOutputs(output, loudspeaker)
    performer = perform(Studio.from_pretrained(checkpoint, device), person)
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
    from omnitalker.studio.casting import Studio

    character = load_character(file)
    problems = check(Studio.from_pretrained(checkpoint), character)
    if problems:
        raise ConfigError(f"{file}: " + "; ".join(problems))
    print(f"{character.name}: all is well")


@character_app.command("list")
def list_characters() -> None:
    """The built-in characters."""
    from omnitalker.agent.character import character_names, load_character

    for name in character_names():
        print(f"{name:16} {load_character(name).persona.strip().splitlines()[0]}")


@bench_app.command("live")
def bench_live(
    turns: Annotated[int, typer.Option(help="Replies timed for latency.")] = 20,
    seconds: Annotated[float, typer.Option(help="Length of the continuous talk.")] = 30.0,
    sessions: Annotated[int, typer.Option(help="Avatars at a time in the last test.")] = 4,
    size: Annotated[int, typer.Option(help="Picture side in pixels.")] = 512,
    renderer: Annotated[str, typer.Option(help="warp or sketch.")] = "warp",
    checkpoint: Annotated[str, typer.Option(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
    webrtc_minutes: Annotated[
        float, typer.Option(help="Also: are sound and picture together at a WebRTC peer?")
    ] = 0.0,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this: turns, continuous, interruption, reactions, together, webrtc. Repeatable."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write JSON, minute by minute; parts measured before are kept."
        ),
    ] = None,
) -> None:
    """Time to the first chunk, sustained rate, interruptions, memory, and several sessions."""
    rest_between_calls()
    import json

    from omnitalker.evaluation.bench.live import PARTS, BenchSettings, measure

    usual = PARTS if webrtc_minutes else tuple(name for name in PARTS if name != "webrtc")
    settings = BenchSettings(
        turns, seconds, sessions, size, renderer, checkpoint,  # type: ignore[arg-type]
        webrtc_minutes or 1.0, tuple(part or usual),  # type: ignore[arg-type]
    )  # fmt: skip
    before = json.loads(output.read_text()) if output and output.exists() and part else {}

    def keep(figures: dict[str, object]) -> None:
        if output is not None:
            text = json.dumps({**before, **figures}, indent=2)
            output.write_text(text + "\n", encoding="utf-8")

    print(json.dumps(measure(settings, keep), indent=2))
