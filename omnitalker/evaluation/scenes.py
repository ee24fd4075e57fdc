"""Scenes and directions, measured: is what was directed heard and seen, is every line its speaker's, do cuts fall on
their frames, what does a scene cost beside its lines.

Judges: autocorrelation for pitch, level and time for pace, LUFS for loudness, Resemblyzer for voices, and a tracker of
rendered pictures for faces. None was taught by what it judges.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from omnitalker.audio.lufs import integrated_loudness
from omnitalker.audio.prosody import RATE, prosody
from omnitalker.audio.resample import resample
from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, StylePrompt
from omnitalker.evaluation.rendered import seen_landmarks
from omnitalker.evaluation.voice import VoiceSimilarity
from omnitalker.generation.stream import stream
from omnitalker.media.reader import read_frames
from omnitalker.motion.names import POSE_SLICE
from omnitalker.scenes.formats import scene_of
from omnitalker.scenes.lines import LineMaker, LineStore, Spoken
from omnitalker.scenes.produce import produce_scene
from omnitalker.scenes.recording import SceneRecording
from omnitalker.scenes.scene import Scene
from omnitalker.studio.casting import Casting
from omnitalker.studio.described import new_voice, population
from omnitalker.studio.directed import heeded_order
from omnitalker.studio.order import Delivery, Outputs, parse
from omnitalker.studio.output import collect
from omnitalker.studio.people import voices as known_voices
from omnitalker.studio.produce import chunks_of, produce, request_of

Wanted = Mapping[str, int]
"""Axis -> +1 or -1: which way it should go."""
ENGLISH: Final = "We are going to meet at the station, and then we will see what happens next."
MANDARIN: Final = "我们明天在车站见面，然后再看看会发生什么。"
INSTRUCTIONS: Final[tuple[tuple[str, Wanted], ...]] = (
    ("slowly", {"pace": -1}), ("as fast as you can, hurried", {"pace": 1}),
    ("speak in a deep voice", {"pitch": -1}), ("in a high voice", {"pitch": 1}),
    ("whispering", {"level": -1, "range": -1}), ("shouting", {"level": 1}),
    ("a bit louder", {"level": 1}), ("softly, please", {"level": -1}),
    ("in a flat, monotonous voice", {"range": -1}), ("with a lively intonation", {"range": 1}),
    ("happy", {"happy": 1}), ("sad", {"sad": 1, "pace": -1}), ("angry", {"angry": 1, "level": 1}),
    ("surprised", {"surprised": 1}), ("scared", {"fearful": 1}), ("disgusted", {"disgusted": 1}),
    ("tired but kind, slowly, with a small smile", {"pace": -1, "happy": 1}),
    ("excited and loud", {"happy": 1, "level": 1}), ("calm and slow", {"pace": -1, "level": -1}),
    ("20 % faster", {"pace": 1}), ("30 percent slower", {"pace": -1}),
    ("three semitones higher", {"pitch": 1}), ("two semitones lower", {"pitch": -1}),
    ("twice as loud", {"level": 1}), ("not too fast", {"pace": -1}), ("don't shout", {"level": -1}),
    ("furious, shouting", {"angry": 1, "level": 1}), ("cheerful and quick", {"happy": 1, "pace": 1}),
    ("heartbroken, very slowly", {"sad": 1, "pace": -1}), ("sleepy", {"pace": -1, "level": -1}),
    ("keep your head still", {"head": -1}), ("move your head a lot", {"head": 1}),
    ("with a big smile", {"happy": 1}), ("authoritative and loud", {"level": 1}),
    ("慢慢地说", {"pace": -1}), ("快一点", {"pace": 1}), ("小声，温柔", {"level": -1}),
    ("大声地喊", {"level": 1}), ("非常高兴", {"happy": 1}), ("悲伤地，低沉", {"sad": 1, "pitch": -1}),
)  # fmt: skip
"""What people might write, and what they would mean by it, written down without a look at the table of words."""
EMOTIONS: Final = ("happy", "sad", "angry", "surprised", "fearful", "disgusted")
EYES, EYE_CORNERS, BROWS = (33, 263), (133, 362), (55, 285)
"""Points of the face: outer and inner corners of the eyes, inner ends of the brows."""
MOUTH_CORNERS, LIPS, NOSE = (61, 291), (0, 17), 2
SPEAKERS: Final = ("ava", "marcus", "lin", "theo", "clara", "hugo")
SENTENCES: Final = (
    "I have been waiting here since eight this morning.",
    "Nobody told me that the shop would be closed today.",
    "Could we talk about the new plan for a few minutes?",
    "The last train to the coast leaves at half past nine.",
    "My sister wants to paint the kitchen in a bright yellow.",
    "You should have seen how many people came to the concert.",
    "It will probably rain again before the end of the week.",
    "Please put the books back where you have found them.",
    "They say that the old bridge was built by two brothers.",
    "We need some more bread, two lemons and a bottle of milk.",
)
ENROLMENT: Final = (
    "This is how I usually talk, when nobody asks me to talk in any other way than my own."
)
DESCRIBED: Final[tuple[tuple[str, str, Wanted], ...]] = (
    ("a calm older British man, low and warm", "male", {"pitch": -1, "pace": -1}),
    ("a bright young American woman, lively", "female", {"pitch": 1, "pace": 1}),
    ("an old Chinese man who talks slowly", "male", {"pitch": -1, "pace": -1}),
    ("a deep, authoritative American man", "male", {"pitch": -1}),
    ("a soft woman, close, in no hurry: slow", "female", {"pace": -1}),
    ("a young man from China, friendly and fast", "male", {"pitch": 1, "pace": 1}),
    ("a very low male voice", "male", {"pitch": -1}),
    ("a high clear female voice", "female", {"pitch": 1}),
    ("一位年轻活泼的女性", "female", {"pitch": 1, "pace": 1}),
    ("一位声音低沉的男性，缓慢", "male", {"pitch": -1, "pace": -1}),
)
"""Descriptions, the sex that should be heard, and where pitch and pace should lie beside others of that sex."""
FRAMES_SEEN: Final = 10
SEARCHED_FRAMES: Final = 6
Report = Callable[[float, str], object]


@dataclass(frozen=True)
class Heard:
    """What the judges say of one reading."""

    values: Mapping[str, float]


def directions(
    studio: Casting, count: int | None = None, report: Report | None = None
) -> list[dict[str, Any]]:
    """One row for each intended change: whether it went where it should."""
    plain: dict[tuple[str, str], Heard] = {}
    rows = []
    asked = INSTRUCTIONS[:count]
    for number, (instruction, wanted) in enumerate(asked):
        text = MANDARIN if instruction > "\u3000" else ENGLISH
        voice = "lin" if text == MANDARIN else ("ava", "marcus")[number % 2]
        faces = any(axis in EMOTIONS for axis in wanted)
        if (voice, text) not in plain:
            plain[voice, text] = _read(studio, text, voice, None, faces=True)
        heard = _read(studio, text, voice, instruction, faces=faces)
        for axis, way in wanted.items():
            before, after = plain[voice, text].values[axis], heard.values[axis]
            rows.append(
                {
                    "instruction": instruction, "voice": voice, "axis": axis, "wanted": way,
                    "before": before, "after": after, "right": (after - before) * way > 0,
                }
            )  # fmt: skip
        if report is not None:
            report((number + 1) / len(asked), instruction)
    return rows


def _read(studio: Casting, text: str, voice: str, direct: str | None, *, faces: bool) -> Heard:
    order, _ = heeded_order(parse({"text": text, "voice": voice, "direct": direct}), studio.parts)
    made = collect(chunks_of(studio, order, studio.resolve(order)), text)
    spoken = prosody(resample(made.audio, timeline.SAMPLE_RATE, RATE))
    assert spoken is not None, "nothing was said"
    values = {
        "pitch": spoken["pitch"],
        "range": spoken["pitch_range"],
        "level": integrated_loudness(made.audio),
        "pace": 1 / (made.words[-1].end - made.words[0].start),
        "head": float(made.motion.values[:, POSE_SLICE][:, :3].std(axis=0).sum()),
    }
    if faces:
        places = np.linspace(0.3, 0.9, FRAMES_SEEN) * (len(made.motion.values) - 1)
        values |= shown(seen_landmarks(made.motion.values[places.astype(int)]))
    return Heard(values)


def shown(points: FloatArray) -> dict[str, float]:
    """(F, 478, 3) -> how far the face goes each emotion's way: brows, corners of the mouth and upper lip, in eye
    distances."""
    across = np.linalg.norm(points[:, EYES[1], :2] - points[:, EYES[0], :2], axis=1)

    def height(*indices: int) -> FloatArray:
        """Upwards."""
        return np.asarray(-points[:, list(indices), 1].mean(axis=1) / across)

    brows = height(*BROWS) - height(*EYE_CORNERS)
    corners = height(*MOUTH_CORNERS) - height(*LIPS)
    width = points[:, MOUTH_CORNERS[1], 0] - points[:, MOUTH_CORNERS[0], 0]
    lip = height(LIPS[0]) - height(NOSE)
    ways = {
        "happy": corners + width / across, "sad": -corners, "angry": -brows, "surprised": brows,
        "fearful": brows, "disgusted": lip,
    }  # fmt: skip
    return {emotion: float(value.mean()) for emotion, value in ways.items()}


def voices(
    studio: Casting, checkpoint: str, report: Report | None = None
) -> dict[str, list[dict[str, Any]]]:
    """One row for each description: what is heard of the voice that was made, beside the built-in ones."""
    judge = VoiceSimilarity()
    points = population(studio.parts, known_voices(checkpoint))
    plain: dict[str, list[tuple[dict[str, float], FloatArray]]] = {}
    for number, point in enumerate(points):
        plain.setdefault(point.facts.sex, []).append(_listened(studio, point.style, judge))
        if report is not None:
            report(0.5 * (number + 1) / len(points), point.facts.name)
    middles = {sex: np.mean([heard for _, heard in found], axis=0) for sex, found in plain.items()}
    rows = []
    for number, (description, sex, wanted) in enumerate(DESCRIBED):
        style = new_voice(points, description)
        values, heard = _listened(studio, style, judge)
        seems = max(middles, key=lambda known: float(middles[known] @ heard))
        usual = {axis: float(np.median([v[axis] for v, _ in plain[sex]])) for axis in wanted}
        right = {axis: (values[axis] - usual[axis]) * way > 0 for axis, way in wanted.items()}
        rows.append(
            {
                "description": description, "from": style.metadata["mixed_from"], "sex": seems,
                "sex_right": seems == sex, "values": values, "usual": usual, "right": right,
            }
        )  # fmt: skip
        if report is not None:
            report(0.5 + 0.5 * (number + 1) / len(DESCRIBED), description)
    return {"rows": rows}


def _listened(
    studio: Casting, style: StylePrompt, judge: VoiceSimilarity
) -> tuple[dict[str, float], FloatArray]:
    request = request_of(ENGLISH, style, Delivery())
    made = collect(stream(studio.parts, request), ENGLISH)
    spoken = prosody(resample(made.audio, timeline.SAMPLE_RATE, RATE))
    assert spoken is not None, "nothing was said"
    pace = 1 / (made.words[-1].end - made.words[0].start)
    return {"pitch": spoken["pitch"], "pace": pace}, judge.embed(made.audio)


def speakers(studio: Casting, lines: int = 60, report: Report | None = None) -> dict[str, Any]:
    """A scene of so many lines: which are nearest to their own speaker's voice."""
    names: list[str] = [name for name in SPEAKERS if name in studio.parts.library.names]
    judge = VoiceSimilarity()
    known = {name: judge.embed(_plainly(studio, name)) for name in names}
    scene = scene_for(names, lines, studio)
    wrong, own = [], []
    for done, (line, spoken) in enumerate(_spoken(studio, scene), start=1):
        heard = judge.embed(spoken.samples)
        scores = {name: float(heard @ known[name]) for name in names}
        best = max(scores, key=lambda name: scores[name])
        own.append(scores[line.speaker.lower()])
        if best != line.speaker.lower():
            wrong.append({"line": line.number, "meant": line.speaker, "heard": best, **scores})
        if report is not None:
            report(done / lines, line.speaker)
    return {"lines": lines, "right": 1 - len(wrong) / lines, "similarity": float(np.mean(own)), "wrong": wrong}  # fmt: skip


