"""Memory that stays, and threads that do not crowd each other."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest
import torch

from omnitalker.machine import beside_others, processors

FAULTS = """
import resource, sys
import numpy as np
from omnitalker.machine import keep_memory
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


def _pages(how: str) -> int:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True, env=ours
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc's allocator")
def test_blocks_given_back_are_not_cleared_anew() -> None:
    assert _pages("keep") < _pages("leave") / 5


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
