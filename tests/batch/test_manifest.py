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
from omnitalker.studio.order import Delivery, Order, Voice, _warn_once


def test_csv_rows_become_jobs_and_bad_rows_say_why(tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(b"x")
    (tmp_path / "long.txt").write_text("From a file.")
    manifest = tmp_path / "jobs.csv"
    manifest.write_text(
        "id,text,text_file,ref,emotion,speed,subtitles\n"
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
    first, second = (job.order for job in result.jobs)
    assert (first.delivery.emotion, first.delivery.speed) == ("happy", 1.5)
    assert first.outputs.subtitles
    assert first.voice.ref == str(tmp_path / "voice.wav")
    assert second.text == "From a file."
    reasons = {bad.line: bad.reason for bad in result.bad}
    assert sorted(reasons) == [4, 5, 6, 7, 8]
    assert "'joyful'" in reasons[4]
    assert "happy" in reasons[4]
    assert "missing.wav" in reasons[5]
    assert "either text or text_file, or a sound" in reasons[6]
    assert "'fast'" in reasons[7]
    assert "between" in reasons[8]


def test_jsonl_and_folder(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "One.", "size": 256}), "{broken", json.dumps({"texts": "x"})]
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines))
    result = read_manifest(tmp_path / "jobs.jsonl")
    assert result.jobs[0].order.look.size == 256
    assert [bad.line for bad in result.bad] == [2, 3]
    assert "did you mean 'text'" in result.bad[1].reason
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "b.txt").write_text("Second.")
    (tmp_path / "texts" / "a.txt").write_text("First.")
    jobs = read_manifest(tmp_path / "texts").jobs
    assert [(job.id, job.order.text) for job in jobs] == [("a", "First."), ("b", "Second.")]


def test_names_that_nobody_has_are_bad_rows(tmp_path: Path) -> None:
    (tmp_path / "sea.png").write_bytes(b"x")
    (tmp_path / "voice.wav").write_bytes(b"x")
    rows = [
        {"voice": "ada", "background": "sea.png"},
        {"face": "nobody"},
        {"voice": "adda"},
        {"voice": "bob", "emotion": "happy"},
        {"background": "bluur"},
        {"background": "#eceef1", "emotion": "happy"},
        {"aspect": "16:9", "format": "webm"},
        {"aspect": "4:5", "format": "webm", "background": "white"},
        {"style": "voice.wav"},
        {"emotoin": "sad"},
    ]
    lines = [json.dumps({"text": "Hi.", **row}) for row in rows]
    (tmp_path / "jobs.jsonl").write_text("\n".join(lines))
    found = read_manifest(
        tmp_path / "jobs.jsonl", {"ada": ("neutral", "happy"), "bob": ("neutral",)}
    )
    assert [job.order.look.background for job in found.jobs] == [
        str(tmp_path / "sea.png"), "#eceef1", "white",
    ]  # fmt: skip
    reasons = [bad.reason for bad in found.bad]
    assert [bad.line for bad in found.bad] == [2, 3, 4, 5, 7, 9, 10]
    told = (
        "nobody", "did you mean 'ada'", "happy", "bluur", "is square", "style create",
        "did you mean 'emotion'",
    )  # fmt: skip
    for reason, words in zip(reasons, told, strict=True):
        assert words in reason


@pytest.mark.parametrize(
    ("text", "told"),
    [("Привет, как дела?", "'П'"), ("こんにちは", "Hiragana"), ("🎉🎉", "nothing to say")],
)
def test_what_cannot_be_spoken_is_a_bad_row(tmp_path: Path, text: str, told: str) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text(text, encoding="utf-8")
    (row,) = read_manifest(folder).bad
    assert told in row.reason
    assert str(row).startswith("a.txt: ")


def test_earlier_names_of_columns_are_understood_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = {"text": "Hi.", "presenter": "ava", "manner": "happy", "framing": "9:16", "style": "bob"}
    (tmp_path / "jobs.jsonl").write_text(json.dumps(row))
    _warn_once.cache_clear()
    order = read_manifest(tmp_path / "jobs.jsonl").jobs[0].order
    assert (order.look.face, order.delivery.emotion, order.look.aspect) == ("ava", "happy", "9:16")
    assert order.voice.voice == "bob"
    assert "column 'presenter' is now 'face'" in caplog.text


def test_options_of_the_run_hold_for_rows_that_leave_them_open(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("text,size\nOne.,\nTwo.,768\n")
    jobs = read_manifest(tmp_path / "jobs.csv", None, {"size": 256, "emotion": "sad:0.5"}).jobs
    assert [job.order.look.size for job in jobs] == [256, 768]
    assert {job.order.delivery.intensity for job in jobs} == {0.5}


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "cp1252"])
def test_tables_are_read_as_spreadsheets_write_them(tmp_path: Path, coding: str) -> None:
    rows = "text;emotion\nThe café is open;happy\n"
    (tmp_path / "jobs.csv").write_bytes(rows.encode(coding))
    (job,) = read_manifest(tmp_path / "jobs.csv").jobs
    assert job.order.text == "The café is open"
    assert job.order.delivery.emotion == "happy"


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
    order = Order("Hello", voice=Voice(ref="/x/ref.mp4"))
    job = Job("a", order)
    digests = {"/x/ref.mp4": "d1"}
    key = job_key(job, "tiny", digests)
    moved = Job("a", replace(order, voice=Voice(ref="/moved.mp4")))
    assert key == job_key(replace(job, id="b", output="other"), "tiny", digests)
    assert key == job_key(moved, "tiny", {"/moved.mp4": "d1"})
    changed = [
        job_key(Job("a", replace(order, text="Hello!")), "tiny", digests),
        job_key(Job("a", replace(order, delivery=Delivery(seed=1))), "tiny", digests),
        job_key(job, "other", digests),
        job_key(job, "tiny", {"/x/ref.mp4": "d2"}),
    ]
    assert len({key, *changed}) == 5


def test_output_names_stay_inside_the_folder() -> None:
    job = Job("../../etc/x y", Order("Hi"), "{language}/{id}_{index}")
    assert output_name(job, 7) == "auto/etc/x_y_7.mp4"
    with pytest.raises(InputError, match=r"\{emotion\}"):
        output_name(replace(job, output="{nothing}"), 1)
    assert output_name(replace(job, output="{id:>9}"), 1) == "_id_9_.mp4"  # a name, no instruction


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
