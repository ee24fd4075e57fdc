"""Samples to look at and listen to while the transformer trains: plot, arrays, sound, and a small video."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Latents, StylePrompt
from omnitalker.generation.sample import SamplingSettings, generate
from omnitalker.media.sound import write_wav
from omnitalker.models.dit import DualBranchDiT
from omnitalker.motion.names import INDEX
from omnitalker.training.recipes.dit.batching import SequenceExample, SequenceSampler

PROMPT_BLOCKS = 16
TARGET_BLOCKS = 24
VIDEO_SIDE = 192
"""Pixels of each of the two faces."""
SHOWN = ("jawOpen", "mouthSmileLeft", "mouthPucker", "eyeBlinkLeft", "browInnerUp", "headRotY")


def write_samples(
    network: DualBranchDiT,
    sampler: SequenceSampler,
    directory: Path,
    *,
    count: int,
    vocoder: Path | None = None,
) -> None:
    """`count` held-out sequences: their beginning as prompt, the rest generated beside the truth."""
    directory.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        rng = np.random.default_rng([2, index])
        item = int(rng.integers(len(sampler.corpus)))
        example = sampler.sequence(item, PROMPT_BLOCKS + TARGET_BLOCKS, rng)
        prompt = prompt_of(example, PROMPT_BLOCKS)
        lead = len(prompt.mel)
        made = generate(
            network,
            prompt,
            example.phonemes[lead:],
            example.tones[lead:],
            seed=index,
            settings=SamplingSettings(steps=8),
        )
        truth = Latents(example.mel[lead:], example.motion[len(prompt.motion) :])
        _plot(directory / f"{index}.png", truth, made)
        np.savez_compressed(
            directory / f"{index}.npz",
            mel=made.mel,
            motion=made.motion,
            true_mel=truth.mel,
            true_motion=truth.motion,
        )
        samples = _sound(made, vocoder)
        write_wav(directory / f"{index}.wav", samples)
        if example.has_motion:
            _write_video(directory / f"{index}.mp4", truth, made, samples)


def prompt_of(example: SequenceExample, blocks: int) -> StylePrompt:
    """The first `blocks` blocks of a sequence."""
    mel, motion = (
        slice(0, size * blocks) for size in (timeline.BLOCK_MEL_FRAMES, timeline.BLOCK_VIDEO_FRAMES)
    )
    return StylePrompt(
        mel=example.mel[mel],
        motion=example.motion[motion],
        phonemes=example.phonemes[mel],
        tones=example.tones[mel],
        has_motion=example.has_motion,
    )


def _plot(path: Path, truth: Latents, made: Latents) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 8), layout="constrained")
    axes = figure.subplots(2, 2)
    for column, (name, latents) in enumerate((("true", truth), ("made", made))):
        axes[0, column].imshow(latents.mel.T, origin="lower", aspect="auto", vmin=-12, vmax=3)
        axes[0, column].set_title(f"{name}: mel")
        for channel in SHOWN:
            axes[1, column].plot(latents.motion[:, INDEX[channel]], label=channel)
        axes[1, column].set_ylim(-0.4, 1.1)
        axes[1, column].set_title(f"{name}: motion")
    axes[1, 1].legend(fontsize=7)
    figure.savefig(path, dpi=70)


def _sound(made: Latents, folder: Path | None) -> FloatArray:
    """With the given vocoder, or with Griffin-Lim; what overflows in a network that is still learning is silence."""
    import torch

    from omnitalker.models.vocoder.vocoder import Vocoder

    vocoder = Vocoder(decoding="griffin_lim") if folder is None else Vocoder.from_pretrained(folder)
    samples = vocoder.decode(torch.from_numpy(made.mel)[None])[0].float().numpy()
    return np.nan_to_num(np.asarray(samples, np.float32))


def _write_video(path: Path, truth: Latents, made: Latents, samples: FloatArray) -> None:
    """Two drawn faces, the true one on the left; the made one is heard."""
    from omnitalker.media.writer import VideoWriter
    from omnitalker.rendering.sketch.renderer import SketchRenderer

    face = SketchRenderer((VIDEO_SIDE, VIDEO_SIDE))
    with VideoWriter(path, (2 * VIDEO_SIDE, VIDEO_SIDE)) as writer:
        for left, right in zip(truth.motion, made.motion, strict=True):
            writer.write_frames([np.concatenate([face.frame(left), face.frame(right)], axis=1)])
        writer.write_samples(samples)
