"""Mandarin normalisation: a stretch of clean text becomes Han characters, one spoken word each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from omnitalker.text import rules
from omnitalker.text.mandarin.numbers import cardinal, decimal, digits
from omnitalker.text.rules import Rule, Said, always, plain, rule

HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNITS: Final = {
    "km/h": "公里每小时", "m/s": "米每秒", "km²": "平方公里", "m²": "平方米", "m³": "立方米", "km": "公里",
    "cm": "厘米", "mm": "毫米", "nm": "纳米", "kg": "公斤", "mg": "毫克", "g": "克", "m": "米", "ml": "毫升",
    "mL": "毫升", "L": "升", "l": "升", "ms": "毫秒", "s": "秒", "min": "分钟", "h": "小时", "kWh": "千瓦时", "kW": "千瓦",
    "W": "瓦", "V": "伏", "Hz": "赫兹", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫", "°C": "摄氏度", "℃": "摄氏度",
    "°F": "华氏度", "°": "度", "dB": "分贝",
}  # fmt: skip
_CURRENCIES: Final = {
    "¥": "元", "￥": "元", "RMB": "元", "CNY": "元", "$": "美元", "US$": "美元", "USD": "美元", "€": "欧元",
    "EUR": "欧元", "£": "英镑", "GBP": "英镑", "HK$": "港元", "JPY": "日元", "₩": "韩元",
}  # fmt: skip
_SYMBOLS: Final = {
    "%": "百分之", "+": "加", "=": "等于", "×": "乘", "÷": "除以", "±": "正负", "≤": "小于等于", "≥": "大于等于",
    "≠": "不等于", "≈": "约等于", "<": "小于", ">": "大于", "&": "和", "°": "度", "@": "艾特", "½": "二分之一",
    "¼": "四分之一", "¾": "四分之三", "⅓": "三分之一", "⅔": "三分之二", "²": "平方", "³": "立方", "−": "负",
}  # fmt: skip
_MEASURES: Final = "个只条张位本件台辆座家块杯瓶双次回遍趟天周年小分秒点岁里倍种类名头匹朵棵颗粒片碗盘箱包层场首部份道元斤升米吨万亿千人"
_NOT_LIANG: Final = "月号日楼路班年级"


def say(text: str, start: int, end: int) -> Iterator[Said]:
    """The syllables of `text[start:end]` from left to right."""
    return rules.say(_RULES, text, start, end)


def _year(match: re.Match[str]) -> str:
    return digits(match["year"]) + "年"


def _month_day(match: re.Match[str]) -> str:
    return f"{cardinal(int(match['month']))}月{cardinal(int(match['day']))}{match['name']}"


def _date(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return "".join(decimal(part) for part in re.findall(r"\d+", match[0]))
    return f"{digits(match['year'])}年{cardinal(month)}月{cardinal(day)}日"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    spoken = ("两" if hour == 2 else cardinal(hour)) + "点"
    if minute:
        spoken += f"零{cardinal(minute)}分" if minute < 10 else f"{cardinal(minute)}分"
    elif not match["second"]:
        spoken += "整"
    return spoken + (f"{cardinal(int(match['second']))}秒" if match["second"] else "")


def _money(match: re.Match[str]) -> str:
    sign = "负" if match["minus"] else ""
    amount = match["amount"].removesuffix(".00")
    return f"{sign}{decimal(amount)}{match['scale'] or ''}{_CURRENCIES[match['currency']]}"


def _percent(match: re.Match[str]) -> str:
    sign = "负" if match["minus"] else ""
    last = f"到百分之{decimal(match['last'])}" if match["last"] else ""
    return f"{sign}百分之{decimal(match['amount'])}{last}"


def _quantity(match: re.Match[str]) -> str:
    if match["unit"].startswith("°") and match["minus"]:
        sign = "零下" if match["unit"] in ("°C", "℃", "°") else "负"
    else:
        sign = "负" if match["minus"] else ""
    amount = "两" if match["amount"] == "2" else decimal(match["amount"])
    last = f"到{decimal(match['last'])}" if match["last"] else ""
    return f"{sign}{amount}{last}{_UNITS[match['unit']]}"


def _range(match: re.Match[str]) -> str:
    if re.fullmatch(r"[12]\d{3}", match[1]) and re.match("年", match.string[match.end() :]):
        return f"{digits(match[1])}到{digits(match[2])}"
    return f"{decimal(match[1])}到{decimal(match[2])}"


def _number(match: re.Match[str]) -> str:
    text = match["amount"]
    sign = "负" if match["minus"] else ""
    following = match.string[match.end() : match.end() + 1]
    if text == "2" and following and following in _MEASURES and following not in _NOT_LIANG:
        return f"{sign}两"
    if re.fullmatch(r"(?:19|20)\d\d", text) and not (following and following in _MEASURES):
        return f"{sign}{digits(text)}"
    return sign + decimal(text)


_UNIT: Final = "|".join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True))
_CURRENCY: Final = "|".join(re.escape(c) for c in sorted(_CURRENCIES, key=len, reverse=True))

_RULES: Final[tuple[Rule, ...]] = (
    rule(rf"[{HAN}]", plain),
    rule(r"\s+", always("")),
    rule(r"(?<!\d)(?P<year>\d{4}|\d{2}(?=年[0-9的级]))年", _year),
    rule(r"(?<!\d)\d0(?=年代)", lambda m: cardinal(int(m[0]))),
    rule(r"(?<!\d)\d0(?=后)", lambda m: digits(m[0])),
    rule(r"(?P<month>\d{1,2})月(?P<day>\d{1,2})(?P<name>[日号])", _month_day),
    rule(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)", _date),
    rule(
        r"(?<!\d)(?P<hour>[01]?\d|2[0-4])[:：](?P<minute>[0-5]\d)(?:[:：](?P<second>[0-5]\d))?(?!\d)",
        _time,
    ),
    rule(
        r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)",
        lambda m: digits(m[0], telephone=True),
    ),
    rule(
        r"(?<![\d.])(?:0\d{2,3}-\d{7,8}|400-?\d{3}-?\d{4}|1[12][0-9]{1}(?=[^\d]{0,3}(?:电话|报警)))(?!\d)",
        lambda m: digits(m[0], telephone=True),
    ),
    rule(r"(?<![\d.])\d{3,4}(?=[室房])", lambda m: digits(m[0])),
    rule(
        r"(?<=[号码QV信]是)\d{4,}(?![\d.])|(?<=[Q号码][:： ])\d{4,}(?![\d.])",
        lambda m: digits(m[0]),
    ),
    rule(
        rf"(?P<minus>[-−]?)(?P<currency>{_CURRENCY})[ ]?(?P<amount>{_NUMBER})(?P<scale>[万亿千百]+)?",
        _money,
    ),
    rule(
        rf"(?P<minus>[-−]?)(?P<amount>{_NUMBER})(?P<scale>[万亿千百]+)?[ ]?(?P<currency>RMB|CNY|USD|EUR|GBP|JPY|[¥￥$€£])",
        _money,
    ),
    rule(
        rf"(?P<minus>(?<!\d)[-−]|)(?P<amount>{_NUMBER})(?:%?[-–~～](?P<last>{_NUMBER}))?[ ]?%",
        _percent,
    ),
    rule(
        rf"(?P<minus>(?<!\d)[-−]|)(?P<amount>{_NUMBER})(?:[-–~～](?P<last>{_NUMBER}))?[ ]?(?P<unit>{_UNIT})(?![A-Za-z])",
        _quantity,
    ),
    rule(
        r"(?<![\d/])(?P<top>\d+)/(?P<bottom>\d+)(?![\d/])",
        lambda m: f"{cardinal(int(m['bottom']))}分之{cardinal(int(m['top']))}",
    ),
    rule(
        r"(?<![\d.])\d+(?:\.\d+){2,}(?![\d.])",
        lambda m: "点".join(digits(p) for p in m[0].split(".")),
    ),
    rule(
        r"(?<!\d)(\d+)[:：](\d+)(?!\d)", lambda m: f"{cardinal(int(m[1]))}比{cardinal(int(m[2]))}"
    ),
    rule(rf"(?<![\d-])({_NUMBER})[ ]?[-–—~～至][ ]?({_NUMBER})(?![\d-])", _range),
    rule(rf"(?P<minus>(?<![\w)])[-−]|)(?P<amount>{_NUMBER})", _number),
    rule(r"(?<=\d)-(?=\d)", always("杠")),
    rule(rf"[{re.escape(''.join(_SYMBOLS))}]", lambda m: _SYMBOLS[m[0]]),
)
