"""`omnitalker batch`: many videos from one manifest."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.errors import InputError
from omnitalker.cli import batch_progress, options
from omnitalker.cli.consent import Agreed, ask_consent, people_in

if TYPE_CHECKING:
    from omnitalker.batch.manifest import Manifest
    from omnitalker.batch.run import Plan

SHOWN_BAD_ROWS = 50


def register(app: typer.Typer) -> None:
    app.command("batch")(batch)


@options.takes_wishes
def batch(
    manifest: Annotated[
        Path, typer.Argument(help="A .csv, a .jsonl, or a folder of .txt files, one per video.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="A folder, or a URL such as s3://bucket/run1.")
    ],
    workers: Annotated[int, typer.Option(help="Processes (local) or actors (Ray).")] = 1,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="This machine, or a Ray cluster.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="Ray cluster: auto, ray://host:10001; none starts one here.")
    ] = None,
    gpus: Annotated[float, typer.Option(help="GPUs per Ray worker; 0.25 shares one.")] = 0.0,
    retries: Annotated[int, typer.Option(help="Further attempts after a failure.")] = 2,
    overwrite: Annotated[
        bool, typer.Option("--overwrite/--resume", help="Make all again, or only what is missing.")
    ] = False,
    only_failed: Annotated[
        bool, typer.Option("--only-failed", help="Only those that failed last time.")
    ] = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Run the good rows though others are bad.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, say what would be made.")
    ] = False,
    max_hours: Annotated[
        float | None, typer.Option(help="Begin nothing new after this time.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where the page goes (default: OUT/report.html).")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Events as JSON lines on standard output.")
    ] = False,
    checks: Annotated[bool, typer.Option(help="Check every output automatically.")] = True,
    threads: Annotated[
        int | None,
        typer.Option(help="Processors per worker; default: shared out evenly (Ray: 1)."),
    ] = None,
    cache_megabytes: Annotated[int, typer.Option(help="Room for prepared references.")] = 2048,
    i_have_consent: Agreed = False,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
    device: options.Device = "cpu",
    *,
    wishes: dict[str, Any],
) -> None:
    """Make many videos; stop it whenever you like, it goes on where it was.

    Columns: id, output, text or text_file, and every option below by its name (head_motion for --head-motion);
    the options themselves hold for rows that leave them open. Exit code 0: all made, 1: some failed, 2: bad call.

    Examples:

      omnitalker batch jobs.csv -o out/ --workers 2

      omnitalker batch texts/ -o out/ --face lin --format webm --dry-run
    """
    from omnitalker.batch.manifest import read_manifest
    from omnitalker.batch.run import EngineSettings, plan, run
    from omnitalker.batch.work import RunSettings
    from omnitalker.studio.people import voices

    _check_numbers(workers, retries, max_hours)
    known = {voice.name: voice.emotions for voice in voices(checkpoint)}
    rows = read_manifest(manifest, known, wishes)
    _report_bad_rows(rows, skip_invalid=skip_invalid, as_json=as_json)
    settings = RunSettings(
        checkpoint=checkpoint,
        out=output,
        device=device,
        threads=threads or _even_share(workers, engine),
        cache_megabytes=cache_megabytes,
        checks=checks,
    )
    todo = plan(rows, settings, overwrite=overwrite, only_failed=only_failed)
    others = "left alone" if only_failed else "made before"
    _announce(todo, rows, others, as_json=as_json, dry_run=dry_run)
    if dry_run:
        return
    people = [file for task in todo.waiting for file in people_in(task.job.order)]
    settings = replace(settings, receipts=ask_consent(dict.fromkeys(people), i_have_consent))
    engine_settings = EngineSettings(
        engine, workers=workers, retries=retries, max_hours=max_hours, address=address, gpus=gpus
    )
    tally = batch_progress.follow(
        run(todo.waiting, settings, engine_settings),
        len(todo.waiting),
        min(workers, max(1, len(todo.waiting))),
        as_json=as_json,
    )
    page = _write_report(todo, rows, output, report, manifest.name)
    left = len(todo.waiting) - tally.made - tally.failed
    if as_json:
        made, failed, seconds = tally.made, tally.failed, round(tally.elapsed, 3)
        batch_progress.emit(
            "end", made=made, failed=failed, left=left, seconds=seconds, report=str(page)
        )
    else:
        print(_closing_words(tally, left, page))
    if tally.failed or left or rows.bad:
        raise typer.Exit(1)


def _even_share(workers: int, engine: str) -> int:
    from omnitalker.batch.local import allowed_processors

    return 1 if engine == "ray" else max(1, len(allowed_processors()) // workers)


def _check_numbers(workers: int, retries: int, max_hours: float | None) -> None:
    if workers < 1:
        raise InputError(f"--workers must be at least 1, got {workers}")
    if retries < 0:
        raise InputError(f"--retries cannot be negative, got {retries}")
    if max_hours is not None and max_hours <= 0:
        raise InputError(f"--max-hours must be positive, got {max_hours}")


def _report_bad_rows(rows: Manifest, *, skip_invalid: bool, as_json: bool) -> None:
    for row in rows.bad if as_json else rows.bad[:SHOWN_BAD_ROWS]:
        if as_json:
            batch_progress.emit("bad_row", line=row.line, reason=row.reason)
        else:
            print(row, file=sys.stderr)
    hidden = len(rows.bad) - SHOWN_BAD_ROWS
    if hidden > 0 and not as_json:
        print(f"and {hidden} more", file=sys.stderr)
    if rows.bad and not skip_invalid:
        raise InputError(
            f"{_counted(len(rows.bad), 'bad row')}, {_counted(len(rows.jobs), 'good one')}; nothing was made. "
            "Mend them, or run the good ones with --skip-invalid"
        )
    if not rows.jobs:
        raise InputError("no good row is left")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"


def _announce(todo: Plan, rows: Manifest, others: str, *, as_json: bool, dry_run: bool) -> None:
    waiting, done, bad = len(todo.waiting), todo.done, len(rows.bad)
    if as_json:
        batch_progress.emit("plan", jobs=len(todo.tasks), waiting=waiting, done=done, bad=bad)
        return
    print(f"{waiting} to make, {done} {others}, {_counted(bad, 'bad row')}", file=sys.stderr)
    if dry_run:
        for task in todo.waiting:
            print(f"{task.job.id}\t{task.output}")


def _write_report(
    todo: Plan, rows: Manifest, output: str, report: Path | None, name: str
) -> Path | None:
    """For remote outputs only where a local path was given."""
    from omnitalker.batch.ledger import Ledger
    from omnitalker.batch.report import write_report
    from omnitalker.batch.storage import open_store

    if report is None and "://" in output:
        return None
    ledger = Ledger(open_store(output))
    records = ledger.of((task.key, task.output) for task in todo.tasks)
    return write_report(
        report or Path(output) / "report.html", records, ledger, name, output, bad=rows.bad
    )


def _closing_words(tally: batch_progress.Tally, left: int, page: Path | None) -> str:
    parts = [f"{tally.made} made, {tally.failed} failed"]
    if left:
        parts.append(f"{left} left for the next run (time limit)")
    if tally.failed:
        parts.append("run again to retry them")
    if page is not None:
        parts.append(f"report: {page}")
    return "; ".join(parts)
