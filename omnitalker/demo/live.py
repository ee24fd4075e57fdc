"""The live server beside the page: is it there, and starting it where that was asked for."""

from __future__ import annotations

import html
import logging
import subprocess
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from omnitalker.base.errors import InputError
from omnitalker.demo import words

log = logging.getLogger(__name__)
SLIGHT_PAUSE = 1.0
"""Seconds to wait for its answer."""
PATIENCE = 10.0
"""Seconds it has to end."""


class LiveServer:
    """At `url`; `start` runs `omnitalker serve` as a process of its own, so neither slows the other's clock."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, checkpoint: str) -> None:
        """Unless one answers already."""
        if self._url is None:
            raise InputError("a server beside the page needs an address; give --live-url")
        if self.answers():
            return
        address = urlsplit(self._url)
        place = ["--host", address.hostname or "127.0.0.1", "--port", str(address.port or 80)]
        command = [sys.executable, "-m", "omnitalker.cli.main", "serve", *place]
        self._process = subprocess.Popen([*command, "--checkpoint", checkpoint])

    def close(self) -> None:
        """Only what was started here."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def shown(self) -> str:
        """HTML for the Talk tab."""
        if self.answers():
            address = html.escape(str(self._url), quote=True)
            return (
                f"<iframe class='live' title='Live conversation' src='{address}' "
                "allow='autoplay; microphone; camera'></iframe>"
            )
        starting = self._process is not None and self._process.poll() is None
        return words.LIVE_SOON if starting else words.NO_LIVE

    def answers(self) -> bool:
        if self._url is None or not self._url.startswith(("http://", "https://")):
            return False
        try:
            with urllib.request.urlopen(self._url, timeout=SLIGHT_PAUSE):
                return True
        except (urllib.error.URLError, OSError, ValueError) as error:
            log.info("no live server at %s: %s", self._url, error)
            return False
