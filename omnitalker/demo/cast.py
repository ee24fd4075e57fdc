"""Voices on the page that are none of the checkpoint's."""

from __future__ import annotations

FROM_REFERENCE = "my reference"
SAVED = "saved: "
