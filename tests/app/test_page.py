"""The page as people and programs use it: a real browser, and gradio_client."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitalker.media.probe import probe

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
PATIENCE = 120_000
"""Milliseconds; for machines with much else to do."""
_VIDEO = "document.querySelector('#player video')"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs pip install playwright")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#generate")
    yield page
    page.close()


def status(page: Any, beginning: str) -> str:
    """Waits until the status line begins like that."""
    script = f"document.querySelector('#status').innerText.startsWith({beginning!r})"
    page.wait_for_function(script, timeout=PATIENCE)
    return page.locator("#status").inner_text()


@pytest.mark.slow
def test_a_visitor_generates_a_video_that_plays_with_sound(page: Any) -> None:
    page.locator("#text textarea").fill("Good morning to you all.")
    page.locator("#generate").click()
    assert re.search(r"\d s of video", status(page, "Done"))
    page.wait_for_function(f"{_VIDEO} && {_VIDEO}.currentTime > 0.3", timeout=PATIENCE)
    facts = page.evaluate(
        f"[{_VIDEO}.videoWidth, {_VIDEO}.webkitAudioDecodedByteCount, {_VIDEO}.error]"
    )
    assert facts[0] == 512
    assert facts[1] > 0
    assert facts[2] is None
    downloads = page.locator("#files").inner_text()
    for suffix in ("mp4", "wav", "srt", "vtt", "csv", "safetensors"):
        assert suffix in downloads
    assert "/tmp" not in page.locator("body").inner_text()
    page.get_by_role("tab", name="See inside").click()
    page.wait_for_selector(".inside polyline")


@pytest.mark.slow
def test_mistakes_are_shown_in_words_and_cancel_cancels(page: Any) -> None:
    page.locator("#text textarea").fill(" ")
    page.locator("#generate").click()
    assert "something to say" in status(page, "Write")
    page.locator("#text textarea").fill("One two three four five six seven eight nine. " * 20)
    page.locator("#generate").click()
    page.wait_for_function("document.querySelector('#status').innerText.includes('made in')")
    page.locator("#cancel").click()
    status(page, "Stopped")
    page.wait_for_timeout(3000)
    assert page.locator("#status").inner_text().startswith("Stopped")
    assert page.locator("#generate").is_enabled()


@pytest.mark.slow
def test_a_phone_shows_it_without_scrolling_sideways(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.wait_for_selector("#generate")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


@pytest.mark.slow
def test_a_program_uses_it_as_a_service(address: str) -> None:
    gradio_client = pytest.importorskip("gradio_client")
    client = gradio_client.Client(address, verbose=False)
    made = client.predict("Good morning.", "", "ada", size=256, api_name="/speak")
    assert "omnitalker-demo" not in made  # a copy on this side, not a path of the host
    assert probe(Path(made)).pictures > 5
    with pytest.raises(Exception, match="something to say"):
        client.predict(" ", api_name="/speak")
