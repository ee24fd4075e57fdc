"""A real browser for these tests: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browsers import installed_chromium

PATIENCE = 60_000
"""Milliseconds; for machines with much else to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if __file__.rpartition("conftest.py")[0] in str(item.path):
            item.add_marker("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("gradio", reason="the web demo needs pip install 'omnitalker[app]'")
    with installed_chromium() as opened:
        yield opened


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Any]:
    """Opens the page for one more visitor: `visit(width=390, dark=True)`."""
    contexts = []

    def visit(width: int = 1280, height: int = 900, *, dark: bool = False) -> Any:
        contexts.append(
            browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        page.wait_for_selector("#generate")
        return page

    yield visit
    for context in contexts:
        context.close()
