"""espeak-ng's English letter-to-sound rules, called directly in the library that `espeakng-loader` ships.

The library keeps its state in globals, so there is one instance per process, made at first use, and one
lock around every call.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from functools import cache
from typing import Final

from omnitalker.base.errors import ConfigError

_AUDIO_OUTPUT_RETRIEVAL: Final = 1
_CHARS_UTF8: Final = 1
_PHONEMES_IPA: Final = 0x02
_SEPARATOR: Final = "_"
_INITIALIZE_DONT_EXIT: Final = 0x8000


class Espeak:
    """One loaded libespeak-ng. Use `shared_espeak()`; a second instance would share the first one's globals."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise ConfigError(
                "espeak-ng is not installed. Install it with: pip install espeakng-loader, "
                "or read English from a dictionary: pip install misaki"
            ) from error
        self._lock = threading.Lock()
        self._voice: str | None = None
        try:
            self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise ConfigError(
                f"espeak-ng could not be loaded: {error}. "
                "Reinstall it with: pip install --force-reinstall espeakng-loader"
            ) from error
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [
            ctypes.POINTER(ctypes.c_char_p),
            ctypes.c_int,
            ctypes.c_int,
        ]
        self._library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        data = espeakng_loader.get_data_path().encode()
        rate = self._library.espeak_Initialize(
            _AUDIO_OUTPUT_RETRIEVAL, 0, data, _INITIALIZE_DONT_EXIT
        )
        if rate <= 0:
            raise ConfigError(
                f"espeak-ng found no usable data in {data.decode()}. "
                "Reinstall it with: pip install --force-reinstall espeakng-loader"
            )

    def ipa(self, text: str, voice: str = "en-us") -> list[list[str]]:
        """The spoken groups of `text`, each a list of IPA phonemes; stress marks precede the vowel.

        espeak runs some short words together ("of the"), so there may be fewer groups than words.
        """
        mode = _PHONEMES_IPA | (ord(_SEPARATOR) << 8)
        pieces: list[str] = []
        with self._lock:
            self._set_voice(voice)
            pointer = ctypes.c_char_p(text.encode("utf-8"))
            while pointer.value:
                piece = self._library.espeak_TextToPhonemes(
                    ctypes.byref(pointer), _CHARS_UTF8, mode
                )
                pieces.append(piece.decode("utf-8"))
        groups = " ".join(pieces).split()
        return [[phone for phone in group.split(_SEPARATOR) if phone] for group in groups]

    def _set_voice(self, voice: str) -> None:
        if voice == self._voice:
            return
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ConfigError(f"espeak-ng has no voice '{voice}'. Expected one such as en-us.")
        self._voice = voice

    def __reduce__(self) -> tuple[Callable[[], Espeak], tuple[()]]:
        """Copied or unpickled it is the one of its process."""
        return shared_espeak, ()


@cache
def _instance() -> Espeak:
    return Espeak()


_MAKING = threading.Lock()


def shared_espeak() -> Espeak:
    """The process's one espeak-ng."""
    with _MAKING:
        return _instance()
