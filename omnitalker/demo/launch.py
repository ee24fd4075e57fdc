"""`omnitalker demo`: settings in, the page served until it is stopped."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.errors import ConfigError, MissingExtra
from omnitalker.demo.front import PageGuard
from omnitalker.demo.library import Shelves
from omnitalker.server.front import SECURITY_HEADERS, Front, is_loopback, listen_at

if TYPE_CHECKING:
    from omnitalker.demo.live import LiveServer
    from omnitalker.demo.takes import DemoTakes

MAX_UPLOAD = "100mb"
LIVE_URL = "http://127.0.0.1:8000"
WRITE_SECONDS = 120.0
"""A paused film is not read for a while."""
HEADERS = (*SECURITY_HEADERS, (b"content-security-policy", b"frame-ancestors 'self'"))
log = logging.getLogger(__name__)
STYLES = Path("~/.omnitalker/styles")


@dataclass(frozen=True)
class DemoSettings:
    host: str = "127.0.0.1"
    port: int = 7860
    share: bool = False
    auth: tuple[str, str] | None = None
    root_path: str = ""
    queue: int = 16
    at_once: int = 1
    max_seconds: int = 300
    live_url: str | None = None
    """Where the live server is, or will be; None: where `omnitalker serve` puts it, for visitors of this machine."""
    with_server: bool = False
    """Start one there, unless one answers already."""
    renderer: str = "warp"
    checkpoint: str = DEFAULT_CHECKPOINT
    device: str = "cpu"
    styles: Path = STYLES
    hosts: tuple[str, ...] = ()
    """Names the page is asked by, besides addresses and localhost."""
    insecure: bool = False
    """Let others in without a password."""


class Running:
    """The page while it is served."""

    def __init__(self, page: Any, demo: DemoTakes, live: LiveServer, address: str) -> None:
        self.address = address
        self._page = page
        self._demo = demo
        self._live = live

    def wait(self) -> None:
        """Until Ctrl-C."""
        try:
            self._page.block_thread()
        finally:
            self._live.close()
            self._demo.close()

    def close(self) -> None:
        self._page.close()
        self._live.close()
        self._demo.close()


def start(settings: DemoSettings) -> Running:
    """Load the model and serve the page in a thread of its own."""
    try:
        import gradio  # noqa: F401
    except ImportError as error:
        raise MissingExtra("gradio", "app", "the web demo") from error
    check_open(settings)
    listen_at(settings.host, settings.port).close()
    from omnitalker.demo.takes import DemoTakes
    from omnitalker.studio.casting import Casting

    demo = DemoTakes(
        Casting.from_pretrained(settings.checkpoint, settings.device),
        Shelves(settings.styles.expanduser()),
        renderer=settings.renderer,
        max_seconds=settings.max_seconds,
    )
    return serve(demo, settings)


def check_open(settings: DemoSettings) -> None:
    """Others come in with a password, or not at all, unless that is said to be wanted."""
    if settings.auth or (is_loopback(settings.host) and not settings.share):
        return
    where = "by a public link" if settings.share else f"at {settings.host}"
    if not settings.insecure:
        raise ConfigError(
            f"{where} others reach this page, and it asks for no password: give --auth NAME:PASSWORD, "
            "keep it at 127.0.0.1, or say --insecure"
        )
    log.warning("INSECURE: whoever reaches this page %s may use it", where)


def serve(demo: DemoTakes, settings: DemoSettings) -> Running:
    """The page over a studio that is loaded already."""
    from starlette.middleware import Middleware

    from omnitalker.demo import words
    from omnitalker.demo.handlers import Handlers
    from omnitalker.demo.live import LiveServer
    from omnitalker.demo.page import THEME, build_page
    from omnitalker.demo.visitors import VisitorCookie
    from omnitalker.server.prompt import PromptProtocol
    from omnitalker.studio.people import presenters

    people = presenters(demo.studio.parts.library.names)
    live = LiveServer(settings.live_url or (LIVE_URL if is_loopback(settings.host) else None))
    if settings.with_server:
        live.start(settings.checkpoint)
    handlers = Handlers(demo, people, live)
    page = build_page(handlers, people, at_once=settings.at_once)
    hosts = (*settings.hosts, *((".gradio.live",) if settings.share else ()))
    page.queue(max_size=settings.queue)
    _, address, _ = page.launch(
        server_name=settings.host,
        server_port=settings.port,
        share=settings.share,
        auth=settings.auth,
        root_path=settings.root_path or None,
        max_file_size=MAX_UPLOAD,
        prevent_thread_lock=True,
        theme=THEME,
        css=words.CSS,
        footer_links=[],
        ssr_mode=False,
        quiet=True,
        app_kwargs={
            "lifespan": _fronted(hosts),
            "middleware": [Middleware(PageGuard), Middleware(VisitorCookie)],
        },
        _frontend=False,  # else it asks itself for the page, and gives up on a busy machine or behind a proxy
    )
    page.server.config.http_protocol_class = PromptProtocol
    return Running(page, demo, live, address)


def _fronted(hosts: tuple[str, ...]) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """Puts `Front` around Gradio's app and Starlette's own layers before the first visitor is let in: only
    outermost is the connection itself within reach."""

    @asynccontextmanager
    async def begin(app: Any) -> AsyncIterator[None]:
        app.middleware_stack = Front(app.middleware_stack, hosts, HEADERS, WRITE_SECONDS)
        yield

    return begin
