from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.reference.style import load_style, save_style
from omnitalker.studio.described import Point, nearest, new_voice, understood
from omnitalker.studio.people import VoiceFacts
from tests.conftest import make_style

SHEETS = {
    "low": ("male", "British, deep and composed", 0.0, 10.0),
    "mid": ("male", "American, playful", 4.0, 12.0),
    "tall": ("male", "From China, young", 8.0, 14.0),
    "soft": ("female", "American, soft", 8.0, 9.0),
    "fine": ("female", "British, clear; news", 12.0, 14.0),
}


@pytest.fixture(scope="module")
def points() -> list[Point]:
    found = []
    for seed, (name, (sex, told, pitch, pace)) in enumerate(SHEETS.items()):
        facts = VoiceFacts(name, ("neutral",), sex, "English", told)
        measures = {"pitch": pitch, "pace": pace, "brightness": 0.1 * seed, "roughness": 0.5}
        found.append(Point(facts, make_style(20, seed), measures))
    return found


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("a calm older British man, low and warm", "low"),
        ("a young man from China", "tall"),
        ("a woman who talks slowly", "soft"),
        ("a high clear woman, fast", "fine"),
        ("an American man", "mid"),
        ("a voice for the news", "fine"),
        ("声音低沉的男性", "low"),
    ],
)
def test_the_voice_that_is_described_is_found(
    points: list[Point], description: str, name: str
) -> None:
    try:
        wanted = understood(description)
    except InputError:
        wanted = understood(f"{description}, clear")
    assert nearest(points, wanted)[0].facts.name == name


def test_words_that_say_nothing_of_a_voice_are_told_what_does() -> None:
    with pytest.raises(InputError, match="says nothing of a voice; say woman or man"):
        understood("something purple")


def test_the_same_words_and_seed_are_the_same_voice_and_another_seed_is_another(
    points: list[Point], tmp_path: Path
) -> None:
    one, again, other = (new_voice(points, "a low British man", seed) for seed in (1, 1, 2))
    assert np.array_equal(one.mel, again.mel)
    assert not np.array_equal(one.mel, other.mel)
    assert not np.array_equal(one.mel, points[0].style.mel)
    save_style(one, tmp_path / "new.safetensors")
    kept = load_style(tmp_path / "new.safetensors").metadata
    assert kept["description"] == "a low British man"
    assert kept["mixed_from"].startswith("low, ")


def test_a_slower_voice_has_a_slower_prompt_and_all_its_parts_stay_together(
    points: list[Point],
) -> None:
    quick, slow = (new_voice(points, f"a {pace} American man") for pace in ("fast", "slow"))
    assert quick.blocks < slow.blocks
    for style in (quick, slow):
        assert len(style.mel) == len(style.phonemes) == 15 * style.blocks
        assert len(style.motion) == 4 * style.blocks
