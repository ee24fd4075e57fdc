"""An identity as one .safetensors file: pictures encoded, numbers as they are. Nothing in it is executed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, Frame, Framing, Identity, TextureBank

FORMAT = "omnitalker-identity-1"
_QUALITY = 94
_REFINER = "refiner."
_BANKS = ("faces", "mouths", "lids")

Bytes = npt.NDArray[np.uint8]


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
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
    save_file(tensors, path, metadata=metadata)
    return path


def load_identity(path: str | Path) -> Identity:
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"There is no identity file '{path}'. Build one with: omnitalker identity CLIP"
        )
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise InputError(f"'{path}' is not an identity file: {error}") from error
    if metadata.get("format") != FORMAT:
        raise InputError(
            f"'{path}' has format {metadata.get('format')!r}, expected {FORMAT!r}. Build it again from its clip."
        )
    refiner = {
        key.removeprefix(_REFINER): value.astype(np.float32)
        for key, value in tensors.items()
        if key.startswith(_REFINER)
    }
    banks = {name: _bank(tensors, name) for name in _BANKS}
    return Identity(
        name=metadata["name"],
        picture=_picture(tensors["picture.jpg"]),
        matte=cv2.imdecode(tensors["matte.png"], cv2.IMREAD_GRAYSCALE),
        background=_picture(tensors["background.jpg"]),
        neutral=tensors["neutral"],
        coefficients=tensors["coefficients"],
        landmarks=tensors["landmarks"],
        camera=Camera(**json.loads(metadata["camera"])),
        framing=Framing(**json.loads(metadata["framing"])),
        original=_picture(tensors["original.jpg"]) if "original.jpg" in tensors else None,
        refiner=refiner or None,
        metadata=json.loads(metadata["metadata"]),
        **banks,
    )


def _bank(tensors: dict[str, npt.NDArray[Any]], name: str) -> TextureBank | None:
    if f"{name}.jpg" not in tensors:
        return None
    motion = tensors[f"{name}.motion"]
    sheet = _picture(tensors[f"{name}.jpg"])
    crops = sheet.reshape(len(motion), -1, *sheet.shape[1:])
    return TextureBank(crops=crops, motion=motion, layout=tensors[f"{name}.layout"])


def _jpeg(picture: Frame) -> Bytes:
    ordered = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, 0x111111]
    return cv2.imencode(".jpg", ordered, options)[1].ravel()


def _picture(encoded: Bytes) -> Frame:
    return cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
