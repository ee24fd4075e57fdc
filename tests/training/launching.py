"""Scripts run as several CPU processes that train together."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_two_processes(script: Path) -> str:
    """Run `script` in two processes; returns what they logged."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["--standalone", str(script)]
    own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **own},
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stderr
