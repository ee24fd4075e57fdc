"""The page as others serve it: behind a password, behind a proxy, with more visitors than may wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.demo.browser.conftest import PATIENCE
from tests.demo.browser.prefix_proxy import proxied
from tests.demo.browser.test_page import LONG_TEXT, say, status
from tests.demo.conftest import served

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline


@pytest.fixture
def serve(tiny_pipeline: OmniTalkerPipeline, tmp_path: Path) -> Iterator[Callable[..., str]]:
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(served(tiny_pipeline, tmp_path, **settings))


@pytest.fixture
def come(browser: Any) -> Iterator[Callable[[str], Any]]:
    """One more visitor, at an address."""
    contexts = []

    def come(address: str) -> Any:
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        return page

    yield come
    for context in contexts:
        context.close()


def test_a_password_is_asked_for(serve: Callable[..., str], come: Callable[[str], Any]) -> None:
    page = come(serve(auth=("ann", "secret")))
    for password, seen in (("wrong", "Incorrect"), ("secret", "#generate")):
        page.get_by_label("username").fill("ann")
        page.get_by_label("password").fill(password)
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector(seen if seen.startswith("#") else f"text={seen}")
    say(page, "Good morning.")
    status(page, "^Done")


def test_it_works_under_a_path_of_a_proxy(
    serve: Callable[..., str], come: Callable[[str], Any]
) -> None:
    with proxied(serve(root_path="/talk"), "/talk") as address:
        page = come(address + "/")
        elsewhere: list[str] = []
        page.on("response", lambda r: elsewhere.append(r.url) if r.status == 404 else None)
        page.wait_for_selector("#generate")
        say(page, "Good morning.")
        status(page, "^Done")
        page.wait_for_function("document.querySelector('#player video').currentTime > 0.2")
        with page.expect_download() as download:
            page.locator("#files a").first.click()
        assert Path(download.value.path()).stat().st_size > 1000
        assert elsewhere == []
        page.context.close()


def test_who_finds_the_queue_full_is_told(
    serve: Callable[..., str], come: Callable[[str], Any]
) -> None:
    address = serve(queue=1)
    pages = [come(address) for _ in range(3)]
    for page in pages:
        page.wait_for_selector("#generate")
    say(pages[0], LONG_TEXT)
    status(pages[0], "made in")
    say(pages[1], "Good evening.")
    status(pages[1], "Waiting for")
    say(pages[2], "Good night.")
    status(pages[2], "too many people")
    pages[2].locator("#generate:not([disabled])").wait_for()
    pages[2].get_by_role("tab", name="Talk").click()  # the rest of the page works as ever
    pages[2].wait_for_selector("#talk pre")
    pages[2].get_by_role("tab", name="Speak").click()
    pages[0].locator("#cancel").click()
    status(pages[1], "^Done")
    say(pages[2], "Good night.")
    status(pages[2], "^Done")
