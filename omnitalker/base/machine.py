"""How the arithmetic uses the machine: memory that stays ours, and a fair share of its processors.

torch is imported where it is used, so that a command can call `keep_memory` before anything is loaded.
"""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from omnitalker.base.errors import InputError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
"""Names of glibc's settings (malloc.h)."""
_MEGABYTE = 1 << 20


def keep_memory(heaps: int | None = None) -> None:
    """Let freed memory be used again at once instead of going back to the system and coming anew.

    A network pass asks for dozens of blocks of some megabytes, and glibc by default maps each of them
    anew; the system then clears every page: a quarter of the time of a pass. Elsewhere nothing happens.

    heaps: how many the threads share. By default new threads take new ones, which all keep what was freed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_MMAP_THRESHOLD, 32 * _MEGABYTE)
    mallopt(_TRIM_THRESHOLD, 512 * _MEGABYTE)
    mallopt(_TOP_PAD, 16 * _MEGABYTE)
    if heaps is not None:
        mallopt(_ARENA_MAX, heaps)


def give_memory_back() -> None:
    """What was needed only for a while (to load weights, say) goes back to the system."""
    gc.collect()
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_to_one_thread() -> None:
    """Small matrix products of numpy stay in the thread that asks for them; to be called before numpy loads.

    OpenBLAS's helper threads wait by yielding all the time, and take a core from network and renderer.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def rest_between_calls() -> None:
    """Helper threads of torch sleep when they have nothing to do; to be called before torch is loaded.

    By default they spin for a while, and take the time of the thread that draws the pictures.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_device(name: str) -> str:
    """The device as torch calls it; an `InputError` where this machine has none of that name."""
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not number.isdecimal()):
        raise InputError(f"device '{name}' is not known; use cpu, cuda, cuda:1 or mps")
    if kind == "cpu":
        return name
    import torch

    there = torch.cuda.device_count() if kind == "cuda" else int(torch.backends.mps.is_available())
    if int(number or 0) >= there:
        raise InputError(f"there is no device '{name}' here (of {kind} there are {there}); use cpu")
    return name


def beside_others(made: Iterable[T]) -> Iterator[T]:
    """Iterate with half of the processors for torch, in a thread that works while others do.

    A team of helper threads belongs to each thread that calls torch, and with more of them than
    processors they sleep between any two operations: waking them then costs more than they do.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(max(1, min(before, processors() // 2)))
    try:
        yield from made
    finally:
        torch.set_num_threads(before)


def is_alone() -> bool:
    """Whether the calling thread may use every processor: only the main one has a team that stays awake."""
    return threading.current_thread() is threading.main_thread()


def has_fast_bfloat16() -> bool:
    """Whether the processor has instructions for it; without, it would be slower than single precision."""
    import torch

    return torch.cpu._is_avx512_bf16_supported()


def weights_dtype() -> torch.dtype:
    """How the large network is best held in memory here."""
    import torch

    return torch.bfloat16 if has_fast_bfloat16() or torch.cuda.is_available() else torch.float32
