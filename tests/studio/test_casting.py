from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.media.sound import write_wav
from omnitalker.reference.style import save_style
from omnitalker.studio.casting import Casting, Memory
from omnitalker.studio.order import Look, Voice, parse
from omnitalker.studio.produce import produce

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline


@pytest.fixture
def studio(tiny_pipeline: OmniTalkerPipeline) -> Casting:
    return Casting(tiny_pipeline.parts)


def voice_like(seconds: float) -> np.ndarray:
    """A buzz that comes and goes: loud enough to count as speech."""
    time = np.arange(int(24_000 * seconds)) / 24_000
    buzz = np.sign(np.sin(2 * np.pi * 120 * time)) * (np.sin(2 * np.pi * 3 * time) > -0.5)
    return (0.1 * buzz).astype(np.float32)


def test_a_recording_lends_its_voice_and_the_built_in_manner_its_face(
    studio: Casting, tmp_path: Path
) -> None:
    write_wav(tmp_path / "voice.wav", voice_like(3.0))
    style = studio.style(Voice(ref=str(tmp_path / "voice.wav"), ref_text="Hello there."))
    face = studio.parts.library.get()
    assert style.has_voice
    assert style.has_motion
    assert np.array_equal(style.motion, face.motion[-len(style.motion) :])
    assert (style.phonemes > 0).mean() > 0.5


def test_a_reference_is_analysed_once_even_by_two_threads(studio: Casting, tmp_path: Path) -> None:
    write_wav(tmp_path / "voice.wav", voice_like(2.0))
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(studio.reference(tmp_path / "voice.wav")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is found[1]


@pytest.mark.parametrize(
    ("samples", "message"),
    [(voice_like(0.4), "1 to 10 s"), (np.zeros(48_000, np.float32), "silent")],
)
def test_useless_recordings_are_told(
    studio: Casting, tmp_path: Path, samples: np.ndarray, message: str
) -> None:
    write_wav(tmp_path / "voice.wav", samples)
    with pytest.raises(InputError, match=message):
        studio.style(Voice(ref=str(tmp_path / "voice.wav")))


def test_long_recordings_are_cut_to_ten_seconds_and_it_is_said(
    studio: Casting, tmp_path: Path
) -> None:
    write_wav(tmp_path / "voice.wav", voice_like(14.0))
    reference = studio.reference(tmp_path / "voice.wav")
    assert reference.style is not None
    assert 9.5 <= len(reference.style.mel) / 93.75 <= 10.0
    assert any("14.0 s" in warning for warning in reference.warnings)


def test_names_that_do_not_exist_list_those_that_do(studio: Casting) -> None:
    with pytest.raises(InputError, match=r"did you mean 'ada'"):
        studio.style(Voice("adda"))
    with pytest.raises(InputError, match=r"face 'nobody' is not known"):
        studio.renderer(Look("nobody"))


def test_a_voice_without_a_face_is_seen_as_the_default_presenter(
    studio: Casting, tmp_path: Path
) -> None:
    write_wav(tmp_path / "voice.wav", voice_like(2.0))
    cast = studio.resolve(parse({"text": "Hi.", "ref": str(tmp_path / "voice.wav")}))
    assert cast.face == studio.default_presenter()
    assert f"voice.wav shows no face; {cast.face} is seen" in cast.notes


def test_voice_and_manner_are_set_apart(studio: Casting) -> None:
    both = studio.style(Voice(voice="bob", style="ada"))
    ada, bob = studio.style(Voice("ada")), studio.style(Voice("bob"))
    assert np.array_equal(both.mel, bob.mel)
    assert np.array_equal(both.motion, ada.motion)


def test_sketch_frames_have_the_size_asked_for(studio: Casting) -> None:
    renderer = studio.renderer(Look(renderer="sketch", size=256))
    assert renderer.frame(np.zeros(61, np.float32)).shape == (256, 256, 3)


def test_pictures_of_references_are_forgotten_before_they_fill_the_memory() -> None:
    memory = Memory(16, most_bytes=100)
    for name in "abc":
        memory.get(name, lambda: np.zeros(40, np.uint8))
    made: list[str] = []
    for name in "bca":
        memory.get(name, lambda name=name: made.append(name) or np.zeros(40, np.uint8))
    assert made == ["a"]
    assert memory.get("large", lambda: np.zeros(900, np.uint8)).nbytes == 900
    memory.get("large", lambda: made.append("large") or np.zeros(1, np.uint8))
    assert made == ["a"]


def test_an_own_style_takes_the_emotion_that_is_asked_for(studio: Casting, tmp_path: Path) -> None:
    """The person's own manner is the everyday face to which it is added; a style file keeps it."""
    own = studio.parts.library.get()
    save_style(own, tmp_path / "me.safetensors")
    voice = Voice(style=str(tmp_path / "me.safetensors"))
    assert studio.style(voice).worn is None
    happy = studio.style(voice, "happy", 1.5)
    assert happy.worn is not None
    assert (happy.worn.manner, happy.worn.intensity, happy.worn.rest) == ("happy", 1.5, None)
    save_style(happy, tmp_path / "happy_me.safetensors")
    again = studio.style(Voice(style=str(tmp_path / "happy_me.safetensors")))
    assert again.worn is not None
    assert again.worn.manner == "happy"


def test_a_recording_gets_the_face_of_a_built_in_manner(studio: Casting, tmp_path: Path) -> None:
    """generate --sound, from the order to the file: the sound is as it was given."""
    given = voice_like(1.6)
    write_wav(tmp_path / "given.wav", given)
    order = parse({"sound": str(tmp_path / "given.wav"), "emotion": "happy", "format": "csv"})
    made = produce(studio, order, tmp_path / "moved.csv")
    assert made.files[0].exists()
    assert abs(made.seconds - 1.6) <= 0.04
    assert np.abs(made.recording.samples[: len(given)] - given).max() < 1e-3
    with pytest.raises(InputError, match="as long as it is"):
        parse({"sound": str(tmp_path / "given.wav"), "seconds": 3})
