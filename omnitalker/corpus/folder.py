"""Any folder of talking videos with transcripts, made into corpus items: tracked, aligned, filtered.

DIR/NAME.mp4 and DIR/NAME.txt            or DIR/transcripts.csv with a header:
DIR/SPEAKER/NAME.mp4 ...                  file,text[,speaker][,language][,manner]
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from omnitalker.base.errors import InputError
from omnitalker.corpus.alignment import load_recogniser
from omnitalker.corpus.clip import TRANSCRIPTS, FolderClip, ImportLimits
from omnitalker.corpus.failures import forget_failure, known_failures, record_failures, tried_before
from omnitalker.corpus.report import write_report
from omnitalker.corpus.store import ShardWriter
from omnitalker.corpus.teachers.speech.teacher import TeacherError
from omnitalker.corpus.video import VideoReader
from omnitalker.models.recogniser import PhonemeRecogniser

logger = logging.getLogger(__name__)

VIDEOS = (".mp4", ".mov", ".webm", ".mkv", ".avi")


@dataclass(frozen=True)
class ImportReport:
    """What became of a folder."""

    items: int
    """New ones."""
    seconds: float
    left_out: dict[str, str]
    """Reason by file."""


def import_folder(
    folder: str | Path,
    *,
    out: str | Path,
    checkpoint: str | Path = "tiny",
    recogniser: str | Path | PhonemeRecogniser | None = None,
    limits: ImportLimits | None = None,
    on_clip: Callable[[str, str], None] | None = None,
) -> ImportReport:
    """Add the talking videos of `folder` to the corpus in `out`, with report.json and sheet.png.

    Files already dealt with are passed over; one that was left out is tried again once it, or its transcript, changes.

    checkpoint: its recogniser finds the phoneme times, unless `recogniser` is given.
    on_clip: called with each file's name and what became of it.
    """
    root = Path(folder)
    clips = {item_name(root, clip): clip for clip in find_videos(root)}
    writer = ShardWriter(out)
    made = {name.rsplit("-", 1)[0] for name in writer.known_ids()}
    tried = tried_before(writer.root)
    reader = VideoReader(_recogniser(checkpoint, recogniser), limits or ImportLimits())
    count, seconds = 0, 0.0
    for name, clip in clips.items():
        now = _fingerprint(clip)
        if name in made or tried.get(name) == now:
            continue
        try:
            items = reader.read(clip, name)
        except (InputError, TeacherError) as error:
            record_failures(writer.root, [(name, str(error))], now)
            outcome = f"left out: {error}"
        else:
            writer.write(name, items)
            forget_failure(writer.root, name)
            count += len(items)
            seconds += sum(item.info.seconds for item in items)
            outcome = f"{len(items)} item{'s' if len(items) != 1 else ''}"
        logger.info("%s: %s", clip.path.name, outcome)
        if on_clip is not None:
            on_clip(clip.path.name, outcome)
    if writer.known_ids():
        write_report(writer.root)
    failures = known_failures(writer.root)
    reasons = {clips[name].path.name: why for name, why in failures.items() if name in clips}
    return ImportReport(count, seconds, reasons)


def find_videos(folder: Path) -> Iterator[FolderClip]:
    """The videos under `folder` in alphabetical order; `text` is empty where there is no transcript."""
    if not folder.is_dir():
        raise InputError(
            f"{folder} is no folder. Give one with talking videos and their transcripts"
        )
    listed = _listed(folder)
    videos = sorted(p for p in folder.rglob("*") if p.suffix.lower() in VIDEOS)
    if not videos:
        raise InputError(f"{folder} holds no videos ({', '.join(VIDEOS)})")
    found = 0
    for path in videos:
        row = listed.get(path.relative_to(folder).as_posix(), listed.get(path.name, {}))
        beside = path.with_suffix(".txt")
        text = row.get("text") or (beside.read_text(encoding="utf-8") if beside.is_file() else "")
        found += bool(text.strip())
        nested = path.parent != folder
        yield FolderClip(
            path=path,
            text=" ".join(text.split()),
            speaker=row.get("speaker") or (path.parent.name if nested else path.stem),
            language=row.get("language") or "auto",
            manner=row.get("manner") or "neutral",
        )
    if not found:
        raise InputError(
            f"none of the {len(videos)} videos in {folder} has a transcript: put NAME.txt beside NAME.mp4, "
            f"or a {TRANSCRIPTS} with the columns file,text"
        )


def item_name(folder: Path, clip: FolderClip) -> str:
    """A name that is the same every time this folder is imported."""
    relative = clip.path.relative_to(folder).with_suffix("")
    return "-".join(("folder", folder.name, *relative.parts))


def _fingerprint(clip: FolderClip) -> str:
    """Changes when the file or its transcript does."""
    return f"{clip.path.stat().st_size} bytes: {clip.text}"


def _listed(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / TRANSCRIPTS
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if rows and not {"file", "text"} <= set(rows[0]):
        raise InputError(f"{path} needs the columns file,text; it has {','.join(rows[0])}")
    return {row["file"]: {k: v for k, v in row.items() if k and v} for row in rows}


def _recogniser(
    checkpoint: str | Path, recogniser: str | Path | PhonemeRecogniser | None
) -> PhonemeRecogniser:
    if recogniser is not None:
        return load_recogniser(recogniser)
    from omnitalker.base.assets import checkpoint_dir

    return load_recogniser(checkpoint_dir(checkpoint) / "recogniser")
