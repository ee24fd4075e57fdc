"""Memory that stays, and threads that do not crowd each other."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest
import torch

from omnitalker.base.machine import beside_others, processors

FAULTS = """
import resource, sys
import numpy as np
from omnitalker.base.machine import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    held = [np.ones(1 << 20, np.float32) for _ in range(4)]
before = pages()
for _ in range(20):
    del held
    held = [np.ones(1 << 20, np.float32) for _ in range(4)]
print(pages() - before)
"""


HEAPS = """
import ctypes, sys, threading
from omnitalker.base.machine import keep_memory
keep_memory(int(sys.argv[1]) if len(sys.argv) > 1 else None)
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = (ctypes.c_int, ctypes.c_void_p)
libc.fflush.argtypes = (ctypes.c_void_p,)
together = threading.Barrier(6)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
out = libc.fdopen(1, b"w")
libc.malloc_info(0, out)
libc.fflush(out)
"""

HELD = """
import ctypes, resource
from pathlib import Path
from omnitalker.base.machine import give_memory_back, keep_memory
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = (ctypes.c_void_p,)
keep_memory()
blocks = [libc.malloc(100_000) for _ in range(1000)]
for block in blocks:
    ctypes.memset(block, 1, 100_000)
top = libc.malloc(100_000)
for block in blocks:
    libc.free(block)
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
before = held()
give_memory_back()
print(before - held())
"""

only_glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="a setting of glibc's allocator"
)


def _said(script: str, *arguments: str) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=ours,
    )
    return done.stdout


@only_glibc
def test_blocks_given_back_are_not_cleared_anew() -> None:
    assert int(_said(FAULTS, "keep")) < int(_said(FAULTS, "leave")) / 5


@only_glibc
def test_threads_share_the_heaps_they_are_given() -> None:
    assert _said(HEAPS, "2").count("<heap nr=") == 2
    assert _said(HEAPS).count("<heap nr=") > 2


@only_glibc
def test_what_is_not_needed_any_more_can_be_given_back() -> None:
    assert int(_said(HELD)) > 80_000_000


def test_half_of_the_processors_while_others_work() -> None:
    before = torch.get_num_threads()
    seen = [torch.get_num_threads() for _ in beside_others(range(2))]
    assert seen == [max(1, min(before, processors() // 2))] * 2
    assert torch.get_num_threads() == before


def test_the_processors_come_back_after_an_error() -> None:
    before = torch.get_num_threads()

    def broken() -> object:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(beside_others(broken()))  # type: ignore[arg-type]
    assert torch.get_num_threads() == before
