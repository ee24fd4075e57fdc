"""Files of strangers: bombs, playlists, broken ones, and styles and identities that are not what they say."""

from __future__ import annotations

import json
import pickle
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from omnitalker.base import assets
from omnitalker.base.errors import InputError
from omnitalker.media import gif, sandbox
from omnitalker.media.decode import Job
from omnitalker.media.intake import LIMITS, picture_size, sniff
from omnitalker.media.probe import probe
from omnitalker.media.reader import read_audio, read_clip, read_frames, read_frames_at
from omnitalker.media.sound import SoundEncoder, write_wav
from omnitalker.reference.identity_file import load_identity
from omnitalker.reference.style import load_style, save_style
from tests.conftest import make_style
from tests.media.test_media import write_clip, write_still

FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """Black, a thousandth of its pixels' size; with fewer rows than it says where `rows` is given."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(1)
    row = bytes(1 + 3 * width)
    body = b"".join(packer.compress(row) for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", body + packer.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small file of every kind that we can write."""
    import av
    import cv2

    folder = tmp_path_factory.mktemp("kinds")
    write_clip(folder / "a.mp4", blocks=3)
    tone = 0.3 * np.sin(np.arange(24_000) / 9).astype(np.float32)
    write_wav(folder / "a.wav", tone)
    for kind in ("mp3", "opus", "aac", "flac"):
        encoder = SoundEncoder(kind)
        (folder / f"a.{kind}").write_bytes(encoder.push(tone) + encoder.finish())
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for kind in ("png", "jpg", "bmp", "webp", "tiff"):
        cv2.imwrite(str(folder / f"a.{kind}"), picture)
    for kind, codec in (
        ("webm", "libvpx"),
        ("mkv", "libx264"),
        ("avi", "mpeg4"),
        ("ts", "libx264"),
    ):
        with av.open(str(folder / f"a.{kind}"), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for value in range(5):
                frame = av.VideoFrame.from_ndarray(picture // (value + 1), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    gif.write_gif(folder / "a.gif", [picture // (value + 1) for value in range(5)])
    for kind in ("aiff", "caf"):
        with av.open(str(folder / f"a.{kind}"), "w") as container:
            sound = container.add_stream("pcm_s16be", rate=24_000, layout="mono")
            whole = (tone[None] * 32_767).astype(np.int16)
            samples = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
            samples.sample_rate = 24_000
            container.mux(sound.encode(samples))
            container.mux(sound.encode(None))
    return folder


KINDS = ("mp4", "wav", "mp3", "opus", "aac", "flac", "png", "jpg", "bmp", "webp", "tiff", "webm", "mkv", "avi", "ts", "gif", "aiff", "caf")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_whatever_it_is_called(files: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "holiday.txt"
    path.write_bytes((files / f"a.{kind}").read_bytes())
    clip = read_clip(path)
    assert len(clip.frames) or len(clip.samples)


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_a_damaged_file_is_read_in_part_or_refused_in_words(
    files: Path, tmp_path: Path, kind: str, data: st.DataObject
) -> None:
    whole = bytearray((files / f"a.{kind}").read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged"
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole)))])
    for read in (read_clip, probe):
        try:
            read(path)
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017


@FEW
@given(st.binary(min_size=1, max_size=400))
def test_bytes_of_any_kind_are_sniffed_without_harm(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(content)
    picture_size(content)
    try:
        sniff(path)
    except InputError as error:
        assert str(error).startswith(("cannot read bytes", "bytes is"))  # noqa: PT017


@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4", "list.wav", "list.png", "list.txt"])
@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {secret}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 9 RTP/AVP 96\n",
        "<svg xmlns='http://www.w3.org/2000/svg'><image href='file://{secret}'/></svg>",
        "<?xml version='1.0'?><MPD><BaseURL>file://{secret}</BaseURL></MPD>",
        "concat:{secret}|{secret}",
    ],
)
def test_a_playlist_opens_nothing(files: Path, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text.format(secret=files / "a.mp4"))
    for read in (
        read_clip,
        read_audio,
        probe,
        lambda p: read_frames_at(p, [0]),
        lambda p: next(read_frames(p)),
    ):
        with pytest.raises(InputError, match="none of the formats"):
            read(path)  # type: ignore[operator]


