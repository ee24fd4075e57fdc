"""Records of cases -> rows of figures with their goals. Pure: it can be done again at any time, also half-way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from omnitalker.evaluation.figures import (
    correlation,
    expression_rows,
    frechet_distance,
    pose_rows,
)
from omnitalker.evaluation.manner import MannerClassifier, of_the_voice
from omnitalker.evaluation.measures import unpacked
from omnitalker.evaluation.rendered import best_lag
from omnitalker.evaluation.rows import Row, row
from omnitalker.evaluation.studies import MANY_STEPS, MANY_STEPS_STYLES
from omnitalker.motion.names import MOTION_DIM
from omnitalker.text.edit_distance import ErrorCount

Records = Sequence[Mapping[str, Any]]
Studies = Mapping[str, Records]

FACE_FIGURES = ("head_amplitude", "blinks_per_minute", "smile", "mouth_amplitude")
NATURAL = {
    "English": 4.2,
    "built-in en": 4.2,
    "Mandarin": 4.0,
    "built-in zh": 4.0,
    "people": 3.8,
}
"""What is wanted, by study."""
STYLE_FIGURES = ("pitch_level", "pitch_range", "rate", "energy", *FACE_FIGURES)


def summarise(studies: Studies) -> list[Row]:
    """All rows that the records allow."""
    rows: list[Row] = []
    for study, records in studies.items():
        if study in ("English", "Mandarin") or study.startswith(("built-in", "people, ")):
            rows += clarity(study, records)
    rows += slips({s: r for s, r in studies.items() if any("slips" in x for x in r)})
    rows += voices(studies)
    rows += crossing(studies)
    for study in sorted(s for s in studies if s.startswith("styles")):
        rows += styles(study, studies[study])
    rows += manners(studies)
    rows += mixtures(studies.get("mixtures", ()))
    rows += lips(studies)
    rows += long_text(studies.get("long", ()))
    rows += few_steps(studies)
    return rows


def clarity(study: str, records: Records) -> list[Row]:
    """Word and phoneme error rates beside the teachers'."""
    rows = []
    ears = sorted({k.split()[0] for r in records for k in r.get("words", {}) if k != "said"})
    for ear in ears:
        made = _errors(records, "words", f"{ear} output")
        told = _errors(records, "words", f"{ear} teacher")
        rows += _against(study, f"word error rate, {ear}", made, told, len(records), 1.10)
    rows += natural(study, records)
    made, told = _errors(records, "phonemes", "output"), _errors(records, "phonemes", "teacher")
    limit = 1.15 if study == "Mandarin" else None
    return rows + _against(study, "phoneme error rate", made, told, len(records), limit)


def natural(study: str, records: Records) -> list[Row]:
    """Naturalness beside the teacher's."""
    known = [r["natural"] for r in records if r.get("natural")]
    if not known:
        return []
    told = [each["teacher"] for each in known if "teacher" in each]
    goal = NATURAL.get(study.split(",")[0])
    return [
        row(study, "natural (DistillMOS)", _mean(each["output"] for each in known), len(known),
            beside=_mean(told), beside_is="teacher", at_least=goal)
    ]  # fmt: skip


def _against(
    group: str, name: str, made: ErrorCount, told: ErrorCount, pieces: int, limit: float | None
) -> list[Row]:
    if not told.reference:
        return [row(group, name, made.rate, pieces)]
    ratio = made.rate / max(told.rate, 1e-6)
    return [
        row(group, name, made.rate, pieces, beside=told.rate, beside_is="teacher"),
        row(group, f"{name}, over the teacher's", ratio, pieces, at_most=limit),
    ]


