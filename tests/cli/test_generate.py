"""The speak command from arguments to files, on the small untrained checkpoint and the drawn face."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from omnitalker.base.errors import InputError
from omnitalker.cli.main import app
from omnitalker.media.reader import read_clip
from omnitalker.media.sound import write_wav
from omnitalker.studio.writers import WRITERS


@pytest.fixture
def speak(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("omnitalker.cli.consent.FOLDER", tmp_path / "home")

    def call(*arguments: str, text: str | None = "Hello there, you two.") -> Result:
        said = [] if text is None else [text]
        common = ["--checkpoint", str(tiny_checkpoint), "--renderer", "sketch", "--size", "256"]
        return CliRunner().invoke(app, ["speak", *said, *common, *arguments])

    return call


def test_a_sentence_becomes_a_video_with_its_companions(speak, tmp_path: Path) -> None:
    output = tmp_path / "deep" / "hello.mp4"
    result = speak("-o", str(output), "--subtitles", "--motion-csv")
    assert result.exit_code == 0, result.output
    clip = read_clip(output)
    assert clip.frames[0].shape == (256, 256, 3)
    assert len(clip.samples) == 960 * len(clip.frames) > 0
    assert "you two." in output.with_suffix(".srt").read_text()
    assert output.with_suffix(".vtt").read_text().startswith("WEBVTT")
    rows = output.with_suffix(".csv").read_text().splitlines()
    assert len(rows) == 1 + len(clip.frames)
    assert sorted(f.suffix for f in output.parent.iterdir()) == [".csv", ".mp4", ".srt", ".vtt"]


def test_sound_alone_needs_no_face(speak, tmp_path: Path) -> None:
    output = tmp_path / "hello.wav"
    assert speak("-o", str(output), "--voice", "bob", "--emotion", "happy").exit_code == 0
    assert len(read_clip(output).samples) % 3840 == 0


def test_control_characters_and_mixed_languages_are_spoken(speak, tmp_path: Path) -> None:
    output = tmp_path / "a.wav"
    assert speak("-o", str(output), text="Hel\x00lo \x07你好。").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "text", "message"),
    [
        (["--language", "fr"], "Bonjour", "language 'fr' is not known"),
        ([], "Bonjour, vous êtes dans le train.", "looks French"),
        (["--speed", "9"], "Hi", "speed must be between"),
        (["--emotion", "joyful"], "Hi", "did you mean|Valid: angry, calm"),
        (["--voice", "nobody"], "Hi", "voice 'nobody' is not known"),
        (["--ref", "missing.mp4"], "Hi", "no such file"),
        (["--size", "300"], "Hi", "256, 512"),
        (["--steps", "0"], "Hi", "steps must be between 1"),
        (["--seconds", "60"], "Hello there.", "can be made"),
        (["--background", "mauve"], "Hi", "has no framing"),
        ([], "Привет", "'П'.*character 1"),
        ([], "...!", "say|spoken|word"),
        (["-f", "missing.txt"], None, "no such text file"),
    ],
)
def test_mistakes_are_one_line_and_leave_no_file(
    speak,
    tmp_path: Path,
    arguments: list[str],
    text: str | None,
    message: str,
) -> None:
    output = tmp_path / "a.mp4"
    result = speak("-o", str(output), *arguments, text=text)
    assert isinstance(result.exception, InputError), result.output
    assert "\n" not in str(result.exception)
    with pytest.raises(InputError, match=message):
        raise result.exception
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.avi", "a"])
def test_other_kinds_of_output_are_refused(speak, tmp_path: Path, name: str) -> None:
    result = speak("-o", str(tmp_path / name))
    assert isinstance(result.exception, InputError)
    assert ".mp4" in str(result.exception)


def test_a_place_that_cannot_be_written_is_told(speak, tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    result = speak("-o", str(blocker / "a.mp4"))
    assert "cannot write" in str(result.exception)


def test_corrupt_silent_and_short_references_are_told(speak, tmp_path: Path) -> None:
    (tmp_path / "corrupt.mp4").write_bytes(b"nonsense" * 100)
    write_wav(tmp_path / "silent.wav", np.zeros(48_000, np.float32))
    write_wav(tmp_path / "short.wav", np.full(4_800, 0.1, np.float32))
    for name, message in (
        ("corrupt.mp4", "cannot read"),
        ("silent.wav", "silent"),
        ("short.wav", "1 to 10 s"),
    ):
        result = speak(
            "-o", str(tmp_path / "out.mp4"), "--ref", str(tmp_path / name), "--i-have-consent"
        )
        assert isinstance(result.exception, InputError), name
        assert message in str(result.exception)
    assert not (tmp_path / "out.mp4").exists()


def test_motion_alone_and_sound_alone(speak, tmp_path: Path) -> None:
    assert speak("-o", str(tmp_path / "a.mp4"), "--motion-only").exit_code == 0
    assert speak("-o", str(tmp_path / "b.mp4"), "--audio-only").exit_code == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv", "b.wav"]


def test_an_emotion_has_an_intensity(speak, tmp_path: Path) -> None:
    output = str(tmp_path / "a.wav")
    assert speak("-o", output, "--voice", "ada", "--emotion", "happy:0.5").exit_code == 0
    result = speak("-o", output, "--voice", "ada", "--emotion", "happy:5")
    assert "between 0 and 2" in str(result.exception)


def test_every_format_is_written_by_its_ending(tiny_checkpoint: Path, tmp_path: Path) -> None:
    """The same table serves batch."""
    for kind in WRITERS:
        call = ["generate", "Hi.", "-o", str(tmp_path / f"a.{kind}"), "--size", "256"]
        done = CliRunner().invoke(app, [*call, "--checkpoint", str(tiny_checkpoint)])
        assert done.exit_code == 0, (kind, done.output, done.exception)
    assert {path.name for path in tmp_path.iterdir()} == {
        "a" if kind == "png" else f"a.{kind}" for kind in WRITERS
    }
    frames = read_clip(tmp_path / "a.mp4").frames
    assert len(list((tmp_path / "a").glob("*.png"))) == len(frames)
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert len(packed.namelist()) == len(frames) + 1
        first = np.frombuffer(packed.read("000000.png"), np.uint8)
    alpha = cv2.imdecode(first, cv2.IMREAD_UNCHANGED)[..., 3]
    assert alpha.min() == 0
    assert alpha.max() == 255
    assert (tmp_path / "a.srt").read_text().startswith("1\n00:00:0")


def test_a_run_says_what_was_chosen_for_it(speak, tmp_path: Path) -> None:
    write_wav(tmp_path / "voice.wav", _buzz(3.0))
    done = speak(
        "-o", str(tmp_path / "a.wav"), "--ref", str(tmp_path / "voice.wav"), "--i-have-consent"
    )
    assert "note: voice.wav shows no face; ava is seen" in done.output


def test_the_old_names_of_options_still_work(speak, tmp_path: Path) -> None:
    done = speak("-o", str(tmp_path / "a.wav"), "--style", "ada", "--manner", "happy")
    assert done.exit_code == 0, done.output
    assert "--manner" not in CliRunner().invoke(app, ["generate", "--help"]).output


def test_devices_that_are_not_here_are_told(speak, tmp_path: Path) -> None:
    for name in ("banana", "cuda:99"):
        result = speak("-o", str(tmp_path / "a.wav"), "--device", name)
        assert isinstance(result.exception, InputError)
        assert name in str(result.exception)


def test_styles_are_listed_and_shown(tiny_checkpoint: Path) -> None:
    listed = CliRunner().invoke(app, ["style", "list", "--checkpoint", str(tiny_checkpoint)])
    assert "ada" in listed.output
    file = tiny_checkpoint / "voices" / "ada" / "happy.safetensors"
    shown = CliRunner().invoke(app, ["style", "show", str(file)])
    assert "1.28 s" in shown.output


def test_the_doctor_names_what_is_here_and_what_is_missing() -> None:
    told = CliRunner().invoke(app, ["doctor", "--speed"]).output
    assert "torch" in told
    assert "GFLOP/s" in told
    assert len(told.splitlines()) < 30


def test_a_long_reference_is_shortened_and_it_is_said(speak, tmp_path: Path) -> None:
    write_wav(tmp_path / "long.wav", _buzz(13.0))
    result = speak(
        "-o", str(tmp_path / "a.wav"), "--ref", str(tmp_path / "long.wav"), "--i-have-consent"
    )
    assert result.exit_code == 0, result.output
    assert "13.0 s long" in result.output


def _buzz(seconds: float) -> np.ndarray:
    """Loud enough to count as speech."""
    time = np.arange(int(24_000 * seconds)) / 24_000
    buzz = np.sign(np.sin(2 * np.pi * 120 * time)) * (np.sin(2 * np.pi * 3 * time) > -0.5)
    return (0.1 * buzz).astype(np.float32)
