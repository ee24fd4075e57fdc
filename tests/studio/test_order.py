from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omnitalker.agent.character import load_character
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.batch.manifest import COLUMNS
from omnitalker.cli.main import app
from omnitalker.studio.check import check, usual_seconds
from omnitalker.studio.order import ALIASES, OPTIONS, Order, parse

DOCS = Path(__file__).parents[2] / "docs"


def test_an_order_is_its_flat_values_and_back() -> None:
    order = parse({"text": "Hi.", "emotion": "happy:1.3", "size": "256", "subtitles": "yes"})
    assert (order.delivery.emotion, order.delivery.intensity) == ("happy", 1.3)
    assert (order.look.size, order.outputs.subtitles) == (256, True)
    assert parse(order.flat()) == order
    assert set(order.flat()) == set(OPTIONS)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"speed": 9}, "speed must be between 0.5 and 2, got 9"),
        ({"speed": "fast"}, "speed must be a number"),
        ({"speed": float("nan")}, "speed must be a number"),
        ({"steps": 0}, "steps must be between 1"),
        ({"seed": 1.5}, "seed must be a whole number"),
        ({"size": 300}, "size must be 256"),
        ({"emotion": "hapy"}, "did you mean 'happy'"),
        ({"emotion": "happy:3"}, "intensity must be between 0 and 2"),
        ({"subtitles": "maybe"}, "yes or no"),
        ({"text": 3}, "text must be text"),
        ({"presnter": "ava"}, "did you mean 'face'"),
        ({"loudness": -3}, "loudness goes up to"),
        ({"ref": "a.mp4", "style": "b.safetensors"}, "not both"),
        ({"paste_back": True, "aspect": "9:16"}, "own frame"),
        ({"renderer": "sketch", "background": "blur"}, "no framing"),
    ],
)
def test_what_is_wrong_is_told(values: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse({"text": "Hi.", **values})


def test_every_option_is_on_every_front(tmp_path: Path) -> None:
    helped = re.sub(r"[^\w-]", " ", CliRunner().invoke(app, ["generate", "--help"]).output)
    offered = set(helped.split())
    assert {f"--{name.replace('_', '-')}" for name in OPTIONS} - offered == {"--text"}
    assert set(OPTIONS) <= set(COLUMNS)
    assert set(ALIASES.values()) <= set(OPTIONS)
    file = tmp_path / "x.yaml"
    file.write_text("name: X\npersona: p\nhead_motion: 0.5\naspect: 9:16\nemotion: calm:0.5\n")
    order = load_character(file).order
    assert (order.delivery.head_motion, order.look.aspect) == (0.5, "9:16")
    assert order.delivery.intensity == 0.5
    file.write_text("name: X\npersona: p\nspeed: 7\n")
    with pytest.raises(ConfigError, match="speed must be between"):
        load_character(file)


def test_the_manual_names_every_column() -> None:
    named = set(re.findall(r"`(\w+)`", (DOCS / "batch.md").read_text(encoding="utf-8")))
    assert set(COLUMNS) <= named


@pytest.mark.parametrize("text", ["Hello there, nice to meet you all.", "今天天气很好。", "3.5 km"])
def test_lengths_that_cannot_be_are_told_with_those_that_can(text: str) -> None:
    usual = usual_seconds(text)
    check(parse({"text": text, "seconds": round(1.5 * usual, 2)}))
    for wanted in (0.2 * usual, 4 * usual):
        with pytest.raises(InputError, match=r"can be made .* to .* s long"):
            check(parse({"text": text, "seconds": max(0.1, wanted)}))


def test_an_order_without_words_is_told() -> None:
    with pytest.raises(InputError, match="the text is empty"):
        check(Order("  "))
