"""Options that several commands share, said once."""

from __future__ import annotations

from typing import Annotated

import typer

Checkpoint = Annotated[str, typer.Option(help="Checkpoint folder.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1, mps.")]
RendererName = Annotated[
    str, typer.Option(help="warp (photo-real), refined (learned on top), sketch (debugging).")
]
Language = Annotated[str, typer.Option(help="en, zh, or auto for each span.")]
Seed = Annotated[int, typer.Option(help="Same seed, same result.")]
Size = Annotated[int, typer.Option(help="Picture side in pixels: 256, 512 or 768.")]
