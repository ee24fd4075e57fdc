from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline


def test_a_lexicon_changes_how_a_word_is_spoken(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path
) -> None:
    (tmp_path / "words.tsv").write_text("Xylo\tzaɪloʊ\n", encoding="utf-8")
    other = tiny_pipeline.with_lexicon(tmp_path / "words.tsv")
    assert other.transformer is tiny_pipeline.transformer
    spoken = [p.symbol for p in other.frontend.prepare("Xylo").phonemes]
    assert spoken[:4] == ["z", "aɪ", "l", "oʊ"]
