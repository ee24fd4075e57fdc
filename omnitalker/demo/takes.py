"""What the page asks for, made: a wish in, pieces of video as they are made, then the finished files."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from omnitalker.base import assets
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, FloatArray, StylePrompt, TimedWord
from omnitalker.demo.cast import FROM_REFERENCE, SAVED
from omnitalker.demo.library import Shelves
from omnitalker.demo.pieces import pieces
from omnitalker.demo.references import NOT_AGREED, References
from omnitalker.generation.pacing import live
from omnitalker.generation.stream import stream
from omnitalker.media.segments import Segment, SegmentEncoder
from omnitalker.media.writer import VideoWriter
from omnitalker.reference.consent import receipt, with_receipt
from omnitalker.reference.style import save_style
from omnitalker.studio.casting import Cast, Casting
from omnitalker.studio.check import check
from omnitalker.studio.directed import directed_clauses, heeded_order
from omnitalker.studio.framing import plain_backdrop
from omnitalker.studio.order import OPTIONS, Order, Voice
from omnitalker.studio.produce import request_of
from omnitalker.studio.recording import Recording
from omnitalker.studio.writers import WRITERS, suffix_of

LONGEST_TEXT = 2000
LONGEST_FILE_NAME = 48
NO_CLIP = "record or upload a clip first, under Your own reference"
KEEP_SECONDS = 3600
PATIENCE = 10.0
"""Seconds that what is being made may take to end."""


@dataclass(frozen=True)
class Wish:
    """An order in names, and what of it is the visitor's own."""

    order: Order
    """`voice` is a built-in one, `FROM_REFERENCE`, `SAVED` + name, or None for the face's."""
    reference: str | None = None
    """The id of what the visitor brought (`References`); a path is none."""
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


