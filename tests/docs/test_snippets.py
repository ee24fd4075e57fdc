"""Every snippet that README and docs show is executed; pieces of other systems' programs are compiled."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import PAGES, ROOT, Block, blocks

PYTHON = blocks("python")


def of(*ways: str) -> list[Any]:
    return [pytest.param(b, id=f"{b.page}-{n}") for n, b in enumerate(PYTHON) if b.way in ways]


@pytest.mark.parametrize("block", of("fast"))
def test_snippets_run(block: Block, stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stage)
    exec(compile(block.text, block.page, "exec"), {"__name__": "snippet"})


@pytest.mark.slow
@pytest.mark.parametrize("block", of("slow"))
def test_long_snippets_run(block: Block, stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stage)
    exec(compile(block.text, block.page, "exec"), {"__name__": "snippet"})


@pytest.mark.parametrize("block", of("no"))
def test_pieces_of_other_programs_compile_and_name_what_exists(block: Block) -> None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for node in ast.walk(compile(block.text, block.page, "exec", flags=flags)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("omnitalker"):
            source = ROOT.joinpath(*str(node.module).split("."))
            file = source.with_suffix(".py")
            text = (file if file.exists() else source / "__init__.py").read_text(encoding="utf-8")
            for alias in node.names:
                assert re.search(rf"\b{alias.name}\b", text), f"{block.page}: {alias.name}"


def test_configurations_shown_are_yaml() -> None:
    for block in blocks("yaml", "yml"):
        assert isinstance(yaml.safe_load(block.text), dict), block.page


def test_every_link_inside_the_project_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []
