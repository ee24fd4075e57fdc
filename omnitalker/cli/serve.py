"""`omnitalker serve`: live avatars for others."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.machine import rest_between_calls
from omnitalker.cli.consent import Agreed, ask_consent, people_in


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)
    app.command("key")(key)


def serve(
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="A file as in omnitalker/data/serve.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    checkpoint: Annotated[str | None, typer.Option(help="Checkpoint folder.")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Serve others without keys all the same.")
    ] = False,
    i_have_consent: Agreed = False,
) -> None:
    """Serve live avatars: a web page, OpenAI-compatible speech, WebSocket and WebRTC."""
    rest_between_calls()
    from omnitalker.agent.character import load_character
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
        insecure=insecure or settings.insecure,
    )
    cast = [load_character(name) for name in settings.characters]
    people = [file for who in cast for file in people_in(who.order, who.voices.values())]
    ask_consent(people, i_have_consent)
    print(f"Open http://{settings.host}:{settings.port} when it says it is ready (Ctrl-C stops)")
    run(settings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a further Ctrl-C has nothing left to stop


def key(
    name: Annotated[str, typer.Argument(help="Whose key it is, as logs and figures call it.")],
    file: Annotated[Path, typer.Argument(help="The keys_file of the server; made where missing.")],
) -> None:
    """Make a key for the server. It is shown once; the file keeps its digest. Take its line out to revoke it.

    Example: omnitalker key ann keys.yaml
    """
    from omnitalker.server.keys import new_key

    print(new_key(file, name))
