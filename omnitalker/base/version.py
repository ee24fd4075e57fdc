"""The version, said once: the package's metadata, `--version` and signed files read it here."""

VERSION = "0.2.0"
