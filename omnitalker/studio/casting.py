"""Who speaks and who is seen: turns names and files into style prompts and renderers, each made once.

The command line, the web demo, the batch worker and the server all cast through a `Studio`.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from omnitalker.base import assets
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import Frame, Identity, Renderer, StylePrompt
from omnitalker.generation.parts import Parts
from omnitalker.media.reader import read_clip
from omnitalker.reference.analyse import Reference, listen, look
from omnitalker.reference.clip import AnalysedClip
from omnitalker.reference.identity import build_identity
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.style import load_style, mix_styles, wearing, with_intensity
from omnitalker.rendering.backdrop import Backdrop
from omnitalker.rendering.framing import CutoutRenderer, PasteBackRenderer, framed
from omnitalker.rendering.sketch.renderer import SketchRenderer
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.rendering.window import ASPECTS, Aspect

T = TypeVar("T")
RendererKind = Literal["warp", "refined", "sketch"]
RENDERERS: tuple[RendererKind, ...] = ("warp", "refined", "sketch")
SIZES = (256, 512, 768, 1080)
DEFAULT_PRESENTER = "ava"
REMEMBERED_BYTES = 700_000_000
"""Of the pictures of references: ten seconds at 1280 x 720."""


@dataclass(frozen=True)
class FrameWish:
    """What is around the head."""

    paste_back: bool = False
    """Put it back into the whole frame of the portrait or clip."""
    aspect: str = "1:1"
    """1:1, 16:9, 9:16 or 4:5."""
    background: str = "own"
    """own, blur, a colour as #rrggbb, or the path of a picture."""


class Studio:
    """The parts of a checkpoint with a bounded memory of references, identities and renderers. Safe under threads."""

    def __init__(self, parts: Parts, *, remembered: int = 16) -> None:
        self.parts = parts
        self._looked_at: _Memory = _Memory(remembered, most_bytes=REMEMBERED_BYTES)
        self._references: _Memory = _Memory(remembered)
        self._identities: _Memory = _Memory(remembered)

    @classmethod
    def from_pretrained(
        cls,
        checkpoint: str | Path = assets.DEFAULT_CHECKPOINT,
        device: str = "cpu",
        lexicon: str | Path | None = None,
    ) -> Studio:
        parts = Parts.from_pretrained(checkpoint, device)
        return cls(parts.with_lexicon(lexicon) if lexicon else parts)

    def style(
        self,
        *,
        ref: str | Path | None = None,
        ref_text: str | None = None,
        style: str | Path | None = None,
        voice: str | Path | None = None,
        manner: str = "neutral",
        intensity: float = 1.0,
        presenter: str | Path | None = None,
    ) -> StylePrompt:
        """The voice and manner: of a reference clip, of a style file, or of a built-in voice.

        `voice` replaces the voice alone. Without any of them the presenter's own voice speaks.
        """
        if ref is not None and style is not None:
            raise InputError("give either a reference clip or a style, not both")
        if ref is not None and self.reference(ref, ref_text).style is None:
            ref = None  # a picture lends the face alone
        if voice is not None and (ref is not None or style is not None):
            face = self.style(ref=ref, ref_text=ref_text, style=style, manner=manner)
            return with_intensity(mix_styles(self._voice(voice, manner), face), intensity)
        if voice is not None:
            return with_intensity(self._voice(voice, manner), intensity)
        return with_intensity(self._manner(ref, ref_text, style, manner, presenter), intensity)

    def face_of(self, ref: str | Path | None, ref_text: str | None = None) -> str | None:
        """The reference as presenter, unless it is only a sound."""
        if ref is None or not self.reference(ref, ref_text).has_face:
            return None
        return str(ref)

    def _voice(self, voice: str | Path, manner: str) -> StylePrompt:
        if Path(voice).exists():
            return (
                self.style(ref=voice) if Path(voice).suffix != ".safetensors" else load_style(voice)
            )
        return self.parts.library.get(str(voice), manner)

    def _manner(
        self,
        ref: str | Path | None,
        ref_text: str | None,
        style: str | Path | None,
        manner: str,
        presenter: str | Path | None,
    ) -> StylePrompt:
        if ref is not None:
            found = self.reference(ref, ref_text).style
            if found is None:
                raise InputError(f"{Path(ref).name} has no sound; a portrait cannot lend a voice")
            if not found.has_voice:
                found = mix_styles(voice=self.parts.library.get(manner=manner), face=found)
                return _in_manner(found, manner)
            if not found.has_motion:
                face = self.parts.library.get(manner=manner)
                return mix_styles(voice=found, face=face)
            return _in_manner(found, manner)
        if style is not None and Path(style).suffix == ".safetensors":
            return _in_manner(load_style(style), manner)
        library = self.parts.library
        own = assets.presenter_voice(str(presenter or self.default_presenter()))
        voice = style or (own if own in library.names else None)
        return library.get(None if voice is None else str(voice), manner)

    def reference(self, path: str | Path, text: str | None = None) -> Reference:
        """A clip, portrait or recording, read and analysed once."""
        key = (_file_key(path), text)
        return self._references.get(key, lambda: self._listen(path, text))

    def _listen(self, path: str | Path, text: str | None) -> Reference:
        return listen(self._look(path), self.parts.recogniser, self.parts.frontend, text)

    def _look(self, path: str | Path) -> AnalysedClip:
        return self._looked_at.get(_file_key(path), lambda: look(path))

    def identity(self, presenter: str | Path, size: int = 512) -> Identity:
        """A built-in presenter by name, an identity file, or a portrait or clip."""
        shipped = assets.presenter_file(str(presenter))
        path = shipped or Path(presenter)
        if shipped is None and not path.exists():
            raise InputError(unknown_choice("presenter", str(presenter), assets.presenter_names()))
        if path.suffix == ".safetensors":
            return self._identities.get(_file_key(path), lambda: load_identity(path))
        return self._identities.get((_file_key(path), size), lambda: self._build(path, size))

    def renderer(
        self,
        presenter: str | Path | None = None,
        *,
        kind: str = "warp",
        size: int = 512,
        frame: FrameWish | None = None,
    ) -> Renderer:
        """A new renderer (renderers are cheap, and not shared between threads)."""
        if kind not in RENDERERS:
            raise InputError(unknown_choice("renderer", kind, RENDERERS))
        if size not in SIZES:
            raise InputError(f"size must be one of {', '.join(map(str, SIZES))}, got {size}")
        if kind == "sketch":
            return SketchRenderer((size, size))
        identity = self.identity(presenter or self.default_presenter(), size)
        make: Callable[[Identity, int], CutoutRenderer] = WarpRenderer
        if kind == "refined":
            from omnitalker.rendering.refined import RefinedRenderer

            make = RefinedRenderer
        return _framed(identity, make, size, frame or FrameWish())

    def default_presenter(self) -> str:
        names = assets.presenter_names()
        return DEFAULT_PRESENTER if DEFAULT_PRESENTER in names or not names else names[0]

    def _build(self, path: Path, size: int) -> Identity:
        found = self._look(path)
        if found.face is None:
            raise InputError(f"{path.name} has no picture; give a portrait or a clip as presenter")
        return build_identity(found.clip, found.face, size)


