"""A real browser for tests: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from omnitalker.base.errors import InputError, MissingExtra


@contextmanager
def installed_chromium(*flags: str) -> Iterator[Any]:
    """For fixtures of a module, not of the session: while Playwright runs, no other test can start an event loop.

    Skips where no Chromium is installed; the continuous integration installs one.
    """
    from omnitalker.evaluation.bench.demo import chromium

    with ExitStack() as stack:
        try:
            opened = stack.enter_context(chromium(*flags))
        except (InputError, MissingExtra) as error:
            pytest.skip(str(error))
        yield opened
