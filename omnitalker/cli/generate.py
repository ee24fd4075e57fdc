"""`omnitalker generate`: one order from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.errors import InputError
from omnitalker.cli import options
from omnitalker.cli.consent import Agreed, ask_consent, people_in
from omnitalker.cli.progress import progress_bar
from omnitalker.studio.order import OPTIONS, parse
from omnitalker.studio.people import voices
from omnitalker.text.file import decode, read_text

if TYPE_CHECKING:
    from omnitalker.scenes.scene import Scene

SHOWN_PROBLEMS = 50


def register(app: typer.Typer) -> None:
    app.command("generate")(generate)
    app.command("speak", hidden=True)(generate)


@options.takes_wishes
def generate(
    text: Annotated[
        str | None, typer.Argument(help="What to say; '-' reads standard input.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Its ending says what is made: see --format.")
    ] = Path("out/hello.mp4"),
    text_file: Annotated[
        Path | None, typer.Option("--text-file", "-f", help="Read the text from a file.")
    ] = None,
    sound: Annotated[str | None, typer.Option("--sound", help=OPTIONS["sound"].told)] = None,
    scene: Annotated[str | None, typer.Option("--scene", help=OPTIONS["scene"].told)] = None,
    audio_only: Annotated[
        bool, typer.Option("--audio-only", help="The same as --format wav.")
    ] = False,
    motion_only: Annotated[
        bool, typer.Option("--motion-only", help="The same as --format csv.")
    ] = False,
    i_have_consent: Agreed = False,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
    device: options.Device = "cpu",
    *,
    wishes: dict[str, Any],
) -> None:
    """Say a text on video, in the voice and manner of a reference.

    Examples:

      omnitalker generate "Hello there." -o hello.mp4

      omnitalker generate "Good news!" --face ava --emotion happy --subtitles

      omnitalker generate --sound speech.wav --face ava -o face_for_it.mp4

      omnitalker generate "你好，很高兴认识你。" --ref me.mp4 -o me_in_mandarin.mp4

      omnitalker generate scene.txt -o scene.mp4 --subtitles
    """
    # cv2 and the text rules load here, torch and mediapipe below, neither for --help
    from omnitalker.scenes.produce import examine, make
    from omnitalker.studio.check import check_writable
    from omnitalker.studio.writers import format_of, suffix_of

    if audio_only or motion_only:
        wishes["format"] = "wav" if audio_only else "csv"
    if "format" not in wishes:
        wishes["format"] = format_of(output)
    if scene is None and text is not None and text_file is None and _is_script(text):
        scene, text = text, None
    if (sound is None and scene is None) or text is not None or text_file is not None:
        wishes["text"] = _read_text(text, text_file)
    order = parse({**wishes, "sound": sound, "scene": scene})
    found = examine(order, {voice.name: voice.emotions for voice in voices(checkpoint)})
    _show_problems(found)
    output = output.with_suffix(suffix_of(order.outputs.format))
    check_writable(output)
    ask_consent(people_in(order), i_have_consent)
    from omnitalker.studio.casting import Casting

    studio = Casting.from_pretrained(checkpoint, device)
    with progress_bar("Speaking") as update:
        made = make(studio, order, output, update)
    for note in made.notes:
        if found is None or note not in map(str, found.problems):  # which were shown before
            print(f"note: {note}", file=sys.stderr)
    print(
        f"{', '.join(map(str, made.files))}: {made.seconds:.1f} s made in "
        f"{made.wall_seconds:.1f} s ({made.real_time_factor:.2f} x real time)"
    )


def _is_script(text: str) -> bool:
    """A file of a scene, in the place of a text."""
    from omnitalker.scenes.formats import FORMATS

    return Path(text).suffix.lower() in FORMATS and "\n" not in text and Path(text).is_file()


def _show_problems(scene: Scene | None) -> None:
    """Lines that are left out, with the reason."""
    problems = scene.problems if scene is not None else ()
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"left out: {problem}", file=sys.stderr)
    if len(problems) > SHOWN_PROBLEMS:
        print(f"left out: {len(problems) - SHOWN_PROBLEMS} more", file=sys.stderr)


def _read_text(text: str | None, text_file: Path | None) -> str:
    if (text is None) == (text_file is None):
        raise InputError(
            "give the text either as an argument or with --text-file (one of the two), or a --sound"
        )
    if text_file is not None:
        return read_text(text_file)
    if text != "-":
        return str(text)
    try:
        return decode(sys.stdin.buffer.read())
    except UnicodeError:
        raise InputError("what comes on standard input is no text; write it as UTF-8") from None
