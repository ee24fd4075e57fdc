"""A case said and measured: plain values for the journal, from which the figures are summed up later."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from omnitalker.base import timeline
from omnitalker.base.types import FloatArray, Phoneme, TimedPhoneme
from omnitalker.evaluation import long_text, rendered
from omnitalker.evaluation.cases import Case
from omnitalker.evaluation.figures import style_figures
from omnitalker.evaluation.manner import describe
from omnitalker.evaluation.material import Material, mel_of_sound, seconds_of
from omnitalker.evaluation.slips import find_slips
from omnitalker.generation.request import SpeakRequest
from omnitalker.models.recogniser import align, recognise
from omnitalker.pipeline import OmniTalkerOutput, collect
from omnitalker.reference.lips import lip_figures
from omnitalker.text.edit_distance import ErrorCount, characters_of, count_errors, words_of
from omnitalker.text.symbols import SILENT, SYMBOLS

Record = dict[str, Any]


def measure(material: Material, case: Case) -> Record:
    """Everything that `case` asks for."""
    if case.kind == "teacher":
        return {"items": [describe_item(material, name) for name in case.items]}
    request = SpeakRequest(case.text, material.style(case.prompt), sampling=material.sampling(case))
    if case.kind == "long":
        return long_text.measure(material, request)
    began = time.perf_counter()
    output = collect(material.pipeline.stream(request))
    record: Record = {"wall": time.perf_counter() - began, "seconds": output.speech.seconds}
    for name in sorted(case.measures):
        record[name] = _MEASURES[name](material, case, output)
    return record


def _words(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """Counts of word errors by each recogniser, in the output and in the teacher's reading; Mandarin by characters."""
    is_english = case.language == "en"
    units = words_of if is_english else characters_of
    said = units(" ".join(word.text for word in output.words))
    sounds = {"output": output.audio, "teacher": material.sound([case.target])}
    found: Record = {"said": " ".join(said)}
    for ear, ears in material.ears("en" if is_english else "zh").items():
        for who, sound in sounds.items():
            if sound is not None:
                heard = units(ears.transcribe(sound))
                found[f"{ear} {who}"] = _counts(count_errors(said, heard))
                found[f"{ear} {who} heard"] = " ".join(heard)
    return found