def _plainly(studio: Casting, name: str) -> FloatArray:
    order = parse({"text": ENROLMENT, "voice": name, "seed": 7})
    return collect(chunks_of(studio, order, studio.resolve(order)), ENROLMENT).audio


def _spoken(studio: Casting, scene: Scene) -> Iterator[tuple[Any, Spoken]]:
    with TemporaryDirectory() as folder:
        yield from LineMaker(studio, LineStore(Path(folder)))(scene)


def scene_for(names: list[str], lines: int, studio: Casting, **wishes: Any) -> Scene:
    """So many lines, said in turn."""
    said = islice(zip(cycle(names), cycle(SENTENCES), strict=False), lines)
    text = "\n".join(f"{name}: {sentence}" for name, sentence in said)
    return scene_of(text, ".txt", wishes, studio.parts.library.catalogue())


def film(studio: Casting, lines: int = 9, size: int = 256) -> dict[str, Any]:
    """Cuts, and what a scene costs beside its lines made one by one: wall time and processor time."""
    scene = scene_for(["ava", "marcus", "lin"], lines, studio, size=size)
    with TemporaryDirectory() as name:
        folder = Path(name)
        produce(studio, scene.lines[0].order, folder / "warm.mp4")
        apart = np.zeros(3)
        for number, line in enumerate(scene.lines):
            begun = time.perf_counter(), time.process_time()
            seconds = produce(studio, line.order, folder / f"{number}.mp4").seconds
            apart += (seconds, time.perf_counter() - begun[0], time.process_time() - begun[1])
        begun = time.perf_counter(), time.process_time()
        made = produce_scene(studio, scene, folder / "scene.mp4")
        wall, spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
        assert isinstance(made.recording, SceneRecording)
        errors = cut_errors(folder / "scene.mp4", _cuts(made.recording))
    return {
        "cuts": len(errors),
        "farthest_cut_frames": max(errors, default=0),
        "scene_seconds": made.seconds,
        "lines_seconds": float(apart[0]),
        "rtf_scene": wall / made.seconds,
        "rtf_lines": float(apart[1] / apart[0]),
        "wall_ratio": float(wall / made.seconds / (apart[1] / apart[0])),
        "processor_ratio": float(spent / made.seconds / (apart[2] / apart[0])),
    }


