"""Who may come in, how often, with how much: one ASGI layer in front of every route."""

from __future__ import annotations

import hmac
import json
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from omnitalker.server.settings import ServeConfig

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS = ("/", "/health", "/ready", "/static/omnitalker.js", "/static/peer.js")
_MOST_CALLERS = 10_000
_SUBPROTOCOL = "omnitalker-key."
"""Browsers cannot set headers on a WebSocket; the key may come as a sub-protocol."""


class Refusal(Exception):
    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Guard:
    """Keys, origins, rates and body sizes."""

    def __init__(self, app: App, config: ServeConfig) -> None:
        self._app = app
        self._config = config
        keys = os.environ.get(config.keys_env, "")
        self._keys = tuple(key.strip() for key in keys.split(",") if key.strip())
        self._rate = RateLimit(config.requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except Refusal as refusal:
            await _refuse(scope, receive, send, refusal)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._limited(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        self._check_origin(headers)
        if scope["path"] in OPEN_PATHS:
            return
        key = self._check_key(headers)
        caller = key or (scope.get("client") or ("unknown",))[0]
        if wait := self._rate.wait(caller):
            raise Refusal(429, f"too many requests; try again in {wait} s", wait)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._config.most_body_bytes:
            raise Refusal(413, self._too_large())

    def _check_key(self, headers: dict[str, str]) -> str:
        if not self._keys:
            return ""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            offered = headers.get("sec-websocket-protocol", "").split(",")
            given = next((p.strip()[len(_SUBPROTOCOL) :] for p in offered if _SUBPROTOCOL in p), "")
        if not any(hmac.compare_digest(given.encode(), key.encode()) for key in self._keys):
            raise Refusal(401, "a valid key is needed: send 'Authorization: Bearer KEY'")
        return given

    def _check_origin(self, headers: dict[str, str]) -> None:
        """A web page of another site may not use a visitor's avatar."""
        origin = headers.get("origin")
        if origin is None or origin in self._config.origins:
            return
        if urlsplit(origin).netloc != headers.get("host"):
            raise Refusal(403, f"the origin {origin} is not allowed; add it to 'origins'")

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bodies without a length are counted as they come."""
        received = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._config.most_body_bytes:
                # The one error that FastAPI lets through while it reads a body.
                raise HTTPException(413, self._too_large())
            return message

        await self._app(scope, counted, send)

    def _too_large(self) -> str:
        return f"the request is larger than {self._config.most_body_bytes:,} bytes"


class RateLimit:
    """At most `per_minute` in any sixty seconds, caller by caller."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}

    def wait(self, caller: str) -> int:
        """Seconds to wait; 0 = come in."""
        if not self._per_minute:
            return 0
        now = self._clock()
        if len(self._calls) > _MOST_CALLERS:
            self._calls = {c: times for c, times in self._calls.items() if times[-1] > now - 60}
        times = self._calls.setdefault(caller, deque())
        while times and times[0] <= now - 60:
            times.popleft()
        if len(times) >= self._per_minute:
            return max(1, round(times[0] + 60 - now))
        times.append(now)
        return 0


def error_body(message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    """Errors as OpenAI's clients read them."""
    return {"error": {"message": message, "type": kind, "code": None, "param": None}}


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": str(refusal)[:120]})
        return
    body = json.dumps(error_body(str(refusal))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if refusal.retry_after:
        headers.append((b"retry-after", b"%d" % refusal.retry_after))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
