"""The page over an untrained model and the sketch renderer, served once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ports import free_port

if TYPE_CHECKING:
    from omnitalker.demo.takes import DemoTakes
    from omnitalker.pipeline import OmniTalkerPipeline


@pytest.fixture
def demo(tiny_pipeline: OmniTalkerPipeline, tmp_path: Path) -> Iterator[DemoTakes]:
    from omnitalker.demo.library import Shelves
    from omnitalker.demo.takes import DemoTakes
    from omnitalker.studio.casting import Casting

    made = DemoTakes(Casting(tiny_pipeline.parts), Shelves(tmp_path / "styles"), renderer="sketch")
    yield made
    made.close()


@contextmanager
def served(pipeline: OmniTalkerPipeline, styles: Path, **settings: Any) -> Iterator[str]:
    """The address of a page with these settings."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    pytest.importorskip("gradio", reason="the web demo needs pip install 'omnitalker[app]'")
    from omnitalker.demo.launch import DemoSettings, serve
    from omnitalker.demo.library import Shelves
    from omnitalker.demo.takes import DemoTakes
    from omnitalker.studio.casting import Casting

    studio = DemoTakes(Casting(pipeline.parts), Shelves(styles), renderer="sketch")
    running = serve(studio, DemoSettings(port=free_port(), **settings))
    yield running.address
    running.close()


@pytest.fixture(scope="session")
def address(
    tiny_pipeline: OmniTalkerPipeline, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where the page is served."""
    with served(tiny_pipeline, tmp_path_factory.mktemp("styles"), queue=4) as address:
        yield address
