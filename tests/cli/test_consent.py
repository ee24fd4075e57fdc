"""Whoever lends a voice or a face to a command is asked about once, and what is kept of it says who agreed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from omnitalker.base.checksums import file_digest
from omnitalker.base.errors import InputError
from omnitalker.batch.cache import PreparedCasting
from omnitalker.cli import consent
from omnitalker.cli.consent import ask_consent, people_in
from omnitalker.cli.main import app
from omnitalker.media.sound import write_wav
from omnitalker.reference.consent import receipt, receipts_in
from omnitalker.reference.style import load_style
from omnitalker.studio.order import parse
from tests.demo.test_studio import hum


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(consent, "FOLDER", tmp_path / "consent")
    return tmp_path / "consent"


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    write_wav(tmp_path / "me.wav", hum(3.0))
    return tmp_path / "me.wav"


@pytest.mark.parametrize(
    "command",
    [
        ["generate", "Hi.", "--ref", "me.wav", "-o", "a.wav"],
        ["generate", "Hi.", "--voice", "me.wav", "-o", "a.wav"],
        ["generate", "Hi.", "--face", "me.wav", "-o", "a.mp4"],
        ["style", "create", "me.wav", "-o", "a.safetensors"],
        ["reenact", "--source", "me.wav", "--driving", "me.wav", "-o", "a.mp4"],
        ["generate", "scene.txt", "-o", "a.wav"],
        ["batch", "jobs.csv", "-o", "out"],
        ["chat", "--character", "me.yaml"],
        ["serve", "--config", "serve.yaml"],
    ],
)
def test_nothing_is_made_of_somebody_unasked(
    voice: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(voice.parent)
    Path("jobs.csv").write_text("id,text,voice,format\na,Hi.,me.wav,wav\n")
    Path("me.yaml").write_text("name: Me\npersona: myself\nvoice: me.wav\n")
    Path("scene.txt").write_text("---\ncast:\n  ME: {ref: me.wav}\n---\nAVA: Hi.\nME: Hello.\n")
    Path("serve.yaml").write_text("characters: [me.yaml]\n")
    before = set(voice.parent.iterdir())
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, InputError), done.output
    assert "me.wav" in str(done.exception)
    assert "--i-have-consent" in str(done.exception)
    assert not [path for path in set(voice.parent.iterdir()) - before if path.is_file()]


def test_a_file_is_asked_about_once_whatever_it_is_called(voice: Path, home: Path) -> None:
    (given,) = ask_consent([voice], is_given=True).values()
    again = voice.rename(voice.with_name("other.wav"))
    assert list(ask_consent([again], is_given=False).values()) == [given]
    for file in home.iterdir():
        file.write_text("[{")  # damaged: as if it had never been said
    with pytest.raises(InputError, match="i-have-consent"):
        ask_consent([again], is_given=False)
    ask_consent([again], is_given=True)
    again.write_bytes(again.read_bytes() + b"\0\0")
    with pytest.raises(InputError, match="i-have-consent"):
        ask_consent([again], is_given=False)


@pytest.mark.parametrize("agrees", [True, False])
def test_who_sits_at_the_keyboard_is_asked(
    voice: Path, monkeypatch: pytest.MonkeyPatch, agrees: bool
) -> None:
    asked: list[str] = []

    def confirm(question: str, **_: Any) -> bool:
        asked.append(question)
        return agrees

    monkeypatch.setattr(typer, "confirm", confirm)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    if agrees:
        ask_consent([voice], is_given=False)
        ask_consent([voice], is_given=False)
    else:
        with pytest.raises(InputError, match="did not agree"):
            ask_consent([voice], is_given=False)
    assert len(asked) == 1
    assert "me.wav" in asked[0]


def test_built_in_people_and_kept_styles_are_not_asked_about(voice: Path, tmp_path: Path) -> None:
    (tmp_path / "kept.safetensors").write_bytes(b"x")
    wishes = {"text": "Hi.", "face": "ava", "style": str(tmp_path / "kept.safetensors")}
    assert people_in(parse(wishes)) == []
    assert people_in(parse({"text": "Hi.", "voice": str(voice), "face": str(voice)})) == [voice]


def test_what_a_batch_keeps_of_a_person_says_who_agreed(
    tiny_pipeline: Any, voice: Path, tmp_path: Path
) -> None:
    ann = receipt("Ann", "talking heads", 0)
    kept = tmp_path / "cache"
    studio = PreparedCasting(tiny_pipeline.parts, kept, 1 << 30, {file_digest(voice): ann})
    assert studio.reference(voice).style is not None
    (file,) = kept.glob("*.safetensors")
    assert receipts_in(load_style(file).metadata) == (ann,)
