"""An identity as one .safetensors file: pictures encoded, numbers as they are. Nothing in it is executed."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from omnitalker.base.checksums import check_file
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.tensor_file import BYTES, FLOATS, Arrays, Spec, read_tensors
from omnitalker.base.types import Camera, Frame, Framing, Identity, TextureBank
from omnitalker.media.intake import picture_size
from omnitalker.motion.face.model import POINTS
from omnitalker.motion.names import MOTION_DIM
from omnitalker.reference.consent import receipts_in

FORMAT = "omnitalker-identity-1"
_QUALITY = 94
_REFINER = "refiner."
_BANKS = ("faces", "mouths", "lids")

MOST_BYTES = 64_000_000
MOST_SIDE = 16_384
"""Pixels: a bank is a tall sheet of all its pictures."""
LONGEST_NAME = 200
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
SCHEMA = {
    "picture.jpg": Spec(None, BYTES),
    "matte.png": Spec(None, BYTES),
    "background.jpg": Spec(None, BYTES),
    "neutral": Spec((POINTS, 3), FLOATS, -100, 100),
    "coefficients": Spec((MOTION_DIM,), FLOATS, -20, 20),
    "landmarks": Spec((POINTS, 2), FLOATS, -1e5, 1e5),
    "original.jpg": Spec(None, BYTES, is_optional=True),
    **{f"{name}.jpg": Spec(None, BYTES, is_optional=True) for name in _BANKS},
    **{
        f"{name}.motion": Spec((name, MOTION_DIM), FLOATS, -20, 20, is_optional=True)
        for name in _BANKS
    },
    **{f"{name}.layout": Spec((POINTS, 2), FLOATS, -1e5, 1e5, is_optional=True) for name in _BANKS},
}
"""What an identity file holds."""
FAMILIES = {_REFINER: Spec(None, FLOATS)}

Bytes = npt.NDArray[np.uint8]
T = TypeVar("T")


def save_identity(identity: Identity, path: str | Path) -> Path:
    """Write the file (a few hundred kB to some MB); returns its path."""
    path = Path(path)
    tensors: dict[str, npt.NDArray[Any]] = {
        "picture.jpg": _jpeg(identity.picture),
        "matte.png": cv2.imencode(".png", identity.matte)[1].ravel(),
        "background.jpg": _jpeg(identity.background),
        "neutral": identity.neutral,
        "coefficients": identity.coefficients,
        "landmarks": identity.landmarks,
    }
    if identity.original is not None:
        tensors["original.jpg"] = _jpeg(identity.original)
    for name in _BANKS:
        bank = getattr(identity, name)
        if bank is not None:
            tensors[f"{name}.jpg"] = _jpeg(bank.crops.reshape(-1, *bank.crops.shape[2:]))
            tensors[f"{name}.motion"] = bank.motion
            tensors[f"{name}.layout"] = bank.layout
    for name, weight in (identity.refiner or {}).items():
        tensors[f"{_REFINER}{name}"] = weight.astype(np.float16)
    metadata = {
        "format": FORMAT,
        "name": identity.name,
        "camera": json.dumps(asdict(identity.camera)),
        "framing": json.dumps(asdict(identity.framing)),
        "metadata": json.dumps(dict(identity.metadata)),
    }
    tensors = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
    with AtomicFile(path) as partial:
        save_file(tensors, partial, metadata=metadata)
    return path


def load_identity(path: str | Path) -> Identity:
    """Read a file that `save_identity` wrote; anything else is an `InputError`."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no identity file '{path}'. Give a portrait or a clip instead.")
    check_file(path)
    try:
        tensors, metadata = read_tensors(
            path, FORMAT, SCHEMA, most_bytes=MOST_BYTES, families=FAMILIES
        )
        return _identity(tensors, metadata)
    except InputError as error:
        raise InputError(
            f"'{path}' is not an identity file: {error}. Give the portrait or clip it came from"
        ) from error


