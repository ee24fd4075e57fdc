"""Consent receipts: who said that a person agreed, when and for what. They travel inside style and identity files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone

from omnitalker.base.errors import InputError

KEY = "consent"
"""In the metadata of a style or an identity."""
_MOST = 16
_LONGEST = 200


@dataclass(frozen=True)
class Receipt:
    """One statement; it proves nothing by itself, but it says whom to ask."""

    by: str
    when: str
    """UTC, as 2026-01-31T12:00:00Z."""
    purpose: str


def receipt(by: str, purpose: str, seconds: float | None = None) -> Receipt:
    """`seconds` since 1970; now where none are given."""
    now = datetime.now(timezone.utc)
    moment = now if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
    return Receipt(by, moment.strftime("%Y-%m-%dT%H:%M:%SZ"), purpose)


def with_receipt(metadata: Mapping[str, str], added: Receipt) -> dict[str, str]:
    """The same metadata with one more statement."""
    return {**metadata, KEY: _written((*receipts_in(metadata), added))}


def merged(*parts: Mapping[str, str]) -> dict[str, str]:
    """Metadata of several; of a key that two have the last one's, of receipts all."""
    together = {key: value for part in parts for key, value in part.items()}
    found = tuple(dict.fromkeys(item for part in parts for item in receipts_in(part)))
    return {**together, KEY: _written(found)} if found else together


def receipts_in(metadata: Mapping[str, str]) -> tuple[Receipt, ...]:
    """Raises `InputError` where what stands there is no receipt of ours."""
    if KEY not in metadata:
        return ()
    try:
        found = tuple(Receipt(**item) for item in json.loads(metadata[KEY]))
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"its consent receipt cannot be read ({error})") from error
    words = [value for item in found for value in asdict(item).values()]
    if len(found) > _MOST or not all(isinstance(w, str) and len(w) <= _LONGEST for w in words):
        raise InputError("its consent receipt is none of ours")
    return found


def in_words(metadata: Mapping[str, str]) -> list[str]:
    """A line for each statement, or one that says there is none."""
    found = receipts_in(metadata)
    if not found:
        return ["consent: nothing is said about it in this file"]
    return [f"consent: {item.by} said so on {item.when}, for {item.purpose}" for item in found]


def _written(found: tuple[Receipt, ...]) -> str:
    return json.dumps([asdict(item) for item in found[-_MOST:]], ensure_ascii=False)
