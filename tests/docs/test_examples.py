"""The programs in examples/ run as they are; the one that trains is slow."""

from __future__ import annotations

import asyncio
import inspect
import runpy
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

EXAMPLES = ROOT / "examples"
WORDS = "Good morning."
CALLS: dict[str, tuple[str, ...]] = {
    "say": (WORDS, "morning.mp4"),
    "clone": ("me.mp4", WORDS, "mine.mp4"),
    "stream": (WORDS,),
    "arkit_avatar": (WORDS, "curves"),
    "agent": (),
    "scene": ("talk.mp4",),
}


@pytest.mark.parametrize("name", CALLS)
def test_examples_run(
    name: str,
    stage: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(stage)
    main = runpy.run_path(str(EXAMPLES / f"{name}.py"))["main"]
    done = main(*CALLS[name])
    if inspect.iscoroutine(done):
        asyncio.run(done)
    assert capfdbinary.readouterr().out or any((stage / given).exists() for given in CALLS[name])


@pytest.mark.slow
def test_the_training_example_runs(stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stage)
    arguments = ["finetune.py", "my_videos", "trained", "--minutes", "0.1"]
    monkeypatch.setattr("sys.argv", arguments)
    runpy.run_path(str(EXAMPLES / "finetune.py"), run_name="__main__")
    assert (stage / "trained" / "progress.json").exists()


def test_every_example_is_run_by_a_test() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {*CALLS, "finetune"}
