"""Which language each stretch of clean text is spoken in. Han script is Mandarin, Latin letters English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import Language
from omnitalker.text.english.tables import GREEK
from omnitalker.text.mandarin.normalise import HAN

LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
_LATIN: Final = "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_HAN_RUN: Final = re.compile(f"[{HAN}]")
_LATIN_WORD: Final = re.compile(f"[{_LATIN}]+(?:'[{_LATIN}]+)*")
_ADDRESS: Final = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|(?:https?://|www\.)[^\s，。！？）】]+"
_AMOUNT: Final = r"\d[\d.,:/]*(?:[ ]?[-–~～:：/.][ ]?\d[\d.,:/]*)*"
_CURRENCY: Final = r"(?:US\$|HK\$|[$€£¥￥₩]|RMB|USD|CNY)"
_UNIT: Final = (
    r"(?:[ ]?(?:km/h|m/s|kWh|kW|km²|m²|m³|km|cm|mm|nm|kg|mg|g|m|mL|ml|L|ms|s|min|h|kHz|MHz|GHz|Hz|dB|°C|°F|W|V|"
    r"USD|RMB|CNY|EUR)(?![A-Za-z\d])|[ ]?[%°¥€£$])"
)
_OTHERS: Final = (
    rf"(?P<address>{_ADDRESS})|No\.[ ]?\d+"
    rf"|(?P<amount>{_CURRENCY}?[ ]?[-−]?{_CURRENCY}?{_AMOUNT}{_UNIT}?(?![A-Za-z]))"
    r"|(?P<generation>\d{1,2}(?=[A-Z](?![A-Za-z\d])))"
    rf"|(?P<han>[{HAN}]+)"
)
_TOKEN: Final[dict[Language, re.Pattern[str]]] = {
    "en": re.compile(
        rf"{_OTHERS}|[{_LATIN}\d]*[{_LATIN}](?:[{_LATIN}\d]|[-'.&/+](?=[{_LATIN}\d]))*\.?", re.ASCII
    ),
    "zh": re.compile(
        rf"{_OTHERS}|[{_LATIN}](?:[{_LATIN}]|[-'.&/+](?=[{_LATIN}]))*\.?|(?P<digits>\d+)", re.ASCII
    ),
}
"""In Mandarin the number of a name is read in Mandarin too: "PM2.5", "GPT-4"."""


_NAME_DIGIT: Final = re.compile(rf"{_ADDRESS}|No\.[ ]?\d+|[\d{HAN}]", re.ASCII)


def english_view(text: str, main: Language) -> str:
    """`text` for the English rules: what is read in Mandarin is masked, as it is no part of their words."""
    pattern = _NAME_DIGIT if main == "zh" else _HAN_RUN
    return pattern.sub(lambda match: match[0] if len(match[0]) > 1 else "\ufffc", text)


def check_language(language: str) -> None:
    """Only en, zh and auto are spoken."""
    if language not in (*LANGUAGES, "auto"):
        raise InputError(
            f"The language '{language}' is not supported. Expected en, zh or auto (either, also mixed)."
        )


def check_scripts(text: str) -> None:
    """Letters of any script but Latin, Han and single Greek symbols cannot be read."""
    for place, char in enumerate(text, start=1):
        if not char.isalpha() or char in GREEK or _HAN_RUN.match(char) or _LATIN_WORD.match(char):
            continue
        name = unicodedata.name(char, "UNKNOWN").split()[0].capitalize()
        if unicodedata.category(char) == "Lm" or name == "Modifier":
            continue
        raise InputError(
            f"The text holds '{char}' ({name} script, character {place}), "
            "which cannot be spoken. Supported languages: en, zh."
        )


def detect(text: str, default: Language = "en") -> Language:
    """The main language: Mandarin when it has at least as many Han characters as Latin words."""
    han, latin = len(_HAN_RUN.findall(text)), len(_LATIN_WORD.findall(text))
    if not han and not latin:
        return default
    return "zh" if han >= latin else "en"


def spans(text: str, main: Language) -> Iterator[tuple[int, int, Language]]:
    """`text` cut into stretches of one language that cover it all.

    Numbers are read in the language they touch, otherwise in `main`.
    """
    start, current = 0, main
    for match in _TOKEN[main].finditer(text):
        language = _token_language(match, main)
        if language != current:
            if match.start() > start:
                yield start, match.start(), current
            start, current = match.start(), language
    if len(text) > start:
        yield start, len(text), current


def _token_language(match: re.Match[str], main: Language) -> Language:
    if match["han"]:
        return "zh"
    if match["generation"] or match.groupdict().get("digits"):
        return main
    if match["amount"] is None:
        return "en"
    before = match.string[match.start() - 1 : match.start()] if match.start() else ""
    after = match.string[match.end() : match.end() + 1]
    if any(char and _HAN_RUN.match(char) for char in (before, after)):
        return "zh"
    return main