def _cuts(recording: SceneRecording) -> list[int]:
    """Frames at which somebody else is looked at."""
    return [b.start for a, b in pairwise(recording.shots) if a.subject != b.subject]


def cut_errors(path: Path, planned: list[int]) -> list[int]:
    """How many frames from where it was planned each cut is seen: the greatest change of the picture near it."""
    jumps: list[float] = []
    before: FloatArray | None = None
    for frame in read_frames(path):
        small = frame[::4, ::4].astype(np.float32)
        jumps.append(0.0 if before is None else float(np.abs(small - before).mean()))
        before = small
    errors = []
    for cut in planned:
        first = max(cut - SEARCHED_FRAMES, 1)
        errors.append(abs(first + int(np.argmax(jumps[first : cut + SEARCHED_FRAMES + 1])) - cut))
    return errors


def long_scene(studio: Casting, minutes: float, output: Path, size: int = 256) -> dict[str, Any]:
    """A scene of three speakers of about so many minutes, and how memory grows in it."""
    scene = scene_for(["ava", "marcus", "lin"], round(minutes * 60 / 3.6), studio, size=size)
    memory: list[tuple[float, float]] = []

    def note(share: float, _: str) -> None:
        memory.append((share, _resident_megabytes()))

    made = produce_scene(studio, scene, output, Outputs(subtitles=True), note)
    early = [megabytes for share, megabytes in memory if 0.2 <= share <= 0.3]
    late = [megabytes for share, megabytes in memory if share >= 0.9]
    return {
        "seconds": made.seconds,
        "real_time_factor": made.real_time_factor,
        "megabytes_early": float(np.median(early)),
        "megabytes_late": float(np.median(late)),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
