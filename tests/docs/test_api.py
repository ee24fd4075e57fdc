"""docs/api.md names what there is, and all that README, the pages and the examples import."""

from __future__ import annotations

import ast
import re
import runpy

import pytest

from tests.docs.pages import ROOT, blocks

REFERENCE = runpy.run_path(str(ROOT / "scripts" / "api_reference.py"))
IMPORTS = {
    f"{module}.{name}"
    for modules in REFERENCE["PUBLIC"].values()
    for module, names in modules.items()
    for name in names
}
SOURCES = [
    *((block.page, block.text) for block in blocks("python")),
    *((path.name, path.read_text("utf-8")) for path in sorted((ROOT / "examples").glob("*.py"))),
]
UNLISTED = {"omnitalker.base.assets.checkpoint_dir", "omnitalker.motion.names.INDEX"}
"""Where the shipped checkpoint lies, and a table of numbers."""


def named(page: str) -> list[str]:
    """Headings, and the names at the beginning of signatures and of fields."""
    return re.findall(
        r"^(?:#+ `(\w+)`|(?:async )?(\w+)[(:].*|\| `(\w+)` \|.*)$", page, re.MULTILINE
    )


def test_the_page_is_of_today() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert named(page) == named(REFERENCE["page"]()), "run: python scripts/api_reference.py"


@pytest.mark.parametrize(("page", "text"), SOURCES, ids=[page for page, _ in SOURCES])
def test_what_the_pages_import_is_in_the_reference(page: str, text: str) -> None:
    imported = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "omnitalker"
        for alias in node.names
    }
    ends = {path.rpartition(".")[2] for path in IMPORTS}
    assert {path for path in imported - UNLISTED if path.rpartition(".")[2] not in ends} == set()


def test_the_package_s_own_names_are_in_the_reference() -> None:
    import omnitalker

    public = {f"omnitalker.{name}" for name in omnitalker.__all__ if not name.startswith("_")}
    assert public <= IMPORTS