def _natural(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """As listeners would rate it, 1 to 5, the output and the teacher's reading."""
    if material.natural is None:
        return {}
    return {who: material.natural(sound) for who, sound in _sounds(material, case, output).items()}


def _phonemes(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """Counts of phoneme errors by our own recogniser."""
    meant = [p.symbol for p in _meant(material, case) if p.symbol not in SILENT]
    found: Record = {}
    for who, sound in _sounds(material, case, output).items():
        timed = recognise(material.recogniser, mel_of_sound(sound)).phonemes
        heard = [t.phoneme.symbol for t in timed if t.phoneme.symbol not in SILENT]
        found[who] = _counts(count_errors(meant, heard))
    return found


def _slips(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """Skipped and repeated words; for the teacher's reading also with a word cut out, and with one doubled."""
    meant = _meant(material, case)
    found: Record = {"text": case.text}
    for who, sound in _sounds(material, case, output).items():
        found[who] = _found(material, sound, meant)
    teacher = material.sound([case.target])
    if teacher is not None:
        harmed = _harmed(material, teacher, meant)
        if harmed is not None:
            found["cut"] = bool(_found(material, harmed[0], meant))
            found["doubled"] = bool(_found(material, harmed[1], meant))
    return found


def _found(material: Material, sound: FloatArray, meant: Sequence[Phoneme]) -> list[Record]:
    return [asdict(slip) for slip in find_slips(material.recogniser, mel_of_sound(sound), meant)]


def _harmed(
    material: Material, sound: FloatArray, meant: Sequence[Phoneme]
) -> tuple[FloatArray, FloatArray] | None:
    """The sound without its middle long word, and with that word twice: what the check must find."""
    spans: dict[int, list[TimedPhoneme]] = {}
    for timed in align(material.recogniser, mel_of_sound(sound), meant).phonemes:
        if timed.phoneme.word is not None:
            spans.setdefault(timed.phoneme.word, []).append(timed)
    words = [parts for parts in spans.values() if len(parts) >= 3]
    if not words:
        return None
    chosen = words[len(words) // 2]
    rate = timeline.SAMPLE_RATE
    first, last = int(chosen[0].start * rate), int(chosen[-1].end * rate)
    cut = np.concatenate([sound[:first], sound[last:]])
    return cut, np.concatenate([sound[:last], sound[first:last], sound[last:]])


def _voice(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """SIM to the whole prompt; beside it what the same voice reaches against itself."""
    names = case.prompt.items
    if case.prompt.built_in is not None:
        return {}
    sound = material.sound(names)
    assert sound is not None
    prompt = material.voices.embed(sound)
    record = {"similarity": float(prompt @ material.voices.embed(output.audio))}
    teacher = material.sound([case.target]) if case.target else None
    if teacher is not None:
        record["teacher"] = float(prompt @ material.voices.embed(teacher))
    elif len(names) > 1 or material.item(names[0]).info.is_real:
        half = len(sound) // 2
        record["teacher"] = material.voices(sound[:half], sound[half:])
    return record


def _style(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """Manner of prompt and output, and of each recording of the prompt alone."""
    timed = _aligned(material, case, output.audio)
    record: Record = {
        "output": style_figures(output.audio, output.motion.values, _rate(timed)),
        "features": describe(output.audio, output.motion.values, timed),
    }
    names = (*case.prompt.items, case.target) if case.target else case.prompt.items
    record["recordings"] = [
        _recorded(material, name) for name in names if material.item(name).info.has_motion
    ]
    return record


def _mixture(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """As `style`, with the face's recordings beside it."""
    timed = _aligned(material, case, output.audio)
    return {
        "output": style_figures(output.audio, output.motion.values, _rate(timed)),
        "recordings": [_recorded(material, name) for name in case.prompt.face],
    }


def _recorded(material: Material, name: str) -> dict[str, float]:
    item = material.item(name)
    return style_figures(
        item.sound,
        item.motion.astype(np.float32),
        _rate(times_of(item)),
    )


def _lips(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """By the coefficients."""
    return asdict(lip_figures(output.motion.values, _aligned(material, case, output.audio)))


def _distances(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """The motion itself, for the Frechet distances."""
    teacher = material.motion([case.target])
    assert teacher is not None
    return {"output": packed(output.motion.values), "teacher": packed(teacher)}


def _rendered(material: Material, case: Case, output: OmniTalkerOutput) -> Record:
    """Lips in pictures that were tracked again, the model's and the teacher's."""
    timed = {"output": _aligned(material, case, output.audio)}
    motions = {"output": output.motion.values}
    sound, motion = material.sound([case.target]), material.motion([case.target])
    if sound is not None and motion is not None:
        timed["teacher"], motions["teacher"] = _aligned(material, case, sound), motion
    return {who: rendered.measure(motions[who], timed[who]) for who in motions}


_MEASURES: dict[str, Callable[[Material, Case, OmniTalkerOutput], Record]] = {
    "words": _words,
    "natural": _natural,
    "phonemes": _phonemes,
    "slips": _slips,
    "voice": _voice,
    "style": _style,
    "mixture": _mixture,
    "lips": _lips,
    "distances": _distances,
    "rendered": _rendered,
}


def describe_item(material: Material, name: str) -> Record:
    """A recording as the manner classifier sees it."""
    item = material.item(name)
    sound = item.sound
    features = describe(sound, item.motion.astype(np.float32), times_of(item))
    return {"manner": item.info.manner, "features": features}


def times_of(item: Any) -> tuple[TimedPhoneme, ...]:
    """The phonemes of a corpus item."""
    return tuple(
        TimedPhoneme(Phoneme(SYMBOLS[symbol], int(tone)), float(start), float(end))
        for symbol, tone, start, end in zip(
            item.symbols, item.tones, item.starts[:-1], item.starts[1:], strict=True
        )
    )


def packed(values: FloatArray) -> str:
    """(F, 61) as text for the journal, in half precision."""
    return base64.b64encode(values.astype(np.float16).tobytes()).decode()


def unpacked(text: str, columns: int) -> FloatArray:
    flat = np.frombuffer(base64.b64decode(text), np.float16)
    return flat.reshape(-1, columns).astype(np.float32)


def _sounds(material: Material, case: Case, output: OmniTalkerOutput) -> dict[str, FloatArray]:
    sounds = {"output": output.audio}
    if case.target:
        teacher = material.sound([case.target])
        assert teacher is not None
        sounds["teacher"] = teacher
    return sounds


def _meant(material: Material, case: Case) -> tuple[Phoneme, ...]:
    return material.pipeline.frontend.prepare(case.text).phonemes


def _aligned(material: Material, case: Case, sound: FloatArray) -> tuple[TimedPhoneme, ...]:
    return align(material.recogniser, mel_of_sound(sound), _meant(material, case)).phonemes


def _rate(timed: Sequence[TimedPhoneme]) -> float:
    """Phonemes per second of speech, pauses left out."""
    spoken = [p for p in timed if p.phoneme.symbol not in SILENT]
    return len(spoken) / max(1e-3, sum(p.end - p.start for p in spoken))


def _counts(errors: ErrorCount) -> list[int]:
    return [errors.substitutions, errors.deletions, errors.insertions, errors.reference]


__all__ = ["Record", "measure", "seconds_of", "unpacked"]
