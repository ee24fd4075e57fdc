from __future__ import annotations

import json
from pathlib import Path

import pytest

from omnitalker.base.errors import InputError
from omnitalker.evaluation.card import BEGIN, END, write_card
from omnitalker.evaluation.rows import plain, row


def test_figures_replace_what_was_between_the_marks(tmp_path: Path) -> None:
    rows = [
        row("speed", "sound", 0.1, 3, at_most=0.12),
        row("lips", "closed", 0.5, at_least=0.95, beside=0.99, beside_is="teacher"),
    ]
    results, card = tmp_path / "eval.json", tmp_path / "README.md"
    results.write_text(json.dumps({"figures": plain(rows)}))
    card.write_text(f"# Card\n{BEGIN}\nold figures\n{END}\nLimits\n")
    for _ in range(2):
        write_card(results, card)
    text = card.read_text()
    assert text.startswith("# Card\n")
    assert text.endswith(f"{END}\nLimits\n")
    assert "old figures" not in text
    assert "| sound | 0.100 | <= 0.12 met |  | 3 |" in text
    assert "| closed | 0.500 | >= 0.95 **missed** | teacher 0.990 |  |" in text


def test_a_card_without_marks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "eval.json").write_text('{"figures": []}')
    (tmp_path / "README.md").write_text("# Card\n")
    with pytest.raises(InputError, match="figures: begin"):
        write_card(tmp_path / "eval.json", tmp_path / "README.md")
