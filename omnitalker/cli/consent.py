"""Asks once whether the person in a reference agreed; what is made from it says so from then on."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

import typer

from omnitalker.base.errors import InputError
from omnitalker.reference.consent import Receipt, receipt

PURPOSE = "talking heads made with OmniTalker"


def ask_consent(source: Path, is_given: bool) -> Receipt:
    """`is_given`: by --i-have-consent, for scripts."""
    if not is_given and not sys.stdin.isatty():
        raise InputError(
            f"is the person in {source.name} you, or did they agree to this use? Say so with --i-have-consent"
        )
    if not is_given and not typer.confirm(
        f"Is the person in {source.name} you, or did they agree to this use?"
    ):
        raise InputError("nothing is made of somebody who did not agree")
    try:
        who = getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in containers
        who = "the user of this machine"
    return receipt(who, PURPOSE)
