from __future__ import annotations

import pytest

from omnitalker.text.direction import FAINT, emotion_named, known_directions, read_direction


def signs(text: str) -> dict[str, object]:
    """Each value by where it goes."""
    found: dict[str, object] = {}
    for name, value in read_direction(text).values.items():
        usual = 0.0 if name == "pitch" else 1.0
        found[name] = value if isinstance(value, str) else "+" if value > usual else "-"
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tired but kind, slowly, with a small smile", {"emotion": "happy", "speed": "-", "energy": "-"}),
        ("whispering", {"energy": "-", "pitch_range": "-"}),
        ("excited, louder", {"emotion": "happy", "speed": "+", "energy": "+"}),
        ("not too fast", {"speed": "-"}),
        ("don't shout", {"energy": "-"}),
        ("in a deep, monotonous voice", {"pitch": "-", "pitch_range": "-"}),
        ("20 % faster and two semitones lower", {"speed": "+", "pitch": "-"}),
        ("half as loud", {"energy": "-"}),
        ("joyously", {"emotion": "happy"}),
        ("keep your head still", {"head_motion": "-"}),
        ("用温柔的语气慢慢说", {"emotion": "calm", "speed": "-"}),
        ("不要太快，小声", {"speed": "-", "energy": "-"}),
        ("Mandarin, please, loudly", {"language": "zh", "energy": "+"}),
    ],
)  # fmt: skip
def test_a_sentence_changes_what_it_asks_for(text: str, wanted: dict[str, object]) -> None:
    found = signs(text)
    assert {name: found.get(name) for name in wanted} == wanted
    assert read_direction(text).is_whole


def test_more_is_more_and_a_little_is_less() -> None:
    speeds = [
        float(read_direction(f"{much} slow").values["speed"])
        for much in ("slightly", "", "very", "extremely")
    ]
    assert speeds == sorted(speeds, reverse=True)
    assert len(set(speeds)) == len(speeds)


def test_numbers_mean_what_they_say() -> None:
    values = read_direction("20 % faster and two semitones lower").values
    assert (values["speed"], values["pitch"]) == (1.2, -2.0)
    assert read_direction("twice as fast").values["speed"] == 1.6  # as far as it goes


def test_a_faint_feeling_is_in_the_numbers_a_strong_one_in_the_voice_of_its_manner() -> None:
    faint, strong = read_direction("slightly sad").values, read_direction("sad").values
    assert float(faint["intensity"]) < FAINT <= float(strong["intensity"])
    assert float(faint["pitch"]) < 0
    assert "pitch" not in strong


def test_what_is_not_understood_is_told() -> None:
    direction = read_direction("calmly, like a flibbertigibbet; then laughs")
    assert direction.unknown == ("flibbertigibbet",)
    assert direction.sounds == ("laugh",)
    told = " ".join(direction.told)
    assert "understood: calmly" in told
    assert "flibbertigibbet" in told
    assert "laugh" in told
    assert not direction.is_whole


def test_every_row_of_the_table_is_understood_by_its_own_name() -> None:
    for name in known_directions():
        assert read_direction(name).is_whole, name
        assert read_direction(name).values, name
    assert (emotion_named("joy"), emotion_named("worried"), emotion_named("hm")) == (
        "happy", "fearful", None,
    )  # fmt: skip
