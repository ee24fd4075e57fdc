"""A voice and a manner as one small file: build, save, load, mix, scale a `StylePrompt`.

The file is a .safetensors with the four arrays (five where another manner is worn); everything else is in its metadata.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.checksums import check_file
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.tensor_file import FLOATS, WHOLE_NUMBERS, Spec, read_tensors
from omnitalker.base.types import MANNERS, FloatArray, StylePrompt, WornManner
from omnitalker.motion.names import BLENDSHAPES, INDEX, MOTION_DIM
from omnitalker.reference.consent import merged, receipts_in
from omnitalker.text.symbols import SYMBOLS, TONES

FORMAT = "omnitalker.style.1"
MAX_SECONDS = 10.0
MOST_BYTES = 4_000_000
SCHEMA = {
    "mel": Spec(("T", timeline.N_MELS), FLOATS, -30, 30),
    "motion": Spec(("F", MOTION_DIM), FLOATS, -20, 20),
    "phonemes": Spec(("T",), WHOLE_NUMBERS, 0, len(SYMBOLS) - 1),
    "tones": Spec(("T",), WHOLE_NUMBERS, 0, TONES - 1),
    "rest": Spec((MOTION_DIM,), FLOATS, -20, 20, is_optional=True),
}
"""What a style file holds."""
_OWN_KEYS = ("format", "identity", "has_voice", "has_motion", "worn", "worn_intensity")
_UNSCALED = ("eyeBlinkLeft", "eyeBlinkRight")
"""Half-strength blinks are not calmer, they are half-closed eyes."""


def build_style(
    *,
    mel: FloatArray | None = None,
    motion: FloatArray | None = None,
    phonemes: npt.NDArray[np.integer] | None = None,
    tones: npt.NDArray[np.integer] | None = None,
    identity: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> StylePrompt:
    """A prompt from what there is, cut to equal whole blocks of at most 10 s.

    mel: (T, 100); motion: (F, 61); phonemes and tones: (T,) per mel frame. Without mel the voice is a
    placeholder, without motion the face is.
    """
    lengths = []
    if mel is not None:
        _check_width("mel", mel, timeline.N_MELS)
        lengths.append(timeline.blocks_in_mel(len(mel)))
    if motion is not None:
        _check_width("motion", motion, MOTION_DIM)
        lengths.append(len(motion) // timeline.BLOCK_VIDEO_FRAMES)
    if not lengths:
        raise InputError("A style needs a mel, a motion, or both; got neither.")
    blocks = min(*lengths, int(MAX_SECONDS / timeline.BLOCK_SECONDS))
    if blocks < 1:
        raise InputError(
            f"A style needs at least {float(timeline.BLOCK_SECONDS)} s of sound and motion; use a longer clip."
        )
    mel_frames, motion_frames = _frames(blocks)
    ids = np.zeros(mel_frames, np.int64)
    return StylePrompt(
        mel=_cut(mel, mel_frames, timeline.N_MELS),
        motion=_cut(motion, motion_frames, MOTION_DIM),
        phonemes=ids if phonemes is None else _cut_ids("phonemes", phonemes, mel_frames),
        tones=ids if tones is None else _cut_ids("tones", tones, mel_frames),
        has_voice=mel is not None,
        has_motion=motion is not None,
        identity=identity,
        metadata=dict(metadata or {}),
    )


def save_style(style: StylePrompt, path: str | Path) -> None:
    """Write one .safetensors file; a file that was there is replaced whole or not at all."""
    from safetensors.numpy import save

    clash = sorted(set(style.metadata) & set(_OWN_KEYS))
    if clash:
        raise InputError(f"metadata keys {', '.join(clash)} are the format's own; rename them.")
    header = {
        "format": FORMAT,
        "identity": style.identity or "",
        "has_voice": str(int(style.has_voice)),
        "has_motion": str(int(style.has_motion)),
        "worn": style.worn.manner if style.worn else "",
        "worn_intensity": f"{style.worn.intensity:g}" if style.worn else "1",
        **style.metadata,
    }
    arrays = {
        "mel": style.mel.astype(np.float16),
        "motion": style.motion.astype(np.float16),
        "phonemes": style.phonemes.astype(np.int16),
        "tones": style.tones.astype(np.int16),
    }
    if style.worn is not None and style.worn.rest is not None:
        arrays["rest"] = style.worn.rest.astype(np.float16)
    with AtomicFile(path) as partial:
        partial.write_bytes(save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, header))


def load_style(path: str | Path) -> StylePrompt:
    """Read a file that `save_style` wrote; anything else is an `InputError`."""
    check_file(path)
    try:
        arrays, header = read_tensors(path, FORMAT, SCHEMA, most_bytes=MOST_BYTES)
        receipts_in(header)
    except InputError as error:
        raise InputError(
            f"{path} is not a style file ({error}); make one with `omnitalker style create`."
        ) from error
    style = StylePrompt(
        mel=arrays["mel"].astype(np.float32),
        motion=arrays["motion"].astype(np.float32),
        phonemes=arrays["phonemes"].astype(np.int64),
        tones=arrays["tones"].astype(np.int64),
        has_voice=header.get("has_voice") == "1",
        has_motion=header.get("has_motion") == "1",
        identity=header.get("identity") or None,
        worn=_worn(header, arrays.get("rest")),
        metadata={key: value for key, value in header.items() if key not in _OWN_KEYS},
    )
    _check_equal_lengths(style, path)
    return style


def _worn(header: Mapping[str, str], rest: FloatArray | None) -> WornManner | None:
    manner, intensity = header.get("worn", ""), header.get("worn_intensity", "1")
    if not manner:
        return None
    if manner not in MANNERS or not re.fullmatch(r"[0-2](\.\d+)?", intensity):
        raise InputError(f"no face can wear '{manner[:40]}' at intensity '{intensity[:40]}'")
    return WornManner(manner, float(intensity), None if rest is None else rest.astype(np.float32))


def mix_styles(voice: StylePrompt, face: StylePrompt) -> StylePrompt:
    """The voice (and its phonemes) of one, the facial manner and identity of the other.

    As long as the shorter; both keep their last part, which is what generation continues.
    """
    if not voice.has_voice:
        raise InputError("The style given for the voice has no sound; choose one made from speech.")
    if not face.has_motion:
        raise InputError(
            "The style given for the face has no motion; choose one made from a video."
        )
    mel_frames, motion_frames = _frames(min(voice.blocks, face.blocks))
    return StylePrompt(
        mel=voice.mel[-mel_frames:],
        motion=face.motion[-motion_frames:],
        phonemes=voice.phonemes[-mel_frames:],
        tones=voice.tones[-mel_frames:],
        identity=face.identity,
        worn=face.worn,
        metadata=merged(face.metadata, voice.metadata),
    )


def wearing(
    style: StylePrompt, manner: str, intensity: float = 1.0, rest: FloatArray | None = None
) -> StylePrompt:
    """The same person in another manner: it is worn over the face that the prompt shows.

    rest: (61,) mean of the person's everyday face, where the prompt itself shows a manner.
    """
    return replace(style, worn=WornManner(manner, intensity, rest))


def with_intensity(style: StylePrompt, intensity: float) -> StylePrompt:
    """The manner that a style wears at another strength; a style without one as it is."""
    if style.worn is None:
        return style
    return replace(style, worn=replace(style.worn, intensity=intensity))


def scale_style(style: StylePrompt, expressiveness: float) -> StylePrompt:
    """The same manner, calmer (0) or livelier (2); 1 changes nothing.

    Expression and head movement are scaled about the prompt's own average, so the resting face stays
    the person's; blinks and gaze stay as they are.
    """
    if not 0 <= expressiveness <= 2:
        raise InputError(
            f"expressiveness is {expressiveness}; it goes from 0 (still) to 2 (lively)."
        )
    mean = style.motion.mean(axis=0, keepdims=True)
    strength = np.full(MOTION_DIM, expressiveness, np.float32)
    strength[[INDEX[name] for name in _UNSCALED]] = 1
    strength[[i for name, i in INDEX.items() if name.startswith(("eyeLook", "gaze"))]] = 1
    motion = mean + strength * (style.motion - mean)
    shapes = slice(0, len(BLENDSHAPES))
    motion[:, shapes] = np.clip(motion[:, shapes], 0, 1)
    return replace(style, motion=motion.astype(np.float32))


def _frames(blocks: int) -> tuple[int, int]:
    return blocks * timeline.BLOCK_MEL_FRAMES, blocks * timeline.BLOCK_VIDEO_FRAMES


def _cut(values: FloatArray | None, frames: int, width: int) -> FloatArray:
    if values is None:
        return np.zeros((frames, width), np.float32)
    return np.ascontiguousarray(values[:frames], dtype=np.float32)


def _cut_ids(name: str, ids: npt.NDArray[np.integer], frames: int) -> npt.NDArray[np.int64]:
    if ids.ndim != 1 or len(ids) < frames:
        raise InputError(
            f"{name} has shape {ids.shape}; it must have one id per mel frame ({frames})."
        )
    return ids[:frames].astype(np.int64)


def _check_width(name: str, values: FloatArray, width: int) -> None:
    if values.ndim != 2 or values.shape[1] != width:
        raise InputError(f"{name} has shape {values.shape}; it must be (frames, {width}).")


def _check_equal_lengths(style: StylePrompt, path: str | Path) -> None:
    mel_frames, motion_frames = _frames(style.blocks)
    lengths = (len(style.mel), len(style.motion), len(style.phonemes), len(style.tones))
    if style.blocks > int(MAX_SECONDS / timeline.BLOCK_SECONDS):
        raise InputError(f"{path} is longer than the {MAX_SECONDS:g} s that a style may have.")
    if lengths != (mel_frames, motion_frames, mel_frames, mel_frames) or style.blocks < 1:
        raise InputError(f"{path}: its parts have lengths {lengths}, which do not belong together.")
