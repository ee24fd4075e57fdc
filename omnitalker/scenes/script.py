"""What a script says becomes a checked scene.

Every format (`scenes.formats`) becomes a list of `Entry`; `build` makes a checked `Scene` of it. What is wrong with a
line is a `Problem` with its number: the other lines are not lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from omnitalker.base import assets
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import ConfigError, InputError
from omnitalker.scenes.scene import Chapter, Entry, Line, Problem, Scene, Speaker
from omnitalker.studio.check import Voices, check, check_words
from omnitalker.studio.order import LAYOUTS, OPTIONS, Order, normal, parse
from omnitalker.text.direction import Direction, known_directions, read_direction
from omnitalker.text.markup import LONGEST_PAUSE, brackets_of, placed_parts, said

NARRATOR: Final = "NARRATOR"
"""Who is heard and not seen, unless the cast says otherwise."""
SIDES: Final = ("left", "right", "auto")
MOST_SEEN: Final = 9
SHOWN_DIRECTIONS: Final = 24
_SHARED_HEAD: Final = ("size", "aspect", "background", "seed")
_HEAD: Final = ("title", "layout", "cast", "gap", *_SHARED_HEAD)
_OWN: Final = ("side", "seen")
GAP_SPAN: Final = (0.0, 5.0)


def build(
    head: Mapping[str, Any],
    entries: Iterable[Entry],
    wishes: Mapping[str, Any] | None = None,
    voices: Voices | None = None,
    folder: Path | None = None,
) -> Scene:
    """`wishes`: options for the whole scene, which go before those of the script's head. `voices`: of the checkpoint.
    `folder`: where the files lie that a script names; None: it may name none."""
    builder = _Builder(head, dict(wishes or {}), voices, folder)
    for entry in entries:
        builder.add(entry)
    return builder.scene()


class _Builder:
    """Goes through the entries once."""

    def __init__(
        self,
        head: Mapping[str, Any],
        wishes: dict[str, Any],
        voices: Voices | None,
        folder: Path | None,
    ) -> None:
        self._problems: list[Problem] = []
        self._voices = voices
        self._folder = folder
        self._lines: list[Line] = []
        self._chapters: list[Chapter] = []
        self._pause = 0.0
        self._met: set[tuple[str, str]] = set()
        """Speakers in emotions whose voice and face were found."""
        self._sparse: dict[str, dict[str, Any]] = {}
        head = self._known(head)
        self._wishes = {
            **self._read({n: head[n] for n in _SHARED_HEAD if n in head}, ()),
            **{n: v for n, v in wishes.items() if n not in ("text", "scene", "layout")},
        }
        self._is_fixed = wishes.get("layout") is not None
        self._layout = "cut"
        self._set_layout(0, str(wishes.get("layout") or head.get("layout") or "cut"))
        self._gap = self._read_gap(head.get("gap", Scene.gap))
        self._title = str(head.get("title") or "")
        self._cast: dict[str, Speaker] = {}
        self._is_open = False
        """Whether names that the cast lacks are given a voice and a face."""
        self._enter(head.get("cast"))

    def _known(self, head: Mapping[str, Any]) -> Mapping[str, Any]:
        for name in head:
            if name not in _HEAD:
                self._note(0, unknown_choice("key", str(name), _HEAD))
        return head

    def _set_layout(self, number: int, name: str) -> None:
        wanted = "-".join(name.lower().replace("-", " ").replace("_", " ").split())
        if wanted in LAYOUTS:
            self._layout = wanted
        else:
            self._note(number, unknown_choice("layout", name, LAYOUTS))

    def _read_gap(self, value: Any) -> float:
        low, high = GAP_SPAN
        if isinstance(value, int | float) and low <= value <= high:
            return float(value)
        self._note(0, f"gap must be a number of seconds from {low:g} to {high:g}, got {value!r}")
        return Scene.gap

    def _enter(self, cast: Any) -> None:
        if cast == "auto":
            self._is_open = True
            return
        if cast is not None and not isinstance(cast, Mapping):
            self._note(0, f"cast must be 'auto' or 'NAME: voice' lines, got {cast!r:.60}")
            return
        for name, facts in (cast or {}).items():
            try:
                self._cast[_key(str(name))] = self._speaker(str(name), facts)
            except (InputError, ConfigError) as error:
                self._note(0, f"{name}: {error}")

    def _speaker(self, name: str, facts: Any) -> Speaker:
        """`facts`: options of an order, or the name of a voice alone."""
        if isinstance(facts, str):
            facts = {"voice": facts}
        facts = dict(facts or {})
        own = {key: facts.pop(key) for key in _OWN if key in facts}
        side = str(own.get("side", "auto"))
        if side not in SIDES:
            raise InputError(unknown_choice("side", side, SIDES))
        is_narrator = _key(name) == NARRATOR
        seen = own.get("seen", not is_narrator or "face" in facts)
        if not isinstance(seen, bool):
            raise InputError(f"seen must be yes or no, got {seen!r}")
        return Speaker(_key(name), self._checked({**self._wishes, **self._read(facts)}), side, seen)

    def _read(
        self, given: Mapping[str, Any], costly: Sequence[str] = ("steps", "size", "renderer")
    ) -> dict[str, Any]:
        """Options of an order, in their types; files are found beside the script. Who may name no files may say
        nothing that is `costly` either."""
        values = normal(given)
        for name, value in values.items():
            if name in ("text", "sound", "scene") or not OPTIONS[name].is_file:
                continue
            built_in = value in (self._voices or ()) or value in assets.presenter_names()
            if self._folder is not None and not built_in and (self._folder / value).exists():
                values[name] = str(self._folder / value)
            elif self._folder is None and not built_in and _may_be_a_file(name, value):
                raise InputError(f"{name} '{value}' is none of those that are built in; no file can be named here")  # fmt: skip
        never = ("sound", "scene", "format", "seconds", *(costly if self._folder is None else ()))
        if wrong := [name for name in never if name in values]:
            raise InputError(f"'{wrong[0]}' cannot be said of a speaker or a line")
        return values

    def _checked(self, wishes: Mapping[str, Any]) -> Order:
        """Of somebody who says nothing yet: whether voice and face are there."""
        order = parse({**wishes, "text": "one"})
        check(order, self._voices)
        return order

    def _found(self, name: str) -> Speaker:
        """In the cast, by the name of a voice or a face, or as the cast is open; what is unknown is told with what is not."""
        key = _key(name)
        if key in self._cast:
            return self._cast[key]
        plain = name.strip().lower()
        faces, voices = assets.presenter_names(), tuple(self._voices or ())
        wishes: dict[str, Any]
        if plain in voices or plain in faces or (self._voices is None and key != NARRATOR):
            is_voice = plain in voices or plain not in faces
            wishes = {"voice": plain} if is_voice else {"face": plain}
            wishes |= {"face": plain} if plain in faces else self._free("face", faces)
        elif key == NARRATOR:
            wishes = self._free("voice", voices[::-1])
        elif self._is_open:
            wishes = {**self._free("voice", voices), **self._free("face", faces)}
        else:
            known = [*self._cast, *voices]
            raise InputError(
                f"{unknown_choice('speaker', name, known)} (or say 'cast: auto' in the head)"
            )
        speaker = self._speaker(name, wishes)
        self._cast[key] = speaker
        return speaker

    def _free(self, option: str, names: Sequence[str]) -> dict[str, Any]:
        """A voice or a face that nobody has yet; the least used where all are taken."""
        taken = [speaker.order.flat()[option] for speaker in self._cast.values()]
        return {option: min(names, key=taken.count)} if names else {}

    def add(self, entry: Entry) -> None:
        try:
            self._add(entry)
        except (InputError, ConfigError) as error:
            self._note(entry.number, str(error))

    def _add(self, entry: Entry) -> None:
        self._pause += entry.pause
        if entry.problem:
            raise InputError(entry.problem)
        if entry.layout and not self._is_fixed:
            self._set_layout(entry.number, entry.layout)
        if entry.chapter:
            self._chapters.append(Chapter(entry.chapter, len(self._lines)))
        if not entry.speaker:
            return
        speaker = self._found(entry.speaker)
        direction = directed(entry.direct)
        for inside in brackets_of(entry.text):
            directed(inside)
        if not said(entry.text).strip():
            rest = [
                part.seconds for _, part in placed_parts(entry.text) if hasattr(part, "seconds")
            ]
            if not rest:
                raise InputError("there is nothing to say in this line")
            self._pause += sum(rest)
            return
        order = self._order(speaker, entry, direction)
        kind = (speaker.name, order.delivery.emotion)
        if kind in self._met and not entry.wishes:
            check_words(order)
        else:
            check(order, self._voices)
            self._met.add(kind)
        self._lines.append(
            Line(
                entry.number, speaker.name, order, direction, entry.overlaps and bool(self._lines),
                min(self._pause, LONGEST_PAUSE), self._layout,
            )
        )  # fmt: skip
        self._pause = 0.0

    def _order(self, speaker: Speaker, entry: Entry, direction: Direction) -> Order:
        if speaker.name not in self._sparse:
            values = speaker.order.flat().items()
            self._sparse[speaker.name] = {n: v for n, v in values if v != OPTIONS[n].default}
        own = self._sparse[speaker.name]
        order = parse({**own, **self._read(entry.wishes), "text": entry.text})
        seed = (order.delivery.seed + len(self._lines)) % 2**31
        delivery = replace(order.delivery.steered(direction.values), seed=seed)
        return replace(order, delivery=delivery)

    def _note(self, number: int, reason: str) -> None:
        self._problems.append(Problem(number, reason))

    def scene(self) -> Scene:
        if not self._lines:
            why = f"; {self._problems[0]}" if self._problems else ""
            raise InputError(f"the scene holds no line that can be said{why}")
        used = {line.speaker for line in self._lines}
        cast = {name: speaker for name, speaker in self._cast.items() if name in used}
        seen = [name for name, speaker in cast.items() if speaker.is_seen]
        for name in seen[MOST_SEEN:]:
            self._note(0, f"{name}: up to {MOST_SEEN} people can be seen; this one is heard alone")
            cast[name] = replace(cast[name], is_seen=False)
        chapters = tuple(c for c in self._chapters if c.line < len(self._lines))
        return Scene(
            self._title, cast, tuple(self._lines), chapters, tuple(self._problems), self._gap,
            min(self._pause, LONGEST_PAUSE),
        )  # fmt: skip


def directed(words: str) -> Direction:
    """What a direction of a script means; an `InputError` names what is known where it means nothing."""
    direction = read_direction(words)
    if direction.unknown:
        known = ", ".join(known_directions()[:SHOWN_DIRECTIONS])
        what = unknown_choice("direction", direction.unknown[0], known_directions()).split(
            " Valid"
        )[0]
        raise InputError(f"{what} Some that are: {known}, ... (docs/scenes.md)")
    return direction


def _may_be_a_file(option: str, value: str) -> bool:
    """What is surely none is told as an unknown name later on."""
    from omnitalker.studio.framing import plain_backdrop

    if option == "background":
        return plain_backdrop(value) is None
    is_name = option in ("voice", "face") and not Path(value).suffix and "/" not in value
    return not is_name or Path(value).exists()


def _key(name: str) -> str:
    return " ".join(name.split()).upper()
