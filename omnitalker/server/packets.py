"""The binary messages of `/v1/avatar`: 40 ms of sound, and a JPEG, in one packet.

    byte 0      version, 1
    byte 1      flags: 1 = idle, 2 = last frame of an utterance
    bytes 2-3   utterance
    bytes 4-7   frame index; it starts at index / 25 seconds
    bytes 8-11  bytes of sound that follow (16-bit mono at 24 kHz, little-endian)
    then        the sound, then the JPEG (none where the client asked for sound alone)

Numbers are unsigned and little-endian. Needs nothing but numpy, so that clients can use it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

VERSION = 1
IDLE, LAST = 1, 2
HEADER = struct.Struct("<BBHII")


@dataclass(frozen=True)
class Packet:
    index: int
    utterance: int
    sound: bytes
    picture: bytes
    is_idle: bool
    is_last: bool

    def to_bytes(self) -> bytes:
        flags = IDLE * self.is_idle + LAST * self.is_last
        header = HEADER.pack(VERSION, flags, self.utterance & 0xFFFF, self.index, len(self.sound))
        return header + self.sound + self.picture

    @classmethod
    def from_bytes(cls, data: bytes) -> Packet:
        version, flags, utterance, index, length = HEADER.unpack_from(data)
        if version != VERSION:
            raise ValueError(f"packet version {version}; this client reads version {VERSION}")
        at = HEADER.size + length
        return cls(
            index, utterance, data[HEADER.size : at], data[at:],
            bool(flags & IDLE), bool(flags & LAST),
        )  # fmt: skip

    @property
    def samples(self) -> np.ndarray:
        """(960,) int16."""
        return np.frombuffer(self.sound, "<i2")
