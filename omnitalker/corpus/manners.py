"""What each manner does to a voice, at intensity 1; the faces' part is in `omnitalker.motion.made.manners`.

How far pitch, range, pace and tilt move is measured on real acted speech (EmoDB; docs/manners.md).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.base.types import MANNERS


@dataclass(frozen=True)
class VocalManner:
    """Changes to a speaker's everyday voice."""

    pitch: float = 0.0
    """Semitones."""
    pitch_range: float = 1.0
    rate: float = 1.0
    level: float = 0.0
    """dB."""
    tilt: float = 0.0
    """dB per octave around 1 kHz."""
    dynamics: float = 1.0
    """Factor on the differences of loudness within an utterance."""
    tremor: float = 0.0
    """Semitones of pitch wavering at about 6 Hz."""
    glide: float = 0.0
    """Semitones from the beginning of an utterance to its end, on top of the teacher's intonation."""

    def at(self, intensity: float) -> VocalManner:
        """The manner at `intensity`: 0 = everyday, 1 = full; factors as powers, the rest linearly."""
        return VocalManner(
            **{
                name: value**intensity if name in _FACTORS else value * intensity
                for name, value in asdict(self).items()
            }
        )


_FACTORS = ("pitch_range", "rate", "dynamics")

VOCAL_MANNERS: Final = {
    "neutral": VocalManner(),
    "calm": VocalManner(pitch=-0.8, pitch_range=0.85, rate=0.9, level=-2.5, tilt=-0.6, dynamics=0.9, glide=-1.5),
    "happy": VocalManner(pitch=4.5, pitch_range=1.3, rate=1.03, level=2.5, tilt=1.3, glide=1.0),
    "sad": VocalManner(pitch=-2.5, pitch_range=0.6, rate=0.84, level=-5.0, tilt=-1.2, dynamics=0.95),
    "angry": VocalManner(pitch=4.0, pitch_range=1.1, rate=1.04, level=5.0, tilt=2.4, dynamics=1.15, glide=1.0),
    "fearful": VocalManner(pitch=5.0, pitch_range=0.75, rate=1.12, level=-1.0, tilt=0.8, dynamics=0.9, tremor=0.25),
    "disgusted": VocalManner(pitch=1.2, pitch_range=0.9, rate=0.88, level=-0.5, tilt=1.0, glide=2.2),
    "surprised": VocalManner(pitch=4.5, pitch_range=1.55, rate=0.96, level=2.0, tilt=0.8, glide=4.0),
}  # fmt: skip


def vocal_manner(name: str, intensity: float) -> VocalManner:
    """The changes of manner `name` at `intensity`."""
    if name not in VOCAL_MANNERS:
        raise InputError(f"unknown manner '{name}'. Choose one of: {', '.join(MANNERS)}")
    return VOCAL_MANNERS[name].at(intensity)
