from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from omnitalker.base.errors import InputError
from omnitalker.batch.jobs import Job, job_key, output_name
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.manifest import read_manifest
from omnitalker.batch.storage import LocalStore


def test_csv_rows_become_jobs_and_bad_rows_say_why(tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(b"x")
    (tmp_path / "long.txt").write_text("From a file.")
    manifest = tmp_path / "jobs.csv"
    manifest.write_text(
        "id,text,text_file,ref,manner,speed,subtitles\n"
        "a,Hello there.,,voice.wav,happy,1.5,yes\n"
        "b,,long.txt,,,,\n"
        "c,Hi,,,joyful,,\n"
        "d,Hi,,missing.wav,,,\n"
        "e,,,,,,\n"
        "f,Hi,,,,fast,\n"
        "g,Hi,,,,9,\n"
    )
    result = read_manifest(manifest)
    assert [job.id for job in result.jobs] == ["a", "b"]
    first, second = result.jobs
    assert (first.manner, first.speed, first.subtitles) == ("happy", 1.5, True)
    assert first.ref == str(tmp_path / "voice.wav")
    assert second.text == "From a file."
    reasons = {bad.line: bad.reason for bad in result.bad}
    assert sorted(reasons) == [4, 5, 6, 7, 8]
    assert "'joyful'" in reasons[4]
    assert "happy" in reasons[4]
    assert "missing.wav" in reasons[5]
    assert "either text or text_file" in reasons[6]
    assert "'fast'" in reasons[7]
    assert "between" in reasons[8]


def test_jsonl_and_folder(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "One.", "size": 256}), "{broken", json.dumps({"texts": "x"})]
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines))
    result = read_manifest(tmp_path / "jobs.jsonl")
    assert result.jobs[0].size == 256
    assert [bad.line for bad in result.bad] == [2, 3]
    assert "did you mean 'text'" in result.bad[1].reason
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "b.txt").write_text("Second.")
    (tmp_path / "texts" / "a.txt").write_text("First.")
    jobs = read_manifest(tmp_path / "texts").jobs
    assert [(job.id, job.text) for job in jobs] == [("a", "First."), ("b", "Second.")]


def test_names_that_nobody_has_are_bad_rows(tmp_path: Path) -> None:
    (tmp_path / "sea.png").write_bytes(b"x")
    rows = [
        {"style": "ada", "background": "sea.png"},
        {"presenter": "nobody"},
        {"style": "adda"},
        {"style": "bob", "manner": "happy"},
        {"background": "bluur"},
        {"background": "#eceef1", "manner": "happy"},
        {"framing": "16:9", "format": "webm"},
        {"background": "blur", "format": "png"},
    ]
    lines = [json.dumps({"text": "Hi.", **row}) for row in rows]
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines))
    found = read_manifest(
        tmp_path / "jobs.jsonl", {"ada": ("neutral", "happy"), "bob": ("neutral",)}
    )
    assert [job.background for job in found.jobs] == [str(tmp_path / "sea.png"), "#eceef1"]
    reasons = [bad.reason for bad in found.bad]
    assert [bad.line for bad in found.bad] == [2, 3, 4, 5, 7, 8]
    told = ("nobody", "did you mean 'ada'", "happy", "bluur", "format is webm", "format is png")
    for reason, words in zip(reasons, told, strict=True):
        assert words in reason


def test_a_row_that_would_overwrite_an_earlier_one_is_bad(tmp_path: Path) -> None:
    manifest = tmp_path / "jobs.csv"
    manifest.write_text(
        "id,text,format,subtitles,output\n"
        "a,Hi,mp4,,same\n"
        "b,Ho,mp4,,same\n"
        "c,Hum,webm,yes,same\n"
        "d,Hey,gif,yes,same\n"
        ",Hay,mp4,,\n"
        "e,Ha,png,,same\n"
    )
    found = read_manifest(manifest)
    assert [job.id for job in found.jobs] == ["a", "c", "000006", "e"]
    assert [row.line for row in found.bad] == [3, 5]
    assert "'same.mp4' is already that of line 2" in found.bad[0].reason
    assert "'same.srt' is already that of line 4" in found.bad[1].reason


def test_a_cell_that_is_too_large_for_a_table_is_a_bad_row(tmp_path: Path) -> None:
    manifest = tmp_path / "jobs.csv"
    manifest.write_text(f"id,text\na,{'long ' * 40_000}\nb,Ho\n")
    found = read_manifest(manifest)
    assert [job.id for job in found.jobs] == ["b"]
    assert [row.line for row in found.bad] == [2]
    assert "text_file" in found.bad[0].reason


def test_keys_name_content_not_labels() -> None:
    job = Job(id="a", text="Hello", ref="/x/ref.mp4")
    digests = {"/x/ref.mp4": "d1"}
    key = job_key(job, "tiny", digests)
    assert key == job_key(replace(job, id="b", output="other"), "tiny", digests)
    assert key == job_key(replace(job, ref="/moved.mp4"), "tiny", {"/moved.mp4": "d1"})
    changed = [
        job_key(replace(job, text="Hello!"), "tiny", digests),
        job_key(replace(job, seed=1), "tiny", digests),
        job_key(job, "other", digests),
        job_key(job, "tiny", {"/x/ref.mp4": "d2"}),
    ]
    assert len({key, *changed}) == 5


def test_output_names_stay_inside_the_folder() -> None:
    job = Job(id="../../etc/x y", text="Hi", output="{language}/{id}_{index}")
    assert output_name(job, 7) == "auto/etc/x_y_7.mp4"
    with pytest.raises(InputError, match=r"\{manner\}"):
        output_name(replace(job, output="{nothing}"), 1)


def test_ledger_trusts_only_record_and_output_together(tmp_path: Path) -> None:
    ledger = Ledger(LocalStore(tmp_path))
    assert not ledger.is_done("k", "a.mp4")
    ledger.put(Record("k", "a", "a.mp4"))
    assert not ledger.is_done("k", "a.mp4")
    (tmp_path / "a.mp4").write_bytes(b"x")
    assert ledger.is_done("k", "a.mp4")
    assert not ledger.is_done("k", "b.mp4")
    ledger.put(Record("k", "a", "a.mp4", error="broke"))
    assert not ledger.is_done("k", "a.mp4")
    (tmp_path / ".omnitalker" / "records" / "torn.json").write_text('{"key": "to')
    assert [record.key for record in ledger.all()] == ["k"]


def test_a_bad_row_keeps_its_number(tmp_path: Path) -> None:
    """So that mending it later renames no output that is already made."""
    rows = [{"id": "a", "text": "One."}, {"id": "b", "text": ""}, {"id": "c", "text": "Three."}]
    path = tmp_path / "jobs.jsonl"
    path.write_text("".join(json.dumps({**row, "output": "{index}"}) + "\n" for row in rows))
    found = read_manifest(path)
    assert [output_name(job, place) for place, job in found.placed] == ["1.mp4", "3.mp4"]
