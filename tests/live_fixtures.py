from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from omnitalker.live.performer import Performer
    from omnitalker.pipeline import OmniTalkerPipeline
    from omnitalker.server.state import ServerState
    from omnitalker.studio.order import Order

KEY = "secret-1"


def sketched(voice: str, emotion: str = "neutral") -> Order:
    """A built-in voice with the drawn face, small."""
    from omnitalker.studio.order import parse

    return parse({"voice": voice, "emotion": emotion, "renderer": "sketch", "size": 256})


@pytest.fixture(scope="session")
def performer(tiny_pipeline: OmniTalkerPipeline) -> Performer:
    """Real classes, untrained weights, two manners, a drawn face."""
    from omnitalker.live.performer import Performer
    from omnitalker.rendering.sketch.renderer import SketchRenderer

    return Performer(
        parts=tiny_pipeline.parts,
        find_style=lambda manner: tiny_pipeline.styles.get(
            "ada", manner if manner == "happy" else "neutral"
        ),
        make_renderer=lambda size: SketchRenderer((size, size)),
        size=64,
    )


@pytest.fixture
def no_leaks() -> Iterator[None]:
    """Fails when a thread of ours outlives the test."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 20
    while left := {t for t in threading.enumerate() if t not in before and "omni" in t.name}:
        assert time.monotonic() < deadline, f"threads left: {left}"
        time.sleep(0.02)


@pytest.fixture
def key() -> str:
    """What the server asks for."""
    return KEY


@pytest.fixture(scope="session")
def hall(tiny_pipeline: OmniTalkerPipeline) -> ServerState:
    from omnitalker.agent.character import Character
    from omnitalker.server.admission import Allowance
    from omnitalker.server.settings import ServeConfig
    from omnitalker.server.state import ServerState
    from omnitalker.studio.casting import Casting

    ada = Character("Ada", "You are Ada.", sketched("ada"))
    bob = Character("Bob", "You are Bob.", sketched("bob"))
    open_house = Allowance(requests_per_minute=0, wrong_keys_per_minute=0, questions_per_minute=0)
    config = ServeConfig(sessions=2, syntheses=2, allowance=open_house, most_body_bytes=20_000)
    return ServerState(Casting(tiny_pipeline.parts), {"ada": ada, "bob": bob}, config)


@pytest.fixture(scope="session")
def address(hall: ServerState) -> Iterator[str]:
    """A real server on a free port, with one key."""
    import uvicorn

    from omnitalker.server.app import create_app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(hall.config.keys_env, f"{KEY}, other")
        app = create_app(hall)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        thread = threading.Thread(target=server.run, name="test-server")
        thread.start()
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=20)
        assert not thread.is_alive()
