"""How the matches of the English rules are read: each function turns one match into words.

The names of the groups are the contract between a rule's pattern and its reading.
"""

from __future__ import annotations

import re

from omnitalker.text.english import tables
from omnitalker.text.english.numbers import cardinal, decimal, digits, ordinal, year


def spell(text: str) -> str:
    """Letters by name and digits by name: "MP3" -> "M P three"."""
    return " ".join(
        char.upper() if char.isalpha() and char.isascii() else digits(char) for char in text
    )


def url(match: re.Match[str]) -> str:
    bare = re.sub(r"^(?:https?|ftp)://", "", match[0], flags=re.IGNORECASE)
    return address(re.sub(r"^www\.", "W W W.", bare.rstrip("/"), flags=re.IGNORECASE))


def address(text: str) -> str:
    names = {
        ".": "dot", "/": "slash", "@": "at", "-": "dash", "_": "underscore", ":": "colon",
        "?": "question mark", "=": "equals", "&": "and", "#": "hash", "%": "percent", "+": "plus", "~": "tilde",
    }  # fmt: skip
    words = []
    for part in re.findall(r"[A-Za-z]+|\d+|\S", text):
        if part in names:
            words.append(names[part])
        elif part.isdecimal():
            words.append(cardinal(int(part)) if len(part) <= 2 else digits(part))
        elif part.isascii() and part.isalpha():
            lower = part.lower()
            spelled = len(part) <= 2 and lower not in (
                "me",
                "us",
                "in",
                "go",
                "my",
                "is",
                "no",
                "to",
                "we",
                "i",
                "a",
            )
            vowelless = not re.search("[aeiouy]", lower)
            words.append(spell(part) if spelled or vowelless else lower)
    return " ".join(words)


def money(match: re.Match[str]) -> str:
    sign, amount, scale = match["currency"], match["amount"], match["scale"]
    one, many, small_one, small_many = tables.CURRENCIES[sign]
    minus = "minus " if match["minus"] else ""
    if re.search(r"\ba $", match.string[: match.start()], re.IGNORECASE):
        many = one  # a five dollar bill
    if scale:
        return f"{minus}{decimal(amount)} {tables.SCALE_LETTERS.get(scale, scale)} {many}"
    whole, _, fraction = amount.replace(",", "").partition(".")
    if len(fraction) != 2 or not small_one:
        return f"{minus}{decimal(amount)} {one if amount == '1' else many}"
    parts = [f"{cardinal(int(whole or 0))} {one if int(whole or 0) == 1 else many}"]
    if int(fraction):
        small = f"{cardinal(int(fraction))} {small_one if int(fraction) == 1 else small_many}"
        parts = [*parts, "and", small] if int(whole or 0) else [small]
    return minus + " ".join(parts)


def money_range(match: re.Match[str]) -> str:
    scale = f" {tables.SCALE_LETTERS.get(match['scale'], match['scale'])}" if match["scale"] else ""
    many = tables.CURRENCIES[match["currency"]][1]
    return f"{decimal(match['first'])} to {decimal(match['last'])}{scale} {many}"


def month(name: str) -> str:
    return next(
        month for month in tables.MONTHS if month.lower().startswith(name.lower()[:3])
    ).lower()


def month_day(match: re.Match[str]) -> str:
    spoken = f"{month(match['month'])} {ordinal(int(match['day']))}"
    if match["last"]:
        spoken += f" to {ordinal(int(match['last']))}"
    return f"{spoken} {year(int(match['year']))}" if match["year"] else spoken


def day_month(match: re.Match[str]) -> str:
    article = "" if re.search(r"\bthe $", match.string[: match.start()], re.IGNORECASE) else "the "
    spoken = f"{article}{ordinal(int(match['day']))} of {month(match['month'])}"
    return f"{spoken} {year(int(match['year']))}" if match["year"] else spoken


