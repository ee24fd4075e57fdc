"""What a corpus holds, in numbers (report.json), in words, and as a picture (sheet.png)."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from omnitalker.base import timeline
from omnitalker.corpus.failures import known_failures
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.store import Corpus, open_corpus
from omnitalker.text.symbols import SYMBOLS

REPORT, SHEET = "report.json", "sheet.png"
_LOOKED_AT = 400
"""Items whose arrays are read for the picture and for clipping; all are counted."""


@dataclass(frozen=True)
class Report:
    """Figures of a corpus; hours by what they are grouped by."""

    items: int
    hours: float
    speakers: int
    test_speakers: int
    hours_by_split: dict[str, float]
    hours_by_language: dict[str, float]
    hours_by_source: dict[str, float]
    hours_by_manner: dict[str, float]
    speakers_by_kind: dict[str, int]
    seconds_percentiles: dict[str, float]
    hours_with_text: float
    hours_with_motion: float
    clipped_items: list[str]
    """Of those looked at: more than one sample in a thousand at full scale."""
    failed: dict[str, str]


def write_report(directory: str | Path) -> Report:
    """Look through the corpus in `directory`; write report.json and sheet.png there."""
    root = Path(directory)
    corpus = open_corpus(root)
    step = max(1, len(corpus) // _LOOKED_AT)
    looked_at = [corpus[i] for i in range(0, len(corpus), step)]
    report = summarise(corpus, looked_at, known_failures(root))
    text = json.dumps(asdict(report), ensure_ascii=False, indent=2)
    (root / REPORT).write_text(text + "\n", encoding="utf-8")
    draw_sheet(corpus, looked_at, report.failed, root / SHEET)
    return report


def summarise(corpus: Corpus, looked_at: Iterable[CorpusItem], failed: dict[str, str]) -> Report:
    infos = corpus.infos
    lengths = np.array([info.seconds for info in infos])
    kinds = {info.speaker: info.extra.get("sex", info.source) for info in infos}
    return Report(
        items=len(infos),
        hours=round(float(lengths.sum()) / 3600, 3),
        speakers=len(kinds),
        test_speakers=len(kinds) - len({i.speaker for i in infos if i.split != "test"}),
        hours_by_split=_hours(infos, lambda info: info.split),
        hours_by_language=_hours(infos, lambda info: info.language),
        hours_by_source=_hours(infos, lambda info: info.source),
        hours_by_manner=_hours(infos, lambda info: info.manner),
        speakers_by_kind=dict(Counter(kinds.values())),
        seconds_percentiles={
            str(p): round(float(np.percentile(lengths, p)), 2) for p in (0, 5, 50, 95, 100)
        },
        hours_with_text=round(sum(i.seconds for i in infos if i.has_text) / 3600, 3),
        hours_with_motion=round(sum(i.seconds for i in infos if i.has_motion) / 3600, 3),
        clipped_items=[i.info.id for i in looked_at if clipped_share(i) > 1e-3],
        failed=failed,
    )


def clipped_share(item: CorpusItem) -> float:
    """Share of samples at full scale."""
    return float((np.abs(item.samples.astype(np.int32)) >= 32_700).mean())


def draw_sheet(
    corpus: Corpus, looked_at: list[CorpusItem], failed: dict[str, str], path: Path
) -> None:
    """Twelve small plots: lengths, voices, phonemes, pitch and rate by manner, mels, motion.

    Where there are no synthetic voices, it is told instead what was left out.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(4, 3, figsize=(16, 17))
    infos = corpus.infos
    axes[0, 0].hist([info.seconds for info in infos], bins=40)
    axes[0, 0].set_title(f"{len(infos)} items, {corpus.seconds / 3600:.2f} h: seconds")
    voices = {i.speaker: i for i in infos if i.style.get("measured_pitch")}
    if voices:
        _draw_voices(axes[0, 1], list(voices.values()))
    else:
        _tell_left_out(axes[0, 1], failed)
    _draw_phonemes(axes[0, 2], looked_at)
    for axis, key, title in (
        (axes[1, 0], "measured_pitch", "pitch over the voice's own, semitones"),
        (axes[1, 1], "measured_range", "pitch range, semitones"),
        (axes[1, 2], "measured_rate", "phonemes per second"),
    ):
        _draw_by_manner(axis, infos, key, title)
    _draw_mels(axes[2:, :].reshape(-1)[:5], looked_at)
    _draw_motion(axes[3, 2], looked_at)
    figure.tight_layout()
    figure.savefig(path, dpi=70)
    pyplot.close(figure)


