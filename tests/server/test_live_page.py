"""The live page as people use it: a real Chromium against a real server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browsers import installed_chromium
from tests.live.waiting import wait_until

if TYPE_CHECKING:
    from omnitalker.server.state import ServerState

pytestmark = pytest.mark.browser
PATIENCE = 60_000
"""Milliseconds; for machines with much else to do."""
LISTEN = """
window.heard = {pieces: 0, energy: 0};
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...when) {
  heard.pieces += 1;
  heard.energy += this.buffer.getChannelData(0).reduce((sum, x) => sum + x * x, 0);
  return start.apply(this, when);
};
"""
PICTURE = "document.getElementById('face').toDataURL()"
SAID = "Number(document.getElementById('line').dataset.told)"
STATE = "document.getElementById('state').dataset.state"
LONG = "one two three four five six seven eight nine ten " * 4


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with installed_chromium("--disable-features=WebRtcHideLocalIpsWithMdns") as opened:
        yield opened


@pytest.fixture
def enter(browser: Any, address: str, key: str, hall: ServerState) -> Iterator[Callable[..., Any]]:
    """Opens the page and presses Start."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def enter(query: str = "", width: int = 1280, height: int = 720) -> Any:
        contexts.append(
            browser.new_context(bypass_csp=True, viewport={"width": width, "height": height})
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.add_init_script(LISTEN)
        page.goto(f"http://{address}/?{query}#key={key}")
        page.locator("#go").click()
        page.wait_for_selector("#bar:not([hidden])")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert complaints == []
    wait_until(
        lambda: hall.admission.sessions.taken == 0, 60
    )  # a WebRTC peer that just vanishes: 30 s


def say(page: Any, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")


def photograph(page: Any, name: str) -> None:
    """A picture for people, where `OMNITALKER_SCREENS` names a folder."""
    if folder := os.environ.get("OMNITALKER_SCREENS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_visitor_types_sees_hears_and_reads(enter: Callable[..., Any]) -> None:
    page = enter()
    page.wait_for_function("document.getElementById('character').options.length === 2")
    idle = page.evaluate(PICTURE)
    page.wait_for_function(f"{PICTURE} !== {idle!r}")  # a listening face moves
    say(page, LONG)
    page.wait_for_function(f"{STATE} === 'speaking'")
    page.wait_for_function("heard.pieces > 10 && heard.energy > 0")
    assert page.locator("#you").inner_text().startswith("one two three")
    page.wait_for_function(f"{SAID} >= 2")
    early = page.evaluate(SAID)
    page.wait_for_function(f"{SAID} > {early}")  # captions go on with the sound, word by word
    assert (
        0 < len(page.locator("#line").inner_text()) <= 60
    )  # one line, so that the mouth stays free
    assert "first sound after" in page.locator("#latency").inner_text()
    spoken = page.evaluate(PICTURE)
    page.wait_for_function(f"{PICTURE} !== {spoken!r}")
    photograph(page, "speaking")


def test_a_visitor_breaks_in_and_changes_the_character(enter: Callable[..., Any]) -> None:
    page = enter()
    say(page, LONG)
    page.wait_for_function(f"{SAID} >= 2")
    page.keyboard.press("Escape")
    page.wait_for_function(f"{STATE} === 'listening'")
    assert page.locator("#line").inner_text().strip() == ""
    pieces = page.evaluate("heard.pieces")
    page.wait_for_timeout(600)
    assert page.evaluate("heard.pieces") - pieces <= 2
    page.locator("#manner").select_option("happy")
    page.locator("#character").select_option("bob")
    page.wait_for_function(f"{STATE} === 'listening'")
    page.wait_for_function("document.getElementById('character').value === 'bob'")
    say(page, "Hello there.")
    page.wait_for_function(f"{STATE} === 'speaking'")
    page.wait_for_function(f"heard.pieces > {pieces + 5}")


def test_a_telephone_has_room_for_everything(enter: Callable[..., Any]) -> None:
    page = enter(width=390, height=844)
    say(page, LONG)
    page.wait_for_function(f"{SAID} >= 2")
    photograph(page, "telephone")
    for name in ("#text", "#stop", "#talk", "#character", "#manner", "#state", "#line"):
        box = page.locator(name).bounding_box()
        assert box["width"] > 20, name
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= 390, name
    assert page.locator("#text").bounding_box()["width"] >= 120


def test_sound_and_picture_come_over_webrtc(enter: Callable[..., Any]) -> None:
    page = enter("rtc")
    film = "document.getElementById('film')"
    page.wait_for_function(f"{film}.videoWidth === 256")
    say(page, LONG)
    page.wait_for_function(f"{STATE} === 'speaking'")
    page.wait_for_function(f"{SAID} >= 2")
    seen = page.evaluate(f"{film}.currentTime")
    page.wait_for_function(f"{film}.currentTime > {seen} + 1")
    assert page.evaluate(f"{film}.srcObject.getAudioTracks()[0].readyState") == "live"
    photograph(page, "webrtc")


def test_the_page_needs_nothing_that_its_policy_forbids(
    browser: Any, address: str, key: str, hall: ServerState
) -> None:
    """The other tests look into the page by `eval`, which the policy forbids; so they do without it."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    refused: list[str] = []
    page.on("console", lambda m: refused.append(m.text) if "Security Policy" in m.text else None)
    page.goto(f"http://{address}/#key={key}")
    page.locator("#go").click()
    page.wait_for_selector("#bar:not([hidden])")
    page.locator("#text").fill("Good morning.")
    page.locator("#text").press("Enter")
    page.locator("#line span").first.wait_for(state="attached")
    context.close()
    assert refused == []
    wait_until(lambda: hall.admission.sessions.taken == 0, 60)
