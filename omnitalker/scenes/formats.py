"""The ways a script may be written: plain text, Fountain, subtitles with names, JSON; each becomes entries."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from omnitalker.base.errors import InputError
from omnitalker.scenes.scene import Entry, Scene
from omnitalker.scenes.script import build
from omnitalker.studio.check import Voices
from omnitalker.studio.order import OPTIONS, Order
from omnitalker.text.file import read_text
from omnitalker.text.markup import Rest, parts_of

MOST_BYTES: Final = 20_000_000
LONGEST_HOLD: Final = 5.0
"""Seconds of silence that the times of subtitles may ask for."""
_LINE: Final = re.compile(
    r"(?P<overlaps>&)?\s*(?P<name>[^\W\d_][\w .'’\-]{0,39}?)\s*(?:[\[(（](?P<direct>[^\])）]*)[\])）])?\s*[:：]\s*(?P<text>.*)"
)
_LAYOUT: Final = re.compile(r"\[\s*layout\s*[:=]\s*(?P<layout>[^\]]*)\]", re.IGNORECASE)
_CHAPTER: Final = re.compile(r"#{1,6}\s+(?P<title>.+)")
_TIME: Final = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
_TIMES: Final = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_VOICE_TAG: Final = re.compile(
    r"<v(?:\.[\w.]+)?\s+(?P<name>[^>]+)>(?P<text>.*?)(?:</v>|\Z)", re.DOTALL
)
_TAG: Final = re.compile(r"</?[a-z][^<>]*>")
_SCENE_HEADING: Final = re.compile(
    r"(?:\.(?=\w)|(?:INT|EXT|EST|INT\./EXT|I/E)[. ])(?P<title>.*)", re.IGNORECASE
)
_CUE: Final = re.compile(
    r"@?(?P<name>[^\W\d_][\w .'’\-]{0,39}?)\s*(?P<notes>(?:\([^)]*\)\s*)*)(?P<dual>\^)?"
)

Read = Callable[[str], tuple[Mapping[str, Any], Iterator[Entry]]]


def read_scene(
    path: str | Path, wishes: Mapping[str, Any] | None = None, voices: Voices | None = None
) -> Scene:
    """The scene of a file, by its ending. What is wrong with single lines is in `Scene.problems`."""
    path = Path(path)
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        raise InputError(f"{path.name}: a scene is a {', '.join(FORMATS)}")
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path.name} has more than {MOST_BYTES // 1_000_000} MB; split it")
    return scene_of(read_text(path), path.suffix.lower(), wishes, voices, path.parent)


def scene_of(
    text: str,
    kind: str = ".txt",
    wishes: Mapping[str, Any] | None = None,
    voices: Voices | None = None,
    folder: Path | None = None,
) -> Scene:
    """The scene that a text describes; without a `folder` it may name no files."""
    head, entries = FORMATS[kind](text)
    return build(head, entries, wishes, voices, folder)


def is_script(text: str) -> bool:
    """Whether a text is written for several speakers: a head, or lines that all name who says them."""
    if text.startswith("---\n"):
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 and all(_LINE.fullmatch(line.strip()) for line in lines)


def wishes_of(order: Order) -> dict[str, Any]:
    """What an order says for the whole scene."""
    return {n: v for n, v in order.flat().items() if v != OPTIONS[n].default}


def plain(text: str) -> tuple[Mapping[str, Any], Iterator[Entry]]:
    """`NAME [direction]: text`, `(pause 1)`, `# Chapter`, `[layout: grid]`, `// remark`; a head between two `---`."""
    lines = text.replace("\r\n", "\n").split("\n")
    head, first = _head(lines)
    return head, _plain_entries(lines, first)


def _head(lines: list[str]) -> tuple[Mapping[str, Any], int]:
    """The head and the index of the line after it."""
    if not lines or lines[0].strip() != "---":
        return {}, 0
    for end in range(1, len(lines)):
        if lines[end].strip() == "---":
            break
    else:
        raise InputError("the head of the script begins with --- and must end with ---")
    try:
        head = yaml.safe_load("\n".join(lines[1:end])) or {}
    except yaml.YAMLError as error:
        raise InputError(
            f"the head of the script is no YAML: {' '.join(str(error).split())}"
        ) from None
    if not isinstance(head, dict):
        raise InputError("the head of the script must hold 'key: value' lines")
    return head, end + 1


def _plain_entries(lines: list[str], first: int) -> Iterator[Entry]:
    held: Entry | None = None
    for number, raw in enumerate(lines[first:], start=first + 1):
        line = raw.strip()
        if held is not None and line and raw[0] in " \t" and not _LINE.fullmatch(line):
            held = _with_text(held, f"{held.text} {line}")
            continue
        if held is not None:
            yield held
            held = None
        if not line or line.startswith("//"):
            continue
        entry = _plain_entry(number, line)
        if entry.speaker:
            held = entry
        else:
            yield entry
    if held is not None:
        yield held


def _plain_entry(number: int, line: str) -> Entry:
    if found := _CHAPTER.fullmatch(line):
        return Entry(number, chapter=found["title"].strip())
    if found := _LAYOUT.fullmatch(line):
        return Entry(number, layout=found["layout"].strip())
    parts = list(parts_of(line))
    if all(isinstance(part, Rest) for part in parts):
        return Entry(number, pause=sum(part.seconds for part in parts if isinstance(part, Rest)))
    if found := _LINE.fullmatch(line):
        return Entry(
            number, found["name"], found["text"], found["direct"] or "", overlaps=bool(found["overlaps"])
        )  # fmt: skip
    return Entry(number, problem=f"'{line[:40]}' names no speaker; write NAME: text")


def _with_text(entry: Entry, text: str) -> Entry:
    return Entry(entry.number, entry.speaker, text, entry.direct, overlaps=entry.overlaps)


def fountain(text: str) -> tuple[Mapping[str, Any], Iterator[Entry]]:
    """https://fountain.io: names in capitals, their lines below; scene headings are chapters, `^` speaks at once.

    Action is read by a NARRATOR if the title page's `Cast:` has one, and is left out otherwise.
    """
    text = re.sub(
        r"/\*.*?\*/|\[\[.*?\]\]", lambda match: "\n" * match[0].count("\n"), text, flags=re.DOTALL
    )
    lines = text.replace("\r\n", "\n").split("\n")
    head, first = _title_page(lines)
    cast = head.get("cast")
    reads_action = isinstance(cast, Mapping) and any(str(n).upper() == "NARRATOR" for n in cast)
    return head, _fountain_entries(lines, first, reads_action=reads_action)


def _title_page(lines: list[str]) -> tuple[dict[str, Any], int]:
    """`Title: ...`, `Layout: ...`, `Cast: AVA = ava, BEN = ben`, up to the first empty line."""
    if lines and lines[0].strip() == "---":
        return _head(lines)  # type: ignore[return-value]
    head: dict[str, Any] = {"cast": "auto"}
    if not lines or not re.match(r"[A-Z][A-Za-z ]+:", lines[0]):
        return head, 0
    for place, line in enumerate(lines):
        if not line.strip():
            return head, place
        key, _, value = line.partition(":")
        if key.strip().lower() in ("title", "layout"):
            head[key.strip().lower()] = value.strip(" *_")
        elif key.strip().lower() == "cast":
            pairs = (pair.partition("=") for pair in value.split(","))
            head["cast"] = {name.strip(): voice.strip() for name, _, voice in pairs}
    return head, len(lines)


def _fountain_entries(lines: list[str], first: int, *, reads_action: bool) -> Iterator[Entry]:
    place = first
    while place < len(lines):
        line, number = lines[place].strip(), place + 1
        place += 1
        follows = place < len(lines) and bool(lines[place].strip())
        cue = _CUE.fullmatch(line)
        if not line or line.startswith((">", "=", "~")):
            continue
        if heading := _SCENE_HEADING.fullmatch(line):
            yield Entry(number, chapter=heading["title"].strip())
        elif found := _CHAPTER.fullmatch(line):
            yield Entry(number, chapter=found["title"].strip())
        elif cue and follows and (line.startswith("@") or cue["name"] == cue["name"].upper()):
            entry, place = _speech(lines, place, number, cue)
            yield entry
        elif reads_action and not line.isupper():
            yield Entry(number, "NARRATOR", line.lstrip("!"))


def _speech(lines: list[str], place: int, number: int, cue: re.Match[str]) -> tuple[Entry, int]:
    """What stands below a name; parentheses that are no direction are for actors, and left out."""
    words: list[str] = []
    while place < len(lines) and (line := lines[place].strip()):
        if line.startswith("(") and line.endswith(")"):
            inside = line[1:-1].strip()
            shown = f"(pause) [{inside}]" if inside.lower() == "beat" else f"[{inside}]"
            parts = [part for part in parts_of(shown) if not isinstance(part, str)]
            words += [shown] if parts else []
        else:
            words.append(line)
        place += 1
    text = " ".join(word if word != "(pause) [beat]" else "(pause)" for word in words)
    return Entry(number, cue["name"], text, overlaps=bool(cue["dual"])), place


def subtitles(text: str) -> tuple[Mapping[str, Any], Iterator[Entry]]:
    """SubRip and WebVTT: names by `<v Ava>` or `AVA: ...`; whoever has none is the last who had. Times set the pauses."""
    return {"cast": "auto"}, _cue_entries(text.replace("\r\n", "\n").split("\n"))


def _cue_entries(lines: list[str]) -> Iterator[Entry]:
    speaker, ended = "", None
    place = 0
    while place < len(lines):
        times = _TIMES.match(lines[place])
        number = place + 1
        place += 1
        if times is None:
            continue
        words = []
        while place < len(lines) and lines[place].strip():
            words.append(lines[place].strip())
            place += 1
        start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
        held = 0.0 if ended is None else min(max(start - ended - 0.5, 0.0), LONGEST_HOLD)
        overlaps = ended is not None and start < ended - 0.2
        ended = end
        for name, said in _named(" ".join(words)):
            is_new = bool(name) and name.upper() != speaker.upper()
            speaker = name or speaker
            if not speaker:
                yield Entry(
                    number, problem="no name; write <v NAME> or NAME: before the first line"
                )
                continue
            found = _LINE.fullmatch(f"{speaker}: {said}")
            text = found["text"] if found else said
            yield Entry(number, speaker, text, overlaps=overlaps and is_new, pause=held)
            held = 0.0


def _named(text: str) -> Iterator[tuple[str, str]]:
    """(name or '', what is said)."""
    if tags := list(_VOICE_TAG.finditer(text)):
        for tag in tags:
            yield tag["name"].strip(), _TAG.sub("", tag["text"]).strip()
        return
    for line in re.split(r"(?:^|\s)-\s+", text):
        plain = _TAG.sub("", line).strip()
        found = _LINE.fullmatch(plain)
        if found:
            directed = f"[{found['direct']}] " if found["direct"] else ""
            yield found["name"], directed + found["text"]
        elif plain:
            yield "", plain


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return (
        3600 * int(hours or 0) + 60 * int(minutes or 0) + int(seconds or 0) + float(f"0.{fraction}")
    )


def as_json(text: str) -> tuple[Mapping[str, Any], Iterator[Entry]]:
    """`{"title", "layout", "cast": {NAME: {...}}, "lines": [{"speaker", "text", "direct", ...}, {"pause": 1}, ...]}`."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the scene is no JSON: {str(error)[:120]}") from None
    if not isinstance(content, dict) or not isinstance(content.get("lines"), list):
        raise InputError(
            'a scene in JSON is {"cast": {...}, "lines": [{"speaker": ..., "text": ...}, ...]}'
        )
    head = {name: value for name, value in content.items() if name != "lines"}
    return head, (_json_entry(n, item) for n, item in enumerate(content["lines"], start=1))


def _json_entry(number: int, item: Any) -> Entry:
    if not isinstance(item, dict):
        return Entry(number, problem=f"is no object but {item!r:.40}")
    item = dict(item)
    words = {
        name: item.pop(name, "") for name in ("speaker", "text", "direct", "chapter", "layout")
    }
    pause, overlaps = item.pop("pause", 0.0), item.pop("overlap", False)
    wrong = [name for name, value in words.items() if not isinstance(value, str)]
    if wrong or isinstance(pause, bool) or not isinstance(pause, int | float) or pause < 0:
        return Entry(number, problem=f"{wrong[0] if wrong else 'pause'} is not what it must be")
    if not words["speaker"] and words["text"]:
        return Entry(number, problem="names no speaker")
    return Entry(number, wishes=item, pause=float(pause), overlaps=bool(overlaps), **words)


FORMATS: Final[Mapping[str, Read]] = {
    ".txt": plain,
    ".fountain": fountain,
    ".srt": subtitles,
    ".vtt": subtitles,
    ".json": as_json,
}
"""By the ending of a file's name."""
