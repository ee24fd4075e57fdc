"""The corrections around a network, in the order its checkpoint names them; a better network needs fewer.

    style ─> before ─> network ─> after (those that look ahead) ─> cut to what is kept ─> after (the others)

What comes out is what the next window continues, so a correction shapes what is made after it. A new one is a file
here and a line in `CORRECTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import ConfigError
from omnitalker.base.types import FloatArray, IntArray, Latents, StylePrompt
from omnitalker.generation.corrections.blinks import BlinkRate
from omnitalker.generation.corrections.lip_delay import FIRST_TEACHER, TOO_WIDE, LipDelay
from omnitalker.generation.corrections.manner import MannerMatch
from omnitalker.generation.corrections.melody import MelodyMatch
from omnitalker.generation.corrections.prompt import familiar_motion, lift_prompt_pitch
from omnitalker.generation.corrections.spectrum import VoiceMatch
from omnitalker.generation.parts import Parts
from omnitalker.motion.names import EXPRESSION_SLICE
from omnitalker.motion.track.sealing import seal_lips
from omnitalker.motion.track.smoothing import steady
from omnitalker.text.symbols import BILABIALS, SYMBOL_IDS

STEADY_FRAMES = 8
"""How much of what was shown last the smoothing of new motion looks back on."""
_BILABIALS = [SYMBOL_IDS[symbol] for symbol in BILABIALS]


@dataclass(frozen=True)
class Prompt:
    """A style as the network gets it: what is continued, and the whole that tells voice and manner."""

    continued: StylePrompt
    whole: StylePrompt


@dataclass(frozen=True)
class Made:
    """A window as sampled, perhaps corrected already."""

    latents: Latents
    phonemes: IntArray
    """(T,) ids per mel frame."""
    shown: FloatArray
    """(F, 61) motion before it; empty at the beginning."""


@dataclass(frozen=True)
class Correction:
    """One of them, for one style; None where there is nothing to do."""

    before: Callable[[Prompt], Prompt] | None = None
    after: Callable[[Made], Latents] | None = None
    shown: Callable[[FloatArray], FloatArray] | None = None
    """(F, 61) -> (F, 61) of what is shown alone: the network goes on from what was before it."""
    looks_ahead: bool = False
    """`after` also gets what is made beyond the window and thrown away."""


class CorrectionChain:
    """One per stream: what the corrections measured of a style goes on until another style comes."""

    def __init__(self, names: Sequence[str], parts: Parts) -> None:
        unknown = [name for name in names if name not in CORRECTIONS]
        if unknown:
            raise ConfigError(unknown_choice("correction", unknown[0], CORRECTIONS))
        self._names = tuple(names)
        self._parts = parts
        self._style: StylePrompt | None = None
        self._corrections: list[Correction] = []

    def before(self, style: StylePrompt) -> Prompt:
        """What the network is to hear and see of a style."""
        if style is not self._style:
            self._style = style
            found = (CORRECTIONS[name](style, self._parts) for name in self._names)
            self._corrections = [correction for correction in found if correction is not None]
            self._prompt = Prompt(style, style)
            for correction in self._corrections:
                if correction.before is not None:
                    self._prompt = correction.before(self._prompt)
        return self._prompt

    def after(
        self, latents: Latents, phonemes: IntArray, blocks: int, shown: FloatArray
    ) -> Latents:
        """The first `blocks` blocks of a window, corrected."""
        is_cut = False
        for correction in self._corrections:
            if correction.after is None:
                continue
            if not correction.looks_ahead and not is_cut:
                latents, is_cut = _cut(latents, blocks), True
            latents = correction.after(Made(latents, phonemes[: len(latents.mel)], shown))
        return latents if is_cut else _cut(latents, blocks)

    def shown(self, latents: Latents) -> Latents:
        """What is seen of a corrected window."""
        for correction in self._corrections:
            if correction.shown is not None and len(latents.motion):
                latents = replace(latents, motion=correction.shown(latents.motion))
        return latents


def _cut(latents: Latents, blocks: int) -> Latents:
    """Shapes are between 0 and 1 from here on, whoever smoothed them or did not."""
    motion = latents.motion[: blocks * timeline.BLOCK_VIDEO_FRAMES].copy()
    motion[:, EXPRESSION_SLICE] = motion[:, EXPRESSION_SLICE].clip(0, 1)
    return Latents(latents.mel[: blocks * timeline.BLOCK_MEL_FRAMES], motion)


def _familiar_face(style: StylePrompt, parts: Parts) -> Correction | None:
    if not style.has_motion:
        return None
    known = familiar_motion(style.motion, *parts.transformer.motion_statistics)

    def before(prompt: Prompt) -> Prompt:
        return Prompt(replace(prompt.continued, motion=known), replace(prompt.whole, motion=known))

    return Correction(before)


def _prompt_pitch(style: StylePrompt, _: Parts) -> Correction | None:
    if not style.has_voice:
        return None

    def before(prompt: Prompt) -> Prompt:
        higher = lift_prompt_pitch(prompt.continued.mel)
        return replace(prompt, continued=replace(prompt.continued, mel=higher))

    return Correction(before)


def _steady_motion(_: StylePrompt, __: Parts) -> Correction:
    def after(made: Made) -> Latents:
        before = made.shown[-STEADY_FRAMES:]
        motion = steady(np.concatenate([before, made.latents.motion]))[len(before) :]
        return replace(made.latents, motion=motion)

    return Correction(after=after, looks_ahead=True)


def _voice_spectrum(style: StylePrompt, _: Parts) -> Correction | None:
    return _on_mel(VoiceMatch(style.mel)) if style.has_voice else None


def _pitch_range(style: StylePrompt, parts: Parts) -> Correction | None:
    ear = parts.vocoder.ear
    return _on_mel(MelodyMatch(style.mel, ear)) if style.has_voice and ear is not None else None


def _facial_manner(style: StylePrompt, _: Parts) -> Correction | None:
    return _on_motion(MannerMatch(style.motion)) if style.has_motion else None


def _blink_rate(style: StylePrompt, _: Parts) -> Correction | None:
    return _on_motion(BlinkRate(style.motion)) if style.has_motion else None


def _lip_closure(_: StylePrompt, __: Parts) -> Correction:
    def after(made: Made) -> Latents:
        sealed = seal_lips(made.latents.motion, np.isin(made.phonemes, _BILABIALS))
        return replace(made.latents, motion=sealed)

    return Correction(after=after)


def _lip_delay(style: StylePrompt, _: Parts) -> Correction:
    """A clip of a real person already tells how wide."""
    is_taught = style.metadata.get("source") in FIRST_TEACHER
    return Correction(shown=LipDelay(1 / TOO_WIDE if is_taught else 1.0))


def _on_mel(correct: Callable[[FloatArray], FloatArray]) -> Correction:
    return Correction(after=lambda m: replace(m.latents, mel=correct(m.latents.mel)))


def _on_motion(correct: Callable[[FloatArray], FloatArray]) -> Correction:
    return Correction(after=lambda m: replace(m.latents, motion=correct(m.latents.motion)))


CORRECTIONS: dict[str, Callable[[StylePrompt, Parts], Correction | None]] = {
    "familiar_face": _familiar_face,
    "prompt_pitch": _prompt_pitch,
    "steady_motion": _steady_motion,
    "voice_spectrum": _voice_spectrum,
    "pitch_range": _pitch_range,
    "facial_manner": _facial_manner,
    "blink_rate": _blink_rate,
    "lip_closure": _lip_closure,
    "lip_delay": _lip_delay,
}
"""All there are, in the order in which the first checkpoint uses them."""
OF_SOUND = frozenset(("prompt_pitch", "voice_spectrum", "pitch_range"))
"""Those that a sound without a face needs."""
