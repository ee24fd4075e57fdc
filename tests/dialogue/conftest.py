from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from omnitalker.dialogue.performer import Performer
    from omnitalker.pipeline import OmniTalkerPipeline


@pytest.fixture(scope="session")
def performer(tiny_pipeline: OmniTalkerPipeline) -> Performer:
    """Real classes, untrained weights, two manners, a drawn face."""
    from omnitalker.dialogue.performer import Performer
    from omnitalker.rendering.sketch import SketchRenderer

    return Performer(
        pipeline=tiny_pipeline,
        find_style=lambda manner: tiny_pipeline.styles.get(
            "ada", manner if manner == "happy" else "neutral"
        ),
        make_renderer=lambda size: SketchRenderer((size, size)),
        size=64,
    )


@pytest.fixture
def no_leaks() -> Iterator[None]:
    """Fails when a thread of ours outlives the test."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 3
    while left := {t for t in threading.enumerate() if t not in before and "omni" in t.name}:
        assert time.monotonic() < deadline, f"threads left: {left}"
        time.sleep(0.02)
