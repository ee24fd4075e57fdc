"""`omnitalker voices find` and `create`: voices by description."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.cli import options
from omnitalker.studio.people import voices as known_voices

if TYPE_CHECKING:
    from omnitalker.studio.described import Point

Description = Annotated[str, typer.Argument(help="Like 'a calm older British man, low and warm'.")]
SHOWN = 3


def find(description: Description, checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT) -> None:
    """The built-in voices that fit a description best."""
    from omnitalker.studio.described import nearest, understood

    wanted = understood(description)
    points = _population(checkpoint)
    for place, point in enumerate(nearest(points, wanted)[:SHOWN]):
        hertz = 100 * 2 ** (point.measures["pitch"] / 12)
        told = f"{hertz:.0f} Hz, {point.measures['pace']:.1f} sounds a second"
        mark = "*" if place == 0 else " "
        print(f"{mark} {point.facts.name:10}{point.facts.sex:8}{told}; {point.facts.description}")


def create(
    description: Description,
    output: Annotated[Path, typer.Option("--output", "-o", help="The .safetensors to write.")],
    seed: Annotated[int, typer.Option(help="Another seed, another voice of that kind.")] = 0,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """A new voice that fits a description, mixed from built-in ones; use it with --style."""
    from omnitalker.reference.style import save_style
    from omnitalker.studio.described import new_voice

    points = _population(checkpoint)
    style = new_voice(points, description, seed)
    save_style(style, output)
    print(f"{output}: mixed from {style.metadata['mixed_from']}; use it with --style {output}")


def _population(checkpoint: str) -> list[Point]:
    from omnitalker.generation.parts import Parts
    from omnitalker.studio.described import population

    return population(Parts.from_pretrained(checkpoint), known_voices(checkpoint))