def _draw_voices(axis, voices: list[ItemInfo]) -> None:
    for sex in sorted({i.extra.get("sex", i.source) for i in voices}):
        own = [i.style for i in voices if i.extra.get("sex", i.source) == sex]
        pitches, throats = [s["measured_pitch"] for s in own], [s.get("throat", 1.0) for s in own]
        axis.scatter(pitches, throats, s=9, label=sex)
    axis.set_title(f"{len(voices)} synthetic voices: pitch in Hz, throat")
    axis.legend(fontsize=7)


def _tell_left_out(axis, failed: dict[str, str]) -> None:
    axis.set_axis_off()
    axis.set_title(f"{len(failed)} left out")
    lines = [textwrap.fill(f"{name}: {why}", 66) for name, why in list(failed.items())[:12]]
    axis.text(0, 1, "\n".join(lines), va="top", fontsize=7, transform=axis.transAxes)


def _draw_phonemes(axis, items: list[CorpusItem]) -> None:
    counts: Counter[str] = Counter()
    for item in items:
        counts.update(SYMBOLS[s] for s in item.symbols)
    names = [name for name, _ in counts.most_common()]
    axis.bar(range(len(names)), [counts[name] for name in names])
    axis.set_xticks(range(len(names)), names, fontsize=5, rotation=90)
    axis.set_yscale("log")
    axis.set_title(f"phonemes in {len(items)} items")


def _draw_by_manner(axis, infos: list[ItemInfo], key: str, title: str) -> None:
    """Pitch in semitones over the speaker's own neutral, everything else as it is."""
    usual = _neutral_pitch(infos)
    groups: dict[str, list[float]] = {}
    for info in infos:
        value = info.style.get(key)
        if value and key == "measured_pitch":
            if info.speaker not in usual:
                continue
            value = 12 * float(np.log2(value / usual[info.speaker]))
        if value is not None:
            groups.setdefault(info.manner, []).append(value)
    if groups:
        axis.boxplot(list(groups.values()), showfliers=False)
        axis.set_xticks(range(1, len(groups) + 1), list(groups), fontsize=7, rotation=20)
        axis.set_title(title)
    else:
        axis.set_axis_off()


def _neutral_pitch(infos: list[ItemInfo]) -> dict[str, float]:
    """Median pitch in Hz of every speaker's neutral utterances."""
    heard: dict[str, list[float]] = {}
    for info in infos:
        if info.manner == "neutral" and info.style.get("measured_pitch"):
            heard.setdefault(info.speaker, []).append(info.style["measured_pitch"])
    return {speaker: float(np.median(values)) for speaker, values in heard.items()}


def _draw_mels(axes, items: list[CorpusItem]) -> None:
    """One of every source and language, then others."""
    kinds = {(i.info.source, i.info.language): i for i in items}
    chosen = {i.info.id: i for i in (*kinds.values(), *items)}
    for axis in axes[len(chosen) :]:
        axis.set_axis_off()
    for axis, item in zip(axes, chosen.values(), strict=False):
        axis.imshow(item.mel.T.astype(np.float32), origin="lower", aspect="auto", vmin=-10, vmax=3)
        for start, symbol in zip(item.starts, item.symbols, strict=False):
            axis.text(start * float(timeline.MEL_RATE), 92, SYMBOLS[symbol], color="w", fontsize=6)
        axis.set_title(f"{item.info.id} ({item.info.source}, {item.info.language})", fontsize=8)


def _draw_motion(axis, items: list[CorpusItem]) -> None:
    item = next((i for i in items if i.info.has_motion), None)
    if item is not None:
        axis.imshow(item.motion.T.astype(np.float32), aspect="auto", vmin=-0.3, vmax=0.8)
        axis.set_title(f"motion of {item.info.id}", fontsize=8)


def _hours(infos: Iterable[ItemInfo], key: Callable[[ItemInfo], str]) -> dict[str, float]:
    seconds: Counter[str] = Counter()
    for info in infos:
        seconds[key(info)] += info.seconds  # type: ignore[assignment]
    return {name: round(total / 3600, 3) for name, total in sorted(seconds.items())}
