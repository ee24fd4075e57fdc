"""What is said in a reference: written down where a recogniser can, otherwise said in plain words why not."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from omnitalker.audio.loudness import is_silent
from omnitalker.audio.mel import mel_covering
from omnitalker.base import timeline
from omnitalker.base.errors import InputError, MissingExtra
from omnitalker.base.types import FloatArray, Phoneme
from omnitalker.media.reader import read_audio
from omnitalker.models.recogniser import PhonemeRecogniser, recognise
from omnitalker.models.speech_recognition import PocketsphinxRecogniser, WhisperRecogniser
from omnitalker.text.mandarin.pinyin_spelling import is_mandarin, spell

log = logging.getLogger(__name__)
BEST_SECONDS = 10.0


@dataclass(frozen=True)
class Heard:
    words: str = ""
    note: str = ""
    """For the visitor, in plain words."""


class Ears:
    """faster-whisper where it and its weights are here; else English by pocketsphinx, Mandarin by its sounds."""

    def __init__(self, recogniser: PhonemeRecogniser | None) -> None:
        """recogniser: the checkpoint's own, for sounds where nobody knows the words."""
        self._recogniser = recogniser
        self._lock = threading.Lock()
        self._whisper: WhisperRecogniser | None = None
        self._has_whisper = True

    def listen(self, path: str | Path) -> Heard:
        try:
            samples = read_audio(path, max_seconds=BEST_SECONDS)
        except InputError:
            return Heard()
        if is_silent(samples):
            return Heard()
        written = self._by_whisper(samples)
        if written:
            return Heard(written)
        phonemes = self._sounds(samples)
        if is_mandarin(phonemes):
            return Heard(note=_mandarin_note(spell(phonemes)))
        return _by_sphinx(samples)

    def _sounds(self, samples: FloatArray) -> list[Phoneme]:
        if self._recogniser is None:
            return []
        usable = len(samples) // timeline.BLOCK_SAMPLES * timeline.BLOCK_SAMPLES
        found = recognise(self._recogniser, mel_covering(samples[:usable]))
        return [timed.phoneme for timed in found.phonemes]

    def _by_whisper(self, samples: FloatArray) -> str:
        """Nothing is downloaded here: the page must not wait for a network."""
        with self._lock:
            if self._whisper is None and self._has_whisper:
                self._whisper = _load_whisper()
                self._has_whisper = self._whisper is not None
        if self._whisper is None:
            return ""
        return self._whisper.transcribe(samples)


def _load_whisper() -> WhisperRecogniser | None:
    try:
        return WhisperRecogniser(is_local=True)
    except MissingExtra:
        return None
    except Exception as error:  # of its downloader, which has no class in common
        log.info("faster-whisper is installed, its weights are not: %s", error)
        return None


def _by_sphinx(samples: FloatArray) -> Heard:
    try:
        return Heard(PocketsphinxRecogniser().transcribe(samples))
    except MissingExtra as error:
        log.info("no transcript: %s", error)
        return Heard(
            note="No recogniser for words is installed here: type what is said, or leave it empty."
        )


def _mandarin_note(sounds: str) -> str:
    return (
        f"Heard as Mandarin: {sounds}. Characters cannot be written down without faster-whisper: "
        "type them for the best likeness, or leave the field empty, then these sounds are used."
    )