def _identity(tensors: Arrays, metadata: dict[str, str]) -> Identity:
    refiner = {
        key.removeprefix(_REFINER): value.astype(np.float32)
        for key, value in tensors.items()
        if key.startswith(_REFINER)
    }
    banks = {name: _bank(tensors, name) for name in _BANKS}
    picture, background = _picture(tensors, "picture.jpg"), _picture(tensors, "background.jpg")
    matte = _decoded(tensors, "matte.png", cv2.IMREAD_GRAYSCALE)
    sides = {*picture.shape[:2], *background.shape[:2], *matte.shape[:2]}
    if len(sides) != 1:
        raise InputError(f"its pictures are not squares of one size ({sorted(sides)})")
    about = _json(metadata, "metadata", str)
    receipts_in(about)
    return Identity(
        name=metadata.get("name", "")[:LONGEST_NAME],
        picture=picture,
        matte=matte,
        background=background,
        neutral=tensors["neutral"],
        coefficients=tensors["coefficients"],
        landmarks=tensors["landmarks"],
        camera=_numbers(Camera, metadata, "camera"),
        framing=_numbers(Framing, metadata, "framing"),
        original=_picture(tensors, "original.jpg") if "original.jpg" in tensors else None,
        refiner=refiner or None,
        metadata=about,
        **banks,
    )


def _numbers(kind: type[T], metadata: dict[str, str], name: str) -> T:
    """A dataclass of finite numbers that are no larger than pictures are."""
    values = _json(metadata, name, (int, float))
    if not all(math.isfinite(value) and abs(value) <= MOST_SIDE**2 for value in values.values()):
        raise InputError(f"its {name} holds numbers that cannot be")
    try:
        return kind(**values)
    except TypeError as error:
        raise InputError(f"its {name} does not hold what it should") from error


def _json(metadata: dict[str, str], name: str, wanted: type | tuple[type, ...]) -> dict[str, Any]:
    """A flat object whose values are of one kind."""
    try:
        found = json.loads(metadata.get(name, ""))
    except (ValueError, RecursionError) as error:
        raise InputError(f"its {name} cannot be read") from error
    if not isinstance(found, dict) or not all(
        isinstance(value, wanted) and not isinstance(value, bool) for value in found.values()
    ):
        raise InputError(f"its {name} does not hold what it should")
    return found


def _bank(tensors: Arrays, name: str) -> TextureBank | None:
    parts = [f"{name}.{part}" in tensors for part in ("jpg", "motion", "layout")]
    if not any(parts):
        return None
    if not all(parts):
        raise InputError(f"its bank of {name} is not whole")
    motion = tensors[f"{name}.motion"]
    sheet = _picture(tensors, f"{name}.jpg")
    if not len(motion) or len(sheet) % len(motion):
        raise InputError(f"its bank of {name} does not hold as many pictures as it says")
    crops = sheet.reshape(len(motion), -1, *sheet.shape[1:])
    return TextureBank(crops=crops, motion=motion, layout=tensors[f"{name}.layout"])


def _jpeg(picture: Frame) -> Bytes:
    ordered = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
    return cv2.imencode(".jpg", ordered, options)[1].ravel()


def _picture(tensors: Arrays, name: str) -> Frame:
    return cv2.cvtColor(_decoded(tensors, name, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _decoded(tensors: Arrays, name: str, flags: int) -> npt.NDArray[np.uint8]:
    """PNG or JPEG alone, whatever else OpenCV could read, and no larger than we write."""
    encoded = tensors[name].tobytes()
    size = picture_size(encoded) if encoded.startswith(_PICTURES) else None
    if size is None:
        raise InputError(f"{name} is neither a JPEG nor a PNG")
    if max(size) > MOST_SIDE or not min(size):
        raise InputError(
            f"{name} is {size[0]} x {size[1]} pixels large; up to {MOST_SIDE} are read"
        )
    found = cv2.imdecode(tensors[name], flags)
    if found is None or found.shape[1::-1] != size:
        raise InputError(f"{name} is damaged")
    return cast(npt.NDArray[np.uint8], found)