class _Memory:
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


def _in_manner(style: StylePrompt, manner: str) -> StylePrompt:
    """A person's own style in the manner asked for; neutral is as they are."""
    if manner == "neutral":
        return style
    return wearing(style, manner, rest=style.worn.rest if style.worn else None)


def _framed(
    identity: Identity,
    make: Callable[[Identity, int], CutoutRenderer],
    size: int,
    wish: FrameWish,
) -> Renderer:
    if wish.paste_back:
        return PasteBackRenderer(make(identity, size))
    if wish.aspect == "1:1" and wish.background == "own":
        return make(identity, size)
    if wish.aspect not in ASPECTS:
        raise InputError(unknown_choice("aspect", wish.aspect, ASPECTS))
    return framed(identity, make, cast(Aspect, wish.aspect), _backdrop(wish.background), size)


def plain_backdrop(background: str) -> Backdrop | None:
    """For own, blur and #rrggbb; None for what must be the path of a picture or video."""
    if background in ("own", "blur"):
        return Backdrop(kind=cast(Literal["own", "blur"], background))
    if re.fullmatch(r"#[0-9a-fA-F]{6}", background):
        red, green, blue = (int(background[i : i + 2], 16) for i in (1, 3, 5))
        return Backdrop(kind="colour", colour=(red, green, blue))
    if not Path(background).exists():
        raise InputError(
            f"background '{background}' is neither own, blur, a colour like #eceef1, nor a picture"
        )
    return None


def backdrop_pictures(background: str, max_seconds: float) -> tuple[Frame, ...]:
    """Of the file that stands behind the person; one for a picture."""
    pictures = read_clip(background, max_seconds=max_seconds).frames
    if not pictures:
        raise InputError(f"background {Path(background).name} holds no picture")
    return pictures


def _backdrop(background: str) -> Backdrop:
    plain = plain_backdrop(background)
    if plain is not None:
        return plain
    return Backdrop(kind="image", image=backdrop_pictures(background, max_seconds=1.0)[0])


def _file_key(path: str | Path) -> Hashable:
    path = Path(path)
    if not path.exists():
        raise InputError(f"no such file: {path}")
    status = path.stat()
    return str(path.resolve()), status.st_size, status.st_mtime_ns
