"""What C++ libraries write to the terminal themselves: their chatter goes, the rest stays."""

from __future__ import annotations

import os

import pytest

from omnitalker.base.native_noise import native_noise_left_out

CHATTER = b"""\
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
W0000 00:00:1796043590.259802 7830 inference_feedback_manager.cc:114] Feedback manager
"""


def test_chatter_is_dropped_and_the_rest_comes_in_order(capfd: pytest.CaptureFixture[str]) -> None:
    with native_noise_left_out(), native_noise_left_out():
        os.write(2, CHATTER + b"Warning: the disk is nearly full\n")
        os.write(2, b"E0000 00:00:1 1 graph.cc:1] it broke\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == (
        "Warning: the disk is nearly full\nE0000 00:00:1 1 graph.cc:1] it broke\nafter\n"
    )


def test_an_error_inside_still_gives_the_terminal_back(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), native_noise_left_out():
        os.write(2, b"last words\n") / 0
    assert capfd.readouterr().err == "last words\n"