def numeric_date(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if month > 12 >= day:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return " ".join(decimal(part) for part in re.findall(r"\d+", match[0]))
    number = int(match["year"])
    if number < 100:
        number += 2000 if number < 50 else 1900
    return f"{tables.MONTHS[month - 1].lower()} {ordinal(day)} {year(number)}"


def time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = " ".join(match["half"].replace(".", "").upper()) if match["half"] else ""
    words = [cardinal(hour)]
    if minute:
        words.append(("oh " if minute < 10 else "") + cardinal(minute))
    elif not half:
        words.append("o'clock" if 1 <= hour <= 12 else "hundred")
    if match["second"]:
        seconds = int(match["second"])
        words.append(f"and {cardinal(seconds)} second{'' if seconds == 1 else 's'}")
    return " ".join((*words, half))


def phone(match: re.Match[str]) -> str:
    plus = "plus " if match[0].lstrip("(").startswith("+") else ""
    return plus + digits(match[0])


def quantity(match: re.Match[str]) -> str:
    amount, unit = match["amount"], match["unit"]
    one, many = tables.UNITS[unit]
    scale = f" {tables.SCALE_LETTERS.get(match['scale'], match['scale'])}" if match["scale"] else ""
    last = f" to {decimal(match['last'])}" if match["last"] else ""
    sign = {"": "", "+": "plus "}.get(match["minus"] or "", "minus ")
    name = one if amount == "1" and not scale and not last else many
    return f"{sign}{decimal(amount)}{scale}{last} {name}"


def scaled(match: re.Match[str]) -> str:
    return f"{decimal(match['amount'])} {tables.SCALE_LETTERS[match['scale']]}"


def number_range(match: re.Match[str]) -> str:
    return f"{number_text(match[1])} to {number_text(match[2])}"


def fraction(match: re.Match[str]) -> str:
    top, bottom = int(match["top"]), int(match["bottom"])
    whole = f"{cardinal(int(match['whole']))} and " if match["whole"] else ""
    if (top, bottom) in ((24, 7), (50, 50)):
        return f"{cardinal(top)} {cardinal(bottom)}"
    if not 2 <= bottom <= 100 or top >= bottom:
        return f"{whole}{cardinal(top)} over {cardinal(bottom)}"
    name = {2: "half", 4: "quarter"}.get(bottom, ordinal(bottom))
    if top != 1:
        name = "halves" if name == "half" else f"{name}s"
    return f"{whole}{cardinal(top)} {name}"


def feet_inches(match: re.Match[str]) -> str:
    return f"{cardinal(int(match['feet']))} foot {cardinal(int(match['inches']))}"


def number_text(text: str) -> str:
    plain = text.replace(",", "")
    if re.fullmatch(r"1[1-9]\d\d|20\d\d", text):
        return year(int(text))
    if plain.isdecimal() and (len(plain) > 1 and plain[0] == "0"):
        return digits(plain)
    return decimal(text)


def signed_number(match: re.Match[str]) -> str:
    sign = "minus " if match["minus"] else "plus " if match["plus"] else ""
    return sign + number_text(match["amount"])


def version(match: re.Match[str]) -> str:
    parts = match["parts"].split(".")
    name = {"v": "version ", "V": "version "}.get(match["v"] or "", "")
    joint = " dot " if len(parts) == 4 else " point "
    return name + joint.join(
        digits(p) if len(p) > 1 and p[0] == "0" else cardinal(int(p)) for p in parts
    )


def _roman(text: str) -> int:
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
    numbers = [values[char] for char in text]
    return sum(-n if n < max(numbers[i:]) else n for i, n in enumerate(numbers))


def roman_cardinal(match: re.Match[str]) -> str:
    return f"{match['name']} {cardinal(_roman(match['roman']))}"


def roman_ordinal(match: re.Match[str]) -> str:
    return f"{match['name']} the {ordinal(_roman(match['roman']))}"


def code(match: re.Match[str]) -> str:
    """Letters and digits run together: GPT-4o, H2O, COVID-19, 3D, B2B, A100."""
    words = []
    for part in re.findall(r"[A-Za-z]+|\d+(?:\.\d+)?", match[0]):
        if part[0].isdecimal():
            words.append(_code_number(part))
        else:
            words.append(_letters(part))
    return " ".join(words)


def _code_number(text: str) -> str:
    """Four digits in pairs, longer ones one by one: BA2490, A100."""
    if "." in text or len(text) < 4:
        return number_text(text)
    if len(text) == 4 and text[0] != "0" and text[2] != "0":
        return f"{cardinal(int(text[:2]))} {cardinal(int(text[2:]))}"
    return number_text(text) if len(text) == 4 else digits(text)


def _letters(text: str) -> str:
    """A run of letters inside a code or a capitalised name: spelled, unless it reads as a word."""
    if text in tables.PRONOUNCED_ACRONYMS or (len(text) > 3 and not text.isupper()):
        return text.lower()
    if text.isupper():
        return spell(text) if len(text) <= 4 or not _is_sayable(text) else text.lower()
    if len(text) == 1 or not re.search("[aeiouyAEIOUY]", text):
        return spell(text)
    return text.lower()


def acronym(match: re.Match[str]) -> str:
    text, ending = match["letters"].replace(".", ""), match["ending"] or ""
    if "." not in match["letters"] and _reads_as_word(text, match):
        return text.lower() + ("s" if ending else "")
    letters = spell(text).split()
    if ending:
        letters[-1] += "'s"
    return " ".join(letters)


def _reads_as_word(text: str, match: re.Match[str]) -> bool:
    if text in ("US", "WHO") and not _is_shouted(match):
        return False
    if text in tables.PRONOUNCED_ACRONYMS or text in tables.SHORT_WORDS:
        return True
    return len(text) >= 4 and text not in tables.SPELLED and _is_sayable(text)


def _is_shouted(match: re.Match[str]) -> bool:
    """Whether the neighbouring words are capitals too: emphasis rather than an acronym."""
    around = re.findall(
        r"[A-Za-z]{2,}", match.string[max(0, match.start() - 40) : match.end() + 40]
    )
    return len(around) > 2 and sum(word.isupper() for word in around) > 0.7 * len(around)


def _is_sayable(text: str) -> bool:
    lower = text.lower()
    return bool(re.search("[aeiouy]", lower)) and not re.search(
        "[^aeiouy]{4}|[^aeiouy]{3}$|[aeiou]{3}", lower
    )


def camel(match: re.Match[str]) -> str:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", match[0])
    return " ".join(_letters(p) if p.isupper() or len(p) == 1 else p.lower() for p in parts)


def capital_letter(match: re.Match[str]) -> str:
    before = match.string[: match.start()].rstrip(" \"'([")
    begins = not before or before[-1] in ".!?\n:。！？"
    return "a" if match[0] == "A" and begins else match[0]
