from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from omnitalker.base.types import Text
from omnitalker.generation.request import SpeakRequest
from omnitalker.studio.casting import Casting
from omnitalker.studio.directed import directed_clauses, heeded, heeded_order
from omnitalker.studio.order import Delivery, Voice, parse
from omnitalker.studio.produce import request_of
from omnitalker.text.markup import Rest

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline

TEXT = "Hello [slower, louder] there. (pause 1) [happy] And [normal] on."


def clauses_for(studio: Casting, text: str, delivery: Delivery) -> list[object]:
    request = request_of(text, studio.style(Voice("ada")), delivery)
    found = directed_clauses(request, delivery, studio.finder(Voice("ada")), studio.parts)
    return list(found or ())


def test_what_stands_in_brackets_changes_what_follows(tiny_pipeline: OmniTalkerPipeline) -> None:
    studio = Casting(tiny_pipeline.parts)
    parts = clauses_for(studio, TEXT, Delivery(speed=0.9))
    kinds = [type(part) for part in parts]
    assert kinds == [Text, SpeakRequest, Text, Rest, SpeakRequest, Text, SpeakRequest, Text]
    slower, happy, normal = (part for part in parts if isinstance(part, SpeakRequest))
    assert (slower.speed, slower.energy) == (0.9 * 0.82, 1.6)
    assert happy.speed == slower.speed, "what is not named stays"
    assert 1.0 < happy.energy < slower.energy, "joy has a loudness of its own"
    assert happy.style.worn is not None
    assert happy.style.worn.manner == "happy"
    assert (normal.speed, normal.energy) == (0.9, 1.0)
    assert normal.style.worn is None
    words = [part for part in parts if isinstance(part, Text)]
    assert [TEXT[w.offset + w.words[0].start :].split()[0] for w in words] == [
        "Hello", "there.", "And", "on.",
    ]  # fmt: skip
    assert clauses_for(studio, "Nothing [1] here.", Delivery()) == []


def test_a_sentence_of_direction_is_followed_and_what_was_given_otherwise_stays(
    tiny_pipeline: OmniTalkerPipeline, told_pipeline: OmniTalkerPipeline
) -> None:
    delivery = Delivery(direct="sad, slowly, deep", speed=0.9)
    made, notes = heeded(delivery, told_pipeline.parts)
    assert (made.emotion, made.pitch, made.direct) == ("sad", -2.0, None)
    assert 0.6 < made.speed < 0.9 * 0.82, "slowly, and sadness is slow by itself"
    assert "understood: sad, slowly, deep" in notes[0]
    plain, notes = heeded(delivery, tiny_pipeline.parts)
    assert plain.pitch == 0.0
    assert any("no prosody network" in note for note in notes)
    kept, _ = heeded(Delivery(direct="sad", emotion="happy"), told_pipeline.parts)
    assert kept.emotion == "happy"
    order, notes = heeded_order(parse({"text": "Ha. [laughs] Yes."}), tiny_pipeline.parts)
    assert notes == ("no voice here can laugh; left out",)
    assert order.text == "Ha. [laughs] Yes."


def test_a_faint_emotion_is_seen_and_not_heard(tiny_pipeline: OmniTalkerPipeline) -> None:
    studio = Casting(tiny_pipeline.parts)
    plain, faint, strong = (
        studio.style(Voice("ada"), emotion, intensity)
        for emotion, intensity in (("neutral", 1.0), ("happy", 0.4), ("happy", 0.9))
    )
    assert np.array_equal(faint.mel, plain.mel)
    assert not np.array_equal(strong.mel, plain.mel)
    assert [s.worn.intensity for s in (faint, strong) if s.worn] == [0.4, 0.9]


def test_from_python_directions_change_the_length_and_are_not_said(
    tiny_pipeline: OmniTalkerPipeline,
) -> None:
    plain = tiny_pipeline("Good morning to you.", voice="ada")
    slow = tiny_pipeline("[slower] Good morning to you.", voice="ada")
    asked = tiny_pipeline("Good morning to you.", voice="ada", direct="slowly")
    assert [w.text for w in slow.words] == [w.text for w in plain.words]  # type: ignore[union-attr]
    assert slow.speech.seconds > plain.speech.seconds  # type: ignore[union-attr]
    assert asked.speech.seconds > plain.speech.seconds  # type: ignore[union-attr]
