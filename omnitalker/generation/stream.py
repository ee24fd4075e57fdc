"""The one generation path: a request in, playable chunks of sound, motion and pictures out.

    text -> clauses -> durations -> windows -> network -> vocoder -> chunks -> pictures
            (planning)                        (sampling)  (assembly)          (renderer)

The network and the vocoder run ahead in a thread of their own while the caller's thread renders, and in
the caller's own where there is nothing to render.
Offline generation merely collects this stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.machine import beside_others, is_alone
from omnitalker.base.prefetch import Prefetch
from omnitalker.base.types import AVChunk, IntArray, Latents, Renderer, StylePrompt
from omnitalker.generation.assemble import Assembler
from omnitalker.generation.corrections.familiar import familiar_motion
from omnitalker.generation.corrections.manner import MannerMatch
from omnitalker.generation.corrections.melody import MelodyMatch
from omnitalker.generation.corrections.spectrum import VoiceMatch
from omnitalker.generation.parts import Parts
from omnitalker.generation.plan import Clause, Stretch, plan, windows
from omnitalker.generation.request import SHORT_OPENING, SpeakRequest
from omnitalker.generation.sample import SamplingSettings, generate, tail_of
from omnitalker.motion.track.sealing import seal_lips
from omnitalker.text.symbols import BILABIALS, MANDARIN_TONE, SYMBOL_IDS

OFFLINE_WINDOWS = (24, 32)
LOW_LATENCY_WINDOWS = (SHORT_OPENING, 5, 7, 10, 16, 20)
"""Blocks of 160 ms per network call; the last size repeats. Four give 0.38 s of sound, in which five more are made."""
FIRST_PROMPT_SECONDS, OPENING_PROMPT_SECONDS = 0.64, 0.8
"""At most so much of the style prompt for the very first call of a live stream, and for those after it.

