"""`omnitalker speak` and `omnitalker voices`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from omnitalker.base.assets import DEFAULT_CHECKPOINT
from omnitalker.base.errors import InputError
from omnitalker.cli import options
from omnitalker.cli.making import style_list
from omnitalker.cli.progress import progress_bar
from omnitalker.generation.request import SpeakRequest, check_controls
from omnitalker.text.foreign import refuse_foreign


def register(app: typer.Typer) -> None:
    app.command("generate")(speak)
    app.command("speak", hidden=True)(speak)
    app.command("voices")(voices)


def speak(
    text: Annotated[
        str | None, typer.Argument(help="What to say; '-' reads standard input.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="An .mp4, or .wav for the sound alone.")
    ] = Path("out/hello.mp4"),
    text_file: Annotated[
        Path | None, typer.Option("--text-file", "-f", help="Read the text from a file.")
    ] = None,
    ref: Annotated[
        Path | None,
        typer.Option("--ref", help="A clip of 1-10 s whose voice, manner and face to take."),
    ] = None,
    ref_text: Annotated[
        str | None, typer.Option("--ref-text", help="What is said in --ref (optional).")
    ] = None,
    voice: Annotated[
        str | None,
        typer.Option("--voice", help="Who is heard: a built-in voice, or a recording or clip."),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option("--style", help="A saved style file, or a built-in voice ('voices' lists)."),
    ] = None,
    presenter: Annotated[
        str | None,
        typer.Option(
            "--face", "--presenter", help="Who is seen: a built-in presenter, a portrait or a clip."
        ),
    ] = None,
    manner: Annotated[
        str,
        typer.Option(
            "--emotion",
            "--manner",
            help="NAME or NAME:intensity (0-2, scales the face): neutral, calm, happy, sad, angry, fearful, disgusted or surprised "
            "(built-in voices; a --ref brings its own).",
        ),
    ] = "neutral",
    language: options.Language = "auto",
    speed: Annotated[float, typer.Option(help="0.5 slower .. 2 faster.")] = 1.0,
    pauses: Annotated[float, typer.Option(help="0 none .. 4 long; 1 as predicted.")] = 1.0,
    seconds: Annotated[
        float | None, typer.Option(help="Make the whole exactly about this long.")
    ] = None,
    pitch: Annotated[float, typer.Option(help="Semitones higher or lower, -12 .. 12.")] = 0.0,
    pitch_range: Annotated[
        float, typer.Option(help="0 monotonous .. 3 singing; 1 as the voice speaks.")
    ] = 1.0,
    energy: Annotated[float, typer.Option(help="0.1 soft .. 4 loud; 1 as predicted.")] = 1.0,
    expressiveness: Annotated[float, typer.Option(help="0 still face .. 2 lively.")] = 1.0,
    head_motion: Annotated[float, typer.Option(help="0 still head .. 2 lively.")] = 1.0,
    size: options.Size = 512,
    renderer: options.RendererName = "warp",
    aspect: Annotated[str, typer.Option(help="1:1, 16:9, 9:16 or 4:5.")] = "1:1",
    background: Annotated[
        str, typer.Option(help="own, blur, a colour like #eceef1, or a picture.")
    ] = "own",
    paste_back: Annotated[
        bool, typer.Option("--paste-back", help="Put the head back into the portrait's full frame.")
    ] = False,
    subtitles: Annotated[
        bool, typer.Option("--subtitles", help="Write .srt and .vtt beside the video.")
    ] = False,
    motion_csv: Annotated[
        bool, typer.Option("--motion-csv", help="Write the ARKit curves beside the video.")
    ] = False,
    audio_only: Annotated[
        bool, typer.Option("--audio-only", help="Only the sound (.wav).")
    ] = False,
    motion_only: Annotated[
        bool, typer.Option("--motion-only", help="Only the motion (ARKit .csv).")
    ] = False,
    lexicon: Annotated[
        Path | None, typer.Option(help="words.tsv: a word, a tab, its pronunciation.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Network steps; more is finer and slower.")
    ] = None,
    seed: options.Seed = 0,
    checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT,
    device: options.Device = "cpu",
) -> None:
    """Say a text on video, in the voice and manner of a reference.

    Examples:

      omnitalker generate "Hello there." -o hello.mp4

      omnitalker generate "Good news!" --presenter ava --manner happy --subtitles

      omnitalker generate "你好，很高兴认识你。" --ref me.mp4 -o me_in_mandarin.mp4
    """
    words = _read_text(text, text_file)
    check_controls(
        language, seconds, speed=speed, pauses=pauses, expressiveness=expressiveness,
        head_motion=head_motion, pitch=pitch, pitch_range=pitch_range, energy=energy,
    )  # fmt: skip
    refuse_foreign(words, language)
    # torch and mediapipe load here, not for --help
    from omnitalker.studio.casting import FrameWish, Studio
    from omnitalker.studio.produce import Production, produce

    if audio_only or motion_only:
        output = output.with_suffix(".wav" if audio_only else ".csv")
    studio = Studio.from_pretrained(checkpoint, device, lexicon)
    emotion, _, strength = manner.partition(":")
    if ref is not None:
        for warning in studio.reference(ref, ref_text).warnings:
            print(f"note: {warning}", file=sys.stderr)
    presenter = presenter or studio.face_of(ref, ref_text)
    request = SpeakRequest(
        text=words,
        style=studio.style(
            ref=ref,
            ref_text=ref_text,
            style=style,
            voice=voice,
            manner=emotion,
            intensity=_intensity(strength),
            presenter=presenter,
        ),
        language=language,  # type: ignore[arg-type]
        speed=speed,
        pauses=pauses,
        seconds=seconds,
        expressiveness=expressiveness,
        head_motion=head_motion,
        pitch=pitch,
        pitch_range=pitch_range,
        energy=energy,
        seed=seed,
        sampling=replace(studio.parts.sampling, steps=steps) if steps else None,
    )
    production = Production(
        request=request,
        output=output,
        renderer=None
        if output.suffix.lower() in (".wav", ".csv")
        else studio.renderer(
            presenter,
            kind=renderer,
            size=size,
            frame=FrameWish(paste_back, aspect, background),
        ),
        subtitles=subtitles,
        motion_csv=motion_csv,
    )
    with progress_bar("Speaking") as update:
        report = produce(studio.parts, production, update)
    print(
        f"{', '.join(map(str, report.files))}: {report.seconds:.1f} s made in "
        f"{report.wall_seconds:.1f} s ({report.real_time_factor:.2f} x real time)"
    )


def _intensity(text: str) -> float:
    try:
        value = float(text or 1.0)
    except ValueError:
        raise InputError(
            f"the intensity of an emotion is a number from 0 to 2, got '{text}'"
        ) from None
    if not 0 <= value <= 2:
        raise InputError(f"the intensity of an emotion goes from 0 to 2, got {value:g}")
    return value


def voices(checkpoint: options.Checkpoint = DEFAULT_CHECKPOINT) -> None:
    """List the built-in voices, their manners, and the presenters."""
    from omnitalker.base import assets

    style_list(checkpoint)
    print(f"presenters:  {', '.join(assets.presenter_names()) or 'none found'}")


def _read_text(text: str | None, text_file: Path | None) -> str:
    if (text is None) == (text_file is None):
        raise InputError("give the text either as an argument or with --text-file (one of the two)")
    try:
        if text_file is not None:
            words = text_file.read_text(encoding="utf-8")
        else:
            words = sys.stdin.read() if text == "-" else str(text)
    except FileNotFoundError:
        raise InputError(f"no such text file: {text_file}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read {text_file or 'standard input'} as UTF-8: {error}"
        ) from error
    if not words.strip():
        raise InputError("the text is empty; give at least one word to say")
    return words
