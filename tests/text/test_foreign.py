from __future__ import annotations

import pytest

from omnitalker.base.errors import InputError
from omnitalker.text.foreign import foreign_language, refuse_foreign


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour, je suis très content de vous voir.", "French"),
        ("Le train pour la mer part à neuf heures.", "French"),
        ("Bonjour", "French"),
        ("Guten Morgen! Der Zug fährt um neun Uhr, und ich habe noch Zeit.", "German"),
        ("Hola, buenos días. El tren sale a las nueve.", "Spanish"),
        ("Buongiorno! Il treno per il mare parte alle nove.", "Italian"),
        ("Bom dia, o trem para o mar sai às nove.", "Portuguese"),
        ("Het is vandaag mooi weer en ik ben blij.", "Dutch"),
        ("The train to the sea leaves at nine.", None),
        ("She ordered a café au lait at the Café de la Paix in Paris.", None),
        ("La La Land won; Los Angeles and Rio de Janeiro cheered.", None),
        ("Hello", None),
        ("Go!", None),
        ("No!", None),
        ("Come.", None),
        ("Dr. Müller from München is here.", None),
        ("42", None),
    ],
)
def test_sentences_of_other_languages_are_told_from_english(
    text: str, language: str | None
) -> None:
    assert foreign_language(text) == language


def test_whoever_insists_is_heard() -> None:
    with pytest.raises(InputError, match="French"):
        refuse_foreign("Merci, vous êtes dans le train.", "auto")
    refuse_foreign("Merci, vous êtes dans le train.", "en")
