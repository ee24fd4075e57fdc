"""The few filters that loudness needs, as scipy.signal has them: its import takes longer than a sentence takes to make.

Legend: N samples.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from omnitalker.base.types import FloatArray

Doubles = npt.NDArray[np.float64]
OVERSAMPLING: Final = 4
_BLOCK: Final = 64
"""Samples that are filtered by one product of matrices."""
_HALF_TAPS: Final = 10
"""Samples to either side that one between them is made of."""


class Biquad:
    """A recursive filter of second order. Knows no state: it takes one and gives the next."""

    def __init__(self, b: Doubles, a: Doubles) -> None:
        """b, a: (3,) as scipy.signal.lfilter takes them."""
        self.b, self.a = b / a[0], a / a[0]
        step = np.array([[-self.a[1], 1.0], [-self.a[2], 0.0]])
        entry = self.b[1:] - self.a[1:] * self.b[0]
        self._powers = [np.eye(2)]
        for _ in range(_BLOCK):
            self._powers.append(step @ self._powers[-1])
        self._from_state = np.stack([power[0] for power in self._powers[:_BLOCK]])
        self._to_state = np.stack([power @ entry for power in self._powers[_BLOCK - 1 :: -1]], 1)
        response = np.concatenate([self.b[:1], self._from_state[:-1] @ entry])
        late = np.arange(_BLOCK)[:, None] - np.arange(_BLOCK)[None]
        self._within = np.where(late >= 0, response[late], 0.0)

    def __call__(self, samples: Doubles, state: Doubles) -> tuple[Doubles, Doubles]:
        """(N,), (2,) -> (N,), (2,); a state of zeros is silence before."""
        whole = len(samples) // _BLOCK * _BLOCK
        blocks, rest = samples[:whole].reshape(-1, _BLOCK), samples[whole:]
        states = np.empty((len(blocks) + 1, 2))
        states[0] = state
        for index, arriving in enumerate(blocks @ self._to_state.T):
            states[index + 1] = self._powers[_BLOCK] @ states[index] + arriving
        made = blocks @ self._within.T + states[:-1] @ self._from_state.T
        count, state = len(rest), states[-1]
        end = self._within[:count, :count] @ rest + self._from_state[:count] @ state
        after = self._powers[count] @ state + self._to_state[:, _BLOCK - count :] @ rest
        return np.concatenate([made.ravel(), end]), after

    def power_gain(self, hz: Doubles, rate: int) -> Doubles:
        """How much the power of tones of `hz` grows."""
        late = np.exp(-2j * np.pi * hz / rate)
        top, bottom = (c[0] + c[1] * late + c[2] * late**2 for c in (self.b, self.a))
        return np.asarray(np.abs(top / bottom) ** 2)


def oversampled(samples: FloatArray) -> FloatArray:
    """(N,) -> (N, 4): each sample, and three up to the next."""
    taps = _taps().astype(samples.dtype)
    fine = [np.convolve(samples, taps[place::OVERSAMPLING]) for place in range(OVERSAMPLING)]
    return np.stack(fine, axis=1)[_HALF_TAPS : _HALF_TAPS + len(samples)]


@cache
def _taps() -> Doubles:
    """(84,) a low-pass of 81 at the old Nyquist frequency, by Kaiser's window of 5."""
    half = _HALF_TAPS * OVERSAMPLING
    at = np.arange(-half, half + 1)
    taps = np.sinc(at / OVERSAMPLING) * np.kaiser(len(at), 5.0)
    return np.concatenate([OVERSAMPLING * taps / taps.sum(), np.zeros(OVERSAMPLING - 1)])
