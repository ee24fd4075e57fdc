"""Every clock of the project, and every conversion between them.

    sound   24 000 samples/s, mono
    mel     93.75 frames/s   (one frame every 256 samples)
    motion  25 frames/s      (one frame every 960 samples = 3.75 mel frames)
    curves  31.25 frames/s   (pitch, voicing and energy: one frame every 3 mel frames)

The grids meet every 160 ms. That is a *block*: 4 motion, 5 curve and 15 mel frames, 3 840 samples.
Everything that is generated is a whole number of blocks long, so sound and picture end together.
Ratios are `Fraction`s: no other module multiplies by a rate of its own.
"""

from __future__ import annotations

from fractions import Fraction

SAMPLE_RATE = 24_000
HOP_LENGTH = 256
N_FFT = 1024
N_MELS = 100
VIDEO_FPS = 25

MEL_RATE = Fraction(SAMPLE_RATE, HOP_LENGTH)
SAMPLES_PER_VIDEO_FRAME = SAMPLE_RATE // VIDEO_FPS

BLOCK_VIDEO_FRAMES = 4
BLOCK_SAMPLES = BLOCK_VIDEO_FRAMES * SAMPLES_PER_VIDEO_FRAME
BLOCK_MEL_FRAMES = BLOCK_SAMPLES // HOP_LENGTH
BLOCK_SECONDS = Fraction(BLOCK_SAMPLES, SAMPLE_RATE)
CURVE_MEL_FRAMES = 3
BLOCK_CURVE_FRAMES = BLOCK_MEL_FRAMES // CURVE_MEL_FRAMES

Seconds = float | Fraction


def seconds_to_samples(seconds: Seconds) -> int:
    """Nearest whole sample."""
    return round(Fraction(seconds) * SAMPLE_RATE)


def samples_to_seconds(samples: int) -> Fraction:
    return Fraction(samples, SAMPLE_RATE)


def seconds_to_mel_frames(seconds: Seconds) -> int:
    """Nearest whole mel frame."""
    return round(Fraction(seconds) * MEL_RATE)


def mel_frames_to_seconds(frames: int) -> Fraction:
    return frames / MEL_RATE


def mel_frames_to_samples(frames: int) -> int:
    """Samples covered by `frames` mel frames: what our vocoder returns for them."""
    return frames * HOP_LENGTH


def stft_frames(samples: int) -> int:
    """Frames that a centre-padded STFT of `samples` samples has (one more than it covers)."""
    return samples // HOP_LENGTH + 1


def seconds_to_video_frames(seconds: Seconds) -> int:
    """Nearest whole motion/video frame."""
    return round(Fraction(seconds) * VIDEO_FPS)


def video_frames_to_seconds(frames: int) -> Fraction:
    return Fraction(frames, VIDEO_FPS)


def video_frames_to_samples(frames: int) -> int:
    return frames * SAMPLES_PER_VIDEO_FRAME


def blocks_to_cover(seconds: Seconds) -> int:
    """The fewest blocks at least `seconds` long."""
    return -(-Fraction(seconds) // BLOCK_SECONDS)


def blocks_in_mel(frames: int) -> int:
    """Whole blocks in a mel of `frames` frames; a remainder is left out."""
    return frames // BLOCK_MEL_FRAMES


def video_time(frame: int) -> Fraction:
    """When video frame `frame` is first shown: frame 0 at 0 s."""
    return Fraction(frame, VIDEO_FPS)
