"""English normalisation: a stretch of clean text becomes spoken words.

One ordered table of rules; each rule is a pattern and a function from its match to words. In these words a
single capital letter is the letter's name ("F B I"), everything else is to be pronounced as it is spelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from omnitalker.text import rules
from omnitalker.text.english import readings as read
from omnitalker.text.english import tables
from omnitalker.text.english.numbers import cardinal, ordinal, plural, year
from omnitalker.text.rules import Rule, Said, always, plain, rule

_NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_SCALE: Final = r"(?:million|billion|trillion|thousand|hundred|[kKMBT]|mn|bn|tn|m|b)"
_START: Final = r"(?<![\w.])"
_END: Final = r"(?![\w])"


def say(text: str, start: int, end: int) -> Iterator[Said]:
    """The words of `text[start:end]` from left to right."""
    return rules.say(_RULES, text, start, end)


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
    rule(r"\s+", always("")),
    rule(r"(?<![\w'./@-])(?!vs\b|etc\b)(?=[a-z]*[aeiouy])[a-z]{2,}(?=[ ,;!?\n])", plain),
    rule(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", lambda match: read.address(match[0])),
    rule(
        r"(?:https?|ftp)://[^\s<>\"'，。！？）】]*[\w/]|www\.[^\s<>\"'，。！？）】]*[\w/]",
        read.url,
        re.I,
    ),
    rule(
        rf"{_START}[A-Za-z][\w-]{{0,62}}(?:\.[\w-]{{1,63}}){{0,8}}\.{tables.TOP_LEVEL_DOMAINS}(?![\w@])(?:/[\w./?=&%#-]*\w)?",
        read.url,
    ),
    rule(
        rf"(?P<currency>{_CURRENCY})(?P<first>{_NUMBER})[ ]?[-–—][ ]?(?:{_CURRENCY})?(?P<last>{_NUMBER})(?:[ ]?(?P<scale>{_SCALE}){_END})?(?![\w.]\d)",
        read.money_range,
    ),
    rule(
        rf"(?:(?<![\w)])(?P<minus>[-−]))?(?P<currency>{_CURRENCY})[ ]?(?P<amount>{_NUMBER})(?:[ ]?(?P<scale>{_SCALE}){_END})?",
        read.money,
    ),
    rule(
        rf"(?:(?<![\w)])(?P<minus>[-−]))?(?P<amount>{_NUMBER})(?:[ ]?(?P<scale>{_SCALE}))?[ ]?(?P<currency>USD|EUR|GBP|CNY|RMB|JPY|[$€£¥]){_END}",
        read.money,
    ),
    rule(
        rf"{_START}(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_END}",
        read.numeric_date,
    ),
    rule(
        rf"{_START}(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}|\d\d){_END}",
        read.numeric_date,
    ),
    rule(
        rf"{_START}(?P<month>{_MONTH})\.?[ ](?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:[ ]?[-–][ ]?(?P<last>\d{{1,2}}))?(?!\d|:|[.,]\d)(?:,?[ ](?P<year>[12]\d{{3}}))?{_END}",
        read.month_day,
    ),
    rule(
        rf"{_START}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[ ](?:of[ ])?(?P<month>{_MONTH})\b\.?(?:,?[ ](?P<year>[12]\d{{3}}))?{_END}",
        read.day_month,
    ),
    rule(
        rf"{_START}(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?:[ ]?(?P<half>[AaPp]\.?[Mm](?:\.(?=[ ]?[a-z])|\b)))?{_END}",
        read.time,
    ),
    rule(
        rf"{_START}(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<second>)[ ]?(?P<half>[AaPp]\.[Mm]\.(?=[ ]?[a-z,])|[AaPp]\.?[Mm]\b)",
        read.time,
    ),
    rule(r"(?<!\w)\+\d{1,3}(?:[ .-]?\(?\d{2,4}\)?){2,4}(?!\w)", read.phone),
    rule(r"(?<!\w)(?:1[ .-])?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?!\w)", read.phone),
    rule(r"(?<!\w)\d{3}-\d{4}(?!\w)|(?<!\w)1-8\d\d-\d{3}-\d{4}(?!\w)", read.phone),
    rule(rf"{_START}(?P<v>[vV])?[ ]?(?P<parts>\d+(?:\.\d+){{2,}}){_END}", read.version),
    rule(rf"{_START}(?P<v>[vV])(?P<parts>\d+(?:\.\d+)*){_END}", read.version),
    rule(rf"{_START}(?P<year>[12]\d\d0)'?s{_END}", lambda m: plural(year(int(m["year"])))),
    rule(r"(?<!\w)'?(?P<decade>[2-9]0)'?s(?!\w)", lambda m: plural(cardinal(int(m["decade"])))),
    rule(
        rf"(?:(?<![\w)])(?P<minus>[-−+]))?(?<![A-Za-z\d])(?P<amount>{_NUMBER})(?:[ ]?(?P<scale>million|billion|thousand))?(?:[ ]?[-–~][ ]?(?P<last>{_NUMBER}))?[ ]?(?P<unit>{_UNIT})(?<![ ]in)(?![\w²³])",
        read.quantity,
    ),
    rule(
        rf"{_START}(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d+)(?:st|nd|rd|th){_END}",
        lambda m: ordinal(int(m["number"].replace(",", ""))),
    ),
    rule(r"(?<!\w)(?P<feet>[3-8])'[ ]?(?P<inches>1[01]|\d)(?:\"|''|(?=\W|$))", read.feet_inches),
    rule(
        rf"{_START}(?P<amount>{_NUMBER})(?P<scale>k|(?<=\d\d)K|[MBT]|mn|bn|tn){_END}", read.scaled
    ),
    rule(r"(?<![\w/])9/11(?![\w/])", always("nine eleven")),
    rule(
        rf"{_START}(?:(?P<whole>\d+)[ ])?(?P<top>\d{{1,3}})/(?P<bottom>\d{{1,3}})(?![\w/])",
        read.fraction,
    ),
    rule(rf"{_START}({_NUMBER})[ ]?[-–—~][ ]?({_NUMBER})(?![\w-])", read.number_range),
    rule(
        rf"{_START}(\d{{1,3}}):([0-5]\d){_END}",
        lambda m: f"{cardinal(int(m[1]))} {'oh ' if m[2][0] == '0' else ''}{cardinal(int(m[2]))}",
    ),
    rule(
        rf"{_START}(\d+):(\d+){_END}", lambda m: f"{cardinal(int(m[1]))} to {cardinal(int(m[2]))}"
    ),
    rule(r"\bNo\.[ ]?(?=\d)|#(?=\d)", always("number")),
    rule(r"#(?=\w)", always("hashtag")),
    rule(r"\bp\.[ ]?(?=\d)", always("page")),
    rule(r"\bSt\.[ ](?=[A-Z])", always("saint")),
    rule(r"\bSt\.", always("street")),
    rule(r"(?<=[a-z\d][ ])Dr\.(?![ ][A-Z])", always("drive")),
    rule(r"\bDr\.", always("doctor")),
    rule(rf"(?P<name>{tables.ROMAN_CONTEXT})[ ](?P<roman>[IVXLC]+)(?![\w'-])", read.roman_cardinal),
    rule(
        rf"(?P<name>{tables.REGNAL_CONTEXT})[ ](?P<roman>I{{2,3}}|I?[VX]+[IVX]*)(?![\w-])",
        read.roman_ordinal,
    ),
    rule(rf"(?<![\w.'])(?:{_DOTTED})(?!\w)", _abbreviation, re.I),
    rule(rf"(?<![\w.'])(?:{_UNDOTTED})(?![\w'])", _abbreviation),
    rule(
        r"(?<!\w)(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.(?=[ ,])",
        lambda m: tables.WEEKDAYS[m[0].lower()],
    ),
    rule(rf"(?<!\w)(?P<month>{_MONTH})\.(?=[ ])", lambda m: read.month(m["month"])),
    rule(r"(?<!\w)(?P<half>[AaPp])\.[Mm]\.?(?!\w)", lambda m: f"{m['half'].upper()} M"),
    rule(r"\^2(?!\d)", always("squared")),
    rule(r"\^3(?!\d)", always("cubed")),
    rule(r"(?<!\w)(?P<letter>[CF])#", lambda m: f"{m['letter']} sharp"),
    rule(r"(?<!\w)\.NET(?!\w)", always("dot net")),
    rule(r"(?<!\w)(?:OK|O\.K\.|Ok|ok)(?!\w)", always("okay")),
    rule(r"(?<![\w.])(?P<letters>(?:[A-Z]\.){2,}(?:[A-Z](?![\w]))?)(?P<ending>)", read.acronym),
    rule(
        r"(?<!\w)(?=[A-Za-z]*\d)(?=\d*[A-Za-z])(?:[A-Z]+|[a-z]{1,2}|\d+)(?:\d+(?:\.\d+)?|[A-Za-z]{1,2}(?![A-Za-z]))+(?!\w)",
        read.code,
    ),
    rule(r"(?<!\w)[A-Z][A-Za-z]*-\d+(?:\.\d+)?[A-Za-z]?(?!\w)", read.code),
    rule(r"(?<!\w)(?P<letters>[A-Z]{2,})(?P<ending>'?s)?(?![A-Za-z\d])", read.acronym),
    rule(r"(?<!\w)(?=\w{0,40}[a-z][A-Z]|[A-Z]{2,40}[a-z])[A-Za-z]{3,60}(?!\w)(?!')", read.camel),
    rule(rf"(?<!\w)(?:(?P<minus>[-−])|(?P<plus>\+))?(?P<amount>{_NUMBER})", read.signed_number),
    rule(
        r"(?<![\w'])(?!hmm|shh|nth|psst|tsk|brr|grr|pst|zzz|mm)[bcdfghjklmnpqrstvwxz]{2,4}(?![\w'])",
        lambda m: read.spell(m[0]),
    ),
    rule(r"(?<![\w'])[A-HJ-Z](?![\w'])", read.capital_letter),
    rule(
        rf"(?:'(?=cause|em|til|tis|twas))?[{_LETTER}]+(?:'[{_LETTER}]+)*(?:(?<=[sn])'(?=[ ]))?",
        plain,
    ),
    rule(rf"[{''.join(tables.GREEK)}]", lambda m: tables.GREEK[m[0]]),
    rule(r"(?<=\b[A-F])[-−](?=[\s.,;!?)]|$)", always("minus")),
    rule(r"\d+", lambda m: read.number_text(m[0])),
    rule(r"(?<=\w)[ ]-[ ](?=\d)", always("minus")),
    rule(r"(?<=\w)/(?=(?:year|month|week|day|hour|minute|second|person|night)\b)", always("per")),
    rule(rf"(?<=\w)\.(?={tables.FILE_ENDINGS}(?!\w))", always("dot")),
    rule(r"(?<=\w)/(?=\w)", always("slash")),
    rule(r"[~$€£¥](?!\w)", always("")),
    rule(rf"[{re.escape(''.join(tables.SYMBOLS))}]", lambda m: tables.SYMBOLS[m[0]]),
)