def test_pictures_too_large_are_refused_by_their_header(tmp_path: Path) -> None:
    began = time.monotonic()
    for size in ((20_000, 20_000), (30_000, 30_000), (2**31 - 1, 4), (100_000_001, 1)):
        (tmp_path / "bomb.png").write_bytes(
            png(*size, rows=2)
            if size[0] < 10**6
            else png(8, 8).replace(struct.pack(">II", 8, 8), struct.pack(">II", *size))
        )
        with pytest.raises(InputError, match="megapixels"):
            read_clip(tmp_path / "bomb.png")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "webp"])
def test_headers_tell_the_size(files: Path, kind: str) -> None:
    assert picture_size((files / f"a.{kind}").read_bytes()) == (64, 48)


def test_a_long_gap_costs_one_picture(tmp_path: Path) -> None:
    import av

    with av.open(str(tmp_path / "gap.mkv"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 640, "yuv420p"
        for place in (0, 36_000 * 25):
            frame = av.VideoFrame.from_ndarray(np.zeros((640, 640, 3), np.uint8), format="rgb24")
            frame.pts = place
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = read_clip(tmp_path / "gap.mkv")
    assert len(clip.frames) == 1500
    assert len({id(frame) for frame in clip.frames}) == 1


_GREEDY = """
import sys
from omnitalker.media import decode, sandbox
from omnitalker.media.intake import Limits
import numpy as np
{limits}
sandbox.confine()
{work}
print("lived")
"""


@pytest.mark.parametrize(
    ("limits", "work"),
    [
        ("sandbox.LIMITS = Limits(memory_bytes=1 << 28)", "np.ones(1 << 28)"),
        ("sandbox.LIMITS = Limits(cpu_seconds=1)", "while True: pass"),
        ("", "open('/tmp/omnitalker-escape', 'wb', buffering=0).write(b'x')"),
    ],
)
def test_what_needs_too_much_ends_in_its_own_process(limits: str, work: str) -> None:
    code = _GREEDY.format(limits=limits, work=work)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "lived" not in done.stdout


def test_a_decoder_that_dies_is_told_in_a_sentence(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files / "a.mp4"
    job = Job(str(path), "a.mp4", "no such demuxer", False, "clip")
    with pytest.raises(InputError, match=r"cannot read a\.mp4"):
        list(sandbox.run(job))
    sandbox._HELPER._process.kill()
    sandbox._HELPER._process.wait()
    assert len(read_clip(path).frames) == 12  # the next one is started


def test_pipes_devices_and_folders_are_no_files(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, tmp_path / "nothing"):
        with pytest.raises(InputError):
            read_clip(path)
    assert LIMITS.file_bytes < 10**11


def _style(tmp_path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    save_style(make_style(), tmp_path / "good.safetensors")
    with safe_open(str(tmp_path / "good.safetensors"), framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: {"mel": a["mel"] * np.float16("nan")}, "no numbers"),
        (lambda a: {"mel": np.full_like(a["mel"], np.inf)}, "no numbers"),
        (lambda a: {"mel": a["mel"] * 0 + 1000}, "must stay within"),
        (lambda a: {"motion": a["motion"] * 0 - 500}, "must stay within"),
        (lambda a: {"phonemes": np.full_like(a["phonemes"], 30_000)}, "must stay within"),
        (lambda a: {"tones": np.full_like(a["tones"], -5)}, "must stay within"),
        (lambda a: {"mel": np.ascontiguousarray(a["mel"][:, :50])}, "has shape"),
        (lambda a: {"mel": a["mel"].astype(np.int8)}, "is of type I8"),
        (lambda a: {"tones": a["tones"][:-1]}, "has shape"),
        (lambda a: {name: a[name][:0] for name in a}, "belong together"),
        (lambda a: {name: np.concatenate([a[name]] * 9) for name in a}, "longer than"),
        (lambda a: {name: np.concatenate([a[name]] * 600) for name in a}, "MB"),
        (lambda a: {"extra": np.zeros(3)}, "does not belong"),
    ],
)
def test_a_style_that_is_not_what_it_says_is_refused(
    tmp_path: Path, change: Change, words: str
) -> None:
    arrays, metadata = _style(tmp_path)
    save_file({**arrays, **change(arrays)}, tmp_path / "bad.safetensors", metadata)
    with pytest.raises(InputError, match=words):
        load_style(tmp_path / "bad.safetensors")


@pytest.mark.parametrize("load", [load_style, load_identity])
def test_files_of_other_kinds_are_refused_in_a_line(
    tmp_path: Path, load: Callable[[Path], object]
) -> None:
    good = assets.presenter_file("ava")
    assert good is not None
    contents = {
        "truncated": good.read_bytes()[:3000], "empty": b"", "huge header": struct.pack("<Q", 2**40) + b"{}",
        "pickle": pickle.dumps({"a": 1}), "no header": struct.pack("<Q", 2) + b"{}",
    }  # fmt: skip
    for content in contents.values():
        path = tmp_path / "x.safetensors"
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            load(path)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        load(tmp_path)


def _identity() -> tuple[dict[str, Any], dict[str, str]]:
    path = assets.presenter_file("ava")
    assert path is not None
    with safe_open(str(path), framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def _bytes(data: bytes) -> Any:
    return np.frombuffer(data, np.uint8)


def _jpeg_2000() -> bytes:
    """Its first bytes are enough: nothing may get as far as a decoder."""
    return b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200)


@pytest.mark.parametrize(
    ("arrays", "metadata", "words"),
    [
        ({"matte.png": None}, {}, "lacks matte.png"),
        ({}, {"camera": '{"__x": 1}'}, "camera"),
        ({}, {"camera": "not json"}, "camera"),
        ({}, {"camera": '{"scale": NaN, "centre_x": 1, "centre_y": 1}'}, "cannot be"),
        ({}, {"framing": "[" * 50_000}, "framing"),
        ({}, {"metadata": '{"consent": "yes"}'}, "consent"),
        ({"picture.jpg": _bytes(bytes(100))}, {}, "neither a JPEG nor a PNG"),
        ({"picture.jpg": _bytes(_jpeg_2000())}, {}, "neither a JPEG nor a PNG"),
        ({"picture.jpg": _bytes(png(20_000, 20_000, rows=2))}, {}, "pixels large"),
        ({"picture.jpg": _bytes(png(64, 64, rows=2)[:60])}, {}, "damaged"),
        ({"picture.jpg": _bytes(png(64, 64))}, {}, "one size"),
        ({"neutral": np.zeros((3, 3), np.float32)}, {}, "has shape"),
        ({"landmarks": np.full((478, 2), np.nan, np.float32)}, {}, "no numbers"),
        ({"mouths.motion": np.zeros((7, 61), np.float32)}, {}, "as many pictures"),
        ({"mouths.layout": None}, {}, "not whole"),
        ({"evil": np.zeros(3)}, {}, "does not belong"),
    ],
)
def test_an_identity_that_is_not_what_it_says_is_refused(
    tmp_path: Path, arrays: dict[str, Any], metadata: dict[str, str], words: str
) -> None:
    good, about = _identity()
    changed = {name: value for name, value in {**good, **arrays}.items() if value is not None}
    save_file(changed, tmp_path / "bad.safetensors", {**about, **metadata})
    with pytest.raises(InputError, match=words) as caught:
        load_identity(tmp_path / "bad.safetensors")
    assert "\n" not in str(caught.value)


def test_consent_travels_with_styles_and_their_mixtures(tmp_path: Path) -> None:
    from dataclasses import replace

    from omnitalker.reference.consent import in_words, receipt, receipts_in, with_receipt
    from omnitalker.reference.style import mix_styles

    given = [
        replace(make_style(seed=n), metadata=with_receipt({}, receipt(who, "talking heads", 0)))
        for n, who in enumerate(("Ann", "Bo"))
    ]
    save_style(mix_styles(*given), tmp_path / "both.safetensors")
    kept = load_style(tmp_path / "both.safetensors").metadata
    assert {item.by for item in receipts_in(kept)} == {"Ann", "Bo"}
    assert in_words(kept)[0].endswith("said so on 1970-01-01T00:00:00Z, for talking heads")
    assert json.loads(kept["consent"])
    assert in_words({}) == ["consent: nothing is said about it in this file"]


def test_a_still_is_one_picture_however_many_follow(tmp_path: Path) -> None:
    write_still(tmp_path / "a.png", np.zeros((48, 64, 3), np.uint8))
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "many.png").write_bytes(data * 50)
    assert len(read_clip(tmp_path / "many.png").frames) == 1
