"""Published graphs cut in two between their prosody and their sound, and run on one thread.

Legend: L tokens, K curve frames at 80/s, N samples at 24 kHz.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from omnitalker.base import timeline
from omnitalker.base.errors import ConfigError
from omnitalker.base.types import Text
from omnitalker.corpus.teachers.speech.delivery import Delivery, shaped_energy, shaped_pitch
from omnitalker.corpus.teachers.speech.kokoro_alphabet import BETWEEN, Token
from omnitalker.corpus.teachers.speech.silences import with_pauses_where_they_begin
from omnitalker.corpus.teachers.speech.teacher import Spoken, TeacherError, TimedSymbol, finish
from omnitalker.text.symbols import PAUSES, SILENCE

Array = npt.NDArray[np.float32]

FRAME: Final = 600
"""Samples that one unit of a graph's durations lasts."""
LEAD: Final = 0.06
"""Seconds by which a phoneme is heard before the graph's durations say so: the hiss of "s" peaks 5.4 to 6.2 mel
frames before its label, that of aligned readers 0.3 after it."""
SHORTEST: Final = 0.005


@dataclass(frozen=True)
class Outline:
    """What the first half of a graph decides."""

    features: Array
    pitch: Array
    """(K,) Hz, next to nothing where unvoiced."""
    energy: Array
    """(K,) natural log of loudness."""
    frames: npt.NDArray[np.int64]
    """(L,) how long every token lasts, in units of `FRAME` samples."""


def shaped(outline: Outline, delivery: Delivery, *, tonal: bool = False) -> Outline:
    """The outline with the pitch and the loudness of `delivery`."""
    return replace(
        outline,
        pitch=shaped_pitch(outline.pitch, delivery, tonal=tonal),
        energy=shaped_energy(outline.energy, delivery),
    )


def spoken(samples: Array, text: Text, tokens: Sequence[Token], outline: Outline) -> Spoken:
    """Sound with the times of our phonemes; the two must agree to the sample."""
    expected = FRAME * int(outline.frames.sum())
    if len(samples) != expected:
        raise TeacherError(f"{len(samples)} samples came for {expected} of its times")
    rate = timeline.SAMPLE_RATE
    phones = with_pauses_where_they_begin(timed(text, tokens, outline.frames), samples, rate)
    return Spoken(samples, rate, phones)


def package_file(package: str, name: str) -> bytes:
    """A file of a package that is not imported (its own code wants a Japanese dictionary)."""
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise ConfigError(f"the package {package} is missing. Run scripts/install_teachers.sh")
    return (Path(places[0]) / name).read_bytes()


def cut(model: Any, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """The part of a graph between two sets of tensors."""
    from onnx import TensorProto, helper

    needed, kept = set(outputs), []
    for node in reversed(model.graph.node):
        if needed.intersection(node.output) and not set(node.output) <= set(inputs):
            kept.append(node)
            needed.update(name for name in node.input if name not in inputs)
    known = {value.name: value for value in (*model.graph.input, *model.graph.output)}
    borders = [
        [known.get(n) or helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names]
        for names in (inputs, outputs)
    ]
    weights = [weight for weight in model.graph.initializer if weight.name in needed]
    graph = helper.make_graph(kept[::-1], "part", *borders, weights)
    part = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    return part.SerializeToString()  # type: ignore[no-any-return]


def session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def timed(text: Text, tokens: Sequence[Token], frames: Iterable[int]) -> tuple[TimedSymbol, ...]:
    """Our phonemes with their ends.

    frames: how long every token lasts, in units of `FRAME` samples; one more at both ends, for the silence around.
    """
    phones: list[TimedSymbol] = []
    at = 0
    previous = None
    for owner, count in zip([BETWEEN, *(t.owner for t in tokens), BETWEEN], frames, strict=True):
        at += int(count)
        end = max(
            at * FRAME / timeline.SAMPLE_RATE - LEAD, (phones[-1].end if phones else 0.0) + SHORTEST
        )
        if owner == BETWEEN:
            phones.append(TimedSymbol(SILENCE, 0, end))
        else:
            phoneme = text.phonemes[owner]
            if owner == previous:
                phones.pop()
            phones.append(TimedSymbol(phoneme.symbol, phoneme.tone, end))
        previous = owner
    final = text.phonemes[-1].symbol
    return finish(phones, at * FRAME / timeline.SAMPLE_RATE, final if final in PAUSES else ".")
