"""Keeps what C++ libraries tell their own developers off a user's terminal."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NOISE = re.compile(
    rb"[IW]\d{4} |WARNING: All log messages before absl|INFO: Created TensorFlow Lite"
)
_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def native_noise_left_out() -> Iterator[None]:
    """Notes and warnings of mediapipe and TensorFlow Lite are dropped; whatever else is said comes at the end."""
    with _ONE_AT_A_TIME, tempfile.TemporaryFile() as said:
        sys.stderr.flush()
        terminal = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            said.seek(0)
            for line in said:
                if not _NOISE.match(line):
                    os.write(2, line)
