"""What can go wrong, by whose mistake. Messages say what came, what was expected, what to do next."""

from __future__ import annotations


class OmniTalkerError(Exception):
    """Any failure that the caller can do something about. The CLI shows it as one line, exit code 2."""


class ConfigError(OmniTalkerError):
    """A configuration that cannot work: unknown key, impossible size, missing file."""


class InputError(OmniTalkerError):
    """Text, clip, portrait or output path that cannot be used as given."""


class WeightsError(OmniTalkerError):
    """A checkpoint that is missing, broken, or of another model."""


class MissingExtra(OmniTalkerError):
    """An optional package is not installed; the message carries the pip line."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package '{package}'. Install it with: "
            f"pip install 'omnitalker[{extra}]'"
        )
        self.package = package
        self.extra = extra
