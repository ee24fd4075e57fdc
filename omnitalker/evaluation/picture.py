"""The evaluation as one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from omnitalker.base.files import AtomicFile
from omnitalker.base.types import MANNERS
from omnitalker.evaluation.rendered import LAGS
from omnitalker.evaluation.rows import Row
from omnitalker.evaluation.summary import STYLE_FIGURES, Studies, judged_manners


def draw(studies: Studies, rows: Sequence[Row], path: Path) -> None:
    """Twelve plots of whatever has been measured."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(17, 15), layout="constrained")
    axes = figure.subplots(4, 4)
    for axis, name in zip(axes[:2].ravel(), STYLE_FIGURES, strict=True):
        _style(axis, studies.get("styles", ()), name)
    _errors(axes[2, 0], rows)
    _similarities(axes[2, 1], studies)
    _confusion(axes[2, 2], studies)
    _lips(axes[2, 3], studies)
    _minutes(axes[3, 0], axes[3, 1], studies)
    _goals(axes[3, 2], axes[3, 3], rows)
    with AtomicFile(path) as temporary:
        figure.savefig(temporary, dpi=75)


def _style(axis: Any, records: Sequence[Mapping[str, Any]], name: str) -> None:
    """Prompt across, output up; grey: the teacher's two recordings."""
    known = [r["style"] for r in records if len(r["style"]["recordings"]) == 2]
    first = np.array([each["recordings"][0][name] for each in known])
    second = np.array([each["recordings"][1][name] for each in known])
    made = [each["output"][name] for each in known]
    axis.scatter(first, second, s=7, color="0.75", label="teacher: one, other")
    axis.scatter((first + second) / 2, made, s=11, label="prompt, output")
    if known:
        ends = [np.nanmin([first, second]), np.nanmax([first, second])]
        axis.plot(ends, ends, color="0.5", lw=0.7)
    axis.set_title(name.replace("_", " "), fontsize=9)
    if name == STYLE_FIGURES[0]:
        axis.legend(fontsize=7)


def _errors(axis: Any, rows: Sequence[Row]) -> None:
    shown = [r for r in rows if "error rate" in r.name and r.beside is not None]
    for offset, values, label in (
        (-0.2, [r.value for r in shown], "model"),
        (0.2, [r.beside for r in shown], "teacher"),
    ):
        axis.bar(np.arange(len(shown)) + offset, values, 0.4, label=label)
    names = [f"{r.group}\n{r.name.replace(' error rate', '')}" for r in shown]
    axis.set_xticks(range(len(shown)), names, fontsize=6)
    axis.set_title("error rates", fontsize=9)
    axis.legend(fontsize=7)


def _similarities(axis: Any, studies: Studies) -> None:
    names = [s for s in sorted(studies) if s.startswith(("people, ", "voices, "))]
    values = [[r["voice"]["similarity"] for r in studies[name]] for name in names]
    if names:
        axis.boxplot(values, showmeans=True)
        axis.set_xticks(
            range(1, len(names) + 1), [n.replace(" prompt", "") for n in names], fontsize=7
        )
    axis.axhline(0.85, color="C0", lw=0.6, ls=":")
    axis.axhline(0.75, color="C1", lw=0.6, ls=":")
    axis.set_title("SIM to the prompt", fontsize=9)


def _confusion(axis: Any, studies: Studies) -> None:
    found = judged_manners(studies).get("voice and face")
    counts = np.zeros((len(MANNERS), len(MANNERS)), int)
    for meant, heard in found[0] if found else []:
        counts[MANNERS.index(meant), MANNERS.index(heard)] += 1  # type: ignore[arg-type]
    axis.imshow(counts, cmap="Blues")
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axis.text(j, i, str(count), ha="center", va="center", fontsize=7)
    short = [manner[:4] for manner in MANNERS]
    axis.set_xticks(range(len(short)), short, fontsize=7)
    axis.set_yticks(range(len(short)), short, fontsize=7)
    axis.set_title("manner: meant down, recognised across", fontsize=9)


def _lips(axis: Any, studies: Studies) -> None:
    seen = [r["rendered"] for r in studies.get("rendered", ())]
    for who in ("output", "teacher"):
        curves = [each[who]["by_lag"] for each in seen if who in each]
        if curves:
            axis.plot(
                LAGS, np.nanmean(np.array(curves, float), axis=0), marker="o", ms=3, label=who
            )
    axis.set_xlabel("lips later than the sound by frames", fontsize=7)
    axis.set_title("lip contrast in rendered pictures", fontsize=9)
    axis.legend(fontsize=7)


def _minutes(first: Any, second: Any, studies: Studies) -> None:
    for record in studies.get("long", ()):
        readings = record["readings"]
        at = [reading["start"] / 60 for reading in readings]
        for name in ("similarity", "words_per_second", "loudness"):
            values = np.array([reading[name] for reading in readings])
            first.plot(at, values / values[0], marker="o", ms=3, label=name.replace("_", " "))
        memory = np.array(record["memory"])
        second.plot(memory[:, 0] / 60, memory[:, 1])
    first.axhspan(0.97, 1.03, color="0.93")
    first.set_title("long text: over the first minute", fontsize=9)
    first.legend(fontsize=7)
    second.set_ylim(bottom=0)
    second.set_title("long text: MB in use by minute", fontsize=9)


def _goals(left: Any, right: Any, rows: Sequence[Row]) -> None:
    """Lists of what was met and missed."""
    for axis, met, colour in ((left, True, "green"), (right, False, "firebrick")):
        axis.axis("off")
        shown = [r for r in rows if r.met is met]
        axis.set_title(f"{'met' if met else 'missed'}: {len(shown)}", fontsize=9, color=colour)
        for index, r in enumerate(shown[:30]):
            text = f"{r.value:.3g} ({r.sign} {r.goal:g})  {r.group[:24]}: {r.name[:34]}"
            axis.text(0, 1 - (index + 1) / 31, text, fontsize=6, transform=axis.transAxes)
