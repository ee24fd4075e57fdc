"""Every command that README and docs show is understood by the real command line, and run where it can be."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.docs.pages import ROOT, Block, blocks, inline_commands

SHELL = blocks("bash", "sh")
SHOWN = [(block, command) for block in SHELL for command in block.commands]
PATIENCE = 180.0
_PORTS = {"serve": 8000, "demo": 7860}


def names(cases: list[tuple[Block, list[str]]]) -> list[str]:
    return [f"{block.page}:{' '.join(command)[:60]}" for block, command in cases]


def of(way: str) -> list[tuple[Block, list[str]]]:
    return [case for case in SHOWN if case[0].way == way]


def understand(arguments: list[str], *, whole: bool = True) -> None:
    """Parsed as the program does it: unknown commands, options and values are errors."""
    from omnitalker.cli.main import app

    command = typer.main.get_command(app)
    context = command.make_context("omnitalker", list(arguments))
    while True:
        rest = [*context._protected_args, *context.args]  # what the group left for its command
        resolve = getattr(context.command, "resolve_command", None)
        if resolve is None or not rest:
            return
        name, command, rest = resolve(context, rest)
        try:
            context = command.make_context(name, rest, parent=context)
        except Exception as error:  # typer brings a click of its own in some versions
            if whole or type(error).__name__ not in ("MissingParameter", "NoArgsIsHelpError"):
                raise
            return


@pytest.mark.parametrize(("block", "command"), SHOWN, ids=names(SHOWN))
def test_every_command_shown_is_understood(block: Block, command: list[str]) -> None:
    understand(command)


def test_commands_named_in_passing_are_understood() -> None:
    for _page, arguments in inline_commands():
        understand(arguments, whole=False)


def run(stage: Path, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from omnitalker.cli.main import app

    monkeypatch.chdir(stage)
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    if "-o" in command and "--dry-run" not in command:
        assert (stage / command[command.index("-o") + 1]).exists()


TRIED = [
    *(pytest.param(command) for _, command in of("fast")),
    *(pytest.param(command, marks=pytest.mark.slow) for _, command in of("slow")),
]


@pytest.mark.parametrize("command", TRIED, ids=names([*of("fast"), *of("slow")]))
def test_commands_shown_do_what_they_say(
    command: list[str], stage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(stage, command, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize(("block", "command"), of("server"), ids=names(of("server")))
def test_servers_shown_answer_and_stop(block: Block, command: list[str], stage: Path) -> None:
    port = int(command[command.index("--port") + 1]) if "--port" in command else _PORTS[command[0]]
    server = subprocess.Popen(
        [sys.executable, "-m", "omnitalker.cli.main", *command], cwd=stage, env=_environment()
    )
    try:
        assert answers(f"http://127.0.0.1:{port}/", server)
    finally:
        server.terminate()
        try:
            code = server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            raise
    assert code in (0, 130, -signal.SIGTERM)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as page:
                return bool(page.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(1)
    return False


def test_make_targets_and_extras_shown_exist() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    text = "\n".join(block.text for block in SHELL)
    targets = re.findall(r"^make (\w+)", text, re.MULTILINE)
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", rules, re.MULTILINE), target
    for group in re.findall(r"(?:omnitalker|\.)\[([\w,]+)\]", text):
        for extra in group.split(","):
            assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra


def test_other_programs_are_not_passed_over_silently() -> None:
    for block in SHELL:
        others = [line for line in block.lines if not line.startswith("omnitalker ")]
        assert not others or block.way == "no", f"{block.page}: {others}"


def test_scripts_shown_exist() -> None:
    for block in SHELL:
        for script in re.findall(r"(?:scripts|tools)/[\w./-]+", block.text):
            assert (ROOT / script).exists(), f"{block.page}: {script}"
