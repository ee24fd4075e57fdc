"""What the page asks for, made: a wish in, pieces of video as they are made, then the finished files."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from omnitalker.base import assets, timeline
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import AVChunk, FloatArray, MotionTrack, Renderer, StylePrompt, TimedWord
from omnitalker.demo.cast import FROM_REFERENCE, SAVED
from omnitalker.demo.library import Shelves
from omnitalker.demo.references import NOT_AGREED, References
from omnitalker.generation.pacing import live
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.stream import stream
from omnitalker.media.segments import Segment, SegmentEncoder
from omnitalker.media.sound import write_wav
from omnitalker.media.subtitles import to_srt, to_vtt
from omnitalker.media.writer import VideoWriter
from omnitalker.motion.track.export import export_csv
from omnitalker.reference.consent import receipt, with_receipt
from omnitalker.reference.style import mix_styles, save_style, with_intensity
from omnitalker.studio.casting import Studio
from omnitalker.studio.order import Look, Voice
from omnitalker.text.foreign import refuse_foreign

FIRST_PIECE_FRAMES = 16
LATER_PIECE_FRAMES = 32
LONGEST_TEXT = 2000
LONGEST_FILE_NAME = 48
KEEP_SECONDS = 3600
PATIENCE = 10.0
"""Seconds that what is being made may take to end."""


@dataclass(frozen=True)
class Wish:
    """The page's controls."""

    text: str
    presenter: str | None = None
    voice: str | None = None
    """A built-in voice, `FROM_REFERENCE`, `SAVED` + name, or None for the presenter's."""
    manner: str = "neutral"
    intensity: float = 1.0
    language: str = "auto"
    speed: float = 1.0
    expressiveness: float = 1.0
    head_motion: float = 1.0
    size: int = 512
    seed: int = 0
    subtitles: bool = True
    reference: str | None = None
    """The id of what the visitor brought (`References`); a path is none."""
    reference_text: str = ""
    portrait: str | None = None
    own_face: bool = False
    """Show the face of the portrait, or of the reference, instead of the presenter."""
    consent: bool = False
    owner: str = ""
    """Whose wish it is: only what belongs to it is used."""


@dataclass(frozen=True)
class Take:
    """A finished video with all that belongs to it."""

    title: str
    video: Path
    files: tuple[Path, ...]
    text: str
    samples: FloatArray
    motion: FloatArray
    words: tuple[TimedWord, ...]
    style: StylePrompt
    """What it goes on from."""
    seconds: float
    wall_seconds: float
    first_seconds: float
    """Until the first piece could be played."""


@dataclass(frozen=True)
class Progress:
    """One step: a piece to play, the last one with the take."""

    piece: Path
    """An MPEG-TS segment."""
    piece_seconds: float
    made: float
    """Seconds of video so far."""
    elapsed: float
    remaining: float | None
    take: Take | None = None


@dataclass
class Stop:
    """Set from another thread to end a generation after the piece it is making."""

    event: threading.Event = field(default_factory=threading.Event)


