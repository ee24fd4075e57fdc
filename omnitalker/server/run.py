"""From a configuration to a running server, and to its end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from omnitalker.agent.character import load_character
from omnitalker.base.errors import ConfigError, MissingExtra
from omnitalker.server.front import is_loopback, listen_at
from omnitalker.server.keys import KeyRing
from omnitalker.server.settings import ServeConfig

if TYPE_CHECKING:
    from omnitalker.server.state import ServerState

GRACE_SECONDS = 10
"""What is being said when the server is told to stop may finish within this time."""
LOOK_EVERY = 0.1
LAST_FRAMES_SECONDS = 0.5
"""Until the end of the last sentence has reached its listener."""
log = logging.getLogger(__name__)


def run(config: ServeConfig) -> None:
    """Serves until it is told to stop. Nothing is loaded where it cannot be served, or must not be."""
    try:
        import uvicorn

        from omnitalker.server.app import create_app
        from omnitalker.server.prompt import PromptProtocol
    except ImportError as error:
        raise MissingExtra(error.name or "fastapi", "server", "serving") from error
    from omnitalker.server.state import ServerState
    from omnitalker.studio.casting import Casting

    logging.getLogger("omnitalker").setLevel(logging.INFO)
    keys = KeyRing(config.keys_env, config.keys_file)
    check_open(config, keys)
    listening = listen_at(config.host, config.port)
    studio = Casting.from_pretrained(config.checkpoint, config.device)
    characters = {name: load_character(name) for name in config.characters}
    hall = ServerState(studio, characters, config)
    settings = uvicorn.Config(
        create_app(hall, keys),
        http=PromptProtocol,
        proxy_headers=bool(config.proxies),
        forwarded_allow_ips=list(config.proxies),
        timeout_graceful_shutdown=2 * GRACE_SECONDS,
        ws_max_size=1_000_000,
        log_level="info",
    )
    server = _server(settings, hall)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # told again by uvicorn once all is closed
        return
    if not server.started:
        raise SystemExit(3)


def check_open(config: ServeConfig, keys: KeyRing) -> None:
    """Others come in with a key, or not at all, unless that is said to be wanted."""
    if is_loopback(config.host) or not keys.is_empty:
        return
    if not config.insecure:
        raise ConfigError(
            f"at {config.host} others reach this server, and there are no keys: set ${config.keys_env} or keys_file "
            "(omnitalker key NAME makes one), serve at 127.0.0.1, or say --insecure"
        )
    log.warning("INSECURE: whoever reaches %s may use everything here, without a key", config.host)


def _server(settings: Any, hall: ServerState) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """uvicorn's own second Ctrl-C drops everything as it is, with an error for each thing dropped."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            if self.should_exit:
                hall.is_hurried.set()
            else:
                super().handle_exit(sig, frame)

        async def shutdown(self, sockets: Any = None) -> None:
            """What is being said may be ended; nothing new is begun."""
            hall.is_leaving.set()
            for server in self.servers:
                server.close()
            patience = asyncio.get_running_loop().call_later(GRACE_SECONDS, hall.is_hurried.set)
            try:
                while not hall.is_hurried.is_set() and any(s.is_speaking for s in hall.live):
                    await asyncio.sleep(LOOK_EVERY)
                await asyncio.sleep(LAST_FRAMES_SECONDS if hall.live else 0)
                await super().shutdown(sockets)
            finally:
                patience.cancel()

    return Server(settings)
