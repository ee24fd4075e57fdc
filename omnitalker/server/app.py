"""Puts the server together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from omnitalker import __version__
from omnitalker.base.errors import OmniTalkerError
from omnitalker.live.warmup import warm_up
from omnitalker.server.admission import Busy, Spent
from omnitalker.server.front import SECURITY_HEADERS, Front, error_body
from omnitalker.server.guard import Guard
from omnitalker.server.keys import KeyRing
from omnitalker.server.metrics import CONTENT_TYPE, Metrics
from omnitalker.server.settings import ServeConfig
from omnitalker.server.socket import socket_routes
from omnitalker.server.speech import speech_routes
from omnitalker.server.state import ServerState
from omnitalker.server.webrtc import Peers, webrtc_routes

log = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"


def create_app(hall: ServerState, keys: KeyRing | None = None) -> FastAPI:
    """The application of a hall; `uvicorn.run(create_app(hall))` serves it."""
    config, admission = hall.config, hall.admission
    keys = keys or KeyRing(config.keys_env, config.keys_file)
    metrics = Metrics(hall)
    peers = Peers(hall, metrics)
    app = FastAPI(title="OmniTalker", version=__version__, lifespan=_lifespan(hall, peers))
    app.state.ready = False
    app.include_router(speech_routes(hall, metrics))
    app.include_router(socket_routes(hall, metrics))
    app.include_router(webrtc_routes(peers))
    _add_pages(app, hall, metrics)
    _add_errors(app)
    app.add_middleware(Guard, config=config, keys=keys, admission=admission)  # type: ignore[arg-type]
    build = app.build_middleware_stack
    hosts = (*config.hosts, *(urlsplit(origin).hostname or "" for origin in config.origins))
    headers = (*SECURITY_HEADERS, *_page_policy(config))

    def fronted() -> Front:
        """Outermost, around Starlette's own layers as well: only there is the connection itself within reach."""
        return Front(build(), hosts, headers, config.write_seconds, on_slow=admission.note_slow)

    app.build_middleware_stack = fronted  # type: ignore[method-assign, assignment]
    return app


def _page_policy(config: ServeConfig) -> tuple[tuple[bytes, bytes], ...]:
    """The live page may load what is ours, speak to us, and be shown inside our own page and the allowed ones."""
    frames = " ".join(("'self'", "http://127.0.0.1:*", "http://localhost:*", *config.origins))
    policy = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self' ws: wss:; "
        f"worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors {frames}"
    )
    return ((b"content-security-policy", policy.encode("latin-1")),)


def _lifespan(hall: ServerState, peers: Peers) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm_up(app, hall), name="omnitalker-warm-up")
        yield
        app.state.ready = False
        warming.cancel()
        await asyncio.gather(warming, return_exceptions=True)
        await peers.aclose()

    return lifespan


async def _warm_up(app: FastAPI, hall: ServerState) -> None:
    """The server is ready when the default character has said a word to nobody."""
    try:
        performer = await asyncio.to_thread(hall.performer, hall.default)
        await asyncio.to_thread(warm_up, performer)
        app.state.ready = True
    except OmniTalkerError as error:
        log.error("the server cannot get ready: %s", error)
        app.state.problem = str(error)


def _add_pages(app: FastAPI, hall: ServerState, metrics: Metrics) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(STATIC / "live.html")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok", "version": __version__}

    @app.get("/ready")
    async def ready() -> Response:
        if app.state.ready:
            return JSONResponse({"status": "ready"})
        problem = getattr(app.state, "problem", "warming up")
        return JSONResponse({"status": problem}, status_code=503)

    @app.get("/metrics")
    async def figures() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/v1/characters")
    async def characters() -> dict[str, Any]:
        return {"data": [{"id": key, "name": c.name} for key, c in hall.characters.items()]}


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Busy)
    async def busy(_: Request, error: Busy) -> Response:
        body = error_body(str(error), "server_error")
        return JSONResponse(body, status_code=503, headers={"retry-after": "2"})

    @app.exception_handler(Spent)
    async def spent(_: Request, error: Spent) -> Response:
        headers = {"retry-after": str(error.wait)}
        return JSONResponse(error_body(str(error)), status_code=429, headers=headers)

    @app.exception_handler(OmniTalkerError)
    async def refused(_: Request, error: OmniTalkerError) -> Response:
        return JSONResponse(error_body(str(error)), status_code=400)

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> Response:
        return JSONResponse(
            error_body(str(error.detail)), status_code=error.status_code, headers=error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return JSONResponse(error_body(f"{where or 'body'}: {first['msg']}"), status_code=400)
