"""In front of the page: other sites' forms, uploads without end, passwords tried in turn."""

from __future__ import annotations

from typing import Any

from omnitalker.server.admission import RateLimit, Tally
from omnitalker.server.front import Receive, Refusal, Scope, Send, headers_of, refuse

UPLOADED_BYTES, UPLOAD_SECONDS = 400_000_000, 600.0
PASSWORDS_PER_MINUTE = 10
CALLS_PER_MINUTE = 240
"""Of one address: a page asks for a few things at every click."""


class PageGuard:
    """ASGI: one budget for each address."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._calls = RateLimit(CALLS_PER_MINUTE)
        self._passwords = RateLimit(PASSWORDS_PER_MINUTE)
        self._uploads = Tally(UPLOADED_BYTES, UPLOAD_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("unknown",))[0]
        try:
            self._check(scope, address)
        except Refusal as refusal:
            await refuse(scope, receive, send, refusal)
            return
        if not scope["path"].endswith("/upload"):
            await self._app(scope, receive, send)
            return

        async def counted() -> Any:
            message = await receive()
            self._uploads.add(address, len(message.get("body", b"")))
            return message

        await self._app(scope, counted, send)

    def _check(self, scope: Scope, address: str) -> None:
        if headers_of(scope).get("sec-fetch-site") == "cross-site":
            raise Refusal(403, "a page of another site may not send anything here")
        path = scope["path"]
        wait = self._calls.wait(address)
        if path.endswith("/login"):
            wait = max(wait, self._passwords.wait(address))
        if path.endswith("/upload"):
            wait = max(wait, self._uploads.look(address))
        if wait:
            raise Refusal(429, f"too much at once from here; try again in {wait} s", wait)
