"""Numbers in Mandarin, as Han characters."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_SMALL: Final = ("", "十", "百", "千")
_LARGE: Final = ("", "万", "亿", "万亿")


def digits(text: str, *, telephone: bool = False) -> str:
    """ "2024" -> 二零二四. On the telephone 1 is 幺."""
    spoken = "".join(_DIGITS[int(char)] for char in text if char in "0123456789")
    return spoken.replace("一", "幺") if telephone else spoken


def cardinal(number: int) -> str:
    """12050 -> 一万两千零五十 (liang before thousands and above, as it is spoken)."""
    if number < 0:
        return f"负{cardinal(-number)}"
    if number >= 10**16:
        return digits(str(number))
    if number == 0:
        return "零"
    groups: list[int] = []
    rest = number
    while rest:
        rest, group = divmod(rest, 10000)
        groups.append(group)
    spoken = ""
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if not group:
            continue
        gap = "零" if spoken and (group < 1000 or groups[index + 1] == 0) else ""
        name = _below_ten_thousand(group)
        if name == "二" and index:
            name = "两"
        spoken += gap + name + _LARGE[index]
    return spoken[1:] if spoken.startswith("一十") else spoken


def decimal(text: str) -> str:
    """ "-3.14" -> 负三点一四."""
    sign = "负" if text[0] in "-−" else ""
    whole, _, fraction = text.lstrip("+-−").replace(",", "").partition(".")
    if (len(whole) > 1 and whole[0] == "0") or len(whole) > 16:
        spoken = digits(whole)
    else:
        spoken = cardinal(int(whole or "0"))
    return f"{sign}{spoken}点{digits(fraction)}" if fraction else f"{sign}{spoken}"


def _below_ten_thousand(number: int) -> str:
    spoken, zero = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if not digit:
            zero = bool(spoken)
            continue
        name = "两" if digit == 2 and power == 3 else _DIGITS[digit]
        spoken += ("零" if zero else "") + name + _SMALL[power]
        zero = False
    return spoken
