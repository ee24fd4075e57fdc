"""Where speech really ends before a pause: teachers give the beginning of a pause to the phoneme before it.

Both put some quarter of a second of silence into the last phoneme of a clause. Told so, a model would hold its
lips open there and learn to drawl.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from omnitalker.corpus.teachers.speech.teacher import TimedSymbol
from omnitalker.text.symbols import SILENT

WINDOW_SECONDS: Final = 0.01
QUIET_DB: Final = 40.0
"""So far under the loud parts nothing is said."""
RELEASE_SECONDS: Final = 0.02
"""What still belongs to a phoneme after its last audible moment."""
SHORTEST_SECONDS: Final = 0.03


def with_pauses_where_they_begin(
    phones: Sequence[TimedSymbol], samples: npt.NDArray[np.float32], rate: int
) -> tuple[TimedSymbol, ...]:
    """`phones` over `samples` (N,), with the silence at a clause's end given to the pause after it."""
    loud = _loud(samples, rate)
    moved: list[TimedSymbol] = []
    start = 0.0
    for phone, after in zip(phones, [*phones[1:], None], strict=True):
        end = phone.end
        if after is not None and after.symbol in SILENT and phone.symbol not in SILENT:
            end = min(end, max(_last_sound(loud, start, end), start + SHORTEST_SECONDS))
        moved.append(TimedSymbol(phone.symbol, phone.tone, end))
        start = end
    return tuple(moved)


def _loud(samples: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.bool_]:
    """Whether something is to be heard, per `WINDOW_SECONDS`."""
    width = round(WINDOW_SECONDS * rate)
    count = len(samples) // width
    power = (samples[: count * width].reshape(count, width).astype(np.float64) ** 2).mean(axis=1)
    level = 10 * np.log10(power + 1e-12)
    return np.asarray(level > np.percentile(level, 95) - QUIET_DB)


def _last_sound(loud: npt.NDArray[np.bool_], start: float, end: float) -> float:
    first, last = int(start / WINDOW_SECONDS), int(np.ceil(end / WINDOW_SECONDS))
    heard = np.flatnonzero(loud[first:last])
    return (first + int(heard[-1]) + 1) * WINDOW_SECONDS + RELEASE_SECONDS if len(heard) else start
