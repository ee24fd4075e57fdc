"""What a mark says: sixteen bits of the maker's choice, guarded by eight more that must agree with them."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from omnitalker.base.errors import ConfigError

VALUE_BITS, CHECK_BITS = 16, 8
BITS = VALUE_BITS + CHECK_BITS
NOBODY = 0
"""The number of who gave none: made by OmniTalker, by whom is not said."""
VARIABLE = "OMNITALKER_MARK"

Signs = npt.NDArray[np.float32]


def own_number() -> int:
    """What the marks of this installation say: $OMNITALKER_MARK, 0 to 65535, or nobody."""
    given = os.environ.get(VARIABLE, "").strip() or str(NOBODY)
    if not given.isdecimal() or int(given) >= 1 << VALUE_BITS:
        raise ConfigError(
            f"{VARIABLE} is a number from 0 to {(1 << VALUE_BITS) - 1}, got {given!r}"
        )
    return int(given)


def signs_of(value: int) -> Signs:
    """(24,) of -1 and 1: the number's bits, lowest first, and their checksum."""
    if not 0 <= value < 1 << VALUE_BITS:
        raise ConfigError(f"a mark's number is 0 to {(1 << VALUE_BITS) - 1}, got {value}")
    whole = value | _checksum(value) << VALUE_BITS
    return np.array([1.0 if whole >> bit & 1 else -1.0 for bit in range(BITS)], np.float32)


def value_of(votes: npt.NDArray[np.floating]) -> int | None:
    """The number that (24,) votes spell, positive for ones; None where the checksum does not agree."""
    whole = sum(1 << bit for bit in range(BITS) if votes[bit] > 0)
    value = whole & (1 << VALUE_BITS) - 1
    return value if whole >> VALUE_BITS == _checksum(value) else None


def _checksum(value: int) -> int:
    """CRC-8 (polynomial x8 + x2 + x + 1) of the number's two bytes, begun with all ones."""
    crc = 0xFF
    for byte in (value & 0xFF, value >> 8):
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc
