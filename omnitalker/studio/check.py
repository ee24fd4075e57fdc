"""What would go wrong is told before anything is loaded: every front checks its orders here, and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from omnitalker.base import assets
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.generation.request import check_text
from omnitalker.studio.order import STYLE_FILE, Order
from omnitalker.text.foreign import refuse_foreign
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.lexicon import read_lexicon
from omnitalker.text.markup import said

Voices = Mapping[str, tuple[str, ...]]
"""Built-in voices and their manners."""

_HAN: Final = re.compile("[\u3400-\u9fff]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"\d")
HAN_SECONDS, LETTER_SECONDS, DIGIT_SECONDS = 0.22, 0.07, 0.3
"""What one takes on average, so that a length can be judged without the model."""
STRETCH = (0.4, 2.5)
"""How much shorter and longer than usual speech can be made."""


def check(order: Order, voices: Voices | None = None) -> None:
    """An `InputError` for what cannot be made. Without `voices` built-in names go unchecked."""
    if order.sound is not None:
        _check_file(order.sound)
    if order.words or order.sound is None:
        check_words(order)
    _check_length(order)
    _check_voice(order, voices)
    _check_face(order)
    _check_picture(order)


def check_words(order: Order) -> None:
    """Whether the text alone can be said."""
    text, delivery = said(order.words), order.delivery
    check_text(text)
    refuse_foreign(text, delivery.language)
    lexicon = read_lexicon(delivery.lexicon) if delivery.lexicon else None
    TextFrontend(lexicon).check(text, delivery.language)


def usual_seconds(text: str) -> float:
    """About so long the text takes at its usual pace."""
    han, digits = len(_HAN.findall(text)), len(_DIGIT.findall(text))
    letters = len(_LETTER.findall(text)) - han
    return HAN_SECONDS * han + LETTER_SECONDS * letters + DIGIT_SECONDS * digits


def check_writable(output: str | Path) -> None:
    """Whether a file, or a folder of pictures, can be put there."""
    output = Path(output)
    if output.is_dir() and (output.suffix or any(output.iterdir())):
        raise InputError(f"cannot write {output}: there is a folder of that name")
    folder = output.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise InputError(f"cannot write {output}: {folder} is not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"cannot write {output}: {folder} does not let you")


def _check_length(order: Order) -> None:
    wanted = order.delivery.seconds
    if wanted is None:
        return
    usual = usual_seconds(said(order.words)) / order.delivery.speed
    least, most = STRETCH[0] * usual, STRETCH[1] * usual
    if not least <= wanted <= most:
        raise InputError(
            f"seconds is {wanted:g}, but the text takes about {usual:.1f} s; "
            f"it can be made {least:.1f} to {most:.1f} s long"
        )


def _check_voice(order: Order, voices: Voices | None) -> None:
    voice, emotion = order.voice, order.delivery.emotion
    if voice.ref:
        _check_file(voice.ref)
    if voice.style and voice.style.endswith(STYLE_FILE):
        _check_file(voice.style)
    elif voice.style:
        _check_built_in("style", voice.style, emotion, voices)
    if voice.voice and not Path(voice.voice).exists():
        _check_built_in("voice", voice.voice, emotion, voices)
    if voices and not (voice.ref or voice.style or voice.voice):
        own = assets.presenter_voice(order.look.face or "") or ""
        _check_built_in("voice", own if own in voices else next(iter(voices)), emotion, voices)


def _check_built_in(what: str, name: str, emotion: str, voices: Voices | None) -> None:
    if Path(name).suffix and what == "style":
        raise InputError(
            f"a style is a .safetensors file; take voice, manner and face of {name} with ref, or keep them with "
            f"'omnitalker style create {name}'"
        )
    if Path(name).suffix:
        raise InputError(f"no such file: {name}")
    if voices is None:
        return
    if name not in voices:
        raise InputError(unknown_choice(what, name, voices))
    if emotion not in voices[name]:
        raise InputError(unknown_choice(f"emotion of {name}", emotion, voices[name]))


def _check_face(order: Order) -> None:
    face = order.look.face
    if face and not assets.presenter_file(face) and not Path(face).exists():
        raise InputError(unknown_choice("face", face, assets.presenter_names()))


def _check_picture(order: Order) -> None:
    from omnitalker.studio.writers import WRITERS

    look, sees = order.look, WRITERS[order.outputs.format].sees
    background = look.background
    if background and not Path(background).is_file():
        from omnitalker.studio.framing import plain_backdrop

        if plain_backdrop(background) is None:
            raise InputError(
                f"background '{background}' is neither own, blur, a colour like white or #eceef1, nor a file"
            )
    if sees == "cut-out" and background is None:
        if look.renderer == "sketch":
            raise InputError("the sketch renderer cannot cut out a person; write an mp4 instead")
        if look.aspect != "1:1" or look.paste_back:
            raise InputError(
                f"a cut-out ({order.outputs.format}) is square; give a background for another aspect"
            )


def _check_file(name: str) -> None:
    if not Path(name).is_file():
        raise InputError(f"no such file: {name}")
