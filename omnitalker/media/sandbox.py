"""Decoding apart from everything else: a process per file with limits on memory, time and what it may write.

    here ── job, pipe ──> helper (one per process, single-threaded, imported once) ── fork ──> limits, decode
      ^                                                                                            │
      └──────────────────────────────────── records through the pipe ──────────────────────────────┘

A file that needs too much ends its own process, and here a sentence says so. Nothing that comes back is trusted
either: sizes are checked, and there is no pickle. Without `fork` (Windows) files are decoded here, within the
limits of `intake` alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from omnitalker.base.errors import InputError
from omnitalker.base.types import Frame
from omnitalker.media.decode import Again, Job, Note, Record, records
from omnitalker.media.intake import LIMITS, unreadable

_HEADER = struct.Struct("<cIII")
"""Kind, then two sizes of a picture, or the length of what follows."""
_MOST_JOB_BYTES = 1 << 17
_MOST_TEXT_BYTES = 1 << 16
_MOST_SOUND_BYTES = 1 << 26
_PIPE_BYTES = 1 << 20
_START = (
    "import sys; sys.path[:] = {path!r}; "
    "from omnitalker.media.sandbox import serve; serve({socket})"
)
_PR_SET_NO_NEW_PRIVS = 38


def run(job: Job) -> Iterator[Record]:
    """The records of a job. Closing the iterator early ends the process that makes them."""
    if not hasattr(os, "fork"):
        yield from records(job)
        return
    reading, writing = os.pipe()
    try:
        _HELPER.send(job, writing)
    except OSError as error:
        os.close(reading)
        raise InputError(
            unreadable(job.name, f"its decoder cannot be started ({error})")
        ) from error
    finally:
        os.close(writing)
    with open(reading, "rb", buffering=0) as pipe:
        yield from _received(_Inlet(pipe, job))


class _Helper:
    """Started with the first file, once per process, and again after a fork or an end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._owner = 0

    def send(self, job: Job, writing: int) -> None:
        message = json.dumps(asdict(job)).encode()
        if len(message) > _MOST_JOB_BYTES:
            raise InputError(f"too many pictures of {job.name} are asked for at once")
        with self._lock:
            if self._socket is None or self._owner != os.getpid():
                self._start()
            assert self._socket is not None
            try:
                socket.send_fds(self._socket, [message], [writing])
            except (BrokenPipeError, ConnectionResetError):
                self._start()
                socket.send_fds(self._socket, [message], [writing])

    def _start(self) -> None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (here, there):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * _MOST_JOB_BYTES)
        path = [os.path.abspath(entry) for entry in sys.path if entry]
        with there:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START.format(path=path, socket=there.fileno())],
                pass_fds=(there.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1"},  # no keys of ours
            )
        self._socket, self._owner = here, os.getpid()


_HELPER = _Helper()


class _Inlet:
    """Reads from the decoder with a limit on the wait."""

    def __init__(self, pipe: Any, job: Job) -> None:
        self.job = job
        self._pipe = pipe
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)

    def fill(self, buffer: memoryview) -> None:
        at = 0
        while at < len(buffer):
            if not self._poll.poll(1000 * LIMITS.stall_seconds):
                raise InputError(unreadable(self.job.name, "decoding it takes too long"))
            count = self._pipe.readinto(buffer[at:])
            if not count:
                raise InputError(
                    unreadable(self.job.name, "decoding it takes too much memory or time")
                )
            at += count

    def text(self, length: int) -> str:
        return self._bytes(length, _MOST_TEXT_BYTES).decode("utf-8", "replace")

    def sound(self, length: int) -> Any:
        return np.frombuffer(self._bytes(length, _MOST_SOUND_BYTES), np.float32)

    def picture(self, height: int, width: int) -> Frame:
        if not (0 < height <= self.job.max_side and 0 < width <= self.job.max_side):
            raise InputError(unreadable(self.job.name, "its decoder went astray"))
        pixels = np.empty((height, width, 3), np.uint8)
        self.fill(pixels.data.cast("B"))
        return pixels

    def _bytes(self, length: int, most: int) -> bytearray:
        if length > most:
            raise InputError(unreadable(self.job.name, "its decoder went astray"))
        data = bytearray(length)
        self.fill(memoryview(data))
        return data


def _received(inlet: _Inlet) -> Iterator[Record]:
    header = bytearray(_HEADER.size)
    while True:
        inlet.fill(memoryview(header))
        kind, first, second, _ = _HEADER.unpack(header)
        if kind == b".":
            return
        if kind == b"X":
            raise InputError(inlet.text(first))
        if kind == b"P":
            yield inlet.picture(first, second)
        elif kind == b"A":
            yield Again()
        elif kind == b"S":
            yield inlet.sound(first)
        elif kind == b"N":
            yield Note(inlet.text(first))
        else:
            yield json.loads(inlet.text(first))


def serve(number: int) -> None:
    """The helper's whole life: a child for every job, until nobody is there to send one."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one above, whose end ends this
    inbox = socket.socket(fileno=number)
    while True:
        message, descriptors, _, _ = socket.recv_fds(inbox, _MOST_JOB_BYTES, 1)
        if not message:
            return
        if os.fork() == 0:
            inbox.close()
            _work(json.loads(message), descriptors[0])
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _work(wish: dict[str, Any], writing: int) -> None:
    job = Job(**wish)
    confine()
    outlet = _Outlet(writing)
    try:
        for record in records(job):
            outlet.send(record)
        outlet.put(b".")
    except InputError as error:
        outlet.text(b"X", str(error))
    except MemoryError:
        outlet.text(b"X", unreadable(job.name, "decoding it takes too much memory"))
    except BrokenPipeError:
        return


def confine() -> None:
    """From here on: no new files, no larger ones, no privileges, and so much memory and time."""
    import resource

    wanted = {
        resource.RLIMIT_AS: _virtual_bytes() + LIMITS.memory_bytes,
        resource.RLIMIT_CPU: LIMITS.cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }
    for which, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):  # macOS has no limit on address space
            resource.setrlimit(which, (value, value))
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _virtual_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


class _Outlet:
    """Writes to whoever asked; its end is theirs."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        with contextlib.suppress(ImportError, AttributeError, OSError):
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def send(self, record: Record) -> None:
        if isinstance(record, Again):
            self.put(b"A")
        elif isinstance(record, Note):
            self.text(b"N", record.text)
        elif isinstance(record, dict):
            self.text(b"J", json.dumps(record))
        elif record.ndim == 3:
            self.put(b"P", *record.shape[:2])
            self._write(record.data.cast("B"))
        elif len(record):
            self.put(b"S", record.nbytes)
            self._write(record.data.cast("B"))

    def text(self, kind: bytes, text: str) -> None:
        data = text.encode("utf-8", "replace")[:_MOST_TEXT_BYTES]
        self.put(kind, len(data))
        self._write(memoryview(data))

    def put(self, kind: bytes, first: int = 0, second: int = 0) -> None:
        self._write(memoryview(_HEADER.pack(kind, first, second, 0)))

    def _write(self, data: memoryview) -> None:
        while data:
            data = data[os.write(self._descriptor, data) :]
