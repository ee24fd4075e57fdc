"""Seeing inside a take: the mel-spectrogram and the curves of the face, with the words on the time axis.

Drawn as one SVG that follows the page's colours; nothing but numpy and cv2 (to encode the mel) is needed.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

import cv2
import numpy as np

from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, TimedWord
from omnitalker.demo.takes import Take
from omnitalker.motion.names import INDEX

PIXELS_PER_SECOND = 210
MEL_HEIGHT = 130
ROW_HEIGHT = 62
LABELS_WIDTH = 92
WORDS_HEIGHT = 50
LETTER_WIDTH = 8
ROWS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("jaw", ("jawOpen",), 0.7),
    ("lips", ("mouthPucker", "mouthFunnel"), 0.7),
    ("smile", ("mouthSmileLeft", "mouthSmileRight"), 0.7),
    ("brows", ("browInnerUp",), 0.7),
    ("blinks", ("eyeBlinkLeft", "eyeBlinkRight"), 1.0),
)
HEAD = ("head", ("headRotX", "headRotY", "headRotZ"), 0.25)


def inside(take: Take) -> str:
    """HTML: what was made, and below it the style prompt that it goes on from."""
    usable = len(take.samples) // timeline.BLOCK_SAMPLES * timeline.BLOCK_SAMPLES
    made = mel_covering(take.samples[:usable]) if usable else None
    sections = [_section("What was made", made, take.motion, take.words)]
    style = take.style
    if style.has_voice or style.has_motion:
        mel = style.mel if style.has_voice else None
        motion = style.motion if style.has_motion else None
        sections.append(_section("The reference whose manner it goes on from", mel, motion, ()))
    return "".join(sections)


def _section(
    title: str, mel: FloatArray | None, motion: FloatArray | None, words: Iterable[TimedWord]
) -> str:
    """One time axis; scrolls sideways where it is long. mel: (T, 100), motion: (F, 61)."""
    seconds = float(
        timeline.video_frames_to_seconds(len(motion))
        if motion is not None
        else timeline.mel_frames_to_seconds(len(mel) if mel is not None else 0)
    )
    width = max(320.0, seconds * PIXELS_PER_SECOND)
    parts, top = [], 0
    if mel is not None:
        parts.append(_mel(mel, width))
        top += MEL_HEIGHT
    if motion is not None:
        parts += _curves(motion, top, width)
        top += ROW_HEIGHT * (len(ROWS) + 1)
    words = tuple(words)
    parts += [*_word_lines(words, top), *_words(words, top)]
    height = top + (WORDS_HEIGHT if words else 0)
    label = html.escape(f"{title}: mel-spectrogram and face curves, {seconds:.1f} seconds")
    return (
        f"<h2 class='inside-title'>{html.escape(title)} <small>{seconds:.1f} s</small></h2>"
        f"<div class='inside' tabindex='0' role='region' aria-label='{label}'>"
        f"<svg role='img' aria-label='{label}' width='{LABELS_WIDTH + width:.0f}' height='{height}' "
        f"viewBox='{-LABELS_WIDTH} 0 {LABELS_WIDTH + width:.0f} {height}'>{''.join(parts)}</svg></div>"
    )


def _curves(motion: FloatArray, top: int, width: float) -> list[str]:
    parts: list[str] = []
    for title, names, limit in ROWS:
        values = np.maximum.reduce([motion[:, INDEX[name]] for name in names])
        parts += _row(title, [(values / limit).clip(0, 1)], top, width)
        top += ROW_HEIGHT
    title, names, limit = HEAD
    turns = [motion[:, INDEX[name]] for name in names]
    levels = [((turn - turn.mean()) / limit / 2 + 0.5).clip(0, 1) for turn in turns]
    return parts + _row(title, levels, top, width)


def _mel(mel: FloatArray, width: float) -> str:
    low, high = np.percentile(mel, (5, 99.5))
    levels = ((mel - low) / max(high - low, 1e-6)).clip(0, 1)
    picture = cv2.applyColorMap((255 * levels.T[::-1]).astype(np.uint8), cv2.COLORMAP_MAGMA)
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()
    data = base64.b64encode(encoded).decode()
    return (
        f"<image x='0' y='0' width='{width:.0f}' height='{MEL_HEIGHT - 8}' preserveAspectRatio='none' "
        f"href='data:image/jpeg;base64,{data}'/>{_label('sound', MEL_HEIGHT / 2)}"
    )


def _row(title: str, curves: list[FloatArray], top: int, width: float) -> list[str]:
    """Curves in 0..1, drawn upwards."""
    inner = ROW_HEIGHT - 14
    base = top + inner + 7
    parts = [f"<line class='base' x1='0' x2='{width:.0f}' y1='{base}' y2='{base}'/>"]
    for number, values in enumerate(curves):
        step = PIXELS_PER_SECOND / timeline.VIDEO_FPS
        points = " ".join(
            f"{(index + 0.5) * step:.1f},{base - inner * float(value):.1f}"
            for index, value in enumerate(values)
        )
        parts.append(f"<polyline class='curve c{number}' points='{points}'/>")
    return [*parts, _label(title, top + ROW_HEIGHT / 2)]


def _label(text: str, y: float) -> str:
    return f"<text class='label' x='-12' y='{y:.0f}' text-anchor='end'>{html.escape(text)}</text>"


def _word_lines(words: Iterable[TimedWord], height: int) -> list[str]:
    places = (word.start * PIXELS_PER_SECOND for word in words)
    return [f"<line class='tick' x1='{x:.0f}' x2='{x:.0f}' y1='0' y2='{height}'/>" for x in places]


def _words(words: Iterable[TimedWord], top: int) -> list[str]:
    """In two lines where they would run into one another."""
    ends = [0.0, 0.0]
    parts = []
    for word in words:
        x = word.start * PIXELS_PER_SECOND + 3
        line = 0 if ends[0] <= x else 1
        ends[line] = x + LETTER_WIDTH * (len(word.text) + 1)
        parts.append(
            f"<text class='word' x='{x:.0f}' y='{top + 20 + 20 * line}'>{html.escape(word.text)}</text>"
        )
    return parts
