"""Real speech for the corpus: clips of single speakers with or without transcripts, each as its set lists them.

Sound is stored at once, with masked phonemes, so that voices can be learnt; `corpus.alignment` adds phoneme
times and motion once there is an aligner.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omnitalker.audio.loudness import limit_peaks, normalise_loudness, trim_silence
from omnitalker.audio.mel import mel_covering, pad_to_blocks
from omnitalker.audio.pcm import to_int16
from omnitalker.audio.resample import to_mono_24k
from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.corpus.item import CorpusItem, ItemInfo, masked_phonemes
from omnitalker.corpus.prosody import heard
from omnitalker.corpus.real_clip import RealClip, RealSettings
from omnitalker.corpus.speech_manifest import MANIFEST, listed_clips
from omnitalker.corpus.store import ShardWriter
from omnitalker.motion.names import MOTION_DIM

CLIPS_PER_SHARD = 32
LONGEST_SECONDS = 20.0
ROOM_DB = -78.0
LJ_HZ, LIBRISPEECH_HZ = 11_000.0, 7_800.0
"""Where these sets end, recorded at 22.05 and 16 kHz."""


def import_real(
    voices: str | Path, *, out: str | Path, settings: RealSettings | None = None
) -> list[tuple[str, str]]:
    """Add the clips under `voices` to the corpus in `out`; what failed, and why.

    voices: a folder with a manifest.csv (see `corpus.speech_manifest`), or one with lj/, librispeech/ and *.mp3.
    """
    writer = ShardWriter(out)
    known = writer.known_ids()
    clips = [c for c in find_clips(Path(voices), settings or RealSettings()) if c.id not in known]
    failures: list[tuple[str, str]] = []
    for begin in range(0, len(clips), CLIPS_PER_SHARD):
        items = []
        for clip in clips[begin : begin + CLIPS_PER_SHARD]:
            try:
                items.append(read_clip(clip))
            except (InputError, OSError, RuntimeError) as error:
                failures.append((clip.id, str(error)))
        if items:
            writer.write(items[0].info.id, items)
    return failures


def find_clips(voices: Path, settings: RealSettings) -> list[RealClip]:
    """All clips, in a fixed order."""
    if not voices.is_dir():
        raise InputError(f"{voices} is no folder. Expected one with lj/ and librispeech/ in it")
    if (voices / MANIFEST).is_file():
        return listed_clips(voices, settings)
    return [
        *_lj_clips(voices / "lj", settings),
        *_reader_clips(voices / "librispeech", settings),
        *_single_clips(voices),
    ]


def read_clip(clip: RealClip) -> CorpusItem:
    """The item of a clip: 24 kHz, levelled, whole blocks long, phonemes masked."""
    import soundfile

    sound, rate = soundfile.read(clip.path, dtype="float32")
    samples = trim_silence(to_mono_24k(sound, rate), keep=0.2)
    seconds = len(samples) / timeline.SAMPLE_RATE
    if not 1.0 <= seconds <= LONGEST_SECONDS:
        raise InputError(f"lasts {seconds:.1f} s, wanted 1 to {LONGEST_SECONDS:.0f}")
    samples = pad_to_blocks(normalise_loudness(samples))
    rng = np.random.default_rng(zlib.crc32(clip.id.encode()))
    samples = limit_peaks(samples + room_noise(len(samples), rng))
    blocks, mel = len(samples) // timeline.BLOCK_SAMPLES, mel_covering(samples)
    return CorpusItem(
        info=ItemInfo(
            id=clip.id,
            speaker=clip.speaker,
            language=clip.language,
            manner=clip.manner,
            intensity=0.0 if clip.manner == "neutral" else 1.0,
            source=clip.source,
            text=clip.text,
            split=clip.split,
            has_text=False,
            has_motion=False,
            weight=clip.weight,
            blocks=blocks,
            extra={
                "quality": clip.quality,
                "sex": clip.sex,
                "bandwidth_hz": f"{clip.bandwidth_hz:.0f}",
            },
        ),
        samples=to_int16(samples),
        mel=mel.astype(np.float16),
        **heard(mel),
        motion=np.zeros((blocks * timeline.BLOCK_VIDEO_FRAMES, MOTION_DIM), np.float16),
        **masked_phonemes(blocks * float(timeline.BLOCK_SECONDS)),
    )


def room_noise(
    count: int, rng: np.random.Generator, level_db: float = ROOM_DB
) -> npt.NDArray[np.float32]:
    """(count,) white noise, so that silence is that of a room and no bin of the mel is empty."""
    return (rng.standard_normal(count) * 10 ** (level_db / 20)).astype(np.float32)


def _lj_clips(folder: Path, settings: RealSettings) -> Iterator[RealClip]:
    rows = _transcripts(folder)
    for index, (name, text, *_) in enumerate(rows):
        valid = index >= len(rows) - settings.lj_valid
        yield RealClip(
            id=f"lj-{name}",
            path=folder / f"{name}.flac",
            speaker="lj",
            source="lj",
            text=text,
            quality="good",
            split="valid" if valid else "train",
            weight=settings.lj_weight,
            sex="female",
            bandwidth_hz=LJ_HZ,
        )


def _reader_clips(folder: Path, settings: RealSettings) -> Iterator[RealClip]:
    rows = _transcripts(folder)
    readers = sorted({name.split("-")[0] for name, _, quality in rows if quality == "good"})
    order = np.random.default_rng(settings.seed).permutation(len(readers))
    test = {readers[i] for i in order[: settings.test_readers]}
    for name, text, quality in rows:
        reader = name.split("-")[0]
        yield RealClip(
            id=f"ls-{name}",
            path=folder / f"{name}.opus",
            speaker=f"ls-{reader}",
            source="librispeech",
            text=text,
            quality=quality,
            split="test" if reader in test else "train",
            weight=settings.reader_weight,
            bandwidth_hz=LIBRISPEECH_HZ,
        )


def _single_clips(folder: Path) -> Iterator[RealClip]:
    for path in sorted(folder.glob("*.mp3")):
        source, reader, _ = path.stem.split("_")
        yield RealClip(
            id=path.stem,
            path=path,
            speaker=f"{source[:2]}-{reader}",
            source=source,
            split="test",
            bandwidth_hz=LIBRISPEECH_HZ,
        )


def _transcripts(folder: Path) -> Sequence[list[str]]:
    path = folder / "transcripts.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE))
