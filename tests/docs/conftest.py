"""A folder with the files that the pages speak of, and one loaded pipeline for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from omnitalker.base import assets
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline

SAID = "The train to the sea leaves at nine."
JOBS = "id,text,size,format\nfirst,Good morning.,256,mp4\nsecond,早上好。,256,wav\n"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OmniTalkerPipeline]:
    """The checkpoint that ships, loaded once: whoever loads it meanwhile gets this one."""
    from omnitalker.pipeline import OmniTalkerPipeline

    load = OmniTalkerPipeline.from_pretrained
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omnitalker.cli.consent.FOLDER", tmp_path_factory.mktemp("consent"))
        once = cache(lambda folder: load(folder))
        patch.setattr(
            OmniTalkerPipeline,
            "from_pretrained",
            lambda name=assets.DEFAULT_CHECKPOINT: once(assets.checkpoint_dir(name)),
        )
        yield OmniTalkerPipeline.from_pretrained()


@pytest.fixture(scope="module")
def stage(shipped: OmniTalkerPipeline, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """me.mp4, jobs.csv, texts/, my_videos/, and the project's own configs/."""
    from omnitalker.studio.order import parse
    from omnitalker.studio.produce import produce

    folder = tmp_path_factory.mktemp("stage")
    produce(shipped.casting, parse({"text": SAID, "size": 256}), folder / "me.mp4")
    (folder / "jobs.csv").write_text(JOBS, encoding="utf-8")
    (folder / "texts").mkdir()
    (folder / "texts" / "one.txt").write_text("One.", encoding="utf-8")
    (folder / "my_videos").mkdir()
    (folder / "my_videos" / "a.mp4").write_bytes((folder / "me.mp4").read_bytes())
    (folder / "my_videos" / "a.txt").write_text(SAID, encoding="utf-8")
    for shared in ("configs", "checkpoints"):
        (folder / shared).symlink_to(ROOT / shared)
    return folder