class DemoStudio:
    """Makes videos for visitors, each in a folder of its own that does not live long."""

    def __init__(
        self, studio: Studio, shelves: Shelves, *, renderer: str = "warp", max_seconds: float = 300
    ) -> None:
        self.studio = studio
        self.shelves = shelves
        self._renderer = renderer
        self._max_seconds = max_seconds
        self._root = tempfile.TemporaryDirectory(prefix="omnitalker-demo-")
        self._takes = Path(self._root.name, "takes")
        self._takes.mkdir()
        self.references = References(Path(self._root.name, "references"), KEEP_SECONDS)
        self._folders: dict[Path, float] = {}
        """Of takes, and when they were begun, on a clock that never jumps."""
        self._lock = threading.Lock()
        self._work = threading.Condition()
        self._at_work = 0
        self._is_closed = False

    def speak(self, wish: Wish, stop: Stop | None = None) -> Iterator[Progress]:
        """Pieces in order, the last with the take. Closing the iterator ends the work."""
        with self._work:
            self._at_work += 1
        try:
            yield from self._speak(wish, stop)
        finally:
            with self._work:
                self._at_work -= 1
                self._work.notify_all()

    def _speak(self, wish: Wish, stop: Stop | None) -> Iterator[Progress]:
        started = time.monotonic()
        self._check(wish)
        renderer = self._see(wish)
        style = self.style(wish)
        request = SpeakRequest(
            text=wish.text,
            style=style,
            language=wish.language,  # type: ignore[arg-type]
            speed=wish.speed,
            expressiveness=wish.expressiveness,
            head_motion=wish.head_motion,
            seed=wish.seed,
            pacing=live(),
        )
        folder = self._folder()
        made = _Made(wish, folder, renderer.size, started)
        chunks = stream(self.studio.parts, request, renderer)
        with (
            closing(_pieces(chunks)) as pieces,  # type: ignore[type-var]
            VideoWriter(made.video, renderer.size) as film,
        ):
            for piece in pieces:
                film.write(piece)
                yield made.add(piece)
                if self._is_closed or (stop is not None and stop.event.is_set()):
                    raise InputError("stopped")
                if time.monotonic() - started > self._max_seconds:
                    raise InputError(
                        f"this took longer than the {self._max_seconds:.0f} s allowed here; "
                        "use a shorter text or a smaller picture"
                    )
        yield made.finish(style)

    def style(self, wish: Wish) -> StylePrompt:
        """The voice and manner that the controls mean."""
        found = self._voice(wish)
        return with_intensity(found, wish.intensity)

    def close(self) -> None:
        """What is being made ends after its piece: a network in mid-pass cannot be left."""
        self._is_closed = True
        with self._work:
            self._work.wait_for(lambda: not self._at_work, PATIENCE)
        self._root.cleanup()

    def _voice(self, wish: Wish) -> StylePrompt:
        voice = wish.voice
        if voice == FROM_REFERENCE:
            clip, agreed_at = self._agreed(
                wish, wish.reference, "record or upload a clip first, under Your own reference"
            )
            own = Voice(ref=str(clip), ref_text=wish.reference_text or None)
            style = self.studio.style(own, wish.manner)
            agreed = receipt("a visitor of the demo", "videos made with the demo", agreed_at)
            return replace(style, metadata=with_receipt(style.metadata, agreed))
        if voice is not None and voice.startswith(SAVED):
            saved = self.shelves.of(wish.owner).get(voice.removeprefix(SAVED))
            if saved.has_voice and saved.has_motion:
                return saved
            built_in = self.studio.parts.library.get(manner="neutral")
            return mix_styles(saved, built_in) if saved.has_voice else mix_styles(built_in, saved)
        manners = self.studio.parts.library.catalogue()
        if voice is not None and voice not in manners:
            raise InputError(unknown_choice("voice", voice, manners))
        known = manners.get(voice or next(iter(manners), ""), ())
        if wish.manner not in known:
            raise InputError(f"{voice} has no manner '{wish.manner}'; it has {', '.join(known)}")
        return self.studio.style(Voice(voice), wish.manner, face=wish.presenter)

    def _see(self, wish: Wish) -> Renderer:
        """A name is the name of a built-in presenter, whatever else there may be of that name."""
        face: str | Path | None = wish.presenter
        if wish.own_face:
            face, _ = self._agreed(
                wish,
                wish.portrait or wish.reference,
                "upload a portrait or a clip whose face should be shown",
            )
        elif face is not None and face not in assets.presenter_names():
            raise InputError(unknown_choice("presenter", str(face), assets.presenter_names()))
        look = Look(None if face is None else str(face), wish.size, renderer=self._renderer)
        return self.studio.renderer(look)

    def _agreed(self, wish: Wish, reference: str | None, missing: str) -> tuple[Path, float]:
        """(File, when) of a reference whose owner has said that the person in it agreed."""
        if not wish.consent:
            raise InputError(NOT_AGREED)
        self.references.agree(reference, wish.owner)
        return self.references.open(reference, wish.owner, missing)

    def _check(self, wish: Wish) -> None:
        if not wish.text.strip():
            raise InputError("write something to say first")
        if len(wish.text) > LONGEST_TEXT:
            raise InputError(
                f"the text has {len(wish.text):,} characters; this page takes up to {LONGEST_TEXT:,}"
            )
        refuse_foreign(wish.text, wish.language)

    def _folder(self) -> Path:
        """A new one; those of long ago go."""
        now = time.monotonic()
        with self._lock:
            for folder in [
                f for f, made_at in self._folders.items() if now - made_at > KEEP_SECONDS
            ]:
                shutil.rmtree(folder, ignore_errors=True)
                del self._folders[folder]
            made = Path(tempfile.mkdtemp(dir=self._takes))
            self._folders[made] = now
            return made


