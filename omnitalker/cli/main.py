"""The root of the command line. Sub-commands import what they need only when they run."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from omnitalker import __version__
from omnitalker.base.errors import OmniTalkerError
from omnitalker.base.machine import keep_memory
from omnitalker.cli import (
    batch,
    bench,
    chat,
    corpus,
    demo,
    doctor,
    evaluate,
    face,
    fetch,
    generate,
    serve,
    style,
    train,
    verify,
    voices,
)  # fmt: skip

app = typer.Typer(
    name="omnitalker",
    help="Text and one short reference clip in, a talking head in that voice and manner out.\n\n"
    'Start with:  omnitalker generate "Hello, nice to meet you." -o out/hello.mp4',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        print(f"omnitalker {__version__}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks and the library's log.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    level = logging.DEBUG if debug else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


for group in (
    generate, voices, style, batch, demo, serve, chat, face, corpus, train, evaluate, bench, doctor, verify,
    fetch,
):  # fmt: skip
    group.register(app)


def run() -> None:
    """Entry point: the user's mistakes are one line and exit code 2; the rest is a traceback."""
    debug = "--debug" in sys.argv[1:]
    keep_memory()
    try:
        app()
    except OmniTalkerError as error:
        if debug:
            raise
        print(f"omnitalker: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("omnitalker: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)


if __name__ == "__main__":
    run()
