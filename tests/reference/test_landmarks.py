"""What can be done with the mediapipe that is here, or without one."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from omnitalker.base.errors import MissingExtra
from omnitalker.reference import landmarks


def test_without_mediapipe_nothing_is_tracked_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert landmarks.can_locate()
    assert landmarks.can_track()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    monkeypatch.setenv(landmarks.TASK_VARIABLE, "some.task")
    assert not landmarks.can_locate()
    assert not landmarks.can_track()
    with pytest.raises(MissingExtra, match=r"pip install 'omnitalker\[reference\]'"):
        landmarks.open_finder(None)
