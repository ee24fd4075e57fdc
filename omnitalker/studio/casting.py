"""Who speaks and who is seen: an order's names and files become a style prompt and a renderer, each made once.

The command line, the page, batch workers, characters and the server all cast through a `Casting`. What reads
pictures or draws is imported where it is used: sound alone needs none of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from omnitalker.base import assets
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import Identity, Renderer, StylePrompt
from omnitalker.generation.parts import Parts
from omnitalker.reference.style import load_style, mix_styles, wearing, with_intensity
from omnitalker.studio.order import STYLE_FILE, Look, Order, Voice
from omnitalker.text.direction import FAINT

if TYPE_CHECKING:
    from omnitalker.reference.analyse import Reference
    from omnitalker.reference.clip import AnalysedClip
    from omnitalker.studio.framing import MakeHead

T = TypeVar("T")
DEFAULT_PRESENTER = "ava"
REMEMBERED_BYTES = 700_000_000
"""Of the pictures of references: ten seconds at 1280 x 720."""


@dataclass(frozen=True)
class Cast:
    """Who speaks and who is seen."""

    style: StylePrompt
    face: str
    """A built-in presenter, or a file."""
    notes: tuple[str, ...] = ()
    """What is worth telling about the choice."""


class Casting:
    """The parts of a checkpoint with a bounded memory of references and identities. Safe under threads."""

    def __init__(self, parts: Parts, *, remembered: int = 16) -> None:
        self.parts = parts
        self._looked_at: Memory = Memory(remembered, most_bytes=REMEMBERED_BYTES)
        self._references: Memory = Memory(remembered)
        self._identities: Memory = Memory(remembered)

    @classmethod
    def from_pretrained(
        cls, checkpoint: str | Path = assets.DEFAULT_CHECKPOINT, device: str = "cpu"
    ) -> Casting:
        return cls(Parts.from_pretrained(checkpoint, device))

    def resolve(self, order: Order) -> Cast:
        """The one place that decides who is meant."""
        voice, delivery = order.voice, order.delivery
        face = order.look.face
        notes: list[str] = []
        if voice.ref is not None:
            reference = self.reference(voice.ref, voice.ref_text)
            notes += reference.warnings
            if face is None and reference.has_face:
                face = voice.ref
        if face is None:
            face = self.default_presenter()
            if voice.ref is not None:
                notes.append(f"{Path(voice.ref).name} shows no face; {face} is seen")
        style = self.style(voice, delivery.emotion, delivery.intensity, face)
        return Cast(style, face, tuple(notes))

    def style(
        self,
        voice: Voice | None = None,
        emotion: str = "neutral",
        intensity: float = 1.0,
        face: str | None = None,
    ) -> StylePrompt:
        """The voice and the manner. Where nobody is named the face's own voice speaks.

        An emotion that is faint is seen and not heard: no voice is half sad.
        """
        voice = voice or Voice()
        if emotion != "neutral" and intensity < FAINT:
            return wearing(self._style(voice, "neutral", face), emotion, intensity)
        return with_intensity(self._style(voice, emotion, face), intensity)

    def finder(self, voice: Voice, face: str | None = None) -> Callable[[str, float], StylePrompt]:
        """Finds a voice's style of an emotion at an intensity, for directions inside a text."""
        return lambda emotion, intensity: self.style(voice, emotion, intensity, face)

    def _style(self, voice: Voice, emotion: str, face: str | None) -> StylePrompt:
        manner = self._manner(voice, emotion)
        heard = None if voice.voice is None else self._heard(voice.voice, emotion)
        if manner is not None and heard is not None:
            return mix_styles(heard, manner)
        return manner or heard or self._voice_of(face, emotion)

    def _manner(self, voice: Voice, emotion: str) -> StylePrompt | None:
        """Of the style file or the reference; None where there is none, as in a portrait."""
        if voice.style is not None:
            return self._named(voice.style, emotion)
        if voice.ref is None:
            return None
        found = self.reference(voice.ref, voice.ref_text).style
        return None if found is None else self._completed(found, emotion)

    def _heard(self, voice: str, emotion: str) -> StylePrompt:
        if voice.endswith(STYLE_FILE) or not Path(voice).exists():
            return self._named(voice, emotion)
        found = self.reference(voice).style
        if found is None or not found.has_voice:
            raise InputError(f"{Path(voice).name} has no sound to take a voice from")
        return self._completed(found, emotion)

    def _named(self, name: str, emotion: str) -> StylePrompt:
        """A style file, or a built-in voice."""
        if name.endswith(STYLE_FILE):
            return self._completed(load_style(name), emotion)
        return self.parts.library.get(name, emotion)

    def _completed(self, style: StylePrompt, emotion: str) -> StylePrompt:
        """In the emotion asked for; what a recording or a silent clip lacks comes from the first built-in voice."""
        if not style.has_motion:
            return mix_styles(style, self.parts.library.get(manner=emotion))
        if not style.has_voice:
            style = mix_styles(self.parts.library.get(manner=emotion), style)
        if emotion == "neutral":
            return style  # as the person is
        return wearing(style, emotion, rest=style.worn.rest if style.worn else None)

    def _voice_of(self, face: str | None, emotion: str) -> StylePrompt:
        library = self.parts.library
        own = assets.presenter_voice(face or self.default_presenter())
        return library.get(own if own in library.names else None, emotion)

    def reference(self, path: str | Path, text: str | None = None) -> Reference:
        """A clip, portrait or recording, read and analysed once."""
        key = (_file_key(path), text)
        return self._references.get(key, lambda: self._listen(Path(path), text))

    def _listen(self, path: Path, text: str | None) -> Reference:
        from omnitalker.reference.analyse import listen

        return listen(self._look(path), self.parts.recogniser, self.parts.frontend, text)

    def _look(self, path: Path) -> AnalysedClip:
        from omnitalker.reference.analyse import look

        return self._looked_at.get(_file_key(path), lambda: look(path))

    def identity(self, face: str | Path, size: int = 512) -> Identity:
        """A built-in presenter by name, an identity file, or a portrait or clip."""
        shipped = assets.presenter_file(str(face))
        path = shipped or Path(face)
        if shipped is None and not path.exists():
            raise InputError(unknown_choice("face", str(face), assets.presenter_names()))
        if path.suffix == STYLE_FILE:
            from omnitalker.reference.identity_file import load_identity

            return self._identities.get(_file_key(path), lambda: load_identity(path))
        return self._identities.get((_file_key(path), size), lambda: self._build(path, size))

    def _build(self, path: Path, size: int) -> Identity:
        from omnitalker.reference.identity import build_identity

        found = self._look(path)
        if found.face is None:
            raise InputError(f"{path.name} has no picture; give a portrait or a clip as face")
        return build_identity(found.clip, found.face, size)

    def renderer(
        self, look: Look | None = None, face: str | None = None, *, cut_out: bool = False
    ) -> Renderer:
        """A new renderer (renderers are cheap, and not shared between threads).

        `face` goes before the look's own; `cut_out`: transparent around the person, if the look leaves it open.
        """
        look = look or Look()
        if look.renderer == "sketch":
            if cut_out:
                raise InputError(
                    "the sketch renderer cannot cut out a person; write an mp4 instead"
                )
            from omnitalker.rendering.sketch.renderer import SketchRenderer

            return SketchRenderer((look.size, look.size))
        from omnitalker.studio.framing import in_picture

        identity = self.identity(face or look.face or self.default_presenter(), look.size)
        return in_picture(identity, self._maker(look.renderer), look, cut_out=cut_out)

    def _maker(self, kind: str) -> MakeHead:
        """What draws the head of an identity at a size."""
        if kind == "refined":
            from omnitalker.rendering.refined import RefinedRenderer

            return RefinedRenderer
        from omnitalker.rendering.warp import WarpRenderer

        return WarpRenderer

    def default_presenter(self) -> str:
        names = assets.presenter_names()
        return DEFAULT_PRESENTER if DEFAULT_PRESENTER in names or not names else names[0]


class Memory:
    """The most recently used results; each is made once even when asked for by several threads.

    most_bytes: of results that know their size (`nbytes`); the last one is kept whatever its size.
    """

    def __init__(self, capacity: int, most_bytes: int | None = None) -> None:
        self._capacity, self._most_bytes = capacity, most_bytes
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._results: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._results:
                    self._results.move_to_end(key)
                    return cast(T, self._results[key])
            result = make()
            with self._lock:
                self._results[key] = result
                while self._is_too_full():
                    dropped, _ = self._results.popitem(last=False)
                    self._making.pop(dropped, None)
            return result

    def _is_too_full(self) -> bool:
        if len(self._results) > self._capacity:
            return True
        if self._most_bytes is None or len(self._results) < 2:
            return False
        return sum(result.nbytes for result in self._results.values()) > self._most_bytes


def _file_key(path: str | Path) -> Hashable:
    path = Path(path)
    if not path.exists():
        raise InputError(f"no such file: {path}")
    status = path.stat()
    return str(path.resolve()), status.st_size, status.st_mtime_ns
