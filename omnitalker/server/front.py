"""In front of every page and answer, of the server and the demo: whose name it is asked by, and how long it waits.

A web page of another site reaches servers of a visitor's own machine by a name that it lets point there (DNS
rebinding); so names are asked for, while addresses are always right. Who does not read is hung up on.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from omnitalker.base.errors import ConfigError

log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

WRITE_SECONDS = 5.0
"""Longest wait until a reader takes what is ready."""
UNREAD_BYTES = 131_072
"""That the system holds for a reader: with more, one who reads nothing is noticed minutes later."""
OWN_NAMES = ("localhost", "localhost.localdomain")
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
)


class Refusal(Exception):
    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class SlowReader(RuntimeError):
    """Nobody takes what was made."""


class Front:
    """ASGI: host names, security headers, deadlines of writing."""

    def __init__(
        self,
        app: App,
        hosts: Iterable[str] = (),
        headers: Iterable[tuple[bytes, bytes]] = SECURITY_HEADERS,
        write_seconds: float = WRITE_SECONDS,
        on_slow: Callable[[], None] = lambda: None,
    ) -> None:
        """`hosts`: names besides this machine's own; `.example.org` stands for all below it."""
        self._app = app
        self._hosts = tuple(host.lower() for host in hosts)
        self._headers = tuple(headers)
        self._write_seconds = write_seconds
        self._on_slow = on_slow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            check_host(headers_of(scope).get("host", ""), self._hosts)
        except Refusal as refusal:
            await refuse(scope, receive, send, refusal)
            return
        outgoing = _Outgoing(send, self._headers, self._write_seconds)
        try:
            await self._app(scope, receive, outgoing)
        except Exception:
            if not outgoing.is_stuck:
                raise
        if outgoing.is_stuck:
            self._on_slow()
            log.info("a reader took nothing for %g s and was hung up on", self._write_seconds)


class _Outgoing:
    """`send` with our headers, and with an end to waiting."""

    def __init__(
        self, send: Send, headers: tuple[tuple[bytes, bytes], ...], write_seconds: float
    ) -> None:
        self._send = send
        self._headers = headers
        self._transport = getattr(getattr(send, "__self__", None), "transport", None)
        self._write_seconds = write_seconds
        self._loop = asyncio.get_running_loop()
        self.is_stuck = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if self.is_stuck:
            raise SlowReader("nobody reads")
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message.get("headers", ())}
            added = [item for item in self._headers if item[0] not in there]
            message["headers"] = [*message.get("headers", ()), *added]
        watch = self._loop.call_later(self._write_seconds, self._hang_up)
        try:
            await self._send(message)
        finally:
            watch.cancel()

    def _hang_up(self) -> None:
        """Drop what the reader does not take; a polite close would wait for it."""
        self.is_stuck = True
        if self._transport is not None:
            self._transport.abort()


def headers_of(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def check_host(host: str, allowed: Iterable[str]) -> None:
    """An address, a name of this machine, or an allowed one; 421 for what was meant for somebody else."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        name = ""
    if is_address(name) or name in OWN_NAMES:
        return
    for known in allowed:
        if name == known.lstrip(".") or (known.startswith(".") and name.endswith(known)):
            return
    shown = name[:80] or "(none)"
    raise Refusal(421, f"the host name {shown} is not known here; add it to the allowed hosts")


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host.lower() in OWN_NAMES:
        return True
    return is_address(host) and ipaddress.ip_address(host).is_loopback


def listen_at(host: str, port: int) -> socket.socket:
    """The port, taken before anything is loaded: a second server says so at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise ConfigError(f"cannot listen at {host}:{port}: {error.strerror or error}") from error
    return listening


def error_body(message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    """Errors as OpenAI's clients read them."""
    return {"error": {"message": message, "type": kind, "code": None, "param": None}}


async def refuse(scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": str(refusal)[:120]})
        return
    body = json.dumps(error_body(str(refusal))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if refusal.status == 413:  # what is still to come is not read
        headers.append((b"connection", b"close"))
    if refusal.retry_after:
        headers.append((b"retry-after", b"%d" % refusal.retry_after))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
