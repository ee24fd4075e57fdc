"""Answers of a small network to what it was asked before: the same style and the same times come at every call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Answer = TypeVar("Answer", Tensor, tuple[Tensor, ...])


class TensorCache(Generic[Answer]):
    """Keeps the last few answers of `module`, on the CPU and without gradients. Safe under threads."""

    def __init__(self, module: nn.Module, most: int) -> None:
        self._parameters = list(module.parameters())
        self._most = most
        self._answers: dict[bytes, Answer] = {}

    def __call__(self, ask: Callable[..., Answer], *inputs: Tensor) -> Answer:
        if torch.is_grad_enabled() or inputs[0].device.type != "cpu":
            return ask(*inputs)
        key = self._key(inputs)
        answer = self._answers.get(key)
        if answer is None:
            answer = ask(*inputs)
            if len(self._answers) >= self._most:
                self._answers.clear()
            self._answers[key] = answer
        return answer

    def _key(self, inputs: tuple[Tensor, ...]) -> bytes:
        """Of the inputs and of how often the weights were changed."""
        key = hashlib.blake2b(digest_size=16)
        for value in inputs:
            key.update(f"{value.dtype}{tuple(value.shape)}".encode())
            key.update(value.contiguous().view(torch.uint8).numpy().data)
        changes = [(p.dtype, -1 if p.is_inference() else p._version) for p in self._parameters]
        key.update(repr(changes).encode())
        return key.digest()
