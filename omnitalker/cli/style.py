"""`omnitalker style`: voices and manners as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base import timeline
from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.cli import options
from omnitalker.cli.consent import Agreed, ask_consent
from omnitalker.cli.progress import progress_bar
from omnitalker.cli.voices import voices

style_app = typer.Typer(no_args_is_help=True, help="Voices and manners as reusable files.")


def register(app: typer.Typer) -> None:
    app.add_typer(style_app, name="style")
    style_app.command("list", hidden=True)(voices)


@style_app.command("create")
def style_create(
    clip: Annotated[Path, typer.Argument(help="A clip or recording of 1-10 s.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .safetensors to write.")],
    text: Annotated[str | None, typer.Option(help="What is said in it (optional).")] = None,
    i_have_consent: Agreed = False,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
) -> None:
    """Analyse a clip once; use its voice and manner for ever with --style. The file says who agreed, and when."""
    from omnitalker.media.intake import check_file
    from omnitalker.reference.consent import with_receipt
    from omnitalker.reference.style import save_style
    from omnitalker.studio.casting import Casting
    from omnitalker.studio.order import Voice

    check_file(clip)
    (agreed,) = ask_consent([clip], i_have_consent).values()
    with progress_bar("Analysing") as update:
        update(0.1, "loading")
        studio = Casting.from_pretrained(checkpoint)
        update(0.4, "tracking and listening")
        reference = studio.reference(clip, text)
        update(1.0)
    for warning in reference.warnings:
        print(f"note: {warning}")
    style = studio.style(Voice(ref=str(clip), ref_text=text))
    save_style(replace(style, metadata=with_receipt(style.metadata, agreed)), output)
    print(f"{output}: use it with --style {output}")


@style_app.command("show")
def style_show(file: Annotated[Path, typer.Argument(help="A style file.")]) -> None:
    """What is in a style file."""
    from omnitalker.reference import consent
    from omnitalker.reference.style import load_style

    style = load_style(file)
    seconds = float(style.blocks * timeline.BLOCK_SECONDS)
    known = float((style.phonemes > 0).mean())
    print(f"length      {seconds:.2f} s")
    print(f"voice       {'yes' if style.has_voice else 'no (a placeholder)'}")
    print(f"face        {'yes' if style.has_motion else 'no (a placeholder)'}")
    print(f"phonemes    {100 * known:.0f} % known")
    for name, value in sorted(style.metadata.items()):
        if name != consent.KEY:
            print(f"{name:11} {value}")
    print(*consent.in_words(style.metadata), sep="\n")


@style_app.command("mix")
def style_mix(
    voice: Annotated[Path, typer.Argument(help="Style file that lends the voice.")],
    face: Annotated[Path, typer.Argument(help="Style file that lends the facial manner.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The .safetensors to write.")],
    expressiveness: Annotated[float, typer.Option(help="0 calm .. 2 lively.")] = 1.0,
) -> None:
    """The voice of one, the facial manner of another."""
    from omnitalker.reference.style import load_style, mix_styles, save_style, scale_style

    mixed = scale_style(mix_styles(load_style(voice), load_style(face)), expressiveness)
    save_style(mixed, output)
    print(f"{output}: use it with --style {output}")
