"""Decide how a stretch is said before it is said: curves that go on from the prompt's and from what was said last.

Legend: T = 3 P mel frames, P curve frames at 31.25/s.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from omnitalker.audio.curves import Curves, curves_of, from_numbers, voiced_pitch
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, IntArray, StylePrompt
from omnitalker.generation.emphasis import accented
from omnitalker.generation.flow import seeded_noise, times
from omnitalker.generation.parts import Parts
from omnitalker.generation.plan import Stretch
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.sample import SamplingSettings
from omnitalker.models.pitch import PitchTracker
from omnitalker.models.prosody import (
    CURVES,
    ProsodyInputs,
    ProsodyModel,
    from_units,
    register_of,
    to_units,
)

SAID_BLOCKS = 12
"""How much of what was last said the melody of the next stretch goes on from."""


@dataclass(frozen=True)
class Said:
    """A stretch and how it is said, for another to go on from."""

    phonemes: IntArray
    """(T,)."""
    tones: IntArray
    """(T,)."""
    curves: Curves

    def ending(self, blocks: int) -> Said:
        """The last `blocks` blocks, or all there are."""
        mel = blocks * timeline.BLOCK_MEL_FRAMES
        first = max(0, len(self.curves) - blocks * timeline.BLOCK_CURVE_FRAMES)
        return Said(self.phonemes[-mel:], self.tones[-mel:], self.curves[first:])


class ProsodyPlanner:
    """Decides how stretch after stretch of one stream is said."""

    def __init__(self, parts: Parts, request: SpeakRequest, sampling: SamplingSettings) -> None:
        assert parts.prosody is not None
        self._model = parts.prosody
        self._ear = parts.vocoder.ear
        self._request = request
        self._sampling = sampling
        self._met: StylePrompt | None = None
        self._style: StylePrompt | None = None
        self._voice: Said | None = None
        self._said: Said | None = None
        self._stretches = 0

    def heard(self, style: StylePrompt) -> StylePrompt:
        """A style with the curves that are heard in it; the same one as long as the style is the same."""
        if self._style is None or self._met is not style:
            self._met = self._style = style
            self._voice = None
            if style.has_voice and self._ear is not None:
                curves = heard_curves(style.mel, self._ear)
                self._style = replace(style, curves=curves.on_mel_grid())
                self._voice = Said(style.phonemes, style.tones, curves)
        return self._style

    def curves(self, stretch: Stretch) -> FloatArray:
        """(T, 4) how it is going to be said, in the style heard last and after the user's wishes."""
        blocks = timeline.blocks_to_cover(self._sampling.prompt_seconds)
        before = [] if self._voice is None else [self._voice.ending(blocks)]
        if self._said is not None:
            before.append(self._said)
        phonemes, tones = stretch.frames.phonemes, stretch.frames.tones
        decided = decide(
            self._model,
            before,
            phonemes,
            tones,
            seed=self._request.seed + 1009 * self._stretches + 2,
            temperature=self._sampling.temperature,
            steps=self._sampling.prosody_steps,
        )
        self._stretches += 1
        self._said = Said(phonemes, tones, decided).ending(SAID_BLOCKS)
        middle = (decided if self._voice is None else self._voice.curves).middle
        melody = stretch.request.melody(decided, middle)
        return accented(melody, stretch.accents).on_mel_grid()


@torch.inference_mode()
def decide(
    model: ProsodyModel,
    before: Sequence[Said],
    phonemes: IntArray,
    tones: IntArray,
    *,
    seed: int,
    temperature: float,
    steps: int,
) -> Curves:
    """The curves of `phonemes` and `tones` (T,), whole blocks, after `before` (a prompt, what was said).

    temperature: 0 says everything in the likeliest way, 1 as variously as the voices it learnt from.
    """
    new = len(phonemes) // timeline.CURVE_MEL_FRAMES
    numbers = [said.curves.numbers() for said in before]
    lead = sum(len(part) for part in numbers)
    known = torch.from_numpy(np.concatenate([*numbers, np.zeros((new, CURVES), np.float32)]))[None]
    given = (torch.arange(lead + new) < lead)[None]
    register = register_of(known, given)
    inputs = ProsodyInputs(
        phonemes=_row([*(said.phonemes for said in before), phonemes]),
        tones=_row([*(said.tones for said in before), tones]),
        known=to_units(known, register) * given[..., None],
        given=given,
    )
    text = model.encode_text(inputs)
    here = temperature * seeded_noise([seed], new, CURVES)
    here = torch.cat([torch.zeros(1, lead, CURVES), here], dim=1)
    points = times(steps, "uniform").float()
    for time, after in itertools.pairwise(points):
        there = model(here, time[None], inputs, text)
        moved = here + (after - time) / (1 - time) * (there - here)
        here = moved * ~given[..., None]
    return from_numbers(from_units(here, register)[0, lead:].numpy())


def heard_curves(mel: FloatArray, ear: PitchTracker) -> Curves:
    """(T, 100) of a prompt -> how it is said."""
    melody = ear(mel, is_style=True)
    return curves_of(voiced_pitch(mel, melody.semitones, melody.sure), mel.mean(axis=1))


def _row(parts: Sequence[IntArray]) -> torch.Tensor:
    return torch.from_numpy(np.concatenate(parts).astype(np.int64))[None]
