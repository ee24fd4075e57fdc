from __future__ import annotations

from pathlib import Path

from omnitalker.evaluation.cases import Case
from omnitalker.evaluation.journal import Journal, subject_of

CASES = [Case("English", name, f"Say {name}.") for name in ("one", "two", "three")]


def test_goes_on_after_a_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    journal = Journal(path, "weights", resume=False)
    journal.add(CASES[0], {"seconds": 1.5})
    journal.add(CASES[1], {"failed": "no sound"})
    with path.open("a") as file:
        file.write('{"key": "cut o')  # killed while writing
    again = Journal(path, "weights", resume=True)
    assert again.missing(CASES) == [CASES[2]]
    again.add(CASES[2], {"seconds": 2.5})
    last = Journal(path, "weights", resume=True)
    assert [r["seconds"] for r in last.by_study()["English"]] == [1.5, 2.5]
    assert last.failures() == {"English: two": "no sound"}


def test_other_weights_start_afresh(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    Journal(path, "weights", resume=False).add(CASES[0], {})
    assert Journal(path, "other weights", resume=True).missing(CASES) == CASES
    Journal(path, "other weights", resume=False).add(CASES[0], {})
    assert Journal(path, "other weights", resume=False).missing(CASES) == CASES


def test_a_changed_case_is_another_case() -> None:
    case = CASES[0]
    changed = [
        Case("English", "one", "Say one!"),
        Case("English", "one", "Say one.", steps=16),
        Case("English", "one", "Say one.", measures=frozenset(("words",))),
    ]
    assert len({case.key, *(c.key for c in changed)}) == 4
    assert Case("English", "one", "Say one.").key == case.key


def test_the_subject_is_weights_and_settings(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"1")
    first = subject_of(tmp_path, "4 steps")
    assert subject_of(tmp_path, "4 steps") == first
    assert subject_of(tmp_path, "16 steps") != first
    (tmp_path / "model.safetensors").write_bytes(b"2")
    assert subject_of(tmp_path, "4 steps") != first
