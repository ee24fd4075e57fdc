"""Turns what the network makes into playable chunks in which sound and motion are equally long.

The vocoder answers a little late, because it looks ahead. Motion waits for it here, so a chunk is made only
of video frames whose 960 samples are all there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from omnitalker.audio.levelling import GainRamp, PeakLimiter, SteadyLoudness, loudness_of_mel
from omnitalker.base import timeline
from omnitalker.base.types import AVChunk, FloatArray, Latents, StylePrompt, TimedWord
from omnitalker.generation.request import SpeakRequest
from omnitalker.marks.payload import own_number
from omnitalker.marks.sound import leaning
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.motion.names import MOTION_DIM, POSE_SLICE
from omnitalker.motion.track.blending import scale_expressiveness, scale_head


class Assembler:
    """Feed it in order: `announce` the words of a stretch, `push` its latents, at the end `finish`."""

    def __init__(self, vocoder: Vocoder, request: SpeakRequest) -> None:
        self._vocoder = vocoder
        self._request = request
        self._chunk_frames = request.pacing.chunk_frames
        self._state = vocoder.stream()
        self._style: StylePrompt | None = None
        self._level: SteadyLoudness | None = None
        self._ramp, self._limiter = GainRamp(), PeakLimiter()
        self._samples: FloatArray = np.zeros(0, np.float32)
        self._motion: FloatArray = np.zeros((0, MOTION_DIM), np.float32)
        self._posture = request.style.motion[:, POSE_SLICE].mean(axis=0)
        self._words: list[TimedWord] = []
        self._mel_frames = 0
        self._frames_out = 0
        self._chunks_out = 0

    @property
    def is_empty(self) -> bool:
        return self._mel_frames == 0

    def announce(self, words: tuple[TimedWord, ...], request: SpeakRequest) -> None:
        """Words of the stretch that begins where the last one ended, and how it is said."""
        start = float(timeline.mel_frames_to_seconds(self._mel_frames))
        moved = (replace(w, start=w.start + start, end=w.end + start) for w in words)
        self._words.extend(moved)
        before, self._request = self._request, request
        target, pacing = request.loudness, request.pacing
        is_new = request.style is not self._style or request.energy != before.energy
        if target is not None and is_new:
            self._style = request.style
            target += 20 * math.log10(max(request.energy, 0.1))
            usual = loudness_of_mel(request.style.mel)
            self._level = SteadyLoudness(target, usual, pacing.usual_loudness_seconds)

    def push(self, latents: Latents) -> Iterator[AVChunk]:
        """The chunks that are ready now."""
        mel = latents.mel + leaning(
            latents.mel, own_number(), self._mel_frames // timeline.BLOCK_MEL_FRAMES
        )
        self._mel_frames += len(mel)
        self._motion = np.concatenate([self._motion, self._scaled(latents.motion)])
        self._speak(mel, is_last=False)
        yield from self._ready(is_final=False)

    def finish(self) -> Iterator[AVChunk]:
        """What the vocoder still held back; the last chunk is marked."""
        self._speak(np.zeros((0, timeline.N_MELS), np.float32), is_last=True)
        yield from self._ready(is_final=True)

    def _speak(self, mel: FloatArray, *, is_last: bool) -> None:
        step = self._vocoder.push(self._state, torch.from_numpy(mel)[None], is_last=is_last)
        self._state = step.state
        spoken = step.samples[0].cpu().numpy()
        if self._level is not None:
            gain = self._level.gain_db(spoken)
            spoken = self._limiter.push(self._ramp(spoken, gain), is_last=is_last)
        self._samples = np.concatenate([self._samples, spoken])

    def _scaled(self, motion: FloatArray) -> FloatArray:
        request = self._request
        if request.expressiveness != 1.0:
            motion = scale_expressiveness(motion, request.expressiveness)
        if request.head_motion != 1.0:
            motion = scale_head(motion, request.head_motion, self._posture)
        return motion

    def _ready(self, *, is_final: bool) -> Iterator[AVChunk]:
        while True:
            whole = len(self._samples) // timeline.SAMPLES_PER_VIDEO_FRAME
            frames = min(whole, len(self._motion), self._chunk_frames)
            if frames == 0:
                return
            yield self._take(frames, is_final and frames == len(self._motion))

    def _take(self, frames: int, is_last: bool) -> AVChunk:
        count = timeline.video_frames_to_samples(frames)
        samples, self._samples = self._samples[:count], self._samples[count:]
        motion, self._motion = self._motion[:frames], self._motion[frames:]
        start = float(timeline.video_frames_to_seconds(self._frames_out))
        self._frames_out += frames
        end = float(timeline.video_frames_to_seconds(self._frames_out))
        begun = tuple(word for word in self._words if word.start < end or is_last)
        self._words = self._words[len(begun) :]
        chunk = AVChunk(self._chunks_out, start, samples, motion, words=begun, is_last=is_last)
        self._chunks_out += 1
        return chunk
