"""Is this reference good? What was found, in plain words, one line per question."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from omnitalker.audio.loudness import find_silences, is_silent, speech_level_db
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import FloatArray, Frame
from omnitalker.media.probe import probe
from omnitalker.media.reader import read_audio, read_clip, read_frames_at
from omnitalker.reference.landmarks import locate_faces

LONGEST_SECONDS = 60.0
HEAD_SECONDS = 0.2
BEST_SECONDS = (3.0, 10.0)
QUIET_DB, LOUD_DB = -36.0, -9.0
LOOKED_AT = 4
"""Pictures of a clip that are searched for faces."""
WIDEST_PITCH = 2.3
"""Of one person: lively Mandarin reaches 2.1 between its 15th and 85th percentile."""
SMALLEST_FACE = 90
Verdict = Literal["good", "fair", "bad"]


@dataclass(frozen=True)
class Finding:
    verdict: Verdict
    words: str


VOICE_ONLY = Finding("fair", "no picture: voice only")


def check_reference(path: str | Path) -> list[Finding]:
    """Looks into the content itself, whatever the file is called."""
    try:
        look = _look(path)
    except InputError as error:
        return [Finding("bad", str(error))]
    findings = [_length(look.seconds)] if look.seconds else []
    findings += _faces(look.frames) if look.frames else [VOICE_ONLY]
    if not look.frames and is_silent(look.samples):
        findings.append(Finding("bad", "no sound in it: there is no voice to take"))
    elif look.seconds:
        findings += _voice(look.samples)
    return findings


@dataclass(frozen=True)
class _Look:
    """What is judged of a file: a few of its pictures, never all of them."""

    seconds: float
    """0 for a still picture."""
    frames: list[Frame]
    samples: FloatArray


def _look(path: str | Path) -> _Look:
    head = read_clip(path, max_seconds=HEAD_SECONDS)
    if len(head.frames) == 1:
        return _Look(0.0, list(head.frames), head.samples)
    tracks = probe(path)
    samples = read_audio(path, max_seconds=LONGEST_SECONDS) if tracks.audio else head.samples
    seconds = max(tracks.video or 0.0, len(samples) / timeline.SAMPLE_RATE)
    if not head.frames:
        return _Look(seconds, [], samples)
    last = tracks.pictures * min(1.0, LONGEST_SECONDS / max(seconds, 1e-6)) - 1
    places = np.linspace(0, max(0.0, last), LOOKED_AT).round().astype(int)
    return _Look(seconds, read_frames_at(path, [int(place) for place in places]), samples)


def is_usable(findings: list[Finding]) -> bool:
    return all(finding.verdict != "bad" for finding in findings)


def shows_face(findings: list[Finding]) -> bool:
    return is_usable(findings) and VOICE_ONLY not in findings


def as_html(findings: list[Finding]) -> str:
    """A list that is read out as it is seen."""
    marks = {"good": "✓", "fair": "!", "bad": "✗"}
    spoken = {"good": "Good", "fair": "Note", "bad": "Problem"}
    rows = "".join(
        f"<li class='{f.verdict}'><span aria-hidden='true'>{marks[f.verdict]}</span>"
        f"<span class='sr-only'>{spoken[f.verdict]}: </span>{html.escape(f.words[:1].upper() + f.words[1:])}</li>"
        for f in findings
    )
    return f"<div role='status'><ul class='findings'>{rows}</ul></div>"


def _length(seconds: float) -> Finding:
    if seconds < 1.0:
        return Finding("bad", f"{seconds:.1f} s long: too short, speak for at least 3 s")
    if seconds < BEST_SECONDS[0]:
        return Finding("fair", f"{seconds:.1f} s long: works, 3 to 10 s are better")
    if seconds > LONGEST_SECONDS:
        return Finding("fair", f"{seconds:.0f} s long: the best 10 s of its first minute are used")
    if seconds > BEST_SECONDS[1]:
        return Finding("fair", f"{seconds:.0f} s long: the best 10 s are used")
    return Finding("good", f"{seconds:.1f} s long")


def _faces(frames: list[Frame]) -> list[Finding]:
    boxes = locate_faces(frames)
    seen = sum(len(found) > 0 for found in boxes)
    if not seen:
        return [Finding("bad", "no face found: look into the camera, in good light")]
    findings = []
    if seen < len(boxes):
        findings.append(Finding("fair", "the face is not always in the picture"))
    if max(len(found) for found in boxes) > 1:
        findings.append(Finding("fair", "several faces: the largest is used"))
    width = max(float(found[0][2]) for found in boxes if len(found))
    if width < SMALLEST_FACE:
        findings.append(Finding("fair", f"the face is small ({width:.0f} pixels): come nearer"))
    return findings or [Finding("good", "one face, well in the picture")]


def _voice(samples: FloatArray) -> list[Finding]:
    if not len(samples) or is_silent(samples):
        return [Finding("fair", "no sound: only face and manner can be used")]
    level = speech_level_db(samples)
    findings = []
    if level < QUIET_DB:
        findings.append(Finding("fair", f"very quiet ({level:.0f} dB): speak up or come nearer"))
    elif level > LOUD_DB or float((np.abs(samples) > 0.99).mean()) > 0.001:
        findings.append(Finding("fair", f"too loud, it distorts ({level:.0f} dB)"))
    else:
        findings.append(Finding("good", f"sound level is fine ({level:.0f} dB)"))
    silent = sum(span.stop - span.start for span in find_silences(samples)) / len(samples)
    if silent > 0.5:
        findings.append(Finding("fair", f"{100 * silent:.0f} % of it is silence"))
    findings.append(_one_speaker(samples))
    return findings


def _one_speaker(samples: FloatArray) -> Finding:
    """By pitch alone: two people of like voices pass, a man and a woman in turn do not."""
    pitches = _pitches(samples)
    if len(pitches) < 8:
        return Finding("fair", "too little voiced speech to tell whether one person speaks")
    low, high = np.percentile(pitches, (15, 85))
    if high / low > WIDEST_PITCH:
        return Finding("fair", "the pitch jumps: more than one speaker, or music?")
    return Finding("good", "sounds like one speaker")


def _pitches(samples: FloatArray) -> FloatArray:
    """Hz of the clearly voiced 40 ms windows, by autocorrelation between 70 and 400 Hz."""
    size = timeline.SAMPLE_RATE // 25
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    loud = windows[np.abs(windows).max(axis=1) > 0.2 * np.abs(samples).max()]
    spectrum = np.fft.rfft(loud - loud.mean(axis=1, keepdims=True), 2 * size, axis=1)
    lags = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :size]
    lags /= np.maximum(lags[:, :1], 1e-9)
    first, last = timeline.SAMPLE_RATE // 400, timeline.SAMPLE_RATE // 70
    best = lags[:, first:last].argmax(axis=1) + first
    clear = lags[np.arange(len(lags)), best] > 0.45
    return (timeline.SAMPLE_RATE / best[clear]).astype(np.float32)
