"""Which phonemes are spoken, and when: a small convolutional network on the mel.

The `frame` head says what is spoken at a frame; searched with a table of which phoneme follows which, it also
tells what is said in speech without a transcript. The `tone` head tells stress and tone. The `ctc` head only
helps to train the trunk.

Legend: B batch, T mel frames at 93.75/s, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Phoneme, TimedPhoneme
from omnitalker.models.alignment import Unit, best_sequence, fit_of, viterbi
from omnitalker.models.layers import ConvNeXtBlock, blank
from omnitalker.models.pretrained import Pretrained, register_to_config

FLOOR = -9.0
"""Log-mel under it is all the same silence."""
BLANK = 0
"""The mask symbol's id is the blank of CTC."""


@dataclass(frozen=True)
class Evidence:
    """What the network thinks of each frame: logits, (B, T, V) twice and (B, T, tones)."""

    frame: Tensor
    ctc: Tensor
    tone: Tensor


@dataclass(frozen=True)
class Alignment:
    """Phonemes in time, from 0 to the end of the sound without gaps; silences between words are added."""

    phonemes: tuple[TimedPhoneme, ...]
    confidence: float
    """0..1: tempered geometric mean, over phonemes, of their probability. Measured on real readers with the
    shipped weights: 0.54 and more with the right text, 0.27 and less with another one."""
    weakest: float
    """0..1: the same over the eight neighbouring phonemes that fit worst: low where words are missing."""

    @property
    def fits(self) -> bool:
        """Whether this is what was said, so that it may be trained on."""
        return self.confidence > 0.5 and self.weakest > 0.2


