"""From a configuration to a running server, and to its end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from omnitalker.agent.character import load_character
from omnitalker.base.errors import MissingExtra
from omnitalker.server.settings import ServeConfig

if TYPE_CHECKING:
    from omnitalker.server.state import Hall

GRACE_SECONDS = 10
"""What is being said when the server is told to stop may finish within this time."""


def run(config: ServeConfig) -> None:
    """Serves until it is told to stop."""
    try:
        import uvicorn

        from omnitalker.server.app import create_app
    except ImportError as error:
        raise MissingExtra(error.name or "fastapi", "server", "serving") from error
    from omnitalker.server.state import Hall
    from omnitalker.studio.casting import Studio

    logging.getLogger("omnitalker").setLevel(logging.INFO)
    studio = Studio.from_pretrained(config.checkpoint, config.device)
    characters = {name: load_character(name) for name in config.characters}
    hall = Hall(studio, characters, config)
    settings = uvicorn.Config(
        create_app(hall),
        host=config.host,
        port=config.port,
        timeout_graceful_shutdown=2 * GRACE_SECONDS,
        ws_max_size=1_000_000,
        log_level="info",
    )
    server = _server(settings, hall)
    try:
        server.run()
    except KeyboardInterrupt:  # told again by uvicorn once all is closed
        return
    if not server.started:
        raise SystemExit(3)


def _server(settings: Any, hall: Hall) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """uvicorn's own second Ctrl-C drops everything as it is, with an error for each thing dropped."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            if self.should_exit:
                hall.is_hurried.set()
            else:
                super().handle_exit(sig, frame)

        async def shutdown(self, sockets: Any = None) -> None:
            patience = asyncio.get_running_loop().call_later(GRACE_SECONDS, hall.is_hurried.set)
            try:
                await super().shutdown(sockets)
            finally:
                patience.cancel()

    return Server(settings)
