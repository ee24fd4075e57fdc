"""Every command and every snippet that README and docs show is tried."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from omnitalker import assets

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for kind, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == language:
                yield str(page.relative_to(ROOT)), text


def commands() -> list[tuple[str, str]]:
    """(page, command line) of every `omnitalker ...` line in a bash block."""
    found = []
    for page, text in blocks("bash"):
        for line in text.replace("\\\n", " ").splitlines():
            if line.strip().startswith("omnitalker "):
                found.append((page, line.strip()))
    return found


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_command_shown_is_understood(page: str, line: str) -> None:
    """Parsed by the real command line: unknown commands, options and values are errors."""
    from omnitalker.cli.main import app

    arguments = shlex.split(line, comments=True)[1:]
    command = typer.main.get_command(app)
    context = command.make_context("omnitalker", arguments, resilient_parsing=False)
    while True:
        rest = [*context._protected_args, *context.args]  # what the group left for its command
        resolve = getattr(context.command, "resolve_command", None)
        if resolve is None or not rest:
            break
        name, command, rest = resolve(context, rest)
        assert command is not None, f"{page}: {line}"
        context = command.make_context(name, rest, parent=context)


def needs_a_host(page: str) -> bool:
    """Pages on other systems show pieces of their programs; the demo's client needs a running demo."""
    return page.startswith("docs/hosts/") or page == "docs/demo.md"


@pytest.mark.parametrize(
    ("page", "code"), [block for block in blocks("python") if not needs_a_host(block[0])]
)
def test_every_python_snippet_runs(
    page: str, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if assets.find(f"{assets.DEFAULT_CHECKPOINT}/model_index.json") is None:
        pytest.skip("no checkpoint is shipped here")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {"__name__": "snippet"})


@pytest.mark.parametrize(
    ("page", "code"), [block for block in blocks("python") if needs_a_host(block[0])]
)
def test_pieces_for_hosts_compile_and_name_what_exists(page: str, code: str) -> None:
    tree = compile(code, page, "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("omnitalker"):
            source = ROOT.joinpath(*str(node.module).split("."))
            file = (
                source.with_suffix(".py")
                if source.with_suffix(".py").exists()
                else source / "__init__.py"
            )
            text = file.read_text(encoding="utf-8")
            for alias in node.names:
                assert re.search(rf"\b{alias.name}\b", text), f"{page}: {alias.name}"


def test_every_link_inside_the_project_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
