"""Several visitors at once, and the live server in its tab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.demo.browser.conftest import PATIENCE
from tests.demo.browser.test_page import LONG_TEXT, say, status, wait_for_file
from tests.live.waiting import wait_until
from tests.ports import free_port


def test_one_who_waits_can_cancel_and_come_again(visit: Any) -> None:
    first, second = visit(), visit()
    say(first, LONG_TEXT)
    status(first, "made in")
    say(second, "Good morning to you all.")
    status(second, "Waiting for")
    second.wait_for_function("!document.querySelector('#cancel').disabled")
    second.locator("#cancel").click()
    status(second, "^Stopped")
    say(second, "Good evening.")
    status(second, "Waiting for")
    assert "made in" in first.locator("#status").inner_text()
    first.locator("#cancel").click()
    status(first, "^Stopped")
    status(second, "^Done")
    wait_for_file(second, "good-evening")


def test_two_visitors_keep_their_own_takes(visit: Any) -> None:
    first, second = visit(), visit()
    say(first, "One two three.")
    say(second, "Four five six.")
    for page, name in ((first, "one-two-three"), (second, "four-five-six")):
        status(page, "^Done")
        wait_for_file(page, name)


def choices(page: Any, label: str) -> list[str]:
    """What a drop-down offers."""
    field = page.get_by_label(label, exact=True).first
    field.click()
    offered = page.get_by_role("option").all_inner_texts()
    field.blur()  # it opens when it is entered
    return [text.splitlines()[-1] for text in offered]


def has_voice(page: Any, name: str) -> None:
    """Waits until it is the chosen one."""
    page.wait_for_function(f"document.querySelector('[aria-label=Voice]').value === '{name}'")


def test_kept_styles_are_their_owners_alone_and_one_in_use_may_go(visit: Any) -> None:
    first = visit()
    first.get_by_role("tab", name="Styles").click()
    first.get_by_label("Name for the current style").fill("Morning")
    first.get_by_role("button", name="Save").click()
    first.get_by_text("Saved Morning.").wait_for()
    again = first.context.new_page()
    again.goto(first.url)
    wait_until(lambda: "Morning (saved)" in choices(again, "Voice"), PATIENCE / 1000)
    assert "Morning (saved)" not in choices(visit(), "Voice")
    first.get_by_role("button", name="Use as voice").click()
    has_voice(first, "Morning (saved)")
    first.get_by_role("tab", name="Styles").click()
    first.get_by_label("New name").fill("Evening")
    first.get_by_role("button", name="Rename").click()
    first.get_by_text("Renamed to Evening.").wait_for()
    has_voice(first, "Evening (saved)")
    first.get_by_role("button", name="Delete").click()
    first.get_by_text("Deleted.").wait_for()
    first.get_by_role("tab", name="Speak").click()
    has_voice(first, "Ada")
    say(first, "Good morning.")
    status(first, "^Done")


def test_without_a_server_the_tab_says_how_to_get_one(visit: Any) -> None:
    page = visit()
    page.get_by_role("tab", name="Talk").click()
    page.wait_for_selector("#talk pre")
    assert "omnitalker demo --with-server" in page.locator("#talk").inner_text()


@pytest.fixture(scope="module")
def with_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page and the live server over the shipped checkpoint."""
    from omnitalker.demo.launch import DemoSettings, start

    port = free_port()
    running = start(
        DemoSettings(
            port=free_port(),
            live_url=f"http://127.0.0.1:{port}",
            with_server=True,
            styles=tmp_path_factory.mktemp("styles"),
        )
    )
    yield running.address
    running.close()


@pytest.mark.slow
def test_a_presenter_appears_in_the_tab_and_answers(browser: Any, with_server: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(with_server)
    page.wait_for_selector("#generate")
    for _ in range(60):
        page.get_by_role("tab", name="Talk").click()
        page.wait_for_selector("#talk iframe, #talk .quiet")
        if page.locator("#talk iframe").count():
            break
        page.get_by_role("tab", name="Speak").click()
        page.wait_for_timeout(2000)
    live = page.frame_locator("#talk iframe")
    live.locator("#go").click()
    live.locator("#text").wait_for(state="visible")
    live.locator("#text").fill("Good morning, Ava.")
    live.locator("#text").press("Enter")
    live.locator("#line span.said").first.wait_for(state="attached")
    assert live.locator("#latency").inner_text().startswith("first sound after")
    page.context.close()
