"""A reverse proxy that shows one server under a path of its own, as nginx would with `location /talk/`."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

_NOT_PASSED_ON = {"host", "content-length", "transfer-encoding", "connection"}


@contextmanager
def proxied(target: str, prefix: str) -> Iterator[str]:
    """The address at which the pages of `target` appear below `prefix`; everything else is not found."""
    import httpx
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    client = httpx.AsyncClient(base_url=target, timeout=120)

    async def pass_on(request: Request) -> Any:
        kept = [(k, v) for k, v in request.headers.items() if k not in _NOT_PASSED_ON]
        headers = [*kept, ("x-forwarded-host", request.headers["host"])]
        url = httpx.URL(path="/" + request.path_params["path"], query=request.url.query.encode())
        asked = client.build_request(
            request.method, url, headers=headers, content=await request.body()
        )
        answer = await client.send(asked, stream=True)

        async def body() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                yield piece
            await answer.aclose()

        shown = {k: v for k, v in answer.headers.items() if k not in _NOT_PASSED_ON}
        return StreamingResponse(body(), answer.status_code, shown)

    routes = [Route(prefix + "/{path:path}", pass_on, methods=["GET", "POST", "HEAD"])]
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}{prefix}"
    server.should_exit = server.force_exit = True
    thread.join(20)
