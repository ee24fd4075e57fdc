"""Latin text that is neither English nor a name in it: told by the small words that every sentence needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from omnitalker.base.errors import InputError
from omnitalker.text.mandarin.normalise import HAN
from omnitalker.text.wordlist import words

_WORD: Final = re.compile(r"[a-zà-öø-ÿœßğışąćęłńóśźżčřšůž]+")
_HAN: Final = re.compile(f"[{HAN}]")
_ENGLISH: Final = words(
    "the a an and or but of to in is are was were it i you he she we they this that with for",
    "on at be have has had not my your his her our their do does what who how there from as",
    "by if so will can all no me come",
)
_SMALL_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "French": words(
        "le les des du pour une et est sont dans avec sur vous nous je tu il elle ils que qui ne pas ce cette ces mon ma "
        "mes votre notre très bonjour bonsoir merci salut au aux mais où été être avoir c'est j'ai fait ça à"
    ),
    "German": words(
        "der das und ist sind nicht ich du er wir ihr ein eine einen dem den mit für auf zu im von sie es ja nein "
        "guten tag danke bitte auch noch wie wo heute morgen haben hat wird über"
    ),
    "Spanish": words(
        "el los las una y es son en con por para que de del yo tú usted ellos muy hola buenos días gracias está "
        "pero como más mi su al lo se nosotros hoy bien qué cómo"
    ),
    "Italian": words(
        "il gli una e è sono con per che di del della io tu lui noi molto ciao buongiorno grazie non ma come "
        "più mio tuo si questo questa oggi bene dove anche"
    ),
    "Portuguese": words(
        "o os uma e é são com por para que de do da dos das eu você ele nós muito olá bom dia obrigado obrigada não "
        "mas como mais meu seu está em no na hoje bem"
    ),
    "Dutch": words(
        "het een en zijn niet ik jij hij wij met voor op van dat dit goedemorgen dank ook nog hoe waar vandaag "
        "heeft wordt maar bij naar ons uw je"
    ),
}  # fmt: skip
_SHARE = 0.2
"""Of the words, that must be small words of the language; English prose stays under 0.1."""


def foreign_language(text: str) -> str | None:
    """The English name of the language that `text` is most likely written in, or None for English.

    Sure of sentences only: two different small words, and more of them than English ones.
    """
    spoken = _WORD.findall(text.lower())
    if not spoken or _HAN.search(text):
        return None
    english = sum(word in _ENGLISH for word in spoken)
    found = {name: [w for w in spoken if w in small] for name, small in _SMALL_WORDS.items()}
    name, small = max(found.items(), key=lambda item: len(item[1]))
    telling = min(2, len(spoken))
    if len(set(small)) < telling or len(small) < _SHARE * len(spoken) or len(small) <= 2 * english:
        return None
    return name


def refuse_foreign(text: str, language: str) -> None:
    """Before anything is loaded: what would only be mangled. An explicit language is the user's own word."""
    name = foreign_language(text) if language == "auto" else None
    if name is not None:
        raise InputError(
            f"the text looks {name}, which is not spoken here (English and Mandarin are); "
            "if it is to be read as English all the same, say so: language en"
        )
