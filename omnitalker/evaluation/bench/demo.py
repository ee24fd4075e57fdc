"""`omnitalker bench demo`: how soon a visitor sees the page and the first picture, and what the page costs."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omnitalker.base.errors import InputError, MissingExtra
from omnitalker.demo.launch import DemoSettings, start

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-sync", "--disable-background-networking", "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
PATIENCE = 120_000
"""Milliseconds."""
_VIDEO = "document.querySelector('#player video')"
_STATUS = "document.querySelector('#status').innerText"
_PAINTS = "performance.getEntriesByType('paint').map(entry => [entry.name, entry.startTime])"


@contextmanager
def chromium(*more_flags: str) -> Iterator[Any]:
    """Playwright's handle of the Chromium that is installed here."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise MissingExtra("playwright", "dev", "driving a browser") from error
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise InputError("no Chromium is installed here (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *more_flags])
        try:
            yield browser
        finally:
            browser.close()


def bench(settings: DemoSettings, *, repeat: int) -> Iterator[str]:
    """Lines for people. The first visit and the first video are told apart: they load things."""
    began = time.perf_counter()
    running = start(settings)
    try:
        yield f"serving after {time.perf_counter() - began:.1f} s, idle memory {_megabytes():.0f} MB"
        with chromium() as browser:
            paints = [_first_paint(browser, running.address) for _ in range(repeat + 1)]
            yield _line("first paint", paints)
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(running.address)
            page.wait_for_selector("#generate")
            pictures = [_first_picture(page) for _ in range(repeat + 1)]
            yield _line("first picture after Generate", pictures)
        yield f"memory after {repeat + 1} videos {_megabytes():.0f} MB"
    finally:
        running.close()


def _first_paint(browser: Any, address: str) -> float:
    """Seconds until something of the page is seen, with an empty cache."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#generate")
    paints = dict(page.evaluate(_PAINTS))
    page.close()
    return paints["first-contentful-paint"] / 1000


def _first_picture(page: Any) -> float:
    """Seconds from the press of the button until the video runs."""
    page.wait_for_function("!document.querySelector('#generate').disabled")
    page.evaluate(f"{_VIDEO} && ({_VIDEO}.currentTime = 0)")
    source = page.evaluate(f"{_VIDEO} ? {_VIDEO}.currentSrc : ''")
    began = time.perf_counter()
    page.locator("#generate").click()
    running = f"{_VIDEO} && {_VIDEO}.currentSrc !== {source!r} && {_VIDEO}.currentTime > 0"
    page.wait_for_function(running)
    passed = time.perf_counter() - began
    page.wait_for_function(f"{_STATUS}.startsWith('Done')")
    return passed


def _line(what: str, seconds: list[float]) -> str:
    first, *later = seconds
    shown = ", ".join(f"{value:.2f}" for value in later)
    return (
        f"{what} {statistics.median(later):.2f} s (median of {shown}; the very first {first:.2f} s)"
    )


def _megabytes() -> float:
    """Of this process, shared libraries counted by their share; 0 where the system does not tell."""
    try:
        text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1000


def settings_for(*, port: int, checkpoint: str, renderer: str) -> DemoSettings:
    """A page whose saved styles are nobody's."""
    styles = Path(tempfile.gettempdir()) / "omnitalker-bench-styles"
    return DemoSettings(port=port, checkpoint=checkpoint, renderer=renderer, styles=styles)
