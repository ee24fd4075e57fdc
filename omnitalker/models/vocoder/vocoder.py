"""From mel to sound: our own source-filter Vocos, the published Vocos, or Griffin-Lim.

T mel frames become exactly 256 T samples (one copy of the last frame is appended inside). Streaming gives
the same samples: a frame is spoken as soon as the few frames that it depends on have come.

Legend: B batch, T mel frames at 93.75/s, N = 256 T samples at 24 kHz.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.tensor_cache import TensorCache
from omnitalker.models.pitch import PitchTracker
from omnitalker.models.pretrained import Pretrained, register_to_config
from omnitalker.models.vocoder import excitation
from omnitalker.models.vocoder.griffin_lim import GriffinLim
from omnitalker.models.vocoder.source_filter import SourceFilterDecoder
from omnitalker.models.vocoder.vocos_decoder import VocosDecoder
from omnitalker.models.vocoder.vocos_layout import is_vocos_layout, read_vocos_layout

Decoding = Literal["source_filter", "vocos", "griffin_lim"]

MELODIES_KEPT = 16
OVERLAP = 2
"""Frames on either side whose windows reach into a frame's 256 samples, itself not counted."""


@dataclass(frozen=True)
class StreamState:
    """Where a stream is: what was heard of it, and what is still needed from the past.

    `mel`, `pitch` and `cycles` begin at frame `first`; frames before `spoken` have been returned.
    """

    mel: Tensor
    """(B, T, 100)."""
    pitch: Tensor
    """(B, P) Hz of the first P of those frames, P <= T."""
    cycles: Tensor
    """(B,) float64: where the pulse train is at frame `first`."""
    first: int = 0
    spoken: int = 0


@dataclass(frozen=True)
class StreamStep:
    """A piece of sound, (B, N), and the state to go on from."""

    samples: Tensor
    state: StreamState