class _Made:
    """What has been made of one wish so far."""

    def __init__(self, wish: Wish, folder: Path, size: tuple[int, int], started: float) -> None:
        self.video = folder / f"{_file_name(wish)}.mp4"
        self._segments = SegmentEncoder(size)
        self._wish, self._folder, self._started = wish, folder, started
        self._chunks: list[AVChunk] = []
        self._first_at = 0.0
        self._count = 0

    def add(self, piece: AVChunk) -> Progress:
        segment = self._segments.push(piece)
        self._chunks.append(AVChunk(0, 0.0, piece.samples, piece.motion, words=piece.words))
        elapsed = time.monotonic() - self._started
        self._first_at = self._first_at or elapsed
        return self._progress(segment, elapsed, self._remaining(elapsed))

    def _progress(
        self, segment: Segment, elapsed: float, remaining: float | None, take: Take | None = None
    ) -> Progress:
        path = self._folder / f"piece{self._count:04}.ts"
        path.write_bytes(segment.data)
        self._count += 1
        return Progress(path, segment.seconds, self._seconds, elapsed, remaining, take)

    @property
    def _seconds(self) -> float:
        return sum(float(timeline.samples_to_seconds(len(c.samples))) for c in self._chunks)

    @property
    def _words(self) -> tuple[TimedWord, ...]:
        return tuple(word for chunk in self._chunks for word in chunk.words)

    def _remaining(self, elapsed: float) -> float | None:
        words = self._words
        if not words:
            return None
        spoken = min(1.0, words[-1].end_char / len(self._wish.text.rstrip()))
        return elapsed * (1 - spoken) / spoken if spoken else None

    def finish(self, style: StylePrompt) -> Progress:
        wish, words = self._wish, self._words
        samples = np.concatenate([chunk.samples for chunk in self._chunks])
        motion = np.concatenate([chunk.motion for chunk in self._chunks])
        files = [self.video]
        for suffix in (
            ".wav",
            *((".srt", ".vtt") if wish.subtitles else ()),
            ".csv",
            ".safetensors",
        ):
            files.append(self.video.with_suffix(suffix))
        with AtomicFile(files[1]) as temporary:
            write_wav(temporary, samples)
        if wish.subtitles:
            files[2].write_text(to_srt(words, wish.text), encoding="utf-8")
            files[3].write_text(to_vtt(words, wish.text), encoding="utf-8")
        export_csv(MotionTrack(motion), files[-2])
        save_style(style, files[-1])
        wall = time.monotonic() - self._started
        take = Take(
            title=_title(wish),
            video=self.video,
            files=tuple(files),
            text=wish.text,
            samples=samples,
            motion=motion,
            words=words,
            style=style,
            seconds=self._seconds,
            wall_seconds=wall,
            first_seconds=self._first_at,
        )
        return self._progress(self._segments.finish(), wall, 0.0, take)


def _title(wish: Wish) -> str:
    """Who, how, what: enough to tell two takes apart."""
    text = " ".join(wish.text.split())
    short = text if len(text) <= 16 else text[:15] + "…"
    voice = "" if wish.voice in (None, wish.presenter, FROM_REFERENCE) else f" as {wish.voice}"
    changed = [
        f"{name.replace('_', ' ')} {getattr(wish, name):g}"
        for name in ("intensity", "speed", "expressiveness", "head_motion")
        if getattr(wish, name) != 1.0
    ]
    changed += [f"seed {wish.seed}"] if wish.seed else []
    return f"{_face(wish).capitalize()}{voice}, {', '.join([wish.manner, *changed])}: {short}"


def _face(wish: Wish) -> str:
    return "own face" if wish.own_face else (wish.presenter or "default")


def _file_name(wish: Wish) -> str:
    """Like ava-good-morning-the: whoever finds it among the downloads knows it again. Letters and digits alone."""
    said = re.sub(r"[^\w\s]", "", wish.text.lower()).split()[:3]
    words = re.sub(r"[^\w\s]", "", _face(wish)).split() + said
    return "-".join(words)[:LONGEST_FILE_NAME] or "omnitalker"


def _pieces(stream: Iterator[AVChunk]) -> Iterator[AVChunk]:
    """Chunks joined to lengths that stream well: a short first one, longer ones after it."""
    wanted = FIRST_PIECE_FRAMES
    waiting: list[AVChunk] = []
    try:
        for chunk in stream:
            waiting.append(chunk)
            while sum(len(c.motion) for c in waiting) >= wanted:
                piece, rest = _cut(_joined(waiting), wanted)
                waiting = [rest] if len(rest.motion) else []
                wanted = LATER_PIECE_FRAMES
                yield piece
        if waiting:
            yield _joined(waiting)
    finally:
        stream.close()  # type: ignore[attr-defined]


def _joined(chunks: list[AVChunk]) -> AVChunk:
    return AVChunk(
        index=chunks[0].index,
        start=chunks[0].start,
        samples=np.concatenate([chunk.samples for chunk in chunks]),
        motion=np.concatenate([chunk.motion for chunk in chunks]),
        frames=tuple(frame for chunk in chunks for frame in chunk.frames),
        words=tuple(word for chunk in chunks for word in chunk.words),
    )


def _cut(chunk: AVChunk, frames: int) -> tuple[AVChunk, AVChunk]:
    at = timeline.video_frames_to_samples(frames)
    parts = (slice(None, frames), slice(None, at)), (slice(frames, None), slice(at, None))
    first, rest = (
        AVChunk(chunk.index, chunk.start, chunk.samples[s], chunk.motion[f], chunk.frames[f])
        for f, s in parts
    )
    return AVChunk(
        first.index, first.start, first.samples, first.motion, first.frames, chunk.words
    ), rest
