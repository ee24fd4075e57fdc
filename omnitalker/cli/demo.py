"""`omnitalker demo`: the web page."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.errors import InputError
from omnitalker.cli import options


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the page.")] = 7860,
    share: Annotated[bool, typer.Option("--share", help="A public link by Gradio.")] = False,
    auth: Annotated[str | None, typer.Option(help="NAME:PASSWORD that visitors must give.")] = None,
    root_path: Annotated[
        str, typer.Option(help="Path under which a reverse proxy shows the page, e.g. /talk.")
    ] = "",
    queue: Annotated[int, typer.Option(help="Visitors who may wait at a time.")] = 16,
    at_once: Annotated[int, typer.Option(help="Videos made at the same time.")] = 1,
    max_seconds: Annotated[int, typer.Option(help="Time limit for one video.")] = 300,
    live_url: Annotated[
        str | None,
        typer.Option(
            help="Where 'omnitalker serve' runs, for the Talk tab; default: on this machine."
        ),
    ] = None,
    with_server: Annotated[
        bool,
        typer.Option(
            "--with-server", help="Start 'omnitalker serve' as well, and stop it with the page."
        ),
    ] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A name this page is asked by, besides localhost. Repeatable."),
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Let others in without a password.")
    ] = False,
    renderer: options.RendererName = "warp",
    styles: Annotated[Path | None, typer.Option(help="Where visitors' styles are kept.")] = None,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
    device: options.Device = "cpu",
) -> None:
    """Open the web page: type, press Generate, watch.

    Example: omnitalker demo --port 8080
    """
    from omnitalker.demo.launch import STYLES, DemoSettings, start

    running = start(
        DemoSettings(
            host=host,
            port=port,
            share=share,
            auth=_name_and_password(auth),
            root_path=root_path,
            queue=queue,
            at_once=at_once,
            max_seconds=max_seconds,
            live_url=live_url,
            with_server=with_server,
            renderer=renderer,
            checkpoint=checkpoint,
            device=device,
            styles=styles or STYLES,
            hosts=tuple(allowed_host or ()),
            insecure=insecure,
        )
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary files go then, too
    print(f"OmniTalker is at {running.address} (Ctrl-C stops it)", flush=True)
    running.wait()


def _name_and_password(auth: str | None) -> tuple[str, str] | None:
    if auth is None:
        return None
    name, colon, password = auth.partition(":")
    if not (name and colon and password):
        raise InputError("--auth takes NAME:PASSWORD")
    return name, password
