"""Workers of a run that was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

RUN = """
import multiprocessing, sys, time

def work(pipe):
    from omnitalker.base.parent_watch import leave_with_parent
    if "watch" in sys.argv:
        leave_with_parent()
    pipe.send(multiprocessing.current_process().pid)
    time.sleep(60)

if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    multiprocessing.get_context("fork").Process(target=work, args=(theirs,), daemon=True).start()
    print(ours.recv(), flush=True)
    time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("way", ["watch", "stay"])
def test_they_leave_with_it(way: str) -> None:
    run = subprocess.Popen([sys.executable, "-c", RUN, way], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    worker = int(run.stdout.readline())
    run.send_signal(signal.SIGKILL)
    run.wait()
    until = time.monotonic() + (10 if way == "watch" else 0.5)
    while is_running(worker) and time.monotonic() < until:
        time.sleep(0.05)
    stayed = is_running(worker)
    if stayed:
        os.kill(worker, signal.SIGKILL)
    assert stayed == (way == "stay")
