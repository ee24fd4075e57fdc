"""How a sentence is delivered: pace, pitch and loudness, changed before the teacher makes the sound.

Legend: K curve frames at 80/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

VOICED_HZ: Final = 40.0
"""Below it the teacher's pitch curve means that there is no voice."""
TONAL_SHARE: Final = 0.5
"""How much of a change of range and glide a tone language bears, whose pitch carries words."""
SPOKEN_ENERGY: Final = 0.0
"""Above it something is said; below is silence."""


@dataclass(frozen=True)
class Delivery:
    """Changes to what the voice would do by itself."""

    rate: float = 1.0
    pitch: float = 0.0
    """Semitones."""
    pitch_range: float = 1.0
    glide: float = 0.0
    """Semitones that the last moment lies above the first, on top of the sentence's own melody."""
    effort: float = 0.0
    """Natural log of loudness."""
    dynamics: float = 1.0
    """Factor on the differences of loudness."""
    tremor: float = 0.0
    """Semitones of pitch wavering at 6 Hz."""


AS_IT_IS: Final = Delivery()
"""Nothing changed."""


def shaped_pitch(pitch: Array, delivery: Delivery, *, tonal: bool = False) -> Array:
    """(K,) Hz -> (K,) Hz. What has no voice stays as it is."""
    voiced = pitch > VOICED_HZ
    if not voiced.any():
        return pitch
    share = TONAL_SHARE if tonal else 1.0
    semitones = 12 * np.log2(np.where(voiced, pitch, 1.0))
    middle = semitones[voiced].mean()
    place = np.linspace(-0.5, 0.5, len(pitch))
    waver = delivery.tremor * np.sin(2 * np.pi * 6.0 * np.arange(len(pitch)) / 80.0)
    moved = (
        middle
        + delivery.pitch
        + (semitones - middle) * delivery.pitch_range**share
        + share * delivery.glide * place
        + waver
    )
    return np.where(voiced, 2 ** (moved / 12), pitch).astype(np.float32)


def shaped_energy(energy: Array, delivery: Delivery) -> Array:
    """(K,) -> (K,). Silence stays silent."""
    spoken = energy > SPOKEN_ENERGY
    if not spoken.any():
        return energy
    middle = energy[spoken].mean()
    moved = middle + delivery.effort + (energy - middle) * delivery.dynamics
    weight = np.clip((energy - SPOKEN_ENERGY) / 2 + 0.5, 0.0, 1.0)
    return (energy + weight * (moved - energy)).astype(np.float32)
