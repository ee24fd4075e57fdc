"""English normalisation: a stretch of clean text becomes spoken words.

One ordered table of rules; each rule is a pattern and a function from its match to words. In these words a
single capital letter is the letter's name ("F B I"), everything else is to be pronounced as it is spelled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from omnitalker.text.english import readings as read
from omnitalker.text.english import tables
from omnitalker.text.english.numbers import cardinal, ordinal, plural, year

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_SCALE: Final = r"(?:million|billion|trillion|thousand|hundred|[kKMBT]|mn|bn|tn|m|b)"
_START: Final = r"(?<![\w.])"
_END: Final = r"(?![\w])"


@dataclass(frozen=True)
class Said:
    """`words` stand for `text[start:end]`; `is_plain` means that they are the very words of the text."""

    words: tuple[str, ...]
    start: int
    end: int
    is_plain: bool = False


def say(text: str, start: int, end: int) -> Iterator[Said]:
    """The words of `text[start:end]` from left to right; what has no sound is passed over."""
    at = start
    while at < end:
        for pattern, speak in _RULES:
            match = pattern.match(text, at, end)
            if match and match.end() > at:
                words = speak(match).split()
                if words:
                    yield Said(tuple(words), at, match.end(), speak is _plain_word)
                at = match.end()
                break
        else:
            at += 1


def _plain_word(match: re.Match[str]) -> str:
    return match[0]


def _rule(pattern: str, speak: Callable[[re.Match[str]], str], flags: int = 0) -> Rule:
    return re.compile(pattern, flags), speak


def _always(words: str) -> Callable[[re.Match[str]], str]:
    return lambda _: words


def _abbreviation(match: re.Match[str]) -> str:
    return tables.ABBREVIATIONS[match[0].lower()]


_UNIT: Final = "|".join(re.escape(u) for u in sorted(tables.UNITS, key=len, reverse=True))
_CURRENCY: Final = "|".join(re.escape(c) for c in sorted(tables.CURRENCIES, key=len, reverse=True))
_DOTTED: Final = "|".join(
    re.escape(a) for a in sorted(tables.ABBREVIATIONS, key=len, reverse=True) if not a.isalpha()
)
_UNDOTTED: Final = "Mr|Mrs|Ms|Dr|vs|etc|[Cc]trl|CTRL"
_LETTER: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_MONTH: Final = tables.MONTH_PATTERN

_RULES: Final[tuple[Rule, ...]] = (
    _rule(r"\s+", _always("")),
    _rule(r"(?<![\w'./@-])(?!vs\b|etc\b)(?=[a-z]*[aeiouy])[a-z]{2,}(?=[ ,;!?\n])", _plain_word),
    _rule(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", lambda match: read.address(match[0])),
    _rule(
        r"(?:https?|ftp)://[^\s<>\"'，。！？）】]*[\w/]|www\.[^\s<>\"'，。！？）】]*[\w/]",
        read.url,
        re.I,
    ),
    _rule(
        rf"{_START}[A-Za-z][\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{0,8}}\.{tables.TOP_LEVEL_DOMAINS}(?![\w@])(?:/[\w./?=&%#-]*\w)?",
        read.url,
    ),
    _rule(
        rf"(?P<currency>{_CURRENCY})(?P<first>{_NUMBER})[ ]?[-–—][ ]?(?:{_CURRENCY})?(?P<last>{_NUMBER})(?:[ ]?(?P<scale>{_SCALE}){_END})?(?![\w.]\d)",
        read.money_range,
    ),
    _rule(
        rf"(?:(?<![\w)])(?P<minus>[-−]))?(?P<currency>{_CURRENCY})[ ]?(?P<amount>{_NUMBER})(?:[ ]?(?P<scale>{_SCALE}){_END})?",
        read.money,
    ),
    _rule(
        rf"(?:(?<![\w)])(?P<minus>[-−]))?(?P<amount>{_NUMBER})(?:[ ]?(?P<scale>{_SCALE}))?[ ]?(?P<currency>USD|EUR|GBP|CNY|RMB|JPY|[$€£¥]){_END}",
        read.money,
    ),
    _rule(
        rf"{_START}(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_END}",
        read.numeric_date,
    ),
    _rule(
        rf"{_START}(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}|\d\d){_END}",
        read.numeric_date,
    ),
    _rule(
        rf"{_START}(?P<month>{_MONTH})\.?[ ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:[ ]?[-–][ ]?(?P<last>\d{{1,2}}))?(?!\d|:|[.,]\d)(?:,?[ ](?P<year>[12]\d{{3}}))?{_END}",
        read.month_day,
    ),
    _rule(
        rf"{_START}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ](?:of[ ])?(?P<month>{_MONTH})\b\.?(?:,?[ ](?P<year>[12]\d{{3}}))?{_END}",
        read.day_month,
    ),
    _rule(
        rf"{_START}(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:[ ]?(?P<half>[AaPp]\.?[Mm](?:\.(?=[ ]?[a-z])|\b)))?{_END}",
        read.time,
    ),
    _rule(
        rf"{_START}(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<second>)[ ]?(?P<half>[AaPp]\.[Mm]\.(?=[ ]?[a-z,])|[AaPp]\.?[Mm]\b)",
        read.time,
    ),
    _rule(r"(?<!\w)\+\d{1,3}(?:[ .-]?\(?\d{2,4}\)?){2,4}(?!\w)", read.phone),
    _rule(r"(?<!\w)(?:1[ .-])?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\w)", read.phone),
    _rule(r"(?<!\w)\d{3}-\d{4}(?!\w)|(?<!\w)1-8\d\d-\d{3}-\d{4}(?!\w)", read.phone),
    _rule(rf"{_START}(?P<v>[vV])?[ ]?(?P<parts>\d+(?:\.\d+){{2,}}){_END}", read.version),
    _rule(rf"{_START}(?P<v>[vV])(?P<parts>\d+(?:\.\d+)*){_END}", read.version),
    _rule(rf"{_START}(?P<year>[12]\d\d0)'?s{_END}", lambda m: plural(year(int(m["year"])))),
    _rule(r"(?<!\w)'?(?P<decade>[2-9]0)'?s(?!\w)", lambda m: plural(cardinal(int(m["decade"])))),
    _rule(
        rf"(?:(?<![\w)])(?P<minus>[-−+]))?(?<![A-Za-z\d])(?P<amount>{_NUMBER})(?:[ ]?(?P<scale>million|billion|thousand))?(?:[ ]?[-–~][ ]?(?P<last>{_NUMBER}))?[ ]?(?P<unit>{_UNIT})(?<![ ]in)(?![\w²³])",
        read.quantity,
    ),
    _rule(
        rf"{_START}(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d+)(?:st|nd|rd|th){_END}",
        lambda m: ordinal(int(m["number"].replace(",", ""))),
    ),
    _rule(r"(?<!\w)(?P<feet>[3-8])'[ ]?(?P<inches>1[01]|\d)(?:\"|''|(?=\W|$))", read.feet_inches),
    _rule(
        rf"{_START}(?P<amount>{_NUMBER})(?P<scale>k|(?<=\d\d)K|[MBT]|mn|bn|tn){_END}", read.scaled
    ),
    _rule(r"(?<![\w/])9/11(?![\w/])", _always("nine eleven")),
    _rule(
        rf"{_START}(?:(?P<whole>\d+)[ ])?(?P<top>\d{{1,3}})/(?P<bottom>\d{{1,3}})(?![\w/])",
        read.fraction,
    ),
    _rule(rf"{_START}({_NUMBER})[ ]?[-–—~][ ]?({_NUMBER})(?![\w-])", read.number_range),
    _rule(
        rf"{_START}(\d{{1,3}}):([0-5]\d){_END}",
        lambda m: f"{cardinal(int(m[1]))} {'oh ' if m[2][0] == '0' else ''}{cardinal(int(m[2]))}",
    ),
    _rule(
        rf"{_START}(\d+):(\d+){_END}", lambda m: f"{cardinal(int(m[1]))} to {cardinal(int(m[2]))}"
    ),
    _rule(r"\bNo\.[ ]?(?=\d)|#(?=\d)", _always("number")),
    _rule(r"#(?=\w)", _always("hashtag")),
    _rule(r"\bp\.[ ]?(?=\d)", _always("page")),
    _rule(r"\bSt\.[ ](?=[A-Z])", _always("saint")),
    _rule(r"\bSt\.", _always("street")),
    _rule(r"(?<=[a-z\d][ ])Dr\.(?![ ][A-Z])", _always("drive")),
    _rule(r"\bDr\.", _always("doctor")),
    _rule(
        rf"(?P<name>{tables.ROMAN_CONTEXT})[ ](?P<roman>[IVXLC]+)(?![\w'-])", read.roman_cardinal
    ),
    _rule(
        rf"(?P<name>{tables.REGNAL_CONTEXT})[ ](?P<roman>I{{2,3}}|I?[VX]+[IVX]*)(?![\w-])",
        read.roman_ordinal,
    ),
    _rule(rf"(?<![\w.'])(?:{_DOTTED})(?!\w)", _abbreviation, re.I),
    _rule(rf"(?<![\w.'])(?:{_UNDOTTED})(?![\w'])", _abbreviation),
    _rule(
        r"(?<!\w)(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.(?=[ ,])",
        lambda m: tables.WEEKDAYS[m[0].lower()],
    ),
    _rule(rf"(?<!\w)(?P<month>{_MONTH})\.(?=[ ])", lambda m: read.month(m["month"])),
    _rule(r"(?<!\w)(?P<half>[AaPp])\.[Mm]\.?(?!\w)", lambda m: f"{m['half'].upper()} M"),
    _rule(r"\^2(?!\d)", _always("squared")),
    _rule(r"\^3(?!\d)", _always("cubed")),
    _rule(r"(?<!\w)(?P<letter>[CF])#", lambda m: f"{m['letter']} sharp"),
    _rule(r"(?<!\w)\.NET(?!\w)", _always("dot net")),
    _rule(r"(?<!\w)(?:OK|O\.K\.|Ok|ok)(?!\w)", _always("okay")),
    _rule(r"(?<![\w.])(?P<letters>(?:[A-Z]\.){2,}(?:[A-Z](?![\w]))?)(?P<ending>)", read.acronym),
    _rule(
        r"(?<!\w)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?:[A-Z]+|[a-z]{1,2}|\d+)(?:\d+(?:\.\d+)?|[A-Za-z]{1,2}(?![A-Za-z]))+(?!\w)",
        read.code,
    ),
    _rule(r"(?<!\w)[A-Z][A-Za-z]*-\d+(?:\.\d+)?[A-Za-z]?(?!\w)", read.code),
    _rule(r"(?<!\w)(?P<letters>[A-Z]{2,})(?P<ending>'?s)?(?![A-Za-z\d])", read.acronym),
    _rule(r"(?<!\w)(?=\w{0,40}[a-z][A-Z]|[A-Z]{2,40}[a-z])[A-Za-z]{3,60}(?!\w)(?!')", read.camel),
    _rule(rf"(?<!\w)(?:(?P<minus>[-−])|(?P<plus>\+))?(?P<amount>{_NUMBER})", read.signed_number),
    _rule(
        r"(?<![\w'])(?!hmm|shh|nth|psst|tsk|brr|grr|pst|zzz|mm)[bcdfghjklmnpqrstvwxz]{2,4}(?![\w'])",
        lambda m: read.spell(m[0]),
    ),
    _rule(r"(?<![\w'])[A-HJ-Z](?![\w'])", read.capital_letter),
    _rule(
        rf"(?:'(?=cause|em|til|tis|twas))?[{_LETTER}]+(?:'[{_LETTER}]+)*(?:(?<=[sn])'(?=[ ]))?",
        _plain_word,
    ),
    _rule(rf"[{''.join(tables.GREEK)}]", lambda m: tables.GREEK[m[0]]),
    _rule(r"(?<=\b[A-F])[-−](?=[\s.,;!?)]|$)", _always("minus")),
    _rule(r"\d+", lambda m: read.number_text(m[0])),
    _rule(r"(?<=\w)[ ]-[ ](?=\d)", _always("minus")),
    _rule(r"(?<=\w)/(?=(?:year|month|week|day|hour|minute|second|person|night)\b)", _always("per")),
    _rule(rf"(?<=\w)\.(?={tables.FILE_ENDINGS}(?!\w))", _always("dot")),
    _rule(r"(?<=\w)/(?=\w)", _always("slash")),
    _rule(r"[~$€£¥](?!\w)", _always("")),
    _rule(rf"[{re.escape(''.join(tables.SYMBOLS))}]", lambda m: tables.SYMBOLS[m[0]]),
)
