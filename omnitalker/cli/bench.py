"""`omnitalker bench`: what this machine can do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.machine import rest_between_calls
from omnitalker.cli import options

bench_app = typer.Typer(help="Measure this machine.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(bench_app, name="bench")


@bench_app.command("live")
def bench_live(
    turns: Annotated[int, typer.Option(help="Replies timed for latency.")] = 20,
    seconds: Annotated[float, typer.Option(help="Length of the continuous talk.")] = 30.0,
    sessions: Annotated[int, typer.Option(help="Avatars at a time in the last test.")] = 4,
    size: Annotated[int, typer.Option(help="Picture side in pixels.")] = 512,
    renderer: Annotated[str, typer.Option(help="warp or sketch.")] = "warp",
    checkpoint: Annotated[str, typer.Option(help="Checkpoint folder.")] = DEFAULT_CHECKPOINT,
    webrtc_minutes: Annotated[
        float, typer.Option(help="Also: are sound and picture together at a WebRTC peer?")
    ] = 0.0,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this: turns, continuous, interruption, reactions, together, webrtc. Repeatable."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write JSON, minute by minute; parts measured before are kept."
        ),
    ] = None,
) -> None:
    """Time to the first chunk, sustained rate, interruptions, memory, and several sessions."""
    rest_between_calls()
    import json

    from omnitalker.evaluation.bench.live import PARTS, BenchSettings, measure

    usual = PARTS if webrtc_minutes else tuple(name for name in PARTS if name != "webrtc")
    settings = BenchSettings(
        turns, seconds, sessions, size, renderer, checkpoint,  # type: ignore[arg-type]
        webrtc_minutes or 1.0, tuple(part or usual),  # type: ignore[arg-type]
    )  # fmt: skip
    before = json.loads(output.read_text()) if output and output.exists() and part else {}

    def keep(figures: dict[str, object]) -> None:
        if output is not None:
            text = json.dumps({**before, **figures}, indent=2)
            output.write_text(text + "\n", encoding="utf-8")

    print(json.dumps(measure(settings, keep), indent=2))


@bench_app.command("batch")
def bench_batch(
    jobs: Annotated[int, typer.Option(help="Videos per measurement.")] = 8,
    workers: Annotated[int, typer.Option(help="Compared with one worker.")] = 2,
    kill: Annotated[
        int, typer.Option(help="Instead: one batch, killed so often on its way, then finished.")
    ] = 0,
    size: options.Size = 256,
    renderer: options.RendererName = "warp",
    face: Annotated[str | None, typer.Option(help="Face; default: the first.")] = None,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """Throughput of one worker and of several, start-up cost per job, memory per worker.

    Every worker keeps to one processor; loading the model is not counted.

    Examples:

      omnitalker bench batch --workers 2

      omnitalker bench batch --jobs 200 --kill 2
    """
    from omnitalker.evaluation.bench.batch import bench
    from omnitalker.evaluation.bench.batch_kill import KillSettings, bench_killed

    lines = (
        bench_killed(KillSettings(jobs, kill, workers, size, renderer, face, checkpoint))
        if kill
        else bench(
            jobs=jobs,
            workers=workers,
            size=size,
            renderer=renderer,
            face=face,
            checkpoint=checkpoint,
        )
    )
    for line in lines:
        print(line, flush=True)


@bench_app.command("demo")
def bench_demo(
    port: Annotated[int, typer.Option(help="Port of the page while it is measured.")] = 7869,
    repeat: Annotated[int, typer.Option(help="Visits and videos after the first one.")] = 3,
    renderer: options.RendererName = "warp",
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """First paint, first picture and memory of the web page, seen from a real browser.

    Example: omnitalker bench demo
    """
    from omnitalker.evaluation.bench.demo import bench, settings_for

    settings = settings_for(port=port, checkpoint=checkpoint, renderer=renderer)
    for line in bench(settings, repeat=repeat):
        print(line, flush=True)