def slips(studies: Studies) -> list[Row]:
    """Skipped and repeated words, and how sure the check is."""
    rows = []
    for study, records in studies.items():
        known = [r["slips"] for r in records if "slips" in r]
        made = sum(len(each["output"]) for each in known)
        teachers = [each for each in known if "teacher" in each]
        told = sum(len(each["teacher"]) for each in teachers) if teachers else None
        rows.append(
            row("skipped and repeated words", study, made, len(known), beside=told,
                beside_is="teacher", at_most=0)
        )  # fmt: skip
    tested = [
        r["slips"] for group in studies.values() for r in group if "cut" in r.get("slips", {})
    ]
    for harm in ("cut", "doubled"):
        if tested:
            share = float(np.mean([each[harm] for each in tested]))
            rows.append(
                row(
                    "skipped and repeated words",
                    f"check finds a word {harm} on purpose",
                    share,
                    len(tested),
                )
            )
    return rows


def voices(studies: Studies) -> list[Row]:
    """SIM by kind of voice and length of prompt. Three seconds must be enough."""
    rows = []
    for kind, goals in (("voices", {"3 s": 0.85}), ("people", {"3 s": 0.80, "8 s": 0.83})):
        for study in sorted(s for s in studies if s.startswith(f"{kind}, ")):
            title = {"voices": "synthetic voices", "people": "real people"}[kind]
            rows.append(
                _similarity("voice never trained (SIM)", study.replace(kind, title), studies[study],
                            next((g for length, g in goals.items() if length in study), None))
            )  # fmt: skip
    return rows + [
        _similarity("voice never trained (SIM)", study, studies[study], None)
        for study in ("English", "Mandarin")
        if study in studies
    ]


def _similarity(group: str, name: str, records: Records, goal: float | None) -> Row:
    found = [r["voice"] for r in records if r.get("voice")]
    itself = [each["teacher"] for each in found if "teacher" in each]
    return row(
        group, name, _mean(each["similarity"] for each in found), len(found),
        beside=_mean(itself), beside_is="the voice against itself", at_least=goal,
    )  # fmt: skip


def crossing(studies: Studies) -> list[Row]:
    rows = []
    for own, other in (("en", "zh"), ("zh", "en")):
        home = studies.get(f"{own} voice, {own} text", ())
        away = {r["name"]: r for r in studies.get(f"{own} voice, {other} text", ())}
        both = [(r, away[r["name"]]) for r in home if r["name"] in away]
        if not both:
            continue
        here = _mean(a["voice"]["similarity"] for a, _ in both)
        there = _mean(b["voice"]["similarity"] for _, b in both)
        group = "cross-lingual (SIM)"
        rows.append(row(group, f"{own} voice speaks {other}", there, len(both), beside=here,
                        beside_is="its own language"))  # fmt: skip
        rows.append(
            row(group, f"{own} voice, lost by changing", here - there, len(both), at_most=0.03)
        )
    return rows


def styles(study: str, records: Records) -> list[Row]:
    """Correlation between prompt and output; beside it what two recordings of a style reach."""
    rows = []
    known = [r["style"] for r in records if len(r.get("style", {}).get("recordings", ())) == 2]
    for name in STYLE_FIGURES:
        first = [each["recordings"][0][name] for each in known]
        second = [each["recordings"][1][name] for each in known]
        prompt = np.mean([first, second], axis=0) if known else []
        made = [each["output"][name] for each in known]
        goal = 0.8 if study == "styles" else None
        rows.append(
            row(f"manner: r of prompt and output, {study}", name.replace("_", " "),
                correlation(prompt, made), len(known), beside=doubled(correlation(first, second)),
                beside_is="teacher against itself", at_least=goal)
        )  # fmt: skip
    return rows


def doubled(r: float) -> float:
    """What a correlation of two halves becomes with twice as much of each (Spearman and Brown)."""
    return 2 * r / (1 + r) if r > -1 else float("nan")


def manners(studies: Studies) -> list[Row]:
    """A classifier that knows the teachers, asked about the output."""
    found = judged_manners(studies)
    group = "manner recognised (of 8)"
    return [
        row(group, what, _mean(float(a == b) for a, b in made), len(made),
            beside=_mean(float(a == b) for a, b in told), beside_is="teachers' test items",
            at_least=0.85 if what == "voice and face" else 0.75)
        for what, (made, told) in found.items()
    ]  # fmt: skip


