"""Who may come in, how often, with how much: behind the `Front`, before every route."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from omnitalker.server.admission import MOST_CALLERS, Admission, Spent
from omnitalker.server.front import App, Receive, Refusal, Scope, Send, headers_of, refuse
from omnitalker.server.keys import KeyRing
from omnitalker.server.settings import ServeConfig

OPEN_PATHS = ("/", "/health", "/ready", "/static/omnitalker.js", "/static/peer.js")
CALLER = "omnitalker.caller"
"""In the scope of whatever comes in: the name of its key, or its address."""
_SUBPROTOCOL = "omnitalker-key."
"""Browsers cannot set headers on a WebSocket; the key may come as a sub-protocol."""


class Guard:
    """Keys, origins, rates and body sizes."""

    def __init__(self, app: App, config: ServeConfig, keys: KeyRing, admission: Admission) -> None:
        self._app = app
        self._config = config
        self._keys = keys
        self._admission = admission
        self._welcome: dict[tuple[str, str], None] = {}
        """(address, key's name) of those that have come in: others' wrong keys do not lock them out."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except Refusal as refusal:
            await refuse(scope, receive, send, refusal)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._limited(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = headers_of(scope)
        address = (scope.get("client") or ("unknown",))[0]
        scope[CALLER] = f"address {address}"
        self._check_origin(headers)
        if scope["path"] in OPEN_PATHS:
            return
        if not self._keys.is_empty:
            scope[CALLER] = f"key {self._key_name(headers, address)}"
        try:
            self._admission.check_request(scope[CALLER])
        except Spent as spent:
            raise Refusal(429, str(spent), spent.wait) from None
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._config.most_body_bytes:
            raise Refusal(413, self._too_large())

    def _key_name(self, headers: dict[str, str], address: str) -> str:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not given:
            offered = headers.get("sec-websocket-protocol", "").split(",")
            given = next((p.strip()[len(_SUBPROTOCOL) :] for p in offered if _SUBPROTOCOL in p), "")
        name = self._keys.name_of(given)
        wrong = self._admission.wrong_keys
        if (wait := wrong.look(address)) and (address, name) not in self._welcome:
            wrong.refused += 1
            raise Refusal(429, f"too many wrong keys from here; try again in {wait} s", wait)
        if name is None:
            wrong.wait(address)
            raise Refusal(401, "a valid key is needed: send 'Authorization: Bearer KEY'")
        if len(self._welcome) > MOST_CALLERS:
            self._welcome.clear()
        self._welcome[address, name] = None
        return name

    def _check_origin(self, headers: dict[str, str]) -> None:
        """A web page of another site may not use a visitor's avatar."""
        origin = headers.get("origin")
        if origin is None or origin in self._config.origins:
            return
        place = urlsplit(origin).netloc
        if not place or place != headers.get("host"):
            raise Refusal(403, f"the origin {origin[:80]} is not allowed; add it to 'origins'")

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bodies without a length are counted as they come."""
        received = 0

        async def counted() -> MutableMapping[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._config.most_body_bytes:
                # The one error that FastAPI lets through while it reads a body.
                raise HTTPException(413, self._too_large(), {"connection": "close"})
            return message

        await self._app(scope, counted, send)

    def _too_large(self) -> str:
        return f"the request is larger than {self._config.most_body_bytes:,} bytes"