The first 0.8 s are as similar to the voice with 0.64 as with 0.8 (0.758 of 64 replies each).
"""
OPENING_CALLS = 2
"""One more on slow machines, where a short second window could end before the third is there."""
FOREIGN_PROMPT = 2
"""Times as much of the style prompt is continued for a text in the other language: a fifth of what the change costs in
similarity is won back for half as much time again. Live there is not the time."""
FEWER_OPENING_STEPS = 1
"""Saved at the very first call, a quarter of the time to the first sound; on slow machines at all the first calls."""
LOOK_AHEAD_BLOCKS = 1
TAIL_BLOCKS = 4
"""How much of what was last said the next window continues from."""
LOW_LATENCY_CHUNK_FRAMES = 4
OFFLINE_CHUNK_FRAMES = 24
CHUNKS_AHEAD = 3
_BILABIALS = [SYMBOL_IDS[symbol] for symbol in BILABIALS]


def stream(
    parts: Parts,
    request: SpeakRequest,
    renderer: Renderer | None = None,
    clauses: Iterable[Clause] | None = None,
    heed: Callable[[], None] = lambda: None,
) -> Iterator[AVChunk]:
    """Chunks in order. `clauses` replaces `request.text` where text still arrives (live use).

    A style among the clauses is that of the clauses after it. `heed` is called between network passes: what
    it raises ends the stream there.
    """
    if clauses is None:
        clauses = parts.frontend.clauses(request.text, language=request.language)
    spoken = _spoken(parts, request, clauses, heed)
    if renderer is None and not request.low_latency and is_alone():
        yield from spoken  # nobody does anything meanwhile
        return
    with Prefetch(beside_others(spoken), CHUNKS_AHEAD, "omnitalker-speech") as chunks:
        for chunk in chunks:
            yield render_chunk(chunk, renderer) if renderer else chunk


def render_chunk(chunk: AVChunk, renderer: Renderer) -> AVChunk:
    """The same chunk with a picture for every motion frame."""
    return replace(chunk, frames=tuple(renderer.frame(row) for row in chunk.motion))


def _spoken(
    parts: Parts,
    request: SpeakRequest,
    clauses: Iterable[Clause],
    heed: Callable[[], None],
) -> Iterator[AVChunk]:
    """Sound and motion without pictures."""
    frames = LOW_LATENCY_CHUNK_FRAMES if request.low_latency else OFFLINE_CHUNK_FRAMES
    assembler = Assembler(parts.vocoder, request, chunk_frames=frames)
    context = _Context(request.seed, request.low_latency, request.opening_blocks, heed)
    for stretch in plan(parts.duration, clauses, request):
        assembler.announce(stretch.words)
        for latents in _sample(parts, request, stretch, context):
            yield from assembler.push(latents)
        if stretch.is_last:
            yield from assembler.finish()
    if assembler.is_empty:
        raise InputError("the text holds nothing that can be spoken; give at least one word")


@dataclass
class _Context:
    """What goes on from window to window."""

    seed: int
    low_latency: bool
    opening_blocks: int
    heed: Callable[[], None] = lambda: None
    voice: VoiceMatch | None = None
    melody: MelodyMatch | None = None
    manner: MannerMatch | None = None
    matched: StylePrompt | None = None
    """Whom `voice`, `melody` and `manner` know."""
    prompt: StylePrompt | None = None
    """What the network hears and sees of `matched`."""
    tail: StylePrompt | None = None
    calls: int = 0
    blocks: int = 0
    """What these calls made."""

    def meet(self, style: StylePrompt, settings: SamplingSettings, parts: Parts) -> StylePrompt:
        """Get ready for a style; returns its prompt for the network."""
        if self.matched is not style or self.prompt is None:
            self.matched, self.voice, self.melody, self.manner = style, None, None, None
            if settings.voice_match and style.has_voice:
                self.voice = VoiceMatch(style.mel, settings.voice_match)
            ear = parts.vocoder.ear
            if settings.melody_match and style.has_voice and ear is not None:
                self.melody = MelodyMatch(style.mel, ear, settings.melody_match)
            if settings.manner_match and style.has_motion:
                self.manner = MannerMatch(style.motion, settings.manner_match)
            self.prompt = style
            if style.has_motion:
                known = familiar_motion(style.motion, *parts.transformer.motion_statistics)
                self.prompt = replace(style, motion=known)
        return self.prompt

    def as_met(self, made: Latents) -> Latents:
        """As sampled -> nearer to the spectrum, the melody and the facial manner of the style."""
        mel = self.voice(made.mel) if self.voice and len(made.mel) else made.mel
        return Latents(
            mel=self.melody(mel) if self.melody else mel,
            motion=self.manner(made.motion) if self.manner else made.motion,
        )

    def window_sizes(self) -> tuple[int, ...]:
        """Small windows only at the very beginning, live each no longer than what was made allows."""
        sizes: tuple[int, ...] = OFFLINE_WINDOWS
        if self.low_latency:
            sizes = tuple(size for size in LOW_LATENCY_WINDOWS if size >= self.opening_blocks)
        steps = sum(until <= self.blocks for until in accumulate(sizes))
        return sizes[min(steps, len(sizes) - 1) :]

    def settings(self, wished: SamplingSettings, tones: IntArray) -> SamplingSettings:
        """More prompt for another language; less where somebody waits for the first sound."""
        if not self.low_latency:
            spoken = (
                {_is_mandarin(t) for t in (self.prompt.tones, tones) if t.any()}
                if self.prompt
                else ()
            )
            times = FOREIGN_PROMPT if len(spoken) > 1 else 1
            return replace(wished, prompt_seconds=times * wished.prompt_seconds)
        is_slow = self.opening_blocks > SHORT_OPENING
        if self.calls >= OPENING_CALLS + is_slow:
            return wished
        most = OPENING_PROMPT_SECONDS if self.calls else FIRST_PROMPT_SECONDS
        seconds = min(wished.prompt_seconds, most)
        is_hurried = self.calls == 0 or is_slow
        steps = max(1, wished.steps - FEWER_OPENING_STEPS) if is_hurried else wished.steps
        return replace(wished, prompt_seconds=seconds, steps=steps)


def _sample(
    parts: Parts, request: SpeakRequest, stretch: Stretch, context: _Context
) -> Iterator[Latents]:
    phonemes, tones = stretch.frames.phonemes, stretch.frames.tones
    sampling = request.sampling or parts.sampling
    prompt = context.meet(stretch.style, sampling, parts)
    for window in windows(stretch.blocks, context.window_sizes(), LOOK_AHEAD_BLOCKS):
        known = slice(
            window.start * timeline.BLOCK_MEL_FRAMES,
            (window.stop + window.ahead) * timeline.BLOCK_MEL_FRAMES,
        )
        made = generate(
            parts.transformer,
            prompt,
            phonemes[known],
            tones[known],
            seed=context.seed + 1009 * context.calls,
            settings=context.settings(sampling, tones),
            tail=context.tail,
            progress=lambda *_: context.heed(),
        )
        blocks = window.stop - window.start
        kept = Latents(
            made.mel[: blocks * timeline.BLOCK_MEL_FRAMES],
            made.motion[: blocks * timeline.BLOCK_VIDEO_FRAMES],
        )
        said = slice(known.start, known.start + len(kept.mel))
        kept = context.as_met(kept)
        sealed = seal_lips(kept.motion, np.isin(phonemes[said], _BILABIALS))
        kept = Latents(kept.mel, sealed)
        context.tail = tail_of(kept, phonemes[said], tones[said], TAIL_BLOCKS)
        context.calls += 1
        context.blocks += blocks
        yield kept


def _is_mandarin(tones: IntArray) -> bool:
    """Silence, which has no tones at all, is neither Mandarin nor English."""
    return bool((tones > MANDARIN_TONE).any())
