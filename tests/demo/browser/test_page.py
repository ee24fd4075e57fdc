"""The page as people use it, and as programs do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from omnitalker.media.probe import probe
from tests.docs.pages import blocks

_VIDEO = "document.querySelector('#player video')"
_STATUS = "document.querySelector('#status').innerText"
_PORTRAIT = "document.querySelector('#portrait-findings').innerText"
LONG_TEXT = "One two three four five six seven eight nine. " * 20


def say(page: Any, text: str) -> None:
    page.locator("#text textarea").fill(text)
    page.locator("#generate").click()


def status(page: Any, pattern: str) -> str:
    """Waits until the status line matches."""
    page.wait_for_function(f"/{pattern}/.test({_STATUS})")
    return str(page.locator("#status").inner_text())


def wait_for_file(page: Any, part_of_name: str) -> None:
    """Waits until it can be downloaded."""
    page.locator("#files", has_text=part_of_name).wait_for()


def test_a_visitor_generates_a_video_that_plays_with_sound(
    visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    monkeypatch.setenv("PATH", "")  # neither ffmpeg nor anything else can be called
    say(page, "Good morning to you all, and welcome to this short test of the page.")
    status(page, r"\d s made in \d+ s")
    assert page.locator("#cancel").is_enabled()
    done = status(page, "^Done")
    seconds = float(re.search(r"([\d.]+) s of video", done)[1])  # type: ignore[index]
    page.wait_for_function(f"{_VIDEO}.currentTime > 0.5 && {_VIDEO}.readyState >= 3")
    facts = page.evaluate(
        f"(v => [v.videoWidth, v.webkitAudioDecodedByteCount, v.error])({_VIDEO})"
    )
    width, sound, error = facts
    assert width == 512
    assert sound > 0
    assert error is None
    page.wait_for_function(f"Math.abs({_VIDEO}.duration - {seconds}) < 0.1")
    for suffix in ("mp4", "wav", "srt", "vtt", "csv", "safetensors"):
        wait_for_file(page, suffix)
    assert "/tmp" not in page.locator("body").inner_text()
    page.get_by_role("tab", name="See inside").click()
    page.wait_for_selector(".inside polyline")


def test_mistakes_are_shown_in_words_and_cancel_cancels(visit: Any, tmp_path: Path) -> None:
    page = visit()
    say(page, " ")
    assert "something to say" in status(page, "^Write")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 200, np.uint8))
    page.get_by_role("button", name="Your own reference").click()
    page.locator("#portrait input[type=file]").set_input_files(str(tmp_path / "wall.png"))
    page.locator("#portrait-findings .bad", has_text="No face found").wait_for()
    (tmp_path / "broken.png").write_bytes(b"no picture at all")
    page.locator("#portrait button.icon-button").first.click()
    page.locator("#portrait input[type=file]").set_input_files(str(tmp_path / "broken.png"))
    page.wait_for_function(f"/Cannot read broken.png/.test({_PORTRAIT})")
    say(page, "word " * 500)
    assert "2,500 characters" in status(page, "takes up to")
    say(page, LONG_TEXT)
    status(page, "made in")
    page.locator("#cancel").click()
    status(page, "^Stopped")
    page.wait_for_timeout(1500)
    status(page, "^Stopped")
    page.locator("#generate:not([disabled])").wait_for()


def test_a_phone_shows_it_without_scrolling_sideways(visit: Any) -> None:
    page = visit(390, 844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_program_shown_in_the_docs_uses_it_as_a_service(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = (block for block in blocks("python") if block.page == "docs/demo.md")
    assert "http://127.0.0.1:7860" in shown.text
    exec(compile(shown.text.replace("http://127.0.0.1:7860", address), shown.page, "exec"), {})
    made = Path(capsys.readouterr().out.strip().splitlines()[-1])
    assert probe(made).pictures > 5


def test_a_program_is_told_its_mistakes(address: str) -> None:
    gradio_client = pytest.importorskip("gradio_client")
    client = gradio_client.Client(address, verbose=False)
    made = client.predict("Good morning.", "", "ada", size=256, api_name="/speak")
    assert "omnitalker-demo" not in made  # a copy on this side, not a path of the host
    assert probe(Path(made)).pictures > 5
    with pytest.raises(Exception, match="something to say"):
        client.predict(" ", api_name="/speak")