def judged_manners(
    studies: Studies,
) -> dict[str, tuple[list[tuple[str, str]], list[tuple[str, str]]]]:
    """What is looked at -> (meant, recognised) of the outputs and of the teachers' test items."""
    train = [item for r in studies.get("teacher, train", ()) for item in r["items"]]
    test = [item for r in studies.get("teacher, test", ()) for item in r["items"]]
    made = [r for r in studies.get("styles", ()) if "style" in r]
    if len(train) < 80 or not made:
        return {}
    names = sorted(train[0]["features"])
    result = {}
    for what, chosen in (("voice and face", names), ("voice alone", of_the_voice(names))):
        classifier = MannerClassifier.fit(
            [item["features"] for item in train], [item["manner"] for item in train], names=chosen
        )
        heard = classifier([r["style"]["features"] for r in made])
        told = classifier([item["features"] for item in test]) if test else []
        result[what] = (
            list(zip([r["manner"] for r in made], heard, strict=True)),
            list(zip([item["manner"] for item in test], told, strict=True)),
        )
    return result


def mixtures(records: Records) -> list[Row]:
    """The voice of one, the face of another."""
    if not records:
        return []
    group = "mixed: voice of A, face of B"
    rows = [_similarity(group, "SIM to A", records, 0.85)]
    known = [r["mixture"] for r in records if r.get("mixture", {}).get("recordings")]
    for name in FACE_FIGURES:
        prompt = [np.mean([each[name] for each in r["recordings"]]) for r in known]
        made = [r["output"][name] for r in known]
        title = f"r to B, {name.replace('_', ' ')}"
        rows.append(row(group, title, correlation(prompt, made), len(known), at_least=0.8))
    return rows


def lips(studies: Studies) -> list[Row]:
    """From rendered pictures, from the coefficients, and distances of the motion as a whole."""
    rows = []
    seen = [r["rendered"] for r in studies.get("rendered", ()) if "rendered" in r]
    if seen:
        output, teacher = pooled_lips(seen, "output"), pooled_lips(seen, "teacher")
        group, pieces = "lips, tracked in rendered pictures", int(output["closures"])
        rows = [
            row(group, "closed at p, b, m", output["closed"], pieces, beside=teacher["closed"],
                beside_is="teacher", at_least=0.95),
            row(group, "contrast of open vowels and p, b, m", output["contrast"], pieces,
                beside=teacher["contrast"], beside_is="teacher", at_least=0.6),
            row(group, "best lag, frames after the sound", output["lag"], pieces,
                beside=teacher["lag"], beside_is="teacher"),
            row(group, "lag off the teacher's, frames", abs(output["lag"] - teacher["lag"]), pieces,
                at_most=1.0),
        ]  # fmt: skip
    for study in ("English", "Mandarin", "built-in en", "built-in zh"):
        found = [r["lips"] for r in studies.get(study, ()) if "lips" in r]
        closures = sum(each["closures"] for each in found)
        if closures:
            closed = sum(each["closed"] for each in found) / closures
            rows.append(
                row("lips, by the coefficients", f"{study}: closed at p, b, m", closed, closures)
            )
    return rows + _distances(studies.get("English", ()))


def pooled_lips(seen: Records, who: str) -> dict[str, float]:
    """Over all clips: share closed, contrast of means, lag of the summed curves."""
    parts = [each[who] for each in seen if who in each]
    narrow = [gap for part in parts for gap in part["at_bilabials"]]
    wide = [gap for part in parts for gap in part["at_vowels"]]
    if not narrow or not wide:
        return dict.fromkeys(("closures", "closed", "contrast", "lag"), float("nan"))
    curves = np.array([part["by_lag"] for part in parts], float)
    return {
        "closures": len(narrow),
        "closed": sum(part["closed"] for part in parts) / len(narrow),
        "contrast": (np.mean(wide) - np.mean(narrow)) / np.mean(wide),
        "lag": best_lag(np.nanmean(curves, axis=0).tolist()),
    }


