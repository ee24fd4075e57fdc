"""A network with its folder: `config.json` says how it was built, safetensors hold its weights.

The layout on disk is that of diffusers' ModelMixin, whose import alone takes longer than a sentence takes
to make; these are the parts of it that we use, and stricter: what does not fit is refused in one line.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from omnitalker.base.assets import find
from omnitalker.base.checksums import check_file
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import WeightsError
from omnitalker.base.files import AtomicFile

CONFIG = "config.json"
WEIGHTS = "diffusion_pytorch_model.safetensors"

P = TypeVar("P", bound="Pretrained")


class ModelConfig(dict[str, Any]):
    """What a network was built with, by key or as an attribute."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def register_to_config(build: Callable[..., None]) -> Callable[..., None]:
    """Around a network's `__init__`: keeps its arguments, defaults included, as `config`."""
    signature = inspect.signature(build)

    @functools.wraps(build)
    def remembering(self: Pretrained, *args: Any, **kwargs: Any) -> None:
        build(self, *args, **kwargs)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        self.config = ModelConfig(list(bound.arguments.items())[1:])

    return remembering


class Pretrained(nn.Module):
    """The base of every network of a checkpoint. Its `__init__` is decorated with `register_to_config`."""

    config: ModelConfig

    @property
    def device(self) -> torch.device:
        return self._any_tensor.device

    @property
    def dtype(self) -> torch.dtype:
        return self._any_tensor.dtype

    @property
    def _any_tensor(self) -> Tensor:
        return next(itertools.chain(self.parameters(), self.buffers()))

    @classmethod
    def from_config(cls: type[P], config: Mapping[str, Any]) -> P:
        """Built anew, with fresh weights."""
        known = inspect.signature(cls.__init__).parameters
        for name in config:
            if name not in known:
                raise WeightsError(unknown_choice(f"{cls.__name__}: size", name, [*known][1:]))
        return cls(**config)

    @classmethod
    def from_pretrained(cls: type[P], folder: str | Path, dtype: torch.dtype = torch.float32) -> P:
        """Ready for use. Weights may be stored in another precision than `dtype`, that they are used in."""
        path = find(folder)
        if path is None or not (path / CONFIG).is_file():
            raise WeightsError(f"no {cls.__name__} at '{folder}': there is no {CONFIG} in it")
        weights = _read_weights(path / WEIGHTS)
        with _Empty():
            model = cls.from_config(_read_config(path / CONFIG, cls.__name__))
        expected = model.state_dict()
        _check_weights(path / WEIGHTS, weights, expected)
        cast = {name: value.to(expected[name].dtype) for name, value in weights.items()}
        model.load_state_dict(cast, assign=True)
        return model.to(dtype).eval()

    def save_pretrained(self, folder: str | Path) -> None:
        self.save_config(folder)
        weights = {name: value.contiguous() for name, value in self.state_dict().items()}
        with AtomicFile(Path(folder) / WEIGHTS) as temporary:
            save_file(weights, temporary, metadata={"format": "pt"})

    def save_config(self, folder: str | Path) -> None:
        """How it was built, alone."""
        described = {"_class_name": type(self).__name__, **self.config}
        with AtomicFile(Path(folder) / CONFIG) as temporary:
            text = json.dumps(described, indent=2, sort_keys=True)
            temporary.write_text(text + "\n", encoding="utf-8")


class _Empty(TorchFunctionMode):
    """Layers made under it are not filled with random numbers, which would be overwritten anyway."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def _read_config(path: Path, kind: str) -> dict[str, Any]:
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}") from error
    made = described.get("_class_name", kind)
    if made != kind:
        raise WeightsError(f"{path.parent} holds a {made}, not a {kind}")
    return {name: value for name, value in described.items() if not name.startswith("_")}


def _read_weights(path: Path) -> dict[str, Tensor]:
    check_file(path)
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"the weights {path} cannot be loaded: {error}") from error


def _check_weights(
    path: Path, weights: Mapping[str, Tensor], expected: Mapping[str, Tensor]
) -> None:
    wrong = sorted(weights.keys() ^ expected.keys())
    if wrong:
        raise WeightsError(
            f"the weights {path} cannot be loaded: {wrong[0]} is "
            f"{'not known' if wrong[0] in weights else 'missing'}"
            + (f", and {len(wrong) - 1} more do not fit" if wrong[1:] else "")
        )
    for name, value in weights.items():
        if value.shape != expected[name].shape:
            raise WeightsError(
                f"the weights {path} cannot be loaded: {name} is {tuple(value.shape)}, "
                f"{tuple(expected[name].shape)} is expected"
            )
        if value.is_floating_point() and not value.isfinite().all():
            raise WeightsError(f"the weights {path} cannot be used: {name} is not finite")
