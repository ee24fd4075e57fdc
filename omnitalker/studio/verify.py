"""Was this made by OmniTalker? Asks the marks in sound and pictures, and what the file says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Frame
from omnitalker.marks.payload import NOBODY
from omnitalker.marks.picture_reader import PictureMark, read_picture_mark
from omnitalker.marks.sound_reader import SoundMark, read_sound_mark
from omnitalker.media import credentials
from omnitalker.media.credentials import Credentials
from omnitalker.media.probe import probe
from omnitalker.media.reader import read_audio, read_frames

SOUND_SECONDS = 120.0
"""At the most, of the beginning."""
PICTURE_SECONDS = 5.12
"""Eight swings of the mark."""
PLACES = (0.33, 0.66)
"""Of a long film, looked at where its beginning shows no mark."""
PICTURE_SIDE = 1280


@dataclass(frozen=True)
class Verdict:
    """What was found. A file without marks may still be synthetic: made by others, or past recognition."""

    sound: SoundMark | None = None
    """None: there is no sound."""
    picture: PictureMark | None = None
    """None: there are no moving pictures."""
    credentials: Credentials | None = None
    """None: the file carries none, or c2pa-python is not installed."""

    @property
    def is_ours(self) -> bool:
        return bool(
            (self.sound and self.sound.is_found) or (self.picture and self.picture.is_found)
        )

    @property
    def value(self) -> int | None:
        """The maker's number, by whichever mark says it; None where neither does, or it is nobody's."""
        said = [mark.value for mark in (self.sound, self.picture) if mark and mark.is_found]
        return next((value for value in said if value not in (None, NOBODY)), None)

    def lines(self) -> list[str]:
        """In words."""
        answer = "made by OmniTalker" if self.is_ours else "no mark of OmniTalker was found"
        maker = f", maker {self.value}" if self.value is not None else ""
        rows = [f"{answer}{maker}"]
        for name, mark in (("sound", self.sound), ("picture", self.picture)):
            if mark is None:
                rows.append(f"  {name}: there is none to look at")
            elif mark.is_found:
                rows.append(f"  {name}: marked (by chance: {max(mark.chance, 1e-99):.0e})")
            else:
                rows.append(f"  {name}: no mark")
        if self.credentials is None:
            said = "none" if credentials.is_available() else "not read: pip install c2pa-python"
        else:
            state = "intact" if self.credentials.is_intact else "CHANGED SINCE IT WAS SIGNED"
            when = f" on {self.credentials.when}" if self.credentials.when else ""
            said = f"made with {self.credentials.maker}{when}, signed by {self.credentials.signer}, {state}"
        return [*rows, f"  credentials: {said}"]


def verify(path: str | Path) -> Verdict:
    """The marks of a sound, a film, or both in one file."""
    tracks = probe(path)
    sound = picture = None
    if tracks.audio is not None:
        sound = verify_sound(read_audio(path, max_seconds=SOUND_SECONDS))
    if tracks.video is not None and tracks.pictures > 1:
        for start in sorted({0.0, *(tracks.video * place for place in PLACES)}):
            frames = read_frames(path, start, PICTURE_SECONDS, PICTURE_SIDE)
            found = verify_pictures(list(frames))
            picture = found if picture is None or found.score > picture.score else picture
            if picture.is_found or tracks.video <= PICTURE_SECONDS:
                break
    return Verdict(sound, picture, credentials.read_credentials(Path(path)))


def verify_sound(samples: FloatArray) -> SoundMark:
    """The mark of a sound (N,) at 24 kHz."""
    return read_sound_mark(samples)


def verify_pictures(frames: list[Frame]) -> PictureMark:
    """The mark of a film at 25 pictures a second."""
    times = [float(timeline.video_frames_to_seconds(index)) for index in range(len(frames))]
    return read_picture_mark(frames, times)
