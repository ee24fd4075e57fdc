"""Puts the figures of an evaluation into a model card, between two marks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.evaluation.rows import Row, shown

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def write_card(results: str | Path, card: str | Path) -> None:
    """`results`: the .json of `omnitalker eval model`. The rest of the card stays as it is."""
    rows = [Row(**values) for values in json.loads(Path(results).read_text("utf-8"))["figures"]]
    text = Path(card).read_text("utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise InputError(
            f"{card} needs the lines {BEGIN} and {END}, once each, to put figures between"
        )
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    with AtomicFile(card) as temporary:
        temporary.write_text(f"{before}{BEGIN}\n{markdown(rows)}\n{END}{after}", encoding="utf-8")


def markdown(rows: Sequence[Row]) -> str:
    """A table with every figure, its goal, and whether it is met."""
    lines = ["| what | measured | goal | compared with | pieces |", "|---|---|---|---|---|"]
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(f"| **{group}** | | | | |")
        mark = {True: " met", False: " **missed**", None: ""}[row.met]
        goal = f"{row.sign} {row.goal:g}{mark}" if row.goal is not None else ""
        beside = f"{row.beside_is} {shown(row.beside)}" if row.beside_is else ""
        lines.append(
            f"| {row.name} | {shown(row.value)} | {goal} | {beside} | {row.pieces or ''} |"
        )
    return "\n".join(lines)
