"""The report of a batch: one self-contained page, outliers first."""

from __future__ import annotations

import base64
import html
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from omnitalker.base.files import AtomicFile
from omnitalker.batch.ledger import Ledger, Record
from omnitalker.batch.manifest import BadRow

MOST_ROWS = 2000
_FIGURES = (
    ("loudness_db", "loudness", "{:.0f} dB"),
    ("av_difference", "A/V difference", "{:.3f} s"),
    ("longest_silence", "silence", "{:.1f} s"),
    ("face_found", "face", "{:.0%}"),
    ("lip_contrast", "lips, seen", "{:.2f}"),
    ("agreement", "heard", "{:.0%}"),
)
_LEGEND = (
    ("loudness", "level of the speech itself"),
    ("A/V difference", "the longer of sound and picture in the file, against what was generated"),
    ("silence", "the longest pause"),
    ("face", "share of the sampled frames in which a face is found"),
    (
        "lips, seen",
        "1 minus the lip gap at m, b, p over the gap at open vowels, measured on a few frames of the "
        "finished mp4, tracked again; other formats have no figure",
    ),
    ("heard", "share of the intended sounds that our own recogniser hears; up to 20 s of speech"),
)
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --bad: #c0392b; --warn: #b9770e; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
dl { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.5rem; }
dl div { background: var(--soft); border-radius: 10px; padding: .6rem 1rem; min-width: 6.5rem; }
dt { font-size: .8rem; opacity: .75; } dd { margin: 0; font-size: 1.25rem; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-size: .8rem; font-weight: 600; opacity: .75; }
details { margin: 1.5rem 0; opacity: .85; } details p { margin: .3rem 0; }
td.note { white-space: normal; min-width: 14rem; color: var(--warn); } td.note.failed { color: var(--bad); }
img { display: block; width: 48px; height: 48px; object-fit: contain; border-radius: 6px; background: var(--soft); }
"""


def write_report(
    path: str | Path,
    records: Sequence[Record],
    ledger: Ledger,
    title: str,
    out: str = "",
    bad: Sequence[BadRow] = (),
) -> Path:
    """All of `records` in one table; of very many only the first, which are the ones to look at.

    `out`: the folder or URL that the outputs are in, where that is not the page's own folder; `bad`: rows that
    were left out.
    """
    path = Path(path)
    beside = _beside(path.parent, out)
    ordered = outliers_first(records)
    rows = "\n".join(_row(record, ledger, beside) for record in ordered[:MOST_ROWS])
    heads = "".join(f"<th scope='col'>{name}</th>" for name in _heads())
    more = len(ordered) - MOST_ROWS
    rest = f"<p>{more:,} more, all without a note.</p>" if more > 0 else ""
    page = (
        f"<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style><h1>{html.escape(title)}</h1>"
        f"{_summary(records, len(bad))}{_left_out(bad)}<div class='scroll'><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>\n{rows}\n</tbody></table></div>{rest}{_legend()}</html>\n"
    )
    with AtomicFile(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _beside(folder: Path, out: str) -> str:
    """What stands before an output's name in a link."""
    if "://" in out:
        return out.rstrip("/") + "/"
    return quote(os.path.relpath(out, folder)) + "/" if out else ""


def _left_out(bad: Sequence[BadRow]) -> str:
    if not bad:
        return ""
    lines = "".join(f"<p>{html.escape(str(row))}</p>" for row in bad[:MOST_ROWS])
    return f"<details open><summary>Rows that were left out</summary>{lines}</details>"


def _legend() -> str:
    lines = "".join(f"<p><b>{name}</b>: {what}</p>" for name, what in _LEGEND)
    return f"<details><summary>What the columns say</summary>{lines}</details>"


def outliers_first(records: Sequence[Record]) -> list[Record]:
    """Failed ones, then those with most warnings, then the slowest."""
    return sorted(
        records,
        key=lambda r: (r.ok, -len(_notes(r)), -r.real_time_factor),
    )


def _summary(records: Sequence[Record], bad: int) -> str:
    good = [record for record in records if record.ok]
    seconds = sum(record.seconds for record in good)
    wall = sum(record.wall_seconds for record in good)
    noted = sum(bool(_notes(record)) for record in good)
    figures = {
        "videos": f"{len(good):,}",
        "failed": f"{len(records) - len(good):,}",
        "left out": f"{bad:,}",
        "with a note": f"{noted:,}",
        "minutes made": f"{seconds / 60:,.1f}",
        "real-time factor": f"{wall / seconds:.2f}" if seconds else "-",
    }
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items()
    )
    return f"<dl>{cells}</dl>"


def _notes(record: Record) -> tuple[str, ...]:
    return (*record.checks.get("warnings", ()), *record.notes)


def _heads() -> list[str]:
    names = [name for _, name, _ in _FIGURES]
    return ["", "id", "length", "x real time", *names, "tries", "note"]


def _row(record: Record, ledger: Ledger, beside: str) -> str:
    thumbnail = ledger.thumbnail(record) if record.ok else None
    image = ""
    if thumbnail:
        image = f"<img alt='' src='data:image/jpeg;base64,{base64.b64encode(thumbnail).decode()}'>"
    name = html.escape(record.id)
    if record.ok:
        name = f"<a href='{html.escape(beside + quote(record.output))}'>{name}</a>"
    figures = [
        form.format(record.checks[key]) if key in record.checks else "" for key, _, form in _FIGURES
    ]
    note = record.error or "; ".join(_notes(record))
    kind = "note" if record.ok else "note failed"
    cells = [
        image,
        name,
        f"{record.seconds:.1f} s" if record.ok else "",
        f"{record.real_time_factor:.2f}" if record.ok else "",
        *figures,
        str(record.attempts),
    ]
    columns = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr>{columns}<td class='{kind}'>{html.escape(note)}</td></tr>"
