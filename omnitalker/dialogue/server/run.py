"""From a configuration to a running server."""

from __future__ import annotations

import logging

from omnitalker.dialogue.character import load_character
from omnitalker.dialogue.server.settings import ServeConfig
from omnitalker.errors import MissingExtra

GRACE_SECONDS = 10
"""What is being said when the server is told to stop may finish within this time."""


def run(config: ServeConfig) -> None:
    """Serves until it is told to stop."""
    try:
        import uvicorn

        from omnitalker.dialogue.server.app import create_app
    except ImportError as error:
        raise MissingExtra(error.name or "fastapi", "server", "serving") from error
    from omnitalker.dialogue.server.hall import Hall
    from omnitalker.studio import Studio

    logging.getLogger("omnitalker").setLevel(logging.INFO)
    studio = Studio.from_pretrained(config.checkpoint, config.device)
    characters = {name: load_character(name) for name in config.characters}
    uvicorn.run(
        create_app(Hall(studio, characters, config)),
        host=config.host,
        port=config.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ws_max_size=1_000_000,
        log_level="info",
    )
