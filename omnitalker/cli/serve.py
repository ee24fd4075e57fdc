"""`omnitalker serve`: live avatars for others."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.machine import rest_between_calls


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)


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
