"""What importing the package and asking for help may cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "gradio", "mediapipe", "av", "diffusers", "ray", "accelerate", "cv2")

_PROBE = f"""
import json, logging, os, sys, threading
def state():
    return threading.active_count(), os.listdir("."), len(logging.getLogger().handlers)
before, environment = state(), dict(os.environ)
import omnitalker, omnitalker.base.types, omnitalker.generation.request, omnitalker.base.config
changed = [dict(os.environ) != environment]
import omnitalker.cli.main
changed += [before != state(), sorted(set(os.environ.items()) ^ set(environment.items()))]
print(json.dumps([[name for name in {HEAVY!r} if name in sys.modules], changed]))
"""


def test_importing_is_light_and_changes_nothing() -> None:
    """But for one setting of the command line's, which numpy reads when it is loaded."""
    plain = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, check=True, env=plain
    )
    assert json.loads(done.stdout) == [[], [False, False, [["OPENBLAS_NUM_THREADS", "1"]]]]


_RUN = """
import json, sys
from typer.testing import CliRunner
from omnitalker.cli.main import app
result = CliRunner().invoke(app, sys.argv[1:], catch_exceptions=False)
assert result.exit_code == 0, result.output
print(json.dumps([name for name in sys.modules if name.count(".") < 2]))
"""
_PICTURES = {"cv2", "mediapipe", "gradio", "matplotlib", "PIL", "ray", "fastapi"}
_OTHERS = {
    "diffusers",
    "transformers",
    "accelerate",
    "torch._dynamo",
    "torchaudio",
    "vocos",
    "requests",
    "sympy",
}


@pytest.mark.parametrize(
    ("command", "unwanted"),
    [
        (["generate", "Hi.", "--audio-only"], _PICTURES | _OTHERS | {"scipy.signal"}),
        (["generate", "Hi.", "--motion-only"], _PICTURES | _OTHERS | {"scipy.signal", "av"}),
        (["voices"], _PICTURES | _OTHERS | {"torch", "scipy", "av"}),
        (["doctor"], _PICTURES | _OTHERS | {"torch", "scipy", "av"}),
    ],
)
def test_a_command_loads_what_it_needs(
    command: list[str], unwanted: set[str], tiny_checkpoint: Path, tmp_path: Path
) -> None:
    more = [] if command == ["doctor"] else ["--checkpoint", str(tiny_checkpoint)]
    more += ["--output", str(tmp_path / "a")] if command[0] == "generate" else []
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *command, *more], capture_output=True, text=True, check=True
    )
    assert unwanted.isdisjoint(json.loads(done.stdout)), set(json.loads(done.stdout)) & unwanted
    assert done.stderr == ""


def test_help_teaches_and_is_quick() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "omnitalker.cli.main", "--help"], capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    for command in ("generate", "voices", "doctor"):
        assert command in done.stdout
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert cpu < 1.5  # under 0.5 s on an idle machine; generous for a busy one


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["speak", ""], "empty"),
        (["speak", "Hi", "--text-file", "x"], "one of the two"),
        (["speak", "-f", "missing.txt"], "missing.txt"),
        (["speak", "Hi", "--checkpoint", "nowhere"], "no checkpoint at 'nowhere'"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "omnitalker.cli.main", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_public_names() -> None:
    import omnitalker

    assert omnitalker.__all__ == [
        "AVChunk",
        "Identity",
        "MotionTrack",
        "OmniTalkerPipeline",
        "SpeakRequest",
        "Speech",
        "StylePrompt",
        "__version__",
    ]


def test_shipped_configurations_name_no_folder_of_the_machine_they_were_made_on() -> None:
    configurations = sorted(Path("checkpoints").rglob("*.json"))
    assert configurations
    assert [p for p in configurations if "_name_or_path" in p.read_text(encoding="utf-8")] == []


def test_the_shipped_checkpoint_is_small_enough_to_come_with_the_code() -> None:
    files = [path for path in Path("checkpoints/tiny").rglob("*") if path.is_file()]
    assert 50_000_000 < sum(path.stat().st_size for path in files) < 90_000_000
