"""A value that follows what is measured of the output: believed the more the longer, limited, never with a jump."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Value = float | npt.NDArray[np.floating]


class Followed:
    """`toward` a new value goes in over so many frames, from where the last window ended."""

    def __init__(self, now: Value, ramp_frames: int, dtype: type[np.floating] = np.float64) -> None:
        """dtype: of what is scaled by it."""
        self.now = now
        self._ramp_frames = ramp_frames
        self._dtype = dtype

    def toward(self, new: Value, frames: int) -> npt.NDArray[np.floating]:
        """(frames,) for a number, (frames, M) for a row of them."""
        share = np.minimum(1.0, np.arange(1, frames + 1) / self._ramp_frames).astype(self._dtype)
        share = share.reshape(-1, *(1,) * np.ndim(new))
        before, self.now = self.now, new
        return np.asarray(before + share * (new - before))


class FollowedGain(Followed):
    """A gain that brings what is found to what is wanted; both are positive and compared by ratio."""

    def __init__(
        self,
        floor: float,
        limits: tuple[float, float],
        ramp_frames: int,
        dtype: type[np.floating] = np.float64,
    ) -> None:
        """floor: added to both sides of the ratio, so that next to nothing is not scaled up."""
        super().__init__(1.0, ramp_frames, dtype)
        self._floor = floor
        self._limits = limits

    def aim(self, wanted: float, found: float, trust: float) -> float:
        """The gain by what is known now; trust 0 changes nothing, 1 believes the ratio."""
        ratio = np.log((wanted + self._floor) / (found + self._floor))
        return float(np.exp(trust * ratio).clip(*self._limits))


def trust(seen: float, half: float, strength: float = 1.0) -> float:
    """0 to `strength`: after `half` of whatever is counted, half of what is measured is believed."""
    return strength * seen / (seen + half)
