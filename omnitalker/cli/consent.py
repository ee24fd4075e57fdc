"""Asks once whether the people in files agreed; what is made from them says so from then on.

What was said of a file is kept under its digest in ~/.omnitalker/consent: of the same content nobody is asked twice.
"""

from __future__ import annotations

import getpass
import logging
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base import assets
from omnitalker.base.checksums import file_digest
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.reference.consent import KEY, Receipt, receipt, receipts_in, with_receipt
from omnitalker.studio.order import STYLE_FILE, Order

PURPOSE = "talking heads made with OmniTalker"
FOLDER = Path("~/.omnitalker/consent")
NAMES_SHOWN = 5
log = logging.getLogger(__name__)

Agreed = Annotated[
    bool, typer.Option("--i-have-consent", help="The people in the files given are you, or agreed.")
]
"""The option of every command that takes somebody's voice or face."""


def people_in(order: Order, voices: Iterable[str] = ()) -> list[Path]:
    """Files that lend a voice or a face. What ships and what was made of people earlier was asked about then.

    `voices`: of a character, besides its order's own.
    """
    named = [*voices]
    for one in _orders(order):
        named += filter(None, (one.voice.voice, one.voice.ref, one.look.face))
    return [
        Path(name)
        for name in dict.fromkeys(named)
        if not (name.endswith(STYLE_FILE) or assets.presenter_file(name)) and Path(name).is_file()
    ]


def _orders(order: Order) -> list[Order]:
    """The order itself, or those of everybody who takes part in its scene."""
    if order.scene is None:
        return [order]
    from omnitalker.scenes.formats import read_scene, wishes_of

    scene = read_scene(order.scene, wishes_of(order))
    return [speaker.order for speaker in scene.cast.values()] + [line.order for line in scene.lines]


def ask_consent(files: Iterable[Path], is_given: bool) -> dict[str, Receipt]:
    """A receipt for each file, by its digest. `is_given`: by --i-have-consent, for scripts."""
    digests = {file_digest(file): file for file in files}
    known = {digest: found for digest in digests if (found := _kept(digest)) is not None}
    new = {digest: file for digest, file in digests.items() if digest not in known}
    if new and not is_given:
        _ask([file.name for file in new.values()])
    for digest in new:
        known[digest] = receipt(_who(), PURPOSE)
        _keep(digest, known[digest])
    return known


def _ask(names: list[str]) -> None:
    more = len(names) - NAMES_SHOWN
    told = ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    question = f"Is whoever is seen or heard in {told} you, or did they agree to this use?"
    if not sys.stdin.isatty():
        raise InputError(f"{question} Say so with --i-have-consent")
    if not typer.confirm(question):
        raise InputError("nothing is made of somebody who did not agree")


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in containers
        return "the user of this machine"


def _kept(digest: str) -> Receipt | None:
    with suppress(OSError, UnicodeDecodeError, InputError):
        text = _file(digest).read_text(encoding="utf-8")
        return next(iter(receipts_in({KEY: text})), None)
    return None


def _keep(digest: str, given: Receipt) -> None:
    try:
        with AtomicFile(_file(digest)) as partial:
            partial.write_text(with_receipt({}, given)[KEY], encoding="utf-8")
    except InputError as error:  # a home that cannot be written: asked again next time
        log.info("%s", error)


def _file(digest: str) -> Path:
    return FOLDER.expanduser() / f"{digest}.json"
