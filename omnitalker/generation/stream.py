"""The one generation path: a request in, playable chunks of sound, motion and pictures out.

    text -> clauses -> durations -> prosody -> windows -> network -> vocoder -> chunks -> pictures
            (plan)                              (sample, corrections)     (assemble)          (renderer)

The network and the vocoder run ahead in a thread of their own while the caller's thread renders, and in
the caller's own where there is nothing to render.
Offline generation merely collects this stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from omnitalker.audio.curves import Melody
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.machine import beside_others, is_alone
from omnitalker.base.prefetch import Prefetch
from omnitalker.base.types import (
    AVChunk,
    FloatArray,
    IntArray,
    Latents,
    Renderer,
    RenderMemory,
    StylePrompt,
)
from omnitalker.generation.assemble import Assembler
from omnitalker.generation.corrections.chain import OF_SOUND, CorrectionChain
from omnitalker.generation.corrections.worn import MannerLayer
from omnitalker.generation.flow import Progress
from omnitalker.generation.parts import Parts
from omnitalker.generation.plan import Clause, Stretch, plan, windows
from omnitalker.generation.prosody import ProsodyPlanner
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.sample import SamplingSettings, generate, tail_of
from omnitalker.models.dit import DualBranchDiT
from omnitalker.motion.names import MOTION_DIM
from omnitalker.text.symbols import MANDARIN_TONE

LOOK_AHEAD_BLOCKS = 1
TAIL_BLOCKS = 4
"""How much of what was last said the next window continues from."""
CHUNKS_AHEAD = 3


def stream(
    parts: Parts,
    request: SpeakRequest,
    renderer: Renderer | None = None,
    clauses: Iterable[Clause] | None = None,
    after_pass: Progress | None = None,
) -> Iterator[AVChunk]:
    """Chunks in order. `clauses` replaces `request.text` where text still arrives (live use).

    A request among the clauses says how those after it are said. `after_pass` is called between network passes
    with those done and all of the window; what it raises ends the stream there.
    """
    if parts.prosody is None and replace(request.melody, energy=1.0) != Melody():
        raise InputError(
            "pitch, pitch_range and contour need a checkpoint with a prosody network; "
            "this one has none"
        )
    if clauses is None:
        clauses = parts.frontend.clauses(request.text, language=request.language)
    spoken = _spoken(parts, request, clauses, after_pass)
    if renderer is None and not request.pacing.is_awaited and is_alone():
        yield from spoken  # nobody does anything meanwhile
        return
    memory = RenderMemory()
    with Prefetch(beside_others(spoken), CHUNKS_AHEAD, "omnitalker-speech") as chunks:
        for chunk in chunks:
            yield render_chunk(chunk, renderer, memory) if renderer else chunk


def render_chunk(chunk: AVChunk, renderer: Renderer, memory: RenderMemory) -> AVChunk:
    """The same chunk with a picture for every motion frame."""
    from omnitalker.marks.picture import marked  # and OpenCV, which sound alone does not need

    first = timeline.seconds_to_video_frames(chunk.start)
    times = (float(timeline.video_frames_to_seconds(first + i)) for i in range(len(chunk.motion)))
    drawn = zip(chunk.motion, times, strict=True)
    return replace(
        chunk, frames=tuple(marked(renderer.frame(row, memory), time) for row, time in drawn)
    )


def _spoken(
    parts: Parts,
    request: SpeakRequest,
    clauses: Iterable[Clause],
    after_pass: Progress | None,
) -> Iterator[AVChunk]:
    """Sound and motion without pictures."""
    sampling = request.sampling or parts.sampling
    assembler = Assembler(parts.vocoder, request)
    names = sampling.corrections
    if sampling.branches == "mel":
        names = tuple(name for name in names if name in OF_SOUND)
    corrections = CorrectionChain(names, parts)
    continuation = Continuation()
    planner = None if parts.prosody is None else ProsodyPlanner(parts, request, sampling)
    for stretch in plan(parts.duration, clauses, request):
        assembler.announce(stretch.words, stretch.request)
        curves = None
        if planner is not None:
            stretch = replace(stretch, style=planner.heard(stretch.style))
            curves = planner.curves(stretch)
        windows_made = _sample(
            parts.transformer,
            stretch,
            curves,
            continuation,
            corrections,
            request,
            sampling,
            after_pass,
        )
        for latents in windows_made:
            yield from assembler.push(latents)
        if stretch.is_last:
            yield from assembler.finish()
    if assembler.is_empty:
        raise InputError("the text holds nothing that can be spoken; give at least one word")


@dataclass
class Continuation:
    """What goes on from window to window."""

    tail: StylePrompt | None = None
    """The end of what was made last."""
    calls: int = 0
    blocks: int = 0
    """What these calls made."""
    worn: MannerLayer = field(default_factory=MannerLayer)
    """Only what is shown wears a manner, not what the network continues."""

    @property
    def shown(self) -> FloatArray:
        """(F, 61) motion at the end of what was made last."""
        return np.zeros((0, MOTION_DIM), np.float32) if self.tail is None else self.tail.motion

    def go_on(
        self, made: Latents, phonemes: IntArray, tones: IntArray, curves: FloatArray | None
    ) -> None:
        self.tail = tail_of(made, phonemes, tones, TAIL_BLOCKS, curves)
        self.calls += 1
        self.blocks += timeline.blocks_in_mel(len(phonemes))


def _sample(
    dit: DualBranchDiT,
    stretch: Stretch,
    curves: FloatArray | None,
    continuation: Continuation,
    corrections: CorrectionChain,
    request: SpeakRequest,
    sampling: SamplingSettings,
    after_pass: Progress | None,
) -> Iterator[Latents]:
    """A stretch window by window, as its style wants it."""
    phonemes, tones = stretch.frames.phonemes, stretch.frames.tones
    pacing, prompt = request.pacing, corrections.before(stretch.style)
    continuation.worn.put_on(stretch.style)
    is_foreign = _are_foreign(stretch.style.tones, tones)
    sizes = pacing.windows_after(continuation.blocks)
    for window in windows(stretch.blocks, sizes, LOOK_AHEAD_BLOCKS):
        first, stop = (
            window.start * timeline.BLOCK_MEL_FRAMES,
            window.stop * timeline.BLOCK_MEL_FRAMES,
        )
        known = slice(first, stop + window.ahead * timeline.BLOCK_MEL_FRAMES)
        made = generate(
            dit,
            prompt.continued,
            phonemes[known],
            tones[known],
            seed=request.seed + 1009 * continuation.calls,
            settings=pacing.settings_of(continuation.calls, sampling, is_foreign=is_foreign),
            style=prompt.whole,
            tail=continuation.tail,
            curves=None if curves is None else curves[known],
            progress=after_pass,
        )
        if sampling.branches == "mel":
            made = replace(made, motion=_rest(len(made.mel)))
        blocks = window.stop - window.start
        kept = corrections.after(made, phonemes[known], blocks, continuation.shown)
        told = None if curves is None else curves[first:stop]
        continuation.go_on(kept, phonemes[first:stop], tones[first:stop], told)
        yield continuation.worn(corrections.shown(kept), phonemes[first:stop])


def _rest(mel_frames: int) -> FloatArray:
    """(F, 61): a face that does not move."""
    blocks = timeline.blocks_in_mel(mel_frames)
    return np.zeros((blocks * timeline.BLOCK_VIDEO_FRAMES, MOTION_DIM), np.float32)


def _are_foreign(known: IntArray, new: IntArray) -> bool:
    """Whether one is Mandarin and the other English; silence, which has no tones at all, is neither."""
    spoken = {bool((tones > MANDARIN_TONE).any()) for tones in (known, new) if tones.any()}
    return len(spoken) > 1
