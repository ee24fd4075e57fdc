from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.demo.cast import FROM_REFERENCE, SAVED
from omnitalker.demo.checks import as_html, check_reference, is_usable, shows_face
from omnitalker.demo.curves import inside
from omnitalker.demo.pieces import FIRST_PIECE_FRAMES
from omnitalker.demo.takes import Stop, Wish
from omnitalker.media.probe import probe
from omnitalker.media.segments import HELD_FRAMES
from omnitalker.media.sound import write_wav
from omnitalker.media.writer import VideoWriter
from omnitalker.reference.style import load_style
from omnitalker.studio.order import parse

if TYPE_CHECKING:
    from omnitalker.demo.takes import DemoTakes

ME = "0" * 32
WISH = Wish(
    parse({"text": "Good morning to you all.", "voice": "ada", "size": 256, "subtitles": True})
)


def wished(own: dict[str, Any] | None = None, **changes: Any) -> Wish:
    """`WISH` with other options, and with what is a visitor's own."""
    return replace(WISH, order=parse({**WISH.order.flat(), **changes}), **(own or {}))


def hum(seconds: float, hertz: float = 120.0, level: float = 0.2) -> np.ndarray:
    """A buzz in syllables: what the checks take for a voice."""
    time = np.arange(int(24_000 * seconds)) / 24_000
    voice = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 6))
    return (level * voice * (np.sin(2 * np.pi * 2.5 * time) > -0.7)).astype(np.float32)


def test_pieces_are_the_video_and_the_take_has_every_file(demo: DemoTakes) -> None:
    pieces = list(demo.speak(WISH))
    last = pieces[-1]
    assert last.take is not None
    lengths = [probe(piece.piece).pictures for piece in pieces]
    assert lengths[0] == FIRST_PIECE_FRAMES - HELD_FRAMES
    assert lengths == [round(25 * piece.piece_seconds) for piece in pieces]
    assert sum(lengths) == round(25 * last.take.seconds)
    assert {path.suffix for path in last.take.files} == {
        ".mp4", ".wav", ".srt", ".vtt", ".csv", ".safetensors",
    }  # fmt: skip
    assert all(path.stat().st_size > 0 for path in last.take.files)
    whole = probe(last.take.video)
    assert whole.video == pytest.approx(last.take.seconds, abs=0.001)
    assert whole.audio == pytest.approx(last.take.seconds, abs=0.045)
    assert load_style(last.take.files[-1]).has_voice
    drawn = inside(last.take)
    assert drawn.count("<polyline") == 2 * 8  # what was made, and the style it goes on from
    for word in last.take.words:
        assert f">{word.text}</text>" in drawn


def test_stopping_ends_the_work_and_leaves_no_video(demo: DemoTakes) -> None:
    stop = Stop()
    steps = demo.speak(wished(text="One two three. " * 30), stop)
    first = next(steps)
    assert first.piece.exists()
    stop.event.set()
    with pytest.raises(InputError, match="stopped"):
        next(steps)
    assert not list(first.piece.parent.glob("*.mp4"))


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (wished(text="  "), "write something"),
        (wished(text="x" * 5000), "takes up to"),
        (wished(voice=FROM_REFERENCE), "agreed"),
        (wished({"consent": True}, voice=FROM_REFERENCE), "record or upload"),
        (replace(WISH, own_face=True, consent=True), "portrait"),
        (wished(emotion="angry"), "emotion of ada 'angry'"),
        (wished(text="Привет"), "cannot be spoken"),
        (wished(background="/etc/passwd"), "neither own"),
        (wished(face="/etc/passwd"), "face '/etc/passwd' is not known"),
        (wished({"owner": ME}, voice=SAVED + "gone"), "no saved style"),
    ],
)
def test_mistakes_are_told_in_words(demo: DemoTakes, wish: Wish, words: str) -> None:
    with pytest.raises(InputError, match=words):
        list(demo.speak(wish))


def test_an_own_voice_speaks_and_can_be_kept(demo: DemoTakes, tmp_path: Path) -> None:
    write_wav(tmp_path / "me.wav", hum(3.0))
    mine = demo.references.take(tmp_path / "me.wav", ME)
    wish = wished({"reference": mine, "consent": True, "owner": ME}, voice=FROM_REFERENCE)
    style = demo.style(wish)
    shelf = demo.shelves.of(ME)
    assert shelf.save("My  voice", style) == "My voice"
    kept = demo.style(wished({"owner": ME}, voice=SAVED + "My voice"))
    assert np.allclose(kept.mel, style.mel, atol=0.01)
    assert np.array_equal(kept.phonemes, style.phonemes)
    with pytest.raises(InputError, match="already"):
        shelf.save("My voice", style)
    shelf.rename("My voice", "Me")
    assert shelf.names == ["Me"]
    shelf.delete("Me")
    assert shelf.names == []
    for name in ("../x", "", ".hidden", "a/b", "x" * 60):
        with pytest.raises(InputError, match="letters"):
            shelf.save(name, style)


def test_checks_of_sound(tmp_path: Path) -> None:
    def words(samples: np.ndarray) -> str:
        write_wav(tmp_path / "a.wav", samples)
        return " ".join(finding.words for finding in check_reference(tmp_path / "a.wav"))

    good = words(hum(4.0))
    assert "4.0 s long" in good
    assert "level is fine" in good
    assert "one speaker" in good
    assert "too short" in words(hum(0.5))
    assert "very quiet" in words(hum(4.0, level=0.004))
    assert "distorts" in words(np.clip(hum(4.0, level=5.0), -1, 1))
    assert "more than one speaker" in words(np.concatenate([hum(2.0, 90), hum(2.0, 260)]))
    assert "no sound" in words(np.zeros(48_000, np.float32))
    silence = check_reference(tmp_path / "a.wav")
    assert not is_usable(silence)
    assert not shows_face(silence)
    words(hum(4.0))
    assert not shows_face(check_reference(tmp_path / "a.wav"))


def test_checks_of_a_long_clip_hold_a_few_of_its_pictures(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", (640, 360)) as film:
        film.write_frames(np.full((360, 640, 3), 90, np.uint8) for _ in range(1600))
        film.write_samples(hum(64.0))
    tracemalloc.start()
    words = [finding.words for finding in check_reference(tmp_path / "a.mp4")]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "64 s long: the best 10 s of its first minute are used" in words
    assert any("no face found" in line for line in words)
    assert most < 200e6  # all pictures of a minute are 1 GB


def test_checks_look_at_the_content_not_at_the_name(tmp_path: Path) -> None:
    (tmp_path / "evil.mp4").write_bytes(b"<script>alert(1)</script>" * 100)
    findings = check_reference(tmp_path / "evil.mp4")
    assert not is_usable(findings)
    assert "cannot read evil.mp4" in findings[0].words
    assert "<script>" not in as_html(findings)