class PhonemeRecogniser(Pretrained):
    """(B, T, 100) log-mel -> `Evidence`. Carries its own alphabet: `symbols[0]` is the blank.

    All of `silent` (pauses by punctuation) is heard as `silence`.
    """

    follows: Tensor
    """(V, V): log-probability that the column's symbol follows the row's."""

    @register_to_config
    def __init__(
        self,
        symbols: Sequence[str],
        silent: Sequence[str],
        silence: str = "sil",
        tones: int = 8,
        width: int = 224,
        layers: int = 10,
        kernel: int = 9,
    ) -> None:
        super().__init__()
        self.symbols = tuple(symbols)
        self.ids = {symbol: index for index, symbol in enumerate(symbols)}
        self.silent = frozenset(silent)
        self.silence = silence
        self.embed = nn.Conv1d(timeline.N_MELS, width, 5, padding=2)
        self.trunk = nn.ModuleList(ConvNeXtBlock(width, kernel) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.frame = nn.Linear(width, len(symbols))
        self.ctc = nn.Linear(width, len(symbols))
        self.tone = nn.Linear(width, tones)
        even = -torch.log(torch.tensor(float(len(symbols))))
        self.register_buffer("follows", even.expand(len(symbols), len(symbols)).clone())

    def forward(self, mel: Tensor, valid: Tensor | None = None) -> Evidence:
        """mel: (B, T, 100). valid: (B, T) bool, None where nothing is padding."""
        x = self.embed(_level(mel, valid).transpose(1, 2)).transpose(1, 2)
        for block in self.trunk:
            x = block(x, valid)
        x = self.norm(x)
        return Evidence(self.frame(x), self.ctc(x), self.tone(x))

    def heard_as(self, symbol: str) -> int:
        """The class of the frame head for a symbol."""
        if symbol in self.silent:
            return self.ids[self.silence]
        if symbol not in self.ids:
            raise InputError(
                f"phoneme '{symbol}' is not in the recogniser's alphabet: {' '.join(self.symbols)}"
            )
        return self.ids[symbol]


def _level(mel: Tensor, valid: Tensor | None) -> Tensor:
    """Subtract every bin's mean over the item: loudness and room disappear."""
    mel = blank(mel.clamp(min=FLOOR), valid)
    if valid is None:
        mean = mel.mean(dim=1, keepdim=True)
    else:
        mean = mel.sum(dim=1, keepdim=True) / valid.sum(dim=1).clamp(min=1)[:, None, None]
    return blank((mel - mean) / 2.0, valid)


def align(model: PhonemeRecogniser, mel: FloatArray, phonemes: Sequence[Phoneme]) -> Alignment:
    """When each of `phonemes` is spoken in `mel` (T, 100).

    Every phoneme gets at least two frames and every pause one. Silence before, after and between words
    is added where there is any.
    """
    if not phonemes:
        raise InputError("cannot align an empty list of phonemes")
    evidence = _evidence(model, mel)
    return _aligned(model, evidence, phonemes)


def recognise(model: PhonemeRecogniser, mel: FloatArray) -> Alignment:
    """What is spoken in `mel` (T, 100), with times; for speech without a transcript.

    Phonemes belong to no word. Where nothing is recognised, one silence is all there is.
    """
    evidence = _evidence(model, mel)
    log_probabilities = evidence.frame[0].float().log_softmax(dim=-1).numpy()
    found = best_sequence(log_probabilities, model.follows.cpu().numpy())
    silence = model.ids[model.silence]
    phonemes = [Phoneme(model.symbols[i]) for i in found if i not in (BLANK, silence)]
    phonemes = phonemes[: (len(mel) - 1) // 2] or [Phoneme(model.silence)]
    alignment = _aligned(model, evidence, phonemes, silence_everywhere=True)
    tones = evidence.tone[0].float().log_softmax(dim=-1).numpy()
    timed = tuple(_with_tone(model, timed, tones) for timed in alignment.phonemes)
    return Alignment(timed, alignment.confidence, alignment.weakest)


def _evidence(model: PhonemeRecogniser, mel: FloatArray) -> Evidence:
    mel = np.asarray(mel, dtype=np.float32)
    if mel.ndim != 2 or mel.shape[1] != timeline.N_MELS or not len(mel):
        raise InputError(f"expected log-mel of shape (T, {timeline.N_MELS}), got {mel.shape}")
    with torch.no_grad():
        device = next(model.parameters()).device
        found = model(torch.from_numpy(mel)[None].to(device))
    return Evidence(found.frame.cpu(), found.ctc.cpu(), found.tone.cpu())


def _aligned(
    model: PhonemeRecogniser,
    evidence: Evidence,
    phonemes: Sequence[Phoneme],
    silence_everywhere: bool = False,
) -> Alignment:
    log_probabilities = evidence.frame[0].float().log_softmax(dim=-1).numpy()
    units = _units(model, phonemes, silence_everywhere)
    lasts = viterbi(log_probabilities, units)
    timed, scores, start = [], [], 0
    for unit, stop in zip(units, lasts, strict=True):
        if stop == start:
            continue
        phoneme = Phoneme(model.silence) if unit.source is None else phonemes[unit.source]
        timed.append(TimedPhoneme(phoneme, _boundary(start), _boundary(stop)))
        if unit.symbol != model.ids[model.silence]:
            scores.append(float(log_probabilities[start:stop, unit.symbol].mean()))
        start = stop
    timed[-1] = TimedPhoneme(timed[-1].phoneme, timed[-1].start, _seconds(len(log_probabilities)))
    fit = fit_of(scores)
    return Alignment(tuple(timed), fit.overall, fit.weakest)


def _units(
    model: PhonemeRecogniser, phonemes: Sequence[Phoneme], silence_everywhere: bool
) -> list[Unit]:
    """The phonemes, and places where there may be silence: at both ends and between words."""
    silence = model.ids[model.silence]
    gap = Unit(silence, None, shortest=3, optional=True)
    units = [] if phonemes[0].symbol in model.silent else [gap]
    for index, phoneme in enumerate(phonemes):
        is_silent = phoneme.symbol in model.silent
        units.append(Unit(model.heard_as(phoneme.symbol), index, shortest=1 if is_silent else 2))
        after = phonemes[index + 1] if index + 1 < len(phonemes) else None
        if is_silent or (after is not None and after.symbol in model.silent):
            continue
        if silence_everywhere or after is None or after.word != phoneme.word:
            units.append(gap)
    return units


def _with_tone(
    model: PhonemeRecogniser, timed: TimedPhoneme, log_probabilities: FloatArray
) -> TimedPhoneme:
    """The likeliest tone over a recognised phoneme's frames."""
    if timed.phoneme.symbol in model.silent:
        return timed
    start = timeline.seconds_to_mel_frames(timed.start)
    stop = max(start + 1, timeline.seconds_to_mel_frames(timed.end))
    tone = int(log_probabilities[start:stop].mean(axis=0).argmax())
    return TimedPhoneme(Phoneme(timed.phoneme.symbol, tone), timed.start, timed.end)


def _boundary(frame: int) -> float:
    """Half way between the centres of frame - 1 and `frame`."""
    return max(0.0, (frame - 0.5) / float(timeline.MEL_RATE))


def _seconds(frames: int) -> float:
    return float(timeline.mel_frames_to_seconds(frames))