def _distances(records: Records) -> list[Row]:
    packs = [r["distances"] for r in records if "distances" in r]
    if len(packs) < 4:
        return []
    made = [unpacked(pack["output"], MOTION_DIM) for pack in packs]
    told = [unpacked(pack["teacher"], MOTION_DIM) for pack in packs]
    rows = []
    for name, columns in (("E-FD (expression)", expression_rows), ("P-FD (pose)", pose_rows)):
        a, b = columns(np.concatenate(made)), columns(np.concatenate(told))
        halves = columns(np.concatenate(told[::2])), columns(np.concatenate(told[1::2]))
        rows.append(
            row("motion as a whole", name, frechet_distance(a, b), len(packs),
                beside=frechet_distance(*halves), beside_is="teacher's halves")
        )  # fmt: skip
    return rows


def long_text(records: Records) -> list[Row]:
    """From the first minute to the last."""
    rows = []
    for record in records:
        readings = record["readings"]
        if len(readings) < 2:
            continue
        first, last, group = (
            readings[0],
            readings[-1],
            f"{record['seconds'] / 60:.1f} minutes in one run",
        )
        for name in ("similarity", "words_per_second", "loudness"):
            drift = abs(last[name] / first[name] - 1)
            rows.append(
                row(group, f"drift of {name.replace('_', ' ')}", drift, len(readings), at_most=0.03)
            )
        growth = record["memory_last_mb"] / record["memory_first_mb"] - 1
        rows.append(row(group, "growth of memory", growth, len(readings), at_most=0.03))
        rows.append(
            row(group, "seconds of work per second, one thread", record["wall"] / record["seconds"])
        )
    return rows


def few_steps(studies: Studies) -> list[Row]:
    """The live setting against many guided steps, on the same texts."""
    group = "live setting over 16 guided steps"
    rows = []
    few, many = _both(studies, "English", MANY_STEPS)
    ears = sorted({k for r in many for k in r["words"] if k.endswith(" output")})
    for ear in ears:
        ratio = _errors(few, "words", ear).rate / max(1e-6, _errors(many, "words", ear).rate)
        title = f"word error rate ({ear.removesuffix(' output')})"
        rows.append(row(group, title, ratio, len(many), at_most=1.1))
    if many:
        ratio = _errors(few, "phonemes", "output").rate
        ratio /= max(1e-6, _errors(many, "phonemes", "output").rate)
        rows.append(row(group, "phoneme error rate", ratio, len(many)))
    few, many = _both(studies, "styles", MANY_STEPS_STYLES)
    for name, ratio in (style_ratios(few, many) if many else {}).items():
        title = f"{name.replace('_', ' ')}, off by"
        rows.append(row(group, title, abs(ratio - 1), len(many), at_most=0.05))
    return rows


def _both(studies: Studies, few: str, many: str) -> tuple[Records, Records]:
    """Records of the same texts in two studies."""
    live = {r["name"]: r for r in studies.get(few, ())}
    shared = [r for r in studies.get(many, ()) if r["name"] in live]
    return [live[r["name"]] for r in shared], shared


def style_ratios(few: Records, many: Records) -> dict[str, float]:
    """Means of the figures, as ratios; logarithmic ones (pitch level, energy) as ratios of Hz and amplitude."""
    ratios = {"similarity": _mean(r["voice"]["similarity"] for r in few)
              / _mean(r["voice"]["similarity"] for r in many)}  # fmt: skip
    for name in STYLE_FIGURES:
        a = float(np.nanmean([r["style"]["output"][name] for r in few]))
        b = float(np.nanmean([r["style"]["output"][name] for r in many]))
        if name == "pitch_level":
            ratios[name] = 2 ** ((a - b) / 12)
        elif name == "energy":
            ratios[name] = 10 ** ((a - b) / 20)
        else:
            ratios[name] = a / max(b, 1e-6)
    return ratios


def _errors(records: Records, kind: str, key: str) -> ErrorCount:
    counts = [ErrorCount(*r[kind][key]) for r in records if key in r.get(kind, {})]
    return sum(counts, ErrorCount())


def _mean(values: Any) -> float:
    listed = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(listed)) if listed else float("nan")
