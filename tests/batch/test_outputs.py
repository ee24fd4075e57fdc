"""Real jobs through the real worker, with an untrained model and the presenter made from a portrait."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from omnitalker.base import assets
from omnitalker.base.types import Phoneme, TimedPhoneme
from omnitalker.batch.checks import warnings
from omnitalker.batch.jobs import Job
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.lips import moments, seen_contrast
from omnitalker.batch.manifest import Manifest
from omnitalker.batch.report import outliers_first, write_report
from omnitalker.batch.run import plan
from omnitalker.batch.storage import LocalStore, RemoteStore
from omnitalker.batch.work import RunSettings, Worker
from omnitalker.media.gif import write_gif
from omnitalker.media.probe import probe
from omnitalker.media.webm import WebmWriter
from omnitalker.media.writer import VideoWriter
from omnitalker.motion.names import INDEX
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.landmarks import open_finder
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.studio.order import parse

runner = CliRunner()


def test_a_worker_makes_files_records_and_thumbnails(tiny_checkpoint: Path, tmp_path: Path) -> None:
    settings = RunSettings(str(tiny_checkpoint), str(tmp_path))
    said = {"text": "Hello there.", "renderer": "sketch", "size": 256}
    script = tmp_path / "talk.txt"
    script.write_text("---\ncast: {A: ada, B: bob}\n---\nA: Hello.\nB: Hi.\n")
    jobs = (
        Job("film", parse({**said, "subtitles": True, "voice": "ada"})),
        Job("sound", parse({**said, "format": "wav"}), output="deep/{id}"),
        Job("curves", parse({**said, "format": "csv"})),
        Job("cut", parse({**said, "format": "webm"})),
        Job("scene", parse({"scene": str(script), "format": "wav", "motion_csv": True})),
    )
    tasks = plan(Manifest(jobs, ()), settings).tasks
    worker = Worker(settings)
    film, sound, curves, cut, scene = (worker.make(task) for task in tasks)
    assert [record.error for record in (film, sound, curves, scene)] == [None] * 4
    assert [(tmp_path / f"scene.{end}").is_file() for end in ("wav", "A.csv", "B.csv")] == [
        True
    ] * 3
    tracks = probe(tmp_path / "film.mp4")
    assert tracks.video == pytest.approx(film.seconds, abs=0.001)
    assert tracks.audio == pytest.approx(film.seconds, abs=0.045)
    assert film.checks["av_difference"] < 0.045
    assert 0 <= film.checks["agreement"] <= 1
    assert "-->" in (tmp_path / "film.srt").read_text()
    assert (tmp_path / "deep" / "sound.wav").stat().st_size > 1000
    assert (tmp_path / "curves.csv").read_text().startswith("Timecode")
    assert "cannot cut out" in str(cut.error)
    assert not (tmp_path / "cut.webm").exists()
    assert not list((tmp_path / ".omnitalker" / "making").iterdir())
    ledger = Ledger(LocalStore(tmp_path))
    assert (ledger.thumbnail(film) or b"").startswith(b"\xff\xd8")
    assert [t.job.id for t in plan(Manifest(jobs, ()), settings).waiting] == ["cut"]
    assert plan(Manifest(jobs, ()), settings, only_failed=True).waiting == tasks[3:4]
    page = write_report(tmp_path / "report.html", [film, cut], ledger, "jobs").read_text()
    assert page.index("cannot cut out") < page.index("film.mp4")
    assert "data:image/jpeg" in page


def test_a_record_that_cannot_be_written_is_a_failure_that_the_next_run_mends(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RunSettings(str(tiny_checkpoint), str(tmp_path), checks=False)
    manifest = Manifest((Job("sound", parse({"text": "Hello there.", "format": "wav"})),), ())
    worker = Worker(settings)
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", _no_space)
        record = worker.make(plan(manifest, settings).tasks[0])
    assert "cannot be written: No space left" in str(record.error)
    assert not list((tmp_path / ".omnitalker").rglob("*.part"))
    assert worker.make(plan(manifest, settings).waiting[0]).ok
    assert not plan(manifest, settings).waiting


def test_pictures_that_do_not_fit_on_the_disk_are_a_failure(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RunSettings(str(tiny_checkpoint), str(tmp_path), checks=False)
    job = Job("cut", parse({"text": "Hello there.", "format": "png", "size": 256, "face": "ava"}))
    worker = Worker(settings)
    monkeypatch.setattr(Path, "write_bytes", _no_space)
    record = worker.make(plan(Manifest((job,), ()), settings).tasks[0])
    assert "the disk is full" in str(record.error)
    assert not (tmp_path / "cut").exists()
    assert not list((tmp_path / ".omnitalker" / "making").iterdir())


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_dry_run_names_what_would_be_made(tiny_checkpoint: Path, tmp_path: Path) -> None:
    from omnitalker.cli.main import app

    manifest = tmp_path / "jobs.jsonl"
    manifest.write_text('{"id": "a", "text": "Hi."}\n{"id": "b", "text": ""}\n')
    out = tmp_path / "out"
    arguments = ["batch", str(manifest), "-o", str(out), "--checkpoint", str(tiny_checkpoint)]
    refused = runner.invoke(app, [*arguments, "--dry-run"])
    assert "nothing was made" in str(refused.exception)
    done = runner.invoke(app, [*arguments, "--dry-run", "--skip-invalid", "--json"])
    assert done.exit_code == 0
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["bad_row", "plan"]
    assert events[0]["line"] == 2
    assert events[1] == {"event": "plan", "jobs": 1, "waiting": 1, "done": 0, "bad": 1}
    assert not out.exists()


def test_webm_is_transparent_around_the_person(tmp_path: Path) -> None:
    picture = np.zeros((64, 96, 4), np.uint8)
    picture[16:48, 32:64] = (200, 40, 40, 255)
    path = tmp_path / "cut.webm"
    with WebmWriter(path, (96, 64)) as writer:
        for _ in range(5):
            writer.write([picture] * 5, np.full(4800, 0.1, np.float32))
    tracks = probe(path)
    assert tracks.pictures == 25
    assert tracks.video == pytest.approx(1.0, abs=0.05)
    assert tracks.audio == pytest.approx(1.0, abs=0.05)
    with av.open(str(path)) as container:
        context = av.CodecContext.create("libvpx-vp9", "r")
        packet = next(container.demux(container.streams.video[0]))
        frame = context.decode(packet)[0]
        assert frame.format.name == "yuva420p"
        alpha = frame.to_ndarray(format="rgba")[..., 3]
    assert alpha[32, 48] > 240
    assert alpha[4, 4] < 15


def test_gif_moves_and_is_small(tmp_path: Path) -> None:
    frames = [np.full((80, 120, 3), 8 * index, np.uint8) for index in range(25)]
    write_gif(tmp_path / "a.gif", frames, max_side=60)
    with av.open(str(tmp_path / "a.gif")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == 13
    assert pictures[0].shape == (40, 60, 3)
    assert abs(int(pictures[12][0, 0, 0]) - 192) < 12


def test_lips_are_judged_by_the_frames_of_the_film(tmp_path: Path) -> None:
    presenter = assets.presenter_file("ava")
    if presenter is None:
        pytest.skip("no presenters are shipped here")
    renderer = WarpRenderer(load_identity(presenter), 256)
    motion = np.zeros((24, 61), np.float32)
    motion[8:16, INDEX["jawOpen"]] = 0.6
    timed = [TimedPhoneme(Phoneme(s), t, t + 0.2) for s, t in (("m", 0.1), ("ɑ", 0.4), ("b", 0.8))]
    when = moments(motion, timed)
    assert all(8 <= place < 16 for place in when.open)
    assert not any(8 <= place < 16 for place in when.closed)
    figures = []
    for jaw in (motion, np.zeros_like(motion)):
        with VideoWriter(tmp_path / "film.mp4", renderer.size, with_audio=False) as writer:
            writer.write_frames(renderer.frame(row) for row in jaw)
        with open_finder(None, still=True) as finder:
            figures.append(seen_contrast(tmp_path / "film.mp4", when, finder))
    (talking, seen), (mute, _) = figures
    assert seen == 1.0
    assert talking is not None
    assert mute is not None
    assert talking > 0.6
    assert abs(mute) < 0.3


def test_a_report_elsewhere_links_to_the_outputs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    ledger = Ledger(LocalStore(out))
    record = Record("k", "a", "zh/早 a.mp4", seconds=1)
    page = write_report(tmp_path / "pages" / "r.html", [record], ledger, "jobs", str(out))
    assert "href='../out/zh/%E6%97%A9%20a.mp4'" in page.read_text()
    page = write_report(out / "report.html", [record], ledger, "jobs", str(out))
    assert "href='./zh/%E6%97%A9%20a.mp4'" in page.read_text()
    page = write_report(tmp_path / "r.html", [record], ledger, "jobs", "s3://bucket/run")
    assert "href='s3://bucket/run/zh/" in page.read_text()


def test_warnings_name_what_is_wrong() -> None:
    good = {"loudness_db": -20.0, "av_difference": 0.02, "face_found": 1.0, "agreement": 0.9}
    assert warnings(good) == []
    bad = {**good, "loudness_db": -50.0, "av_difference": 0.2, "face_found": 0.3, "agreement": 0.1}
    assert len(warnings(bad)) == 4
    noted = Record("k", "b", "b.mp4", seconds=1, checks={"warnings": ["x"]})
    failed, fine = Record("k", "c", "c.mp4", error="E"), Record("k", "a", "a.mp4", seconds=1)
    assert outliers_first([fine, noted, failed]) == [failed, noted, fine]


def test_outputs_can_go_to_any_fsspec_place(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    store = RemoteStore("memory://bucket/run")
    made = store.workshop() / "film.mp4"
    made.write_bytes(b"film")
    store.publish(made, "deep/film.mp4")
    assert store.exists("deep/film.mp4")
    assert store.read("deep/film.mp4") == b"film"
    ledger = Ledger(store)
    assert not ledger.is_done("k", "deep/film.mp4")
    ledger.put(Record("k", "a", "deep/film.mp4"))
    assert ledger.is_done("k", "deep/film.mp4")
    assert [record.id for record in ledger.all()] == ["a"]
