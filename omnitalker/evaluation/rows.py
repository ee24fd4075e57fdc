"""A figure, what it is compared with, what it should be, and whether it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Row:
    group: str
    name: str
    value: float | None
    """None: could not be measured."""
    pieces: int = 0
    beside: float | None = None
    """What `beside_is` reaches when measured the same way."""
    beside_is: str = ""
    sign: Literal["<=", ">=", ""] = ""
    goal: float | None = None
    met: bool | None = None


def row(
    group: str,
    name: str,
    value: float | None,
    pieces: int = 0,
    *,
    beside: float | None = None,
    beside_is: str = "",
    at_most: float | None = None,
    at_least: float | None = None,
) -> Row:
    """With `at_most` or `at_least` the row says whether the goal is met."""
    known = None if value is None or not math.isfinite(value) else float(value)
    other = None if beside is None or not math.isfinite(beside) else float(beside)
    goal = at_most if at_most is not None else at_least
    sign: Literal["<=", ">=", ""] = ""
    if goal is not None:
        sign = "<=" if at_most is not None else ">="
    met = None
    if known is not None and goal is not None:
        met = known <= goal if sign == "<=" else known >= goal
    return Row(
        group, name, known, pieces, other, beside_is if other is not None else "", sign, goal, met
    )


def table(rows: Sequence[Row], raw: Sequence[Row] = ()) -> str:
    """Aligned text: group, figure, value, goal, met or missed, over how many pieces, what is beside it.

    `raw`: the same figures without the checkpoint's corrections, shown beside the corrected ones.
    """
    lines, group = [], ""
    uncorrected = {(each.group, each.name): each.value for each in raw}
    for each in rows:
        if each.group != group:
            group = each.group
            lines.append(f"\n{group}")
        goal = f"{each.sign} {each.goal:g}" if each.goal is not None else ""
        mark = {True: "met", False: "MISSED", None: ""}[each.met]
        beside = f"{each.beside_is} {shown(each.beside)}" if each.beside_is else ""
        pieces = f"n={each.pieces}" if each.pieces else ""
        if (each.group, each.name) in uncorrected:
            beside = f"raw {shown(uncorrected[each.group, each.name]):9}{beside}"
        lines.append(
            f"  {each.name:44}{shown(each.value):>9}  {goal:9}{mark:8}{pieces:7}{beside}".rstrip()
        )
    counted = [each.met for each in rows if each.met is not None]
    lines.append(f"\n{sum(counted)} of {len(counted)} goals met")
    return "\n".join(lines).lstrip("\n")


def plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [asdict(each) for each in rows]


def shown(value: float | None) -> str:
    if value is None:
        return "-"
    if float(value).is_integer() and abs(value) < 1e6:
        return f"{value:.0f}"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:.0f}"
