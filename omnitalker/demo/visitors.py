"""Who is it: the name of a login, else a random number in a cookie that this page sets, else one visit alone."""

from __future__ import annotations

import hashlib
import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

COOKIE = "omnitalker-visitor"
_YEAR = 365 * 24 * 3600
_LONG_ENOUGH = 32
"""Letters of a number that nobody guesses."""


def owner_of(request: gr.Request) -> str:
    """Whose references and styles these are; a digest, so that it can name a folder."""
    cookie = dict(request.cookies or {}).get(COOKIE, "")
    if request.username:
        who = f"name {request.username}"
    elif len(cookie) >= _LONG_ENOUGH:
        who = f"cookie {cookie}"
    else:
        who = f"visit {request.session_hash or secrets.token_hex(16)}"
    return hashlib.sha256(who.encode()).hexdigest()[:32]


class VisitorCookie:
    """ASGI: gives each browser its number with the page itself; scripts cannot read it, other sites cannot use it."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or _number(scope) is not None:
            await self._app(scope, receive, send)
            return
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = (
            f"{COOKIE}={secrets.token_hex(24)}; Max-Age={_YEAR}; Path=/; HttpOnly; "
            f"SameSite=Lax{secure}"
        )

        async def with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                message["headers"] = [*message["headers"], (b"set-cookie", cookie.encode())]
            await send(message)

        await self._app(scope, receive, with_cookie)


def _number(scope: Any) -> str | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                return None
            return found.value if found else None
    return None


def _is_page(message: Any) -> bool:
    """Only a page sets it: two answers that come at once would set two."""
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in message["headers"]
    )
