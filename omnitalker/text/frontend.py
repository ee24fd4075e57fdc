"""The one entrance: text as the user wrote it becomes `Text`, ready to be spoken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, cast

from omnitalker.base.errors import InputError
from omnitalker.base.types import Language, Phoneme, Text, Word
from omnitalker.text.aligned import AlignedText
from omnitalker.text.clean import clean
from omnitalker.text.dictionary import english_g2p
from omnitalker.text.g2p import G2P
from omnitalker.text.language import check_language, check_scripts, detect
from omnitalker.text.lexicon import Lexicon
from omnitalker.text.mandarin.g2p import MandarinG2P
from omnitalker.text.marks import Marks
from omnitalker.text.splitting import split_clauses
from omnitalker.text.spoken import Item, Pause, Spoken
from omnitalker.text.verbalise import stronger, verbalise

_NOTHING_TO_SAY: Final = (
    "There is nothing to say in the text {shown}: it holds no word or number. "
    "Give at least one word in English or Mandarin."
)


class TextFrontend:
    """Normalises, finds the language, and turns words into phonemes. Safe to share between threads."""

    def __init__(
        self,
        lexicon: Lexicon | None = None,
        *,
        english: G2P | None = None,
        mandarin: G2P | None = None,
    ) -> None:
        """`lexicon`: what `read_lexicon("words.tsv")` gives, or None."""
        self._lexicon = dict(lexicon or {})
        self._g2p: dict[Language, G2P] = {
            "en": english or english_g2p(),
            "zh": mandarin or MandarinG2P(),
        }

    def prepare(self, text: str, language: str = "auto") -> Text:
        """All of `text` as one piece: at least one word, and a pause symbol at the end."""
        prepared = self._prepare(text, language, default="en")
        if prepared is None:
            raise InputError(_nothing_to_say(text))
        return prepared

    def check(self, text: str, language: str = "auto") -> None:
        """Whether it can be spoken; an `InputError` says why not. Quick: no sounds are worked out."""
        marks, aligned, main = self._read(text, language, default="en")
        if not any(isinstance(item, Spoken) for item in verbalise(aligned, main, marks)):
            raise InputError(_nothing_to_say(text))

    def clauses(self, text: str, language: str = "auto") -> list[Text]:
        """Speakable portions in order, the first one short; `offset` is the place of each in `text`."""
        default = detect(text)
        found: list[Text] = []
        offset = 0
        for piece in split_clauses(text):
            prepared = self._prepare(piece, language, default, offset)
            if prepared is not None:
                found.append(prepared)
            offset += len(piece)
        if not found:
            raise InputError(_nothing_to_say(text))
        return found

    def prepare_piece(
        self, piece: str, language: str = "auto", offset: int = 0, default: Language = "en"
    ) -> Text | None:
        """A piece of a `ClauseSplitter`; None where it holds nothing to say (an emoji, a code block).

        default: the language of what is neither, as numbers are.
        """
        return self._prepare(piece, language, default, offset)

    def _prepare(
        self, source: str, language: str, default: Language, offset: int = 0
    ) -> Text | None:
        marks, aligned, main = self._read(source, language, default)
        words, phonemes = self._phonemes(verbalise(aligned, main, marks))
        if not words:
            return None
        if phonemes[-1].word is not None:
            phonemes.append(Phoneme("."))
        return Text(source, tuple(words), tuple(phonemes), main, offset)

    def _read(
        self, source: str, language: str, default: Language
    ) -> tuple[Marks, AlignedText, Language]:
        """Cleaned, in letters that can be read, and in which language mainly."""
        check_language(language)
        marks = Marks(self._lexicon)
        aligned = clean(marks.put(source))
        check_scripts(aligned.text)
        main = detect(aligned.text, default) if language == "auto" else cast(Language, language)
        return marks, aligned, main

    def _phonemes(self, items: Sequence[Item]) -> tuple[list[Word], list[Phoneme]]:
        words: list[Word] = []
        phonemes: list[Phoneme] = []
        for language, group in groupby(items, key=lambda item: getattr(item, "language", None)):
            if language is None:
                for pause in group:
                    if isinstance(pause, Pause) and words:
                        before = "" if phonemes[-1].word is not None else phonemes.pop().symbol
                        phonemes.append(Phoneme(stronger(before, pause.symbol)))
                continue
            run = [item for item in group if isinstance(item, Spoken)]
            for item, sound in zip(run, self._sounds(run, language), strict=True):
                if sound:
                    place = len(words)
                    phonemes.extend([Phoneme(p.symbol, p.tone, place) for p in sound])
                    words.append(Word(item.text, item.start, item.end))
        return words, phonemes

    def _sounds(self, run: Sequence[Spoken], language: Language) -> Iterable[tuple[Phoneme, ...]]:
        by_rule = self._g2p[language].phonemes([item.letters for item in run])
        pairs = zip(run, by_rule, strict=True)
        return [sound if item.phones is None else item.phones for item, sound in pairs]


def _nothing_to_say(text: str) -> str:
    shown = repr(text if len(text) <= 40 else f"{text[:40]}…")
    return _NOTHING_TO_SAY.format(shown=shown)