class DemoTakes:
    """Makes videos for visitors, each in a folder of its own that does not live long."""

    def __init__(
        self, studio: Casting, shelves: Shelves, *, renderer: str = "warp", max_seconds: float = 300
    ) -> None:
        self.studio = studio
        self.shelves = shelves
        self.renderer = renderer
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
        with self.at_work():
            yield from self._speak(wish, stop)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What `close` waits for."""
        with self._work:
            self._at_work += 1
        try:
            yield
        finally:
            with self._work:
                self._at_work -= 1
                self._work.notify_all()

    def check_time(self, started: float, stop: Stop | None) -> None:
        """An `InputError` where what was begun then must end now."""
        if self._is_closed or (stop is not None and stop.event.is_set()):
            raise InputError("stopped")
        if time.monotonic() - started > self._max_seconds:
            raise InputError(
                f"this took longer than the {self._max_seconds:.0f} s allowed here; "
                "use a shorter text or a smaller picture"
            )

    def _speak(self, wish: Wish, stop: Stop | None) -> Iterator[Progress]:
        started = time.monotonic()
        order = self.order(wish)
        check(order, self.studio.parts.library.catalogue())
        parts = self.studio.parts
        order, _ = heeded_order(order, parts)
        cast = self._cast(wish, order)
        renderer = self.studio.renderer(order.look, cast.face)
        request = replace(request_of(order.words, cast.style, order.delivery), pacing=live())
        find_style = self.studio.finder(order.voice, cast.face)
        clauses = directed_clauses(request, order.delivery, find_style, parts)
        made = _Made(wish, self.folder(), renderer.size, started)
        with (
            closing(stream(parts, request, renderer, clauses)) as chunks,  # type: ignore[type-var]
            VideoWriter(made.video, renderer.size, signed=True) as film,
        ):
            for piece in pieces(chunks):
                film.write(piece)
                yield made.add(piece)
                self.check_time(started, stop)
        yield made.finish(cast.style)

    def style(self, wish: Wish) -> StylePrompt:
        """The voice and manner that the controls mean."""
        return self._cast(wish, self.order(wish)).style

    def _cast(self, wish: Wish, order: Order) -> Cast:
        """What a reference lends carries the consent that was given for it."""
        cast = self.studio.resolve(order)
        if wish.order.voice.voice != FROM_REFERENCE:
            return cast
        _, agreed_at = self.references.open(wish.reference, wish.owner, NO_CLIP)
        agreed = receipt("a visitor of the demo", "videos made with the demo", agreed_at)
        metadata = with_receipt(cast.style.metadata, agreed)
        return replace(cast, style=replace(cast.style, metadata=metadata))

    def order(self, wish: Wish) -> Order:
        """What a wish means: names of what is built in, and files that belong to the visitor. No other file is named."""
        order = wish.order
        if not (order.text or "").strip():
            raise InputError("write something to say first")
        if len(order.words) > LONGEST_TEXT:
            raise InputError(
                f"the text has {len(order.words):,} characters; this page takes up to {LONGEST_TEXT:,}"
            )
        background = order.look.background
        if background is not None and plain_backdrop(background) is None:
            raise InputError(f"background '{background}' is neither own, blur nor a colour")
        look = replace(order.look, face=self._face(wish), renderer=self.renderer)
        return replace(order, voice=self._voice(wish), look=look)

    def close(self) -> None:
        """What is being made ends after its piece: a network in mid-pass cannot be left."""
        self._is_closed = True
        with self._work:
            self._work.wait_for(lambda: not self._at_work, PATIENCE)
        self._root.cleanup()

    def _voice(self, wish: Wish) -> Voice:
        wished = wish.order.voice
        name = wished.voice
        if name == FROM_REFERENCE:
            clip, _ = self._agreed(wish, wish.reference, NO_CLIP)
            return Voice(ref=str(clip), ref_text=wished.ref_text)
        if name is not None and name.startswith(SAVED):
            shelf = self.shelves.of(wish.owner)
            return Voice(style=str(shelf.file(name.removeprefix(SAVED))))
        voices = self.studio.parts.library.names
        if name is not None and name not in voices:
            raise InputError(unknown_choice("voice", name, voices))
        return Voice(name)

    def _face(self, wish: Wish) -> str | None:
        """A name is the name of a built-in presenter, whatever else there may be of that name."""
        face = wish.order.look.face
        if wish.own_face:
            missing = "upload a portrait or a clip whose face should be shown"
            return str(self._agreed(wish, wish.portrait or wish.reference, missing)[0])
        if face is not None and face not in assets.presenter_names():
            raise InputError(unknown_choice("face", face, assets.presenter_names()))
        return face

    def _agreed(self, wish: Wish, reference: str | None, missing: str) -> tuple[Path, float]:
        """(File, when) of a reference whose owner has said that the person in it agreed."""
        if not wish.consent:
            raise InputError(NOT_AGREED)
        self.references.agree(reference, wish.owner)
        return self.references.open(reference, wish.owner, missing)

    def folder(self) -> Path:
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
        self.video = folder / f"{file_name_of(wish)}.mp4"
        self._wish, self._folder, self._started = wish, folder, started
        self._segments = SegmentEncoder(size)
        self._recording = Recording(wish.order.words, size)
        self._first_at = 0.0
        self._count = 0

    def add(self, piece: AVChunk) -> Progress:
        segment = self._segments.push(piece)
        self._recording.keep(piece)
        elapsed = time.monotonic() - self._started
        self._first_at = self._first_at or elapsed
        spoken = self._recording.spoken
        return self._progress(segment, elapsed, elapsed * (1 / spoken - 1) if spoken else None)

    def _progress(
        self, segment: Segment, elapsed: float, remaining: float | None, take: Take | None = None
    ) -> Progress:
        path = self._folder / f"piece{self._count:04}.ts"
        path.write_bytes(segment.data)
        self._count += 1
        made = self._recording.seconds
        return Progress(path, segment.seconds, made, elapsed, remaining, take)

    def finish(self, style: StylePrompt) -> Progress:
        order, made = self._wish.order, self._recording
        files = [self.video]
        for kind in ("wav", *(("srt", "vtt") if order.outputs.subtitles else ()), "csv"):
            files.append(self.video.with_suffix(suffix_of(kind)))
            WRITERS[kind].write(files[-1], made, False)
        files.append(self.video.with_suffix(".safetensors"))
        save_style(style, files[-1])
        wall = time.monotonic() - self._started
        take = Take(
            title=_title(self._wish),
            video=self.video,
            files=tuple(files),
            text=order.words,
            samples=made.samples,
            motion=made.motion,
            words=made.words,
            style=style,
            seconds=made.seconds,
            wall_seconds=wall,
            first_seconds=self._first_at,
        )
        return self._progress(self._segments.finish(), wall, 0.0, take)


_UNTITLED = ("text", "face", "voice", "emotion", "size", "subtitles", "ref_text", "format")


def _title(wish: Wish) -> str:
    """Who, how, what: enough to tell two takes apart."""
    values = wish.order.flat()
    text = " ".join(wish.order.words.split())
    short = text if len(text) <= 16 else text[:15] + "…"
    name = values["voice"]
    voice = "" if name in (None, values["face"], FROM_REFERENCE) else f" as {name}"
    changed = [
        f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
        if name not in _UNTITLED and value != OPTIONS[name].default
    ]
    how = ", ".join([values["emotion"], *changed])
    return f"{_shown(wish).capitalize()}{voice}, {how}: {short}"


def _shown(wish: Wish) -> str:
    return "own face" if wish.own_face else (wish.order.look.face or "default")


def file_name_of(wish: Wish) -> str:
    """Like ava-good-morning-the: whoever finds it among the downloads knows it again. Letters and digits alone."""
    said = re.sub(r"[^\w\s]", "", (wish.order.text or "").lower()).split()[:3]
    words = re.sub(r"[^\w\s]", "", _shown(wish)).split() + said
    return "-".join(words)[:LONGEST_FILE_NAME] or "omnitalker"
