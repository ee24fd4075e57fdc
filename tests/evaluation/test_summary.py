from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from omnitalker.evaluation.measures import packed, unpacked
from omnitalker.evaluation.rendered import LAGS, best_lag
from omnitalker.evaluation.rows import Row, row, table
from omnitalker.evaluation.summary import STYLE_FIGURES, doubled, natural, pooled_lips, summarise


def find(rows: list[Row], group: str, name: str) -> Row:
    return next(r for r in rows if r.group.startswith(group) and r.name == name)


def english(made: int, told: int) -> dict[str, Any]:
    return {
        "name": str(made),
        "words": {"said": "a b", "ps output": [made, 0, 0, 10], "ps teacher": [told, 0, 0, 10]},
        "phonemes": {"output": [1, 0, 0, 20], "teacher": [1, 0, 0, 20]},
        "slips": {"output": [], "teacher": [], "cut": True, "doubled": made > 1},
        "voice": {"similarity": 0.8, "teacher": 0.9},
    }


def test_word_errors_are_judged_against_the_teacher() -> None:
    rows = summarise({"English": [english(2, 2), english(1, 1)]})
    assert find(rows, "English", "word error rate, ps").value == pytest.approx(0.15)
    assert find(rows, "English", "word error rate, ps, over the teacher's").met is True
    rows = summarise({"English": [english(3, 2)]})
    worse = find(rows, "English", "word error rate, ps, over the teacher's")
    assert worse.value == pytest.approx(1.5)
    assert worse.met is False


def test_a_single_slip_misses_the_goal_and_the_check_is_checked() -> None:
    records = [english(2, 1), english(1, 1)]
    slip = {"kind": "skipped", "first": 0, "last": 0, "evidence": 20.0}
    records[0]["slips"]["output"] = [slip]
    rows = summarise({"English": records})
    assert find(rows, "skipped", "English").met is False
    assert find(rows, "skipped", "check finds a word cut on purpose").value == 1.0
    assert find(rows, "skipped", "check finds a word doubled on purpose").value == 0.5


def styled(level: float, noise: float) -> dict[str, Any]:
    def figures(shift: float) -> dict[str, float]:
        return dict.fromkeys(STYLE_FIGURES, level + shift)

    record = {"output": figures(2 * noise), "recordings": [figures(noise), figures(-noise)]}
    return {"name": str(level), "style": record}


def test_styles_follow_the_prompt_as_well_as_the_teacher_does() -> None:
    rng = np.random.default_rng(0)
    records = [styled(level, 0.1 * rng.normal()) for level in range(20)]
    rows = summarise({"styles": records})
    shown = find(rows, "manner: r", "pitch range")
    assert shown.met is True
    assert shown.beside is not None
    assert shown.beside > 0.99
    for record in records:
        record["style"]["output"]["pitch_range"] = rng.normal()
    assert find(summarise({"styles": records}), "manner: r", "pitch range").met is False


def test_twice_as_much_agrees_better() -> None:
    assert doubled(0.5) == pytest.approx(2 / 3)
    assert doubled(1.0) == 1.0


def test_lips_are_pooled_over_clips() -> None:
    curve = [1 - abs(lag + 1.5) / 10 for lag in LAGS.tolist()]
    clip = {"closed": 1, "at_bilabials": [0.0, 0.1], "at_vowels": [0.2, 0.2], "by_lag": curve}
    silent = {"closed": 0, "at_bilabials": [], "at_vowels": [], "by_lag": [math.nan] * len(LAGS)}
    found = pooled_lips([{"output": clip}, {"output": silent}], "output")
    assert found["closed"] == 0.5
    assert found["contrast"] == pytest.approx(0.75)
    assert found["lag"] == pytest.approx(-1.5, abs=0.01)


def test_the_best_lag_lies_between_frames() -> None:
    assert best_lag([-((lag - 0.3) ** 2) for lag in LAGS.tolist()]) == pytest.approx(0.3)
    assert best_lag([float(lag) for lag in LAGS.tolist()]) == LAGS[-1]


def test_drift_is_relative() -> None:
    reading = {"start": 0.0, "similarity": 0.8, "words_per_second": 3.0, "loudness": 0.1}
    last = {**reading, "start": 240.0, "similarity": 0.81, "loudness": 0.11}
    record = {
        "name": "passage", "seconds": 300.0, "wall": 60.0, "readings": [reading, last],
        "memory_first_mb": 800.0, "memory_last_mb": 804.0, "memory": [[0, 800]],
    }  # fmt: skip
    rows = summarise({"long": [record]})
    assert find(rows, "5.0 minutes", "drift of similarity").met is True
    assert find(rows, "5.0 minutes", "drift of loudness").met is False
    assert find(rows, "5.0 minutes", "growth of memory").value == pytest.approx(0.005)


def test_motion_survives_the_journal() -> None:
    values = np.random.default_rng(0).random((7, 61)).astype(np.float32)
    assert np.allclose(unpacked(packed(values), 61), values, atol=1e-3)


def test_the_table_tells_what_is_missed() -> None:
    rows = [
        row("speed", "sound", 0.1, at_most=0.12),
        row("speed", "video", 0.5, 3, at_most=0.4, beside=0.3, beside_is="before"),
        row("speed", "first", float("nan"), at_most=1),
    ]
    text = table(rows)
    assert "met" in text.splitlines()[1]
    assert "MISSED" in text.splitlines()[2]
    assert "before 0.300" in text
    assert "1 of 2 goals met" in text


def test_few_steps_are_judged_over_the_same_texts() -> None:
    def style(name: str, head: float) -> dict[str, Any]:
        figures = dict.fromkeys(STYLE_FIGURES, 1.0) | {"head_amplitude": head}
        record = {"name": name, "voice": {"similarity": 0.8}, "features": {}}
        return record | {"style": {"output": figures, "recordings": []}}

    rows = summarise(
        {
            "English": [english(2, 2), english(8, 2)],
            "16 steps, guided": [english(1, 2)],
            "styles": [style("a", 0.9), style("b", 0.96), style("c", 7.0)],
            "16 steps, guided, styles": [style("a", 1.0), style("b", 1.0)],
        }
    )
    group = "live setting over 16 guided steps"
    assert find(rows, group, "head amplitude, off by").value == pytest.approx(0.07)
    assert find(rows, group, "head amplitude, off by").met is False
    assert find(rows, group, "smile, off by").met is True


def test_raw_figures_stand_beside_the_corrected_ones() -> None:
    rows = [row("style", "pitch range", 0.91), row("lips", "closed", 0.5)]
    text = table(rows, [row("style", "pitch range", 0.58)])
    assert "raw 0.580" in next(line for line in text.splitlines() if "pitch range" in line)
    assert "raw" not in next(line for line in text.splitlines() if "closed" in line)


def test_naturalness_is_shown_beside_the_teachers_and_judged_by_the_study() -> None:
    records = [{"natural": {"output": 3.0, "teacher": 4.4}}, {"natural": {"output": 4.0}}, {}]
    (english,) = natural("English", records)
    assert (english.value, english.pieces, english.beside) == (3.5, 2, 4.4)
    assert english.met is False
    (people,) = natural("people, 3 s prompt", [{"natural": {"output": 3.9}}])
    assert people.met is True
    assert natural("English", [{}]) == []
