"""`omnitalker bench batch --kill N`: a batch killed (-9) on its way, then finished. What came of it, counted."""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from omnitalker.base.errors import OmniTalkerError
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.storage import STATE, LocalStore
from omnitalker.media.probe import probe

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
DRIFT_SECONDS = 0.045
Stamp = tuple[int, int]
"""Of a file: it is another one when it was made again."""


@dataclass(frozen=True)
class KillSettings:
    jobs: int
    kills: int
    workers: int
    size: int
    renderer: str
    face: str | None
    checkpoint: str


def bench_killed(settings: KillSettings) -> Iterator[str]:
    """Lines for people, as it goes on."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = _command(settings, _manifest(settings, Path(folder)), out)
        ledger = Ledger(LocalStore(out))
        before: list[dict[str, Stamp]] = []
        started = time.perf_counter()
        for turn in range(settings.kills):
            _run_until(command, out, settings.jobs * (turn + 1) // (settings.kills + 1))
            before.append(_stamps(out, ledger.all()))
            yield f"killed (-9) with {len(before[-1])} of {settings.jobs} made"
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
        wall = time.perf_counter() - started
        records = ledger.all()
        after = _stamps(out, records)
        again = sum(after.get(name) != stamp for stamps in before for name, stamp in stamps.items())
        wrong = [record.id for record in records if not _is_right(out, record)]
        left = list((out / STATE / "making").glob("*"))
        yield f"finished: exit code {ended}, {len(after)} of {settings.jobs} outputs, {wall:.0f} s in all"
        yield f"made twice: {again}, wrong or cut short: {len(wrong)}, half files left: {len(left)}"
        if ended or len(after) != settings.jobs or again or wrong or left:
            raise OmniTalkerError(f"the batch did not survive its kills; wrong: {wrong[:10]}")


def _manifest(settings: KillSettings, folder: Path) -> Path:
    path = folder / "jobs.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "size", "seed", "face"))
        for index in range(settings.jobs):
            text = f"{WORDS[index % len(WORDS)].title()}."
            writer.writerow((f"{index:04}", text, settings.size, index, settings.face or ""))
    return path


def _command(settings: KillSettings, manifest: Path, out: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "omnitalker.cli.main", "batch", str(manifest), "-o", str(out)),
        *("--workers", str(settings.workers), "--renderer", settings.renderer),
        *("--checkpoint", settings.checkpoint, "--no-checks", "--json"),
    ]


def _run_until(command: list[str], out: Path, wanted: int) -> None:
    """Kills the run, as the system would, when so many records are there; its workers end by themselves."""
    silent = subprocess.DEVNULL  # a killed run leaves complaints of Python's own behind
    process = subprocess.Popen(command, stdout=silent, stderr=silent)
    records = out / STATE / "records"
    while sum(1 for _ in records.glob("*.json")) < wanted:
        if process.poll() is not None:
            raise OmniTalkerError(f"the batch ended by itself, with exit code {process.returncode}")
        time.sleep(0.1)
    process.kill()
    process.wait()
    time.sleep(1.0)


def _stamps(out: Path, records: list[Record]) -> dict[str, Stamp]:
    files = [out / record.output for record in records if record.ok]
    return {
        file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in files if file.exists()
    }


def _is_right(out: Path, record: Record) -> bool:
    if not record.ok:
        return False
    tracks = probe(out / record.output)
    lengths = (tracks.video or 0.0, tracks.audio or 0.0)
    return all(abs(length - record.seconds) < DRIFT_SECONDS for length in lengths)
