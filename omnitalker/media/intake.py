"""The gate for files from outside: what a file is, by its content, and whether it may be opened at all.

    file ──> sniff: kind by content ──> picture size from its header ──> decoded in a sandbox ──> pictures, sound

A kind is one container format with the demuxer that will read it, so that nothing is left to guess: a playlist
named .mp4 is a text file, whatever it points at.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from omnitalker.base.errors import InputError

HEAD_BYTES = 1 << 20
"""Where a photograph says its size: after a colour profile and a thumbnail."""


@dataclass(frozen=True)
class Kind:
    """A format that is read here."""

    demuxer: str
    is_still: bool = False


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Reached limits are told in a sentence."""

    file_bytes: int = 8 << 30
    still_pixels: int = 100_000_000
    film_pixels: int = 8192 * 4320
    picture_bytes: int = 1_300_000_000
    """Of all pictures that are kept: ten seconds at 1280 x 1280."""
    memory_bytes: int = 2 << 30
    """Of the process that decodes."""
    cpu_seconds: int = 90
    stall_seconds: float = 120.0
    """Longest wait for the next picture."""


LIMITS = Limits()
DECODERS = (
    "h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "av1", "libdav1d", "mpeg4", "mpeg2video", "prores",
    "theora", "mjpeg", "png", "apng", "gif", "webp", "bmp", "tiff", "aac", "mp3", "mp3float", "opus",
    "libopus", "vorbis", "flac", "alac", "ac3", "eac3", "amrnb", "amrwb", "pcm_u8", "pcm_s16le", "pcm_s16be",
    "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_alaw",
    "pcm_mulaw", "adpcm_ima_wav",
)  # fmt: skip
"""Of 557 that are built in: those of cameras, phones, browsers and recorders."""

_STILLS = {
    b"\x89PNG\r\n\x1a\n": "png_pipe", b"\xff\xd8\xff": "jpeg_pipe", b"BM": "bmp_pipe",
    b"II*\0": "tiff_pipe", b"MM\0*": "tiff_pipe",
}  # fmt: skip
_OTHERS = {
    b"\x1a\x45\xdf\xa3": "matroska", b"OggS": "ogg", b"fLaC": "flac", b"GIF8": "gif",
    b"#!AMR": "amr", b"caff": "caf",
}  # fmt: skip
_INSIDE = {b"WEBP": Kind("webp_pipe", True), b"WAVE": Kind("wav"), b"AVI ": Kind("avi")}
_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_TS_PACKET = 188


def check_file(path: Path) -> None:
    """A file with something in it, no folder, no pipe, no device."""
    if not path.exists():
        raise InputError(f"no such file: {path}")
    if path.is_dir():
        raise InputError(f"{path} is a folder; give one clip, portrait or recording")
    if not path.is_file():
        raise InputError(f"{path} is not a file; give one clip, portrait or recording")
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"{path.name} is empty (0 bytes)")
    if size > LIMITS.file_bytes:
        raise InputError(
            f"{path.name} has {size / 1e9:.1f} GB; files up to {LIMITS.file_bytes / 1e9:.0f} GB are read"
        )


def sniff(path: Path) -> Kind:
    """What a file is, or an `InputError` that says what is read here."""
    check_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            kind = _kind(head) or _after_id3(file, head)
    except OSError as error:
        raise InputError(f"cannot read {path.name}: {error.strerror or error}") from error
    if kind is None:
        raise InputError(unreadable(path.name, "it is none of the formats that are read here"))
    size = picture_size(head)
    if size is not None:
        check_pixels(path.name, *size, LIMITS.still_pixels)
    return kind


def check_pixels(name: str, width: int, height: int, most: int) -> None:
    if width * height > most:
        raise InputError(
            f"{name} is {width} x {height} pixels large; up to {most / 1e6:.0f} megapixels are read"
        )


def unreadable(name: str, reason: object) -> str:
    words = getattr(reason, "strerror", None) or reason
    return (
        f"cannot read {name}: {words}. Give a video (mp4, mov, webm), a picture (png, jpg) "
        "or a recording (wav, mp3)"
    )


def _kind(head: bytes) -> Kind | None:
    for magic, demuxer in _STILLS.items():
        if head.startswith(magic):
            return Kind(demuxer, is_still=True)
    for magic, demuxer in _OTHERS.items():
        if head.startswith(magic):
            return Kind(demuxer)
    if head[:4] in (b"RIFF", b"RF64"):
        return _INSIDE.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Kind("aiff")
    if head[4:8] in _ATOMS:
        return Kind("mov")
    if head[:1] == b"\x47" and head[_TS_PACKET : _TS_PACKET + 1] == b"\x47":
        return Kind("mpegts")
    return _frames_of_sound(head)


def _frames_of_sound(head: bytes) -> Kind | None:
    """MPEG audio has no header of its own, only that of its first frame: eleven bits that are set."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return Kind("aac")
    has_layer, has_rate = head[1] & 0x06 != 0, head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
    return Kind("mp3") if has_layer and has_rate else None


def _after_id3(file: BinaryIO, head: bytes) -> Kind | None:
    """Tags in front of a sound: its length is in four bytes of seven bits."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return None
    length = sum(
        (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
    )
    file.seek(10 + length)
    return _frames_of_sound(file.read(16).lstrip(b"\0")) or Kind("mp3")


def picture_size(head: bytes) -> tuple[int, int] | None:
    """(width, height) as a still picture's own header says; None where it is none, or says nothing."""
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
            return struct.unpack(">II", head[16:24])  # type: ignore[return-value]
        if head.startswith(b"\xff\xd8\xff"):
            return _jpeg_size(head)
        if head[8:12] == b"WEBP":
            return _webp_size(head)
        if head.startswith(b"GIF8"):
            return struct.unpack("<HH", head[6:10])  # type: ignore[return-value]
        if head.startswith(b"BM"):
            width, height = struct.unpack("<ii", head[18:26])
            return abs(width), abs(height)
    except struct.error:
        return None
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """From the start of its frame, whichever of the thirteen kinds it is."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker == 0xFF or marker in (0x01, *range(0xD0, 0xD8)):  # padding, or without a length
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[at + 5 : at + 9])
            return width, height
        at += 2 + int(struct.unpack(">H", head[at + 2 : at + 4])[0])
    return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    chunk = head[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L":
        bits = int(struct.unpack("<I", head[21:25])[0])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