class Vocoder(Pretrained):
    """Load with `Vocoder.from_pretrained(folder)`: our layout, or that of a published Vocos."""

    @register_to_config
    def __init__(
        self,
        decoding: Decoding = "source_filter",
        dim: int = 320,
        intermediate_dim: int = 960,
        num_layers: int = 8,
        pitch_dim: int = 128,
        pitch_layers: int = 4,
        iterations: int = 32,
    ) -> None:
        super().__init__()
        self._melodies: TensorCache[tuple[Tensor, ...]] | None = None
        self.decoder: SourceFilterDecoder | VocosDecoder | GriffinLim
        if decoding == "source_filter":
            self.decoder = SourceFilterDecoder(
                dim, intermediate_dim, num_layers, pitch_dim, pitch_layers
            )
        elif decoding == "vocos":
            self.decoder = VocosDecoder(dim, intermediate_dim, num_layers)
        elif decoding == "griffin_lim":
            self.decoder = GriffinLim(iterations)
        else:
            raise InputError(
                f"unknown decoding '{decoding}'; valid: source_filter, vocos, griffin_lim"
            )

    @classmethod
    def from_pretrained(cls, folder: str | Path, dtype: torch.dtype = torch.float32) -> Vocoder:
        """Our folder (config.json, safetensors) or a Vocos one (config.yaml, pytorch_model.bin)."""
        if not is_vocos_layout(folder):
            return super().from_pretrained(folder, dtype)
        sizes, weights = read_vocos_layout(Path(folder))
        vocoder = cls(decoding="vocos", **sizes)
        vocoder.decoder.load_state_dict(weights)
        return vocoder.to(dtype).eval()

    @torch.no_grad()
    def decode(self, mel: Tensor) -> Tensor:
        """(B, T, 100) log-mel -> (B, 256 T) samples."""
        self._check(mel)
        if isinstance(self.decoder, GriffinLim):
            return self.decoder(_with_copy_of_last(mel)).clamp(-1, 1)
        return self.push(self.stream(len(mel)), mel, is_last=True).samples

    def stream(self, batch: int = 1) -> StreamState:
        """The state before the first frame."""
        device = self.device
        return StreamState(
            mel=torch.zeros(batch, 0, timeline.N_MELS, device=device),
            pitch=torch.zeros(batch, 0, device=device),
            cycles=torch.zeros(batch, dtype=torch.float64, device=device),
        )

    @torch.no_grad()
    def push(self, state: StreamState, mel: Tensor, is_last: bool = False) -> StreamStep:
        """Give the next frames (B, T, 100), T >= 0, and take the sound that they complete.

        About `latency_frames` frames are held back until more come or `is_last` is said. Griffin-Lim
        cannot be cut: it gives nothing until then.
        """
        self._check(mel, allow_empty=state.mel.shape[1] > 0)
        mel = torch.cat([state.mel, mel.to(state.mel)], dim=1)
        if isinstance(self.decoder, GriffinLim):
            silent = mel.new_zeros(len(mel), 0)
            samples = self.decode(mel) if is_last else silent
            return StreamStep(samples, StreamState(mel, state.pitch, state.cycles))
        known = state.first + mel.shape[1]
        until = known if is_last else max(state.spoken, known - self.latency_frames)
        if until == state.spoken:
            waiting = StreamState(mel, state.pitch, state.cycles, state.first, state.spoken)
            return StreamStep(mel.new_zeros(len(mel), 0), waiting)
        sound, pitch = self._window(state, _with_copy_of_last(mel) if is_last else mel)
        offset = timeline.mel_frames_to_samples(state.first)
        start = timeline.mel_frames_to_samples(state.spoken) - offset
        stop = timeline.mel_frames_to_samples(until) - offset
        samples = sound[:, start:stop].clamp(-1, 1)
        return StreamStep(samples, self._move(state, mel, pitch, until))

    def decode_stream(self, mels: Iterable[Tensor]) -> Iterator[Tensor]:
        """Pieces of mel (B, T, 100) -> pieces of sound; together as long as the whole decode."""
        state = None
        for mel in mels:
            step = self.push(self.stream(len(mel)) if state is None else state, mel)
            state = step.state
            if step.samples.shape[1]:
                yield step.samples
        if state is not None:
            yield self.push(state, state.mel[:, :0], is_last=True).samples

    @property
    def ear(self) -> PitchTracker | None:
        """What hears the pitch in a mel; the published Vocos and Griffin-Lim need none."""
        if not isinstance(self.decoder, SourceFilterDecoder):
            return None
        return PitchTracker(self.decoder.pitch, self._melodies)

    def keep_answers(self) -> None:
        """For weights that stay as they are: a style's melody is heard once."""
        if isinstance(self.decoder, SourceFilterDecoder):
            self._melodies = TensorCache(self.decoder.pitch, most=MELODIES_KEPT)

    @property
    def latency_frames(self) -> int:
        """Frames held back by a stream."""
        if isinstance(self.decoder, SourceFilterDecoder | VocosDecoder):
            return self.decoder.frames_ahead + OVERLAP
        return 0

    def _window(self, state: StreamState, mel: Tensor) -> tuple[Tensor, Tensor]:
        """Sound (B, N) and pitch (B, T) of the frames kept and come; true from `spoken` on."""
        if isinstance(self.decoder, VocosDecoder):
            return self.decoder.to_samples(self.decoder.spectrum(mel)), mel[..., 0]
        assert isinstance(self.decoder, SourceFilterDecoder)
        heard = self.decoder.pitch.hz(mel)
        pitch = torch.cat([state.pitch, heard[:, state.pitch.shape[1] :]], dim=1)
        start = torch.full((len(mel),), timeline.mel_frames_to_samples(state.first))
        spectrum = self.decoder.spectrum(mel, pitch, state.cycles, start.to(mel.device))
        return self.decoder.to_samples(self.decoder.settle(spectrum, mel)), pitch

    def _move(self, state: StreamState, mel: Tensor, pitch: Tensor, until: int) -> StreamState:
        """The state after speaking up to frame `until`, the past that is no longer needed dropped."""
        assert isinstance(self.decoder, SourceFilterDecoder | VocosDecoder)
        first = max(state.first, until - OVERLAP - self.decoder.frames_behind)
        drop = first - state.first
        final = pitch[:, : until - state.first]
        cycles = excitation.cycles_at_frames(final[:, : drop + 1], state.cycles)[:, -1] % 1.0
        return StreamState(mel[:, drop:], final[:, drop:], cycles, first, until)

    def _check(self, mel: Tensor, allow_empty: bool = False) -> None:
        if mel.ndim != 3 or mel.shape[2] != timeline.N_MELS or not (mel.shape[1] or allow_empty):
            raise InputError(
                f"expected log-mel of shape (B, T, {timeline.N_MELS}), T >= 1; got {tuple(mel.shape)}"
            )


def _with_copy_of_last(mel: Tensor) -> Tensor:
    return torch.cat([mel, mel[:, -1:]], dim=1)
