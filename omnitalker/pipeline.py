"""`OmniTalkerPipeline`: the parts of a checkpoint put together, in the manner of diffusers.

pipe = OmniTalkerPipeline.from_pretrained("checkpoints/tiny")
pipe("Hello there.", voice="ava", face="ava", emotion="happy").save("hello.mp4")
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline

from omnitalker.base import assets
from omnitalker.base.config import unknown_choice
from omnitalker.base.errors import InputError
from omnitalker.base.types import AVChunk, Renderer, StylePrompt, Text
from omnitalker.generation.flow import times
from omnitalker.generation.parts import Parts, Precision, sampling_of
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.sample import SamplingSettings
from omnitalker.generation.stream import stream
from omnitalker.models.checkpoint import FORMAT, read_settings
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.duration import DurationModel
from omnitalker.models.prosody import ProsodyModel
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.reference.library import FOLDER as VOICES
from omnitalker.reference.library import StyleLibrary
from omnitalker.reference.style import wearing
from omnitalker.studio.output import (
    OUTPUT_TYPES,
    OmniTalkerArrays,
    OmniTalkerOutput,
    OutputType,
    as_asked,
    collect,
)
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.lexicon import read_lexicon

if TYPE_CHECKING:
    from omnitalker.studio.casting import Casting
    from omnitalker.studio.directed import FindStyle
    from omnitalker.studio.order import Delivery
    from omnitalker.studio.produce import Made

__all__ = ["OmniTalkerArrays", "OmniTalkerOutput", "OmniTalkerPipeline", "collect"]

log = logging.getLogger(__name__)

Output = OmniTalkerOutput | OmniTalkerArrays | tuple[Any, ...]
OnStep = Callable[["OmniTalkerPipeline", int, float, dict[str, Any]], object]
_SETTINGS = ("steps", "schedule", "text_guidance", "corrections")
_OF_THE_REQUEST = ("sampling", "loudness", "pacing", "contour")
"""Of `SpeakRequest`, which no option of an order stands for."""


class OmniTalkerPipeline(DiffusionPipeline):
    """Text and a voice in, speech and facial motion out, together.

    Holds weights and nothing that changes what a call makes, so one pipeline can serve several threads.
    """

    _optional_components = ["recogniser", "prosody"]  # noqa: RUF012 (diffusers reads it from the class)
    transformer: DualBranchDiT
    duration: DurationModel
    vocoder: Vocoder
    recogniser: PhonemeRecogniser | None
    prosody: ProsodyModel | None
    model_cpu_offload_seq = "recogniser->duration->prosody->transformer->vocoder"  # type: ignore[assignment]

    def __init__(
        self,
        transformer: DualBranchDiT,
        duration: DurationModel,
        vocoder: Vocoder,
        recogniser: PhonemeRecogniser | None = None,
        prosody: ProsodyModel | None = None,
        styles: StyleLibrary | None = None,
        steps: int = SamplingSettings.steps,
        schedule: str = SamplingSettings.schedule,
        text_guidance: float = 1.0,
        corrections: Sequence[str] = (),
    ) -> None:
        """styles: the voices that come with the networks; without them every call needs one."""
        super().__init__()
        self.register_modules(
            transformer=transformer,
            duration=duration,
            vocoder=vocoder,
            recogniser=recogniser,
            prosody=prosody,
        )
        self.register_to_config(
            _format=FORMAT,
            steps=steps,
            schedule=schedule,
            text_guidance=text_guidance,
            corrections=list(corrections),
        )
        self.styles = styles or StyleLibrary(None)
        self.frontend = TextFrontend()
        self._casting: Casting | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without what was remembered of references, which holds locks."""
        return {**self.__dict__, "_casting": None}

    @property
    def components(self) -> dict[str, Any]:
        """All that another pipeline can be made of: `OmniTalkerPipeline(**pipe.components)`."""
        return {**super().components, "styles": self.styles}

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls,
        name: str | Path = assets.DEFAULT_CHECKPOINT,
        *,
        dtype: Precision | None = None,
        torch_dtype: Precision | None = None,
    ) -> OmniTalkerPipeline:
        """A checkpoint folder, or the short name of a shipped one (`tiny`).

        `dtype` (`torch_dtype` is its old name), if not given, is what is fastest here: for the
        transformer bfloat16, or eight-bit arithmetic where that would be slow.
        """
        parts = Parts.from_pretrained(name, dtype=dtype or torch_dtype)
        folder = assets.checkpoint_dir(name)
        pipeline = cls(
            parts.transformer, parts.duration, parts.vocoder, parts.recogniser, parts.prosody,
            parts.library, **read_settings(folder),
        )  # fmt: skip
        pipeline.register_to_config(_name_or_path=str(folder))
        return pipeline

    @classmethod
    def from_pipe(cls, pipeline: OmniTalkerPipeline, **changes: Any) -> OmniTalkerPipeline:  # type: ignore[override]
        """Another pipeline of the same networks, in the same precision; `changes`: other parts or settings."""
        settings = {name: pipeline.config[name] for name in _SETTINGS}
        other = cls(**{**pipeline.components, **settings, **changes})
        other.frontend = pipeline.frontend
        return other

    def with_lexicon(self, path: str | Path) -> OmniTalkerPipeline:
        """The same weights with a user's pronunciations."""
        other = type(self).from_pipe(self)
        other.frontend = TextFrontend(read_lexicon(path))
        return other

    def save_pretrained(self, folder: str | Path) -> None:  # type: ignore[override]
        """Networks, settings and voices: a checkpoint like the one it came from."""
        folder = Path(folder)
        for name, network in super().components.items():
            if network is not None:
                network.save_pretrained(folder / name)
        self.save_config(folder)
        own = self.styles.folder
        if own is not None and own.is_dir() and own.resolve() != (folder / VOICES).resolve():
            shutil.copytree(own, folder / VOICES, dirs_exist_ok=True)

    def to(self, *args: Any, **kwargs: Any) -> OmniTalkerPipeline:
        """To a device, a precision, or both. Half precision is the transformer's alone: the others are small."""
        device, dtype = _destination(*args, **kwargs)
        if dtype is not None:
            self.transformer.to(dtype)
        if device is not None:
            for network in super().components.values():
                if network is not None:
                    network.to(device)
        return self

    @property
    def sampling(self) -> SamplingSettings:
        """The checkpoint's own default."""
        return sampling_of(self.config)

    @property
    def parts(self) -> Parts:
        """What generation takes of this pipeline, as it is now."""
        return Parts(
            self.transformer, self.duration, self.vocoder, self.recogniser, self.prosody,
            self.frontend, self.styles, self.sampling,
        )  # fmt: skip

    @property
    def casting(self) -> Casting:
        """Who speaks and who is seen, by name or file; what was read once is remembered."""
        if self._casting is None:
            from omnitalker.studio.casting import Casting

            self._casting = Casting(self.parts)
        return self._casting

    def scene(self, script: str | Path, output: str | Path, **options: Any) -> Made:
        """A film (or sound) of several speakers: `script` is a file, or the text of one (docs/scenes.md).

        `options` hold for all speakers, under the names of the command line; the ending of `output` says what is
        made.
        """
        from omnitalker.scenes.formats import FORMATS, read_scene, scene_of
        from omnitalker.scenes.produce import produce_scene
        from omnitalker.studio.order import OPTIONS, normal, parse
        from omnitalker.studio.writers import format_of

        outputs = parse({"format": format_of(output), **options}, "argument").outputs
        wishes = {n: v for n, v in normal(options, "argument").items() if n in OPTIONS}
        voices = self.styles.catalogue()
        is_file = isinstance(script, Path) or Path(str(script)[:200]).suffix in FORMATS
        if is_file:
            scene = read_scene(script, wishes, voices)
        else:
            scene = scene_of(str(script), ".txt", wishes, voices, Path.cwd())
        return produce_scene(self.casting, scene, output, outputs)

    def stream(
        self,
        request: SpeakRequest,
        renderer: Renderer | None = None,
        clauses: Iterable[Text] | None = None,
    ) -> Iterator[AVChunk]:
        """Playable chunks as they are made: see `generation.stream`."""
        return stream(self.parts, request, renderer, clauses)

    @torch.inference_mode()
    def __call__(
        self,
        text: str | Sequence[str] | None = None,
        style: StylePrompt | None = None,
        *,
        renderer: Renderer | None = None,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        corrections: Sequence[str] | None = None,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
        output_type: OutputType = "omni",
        callback_on_step_end: OnStep | None = None,
        callback_on_chunk: Callable[[AVChunk], object] | None = None,
        return_dict: bool = True,
        **options: Any,
    ) -> Output | list[Output]:
        """Say `text`; a list of texts gives a list of outputs.

        `options` are those of the command line, under the same names: voice, face, emotion, ref, size, language,
        speed, pauses, seed, ... and loudness, pacing and sampling of `SpeakRequest`. Without a face (or a
        `renderer` of one's own) nothing is drawn. `style` takes a `StylePrompt` in the place of a voice.
        `generator` is drawn from, so the same one gives something else the next time; a seed always the same.
        """
        from omnitalker.studio.directed import directed_clauses

        texts = _texts(text, options)
        if output_type not in OUTPUT_TYPES:
            raise InputError(unknown_choice("output_type", str(output_type), OUTPUT_TYPES))
        plan = _plan(self, style, renderer, options)
        sampling = _sampling(
            plan.request.sampling, num_inference_steps, guidance_scale, corrections
        )
        seeds = _seeds(generator, len(texts), plan.request.seed)
        outputs: list[Output] = []
        for line, seed in zip(texts, seeds, strict=True):
            request = replace(plan.request, text=line, sampling=sampling, seed=seed)
            after_pass = _steps_told(self, callback_on_step_end, sampling)
            chunks = []
            clauses = directed_clauses(request, plan.delivery, plan.find_style, plan.parts)
            for chunk in stream(plan.parts, request, plan.renderer, clauses, after_pass):
                chunks.append(chunk)
                if callback_on_chunk is not None:
                    callback_on_chunk(chunk)
            output = as_asked(collect(chunks, line), output_type)
            outputs.append(output if return_dict else output.to_tuple())
        return outputs[0] if isinstance(text, str) else outputs


@dataclass(frozen=True)
class _Plan:
    """What is the same for all texts of a call."""

    parts: Parts
    request: SpeakRequest
    delivery: Delivery
    find_style: FindStyle
    renderer: Renderer | None


def _plan(
    pipeline: OmniTalkerPipeline,
    style: StylePrompt | None,
    renderer: Renderer | None,
    options: dict[str, Any],
) -> _Plan:
    """Options become an order, an order a request."""
    from omnitalker.studio.directed import heeded_order
    from omnitalker.studio.order import parse
    from omnitalker.studio.produce import fitted, request_of

    if style is not None and not isinstance(style, StylePrompt):
        raise InputError(f"style takes a StylePrompt, got {style!r}; for a name or a file: voice=")
    if renderer is not None and not hasattr(renderer, "frame"):
        raise InputError(f"renderer takes a Renderer, got {renderer!r}; for a name or file: face=")
    wishes = {name: options[name] for name in _OF_THE_REQUEST if options.get(name) is not None}
    if "loudness" in options:
        wishes["loudness"] = options["loudness"]
    rest = {n: str(v) if isinstance(v, Path) else v for n, v in options.items() if n not in wishes}
    order = parse({n: v for n, v in rest.items() if n not in _OF_THE_REQUEST}, "argument")
    if order.sound is not None:
        raise InputError(
            "a call takes a text; a sound gets its face by generation.from_sound.stream_sound"
        )
    order, notes = heeded_order(order, pipeline.parts)
    for note in notes:
        log.info("%s", note)
    parts, look = fitted(pipeline.parts, order.delivery), order.look
    wishes.setdefault("sampling", parts.sampling)
    face = look.face
    find_style = pipeline.casting.finder(order.voice, face)
    if style is not None:
        given = style
        find_style = lambda emotion, intensity: wearing(given, emotion, intensity)  # noqa: E731
    if style is None:
        if face is None and order.voice.ref is None:
            style = pipeline.casting.style(
                order.voice, order.delivery.emotion, order.delivery.intensity
            )
        else:
            cast_ = pipeline.casting.resolve(order)
            style, face = cast_.style, look.face and cast_.face
    if renderer is None and face is not None:
        renderer = pipeline.casting.renderer(look, face)
    request = replace(request_of("-", style, order.delivery), **wishes)
    return _Plan(parts, request, order.delivery, find_style, renderer)


def _texts(text: Any, options: dict[str, Any]) -> list[str]:
    if text is None and "prompt" in options:
        raise InputError("the text is the first argument: pipe('Hello.'), or pipe(text='Hello.')")
    texts = [text] if isinstance(text, str) else text
    is_list = isinstance(texts, Sequence) and len(texts) > 0
    if not is_list or not all(isinstance(line, str) for line in texts):
        raise InputError(f"the text must be a string or a list of strings, got {text!r:.60}")
    return list(texts)


def _sampling(
    sampling: SamplingSettings | None,
    steps: int | None,
    guidance: float | None,
    corrections: Sequence[str] | None,
) -> SamplingSettings:
    """Diffusers' names for three of the settings."""
    sampling = cast("SamplingSettings", sampling)
    if steps is not None:
        if not isinstance(steps, int) or steps < 1:
            raise InputError(f"num_inference_steps must be a whole number from 1, got {steps!r}")
        sampling = replace(sampling, steps=steps)
    if guidance is not None:
        sampling = replace(sampling, guidance=replace(sampling.guidance, text=guidance))
    if corrections is not None:
        sampling = replace(sampling, corrections=tuple(corrections))
    return sampling


def _seeds(
    generator: torch.Generator | Sequence[torch.Generator] | None, count: int, seed: int
) -> list[int]:
    """One for each text: drawn where there is a generator, else the same for all."""
    if generator is None:
        return [seed] * count
    generators = [generator] * count if isinstance(generator, torch.Generator) else list(generator)
    if len(generators) != count:
        raise InputError(f"{len(generators)} generators for {count} texts; give one, or one each")
    return [
        int(torch.randint(2**31, (1,), generator=g, device=g.device).item()) for g in generators
    ]


def _steps_told(
    pipeline: OmniTalkerPipeline, callback: OnStep | None, sampling: SamplingSettings
) -> Callable[[int, int], None]:
    """Calls back as diffusers does, with a count over all windows and the time of the flow that is reached."""
    count = 0

    def after_pass(done: int, total: int) -> None:
        nonlocal count
        if callback is not None:
            callback(pipeline, count, float(times(total, sampling.schedule)[done]), {})
        count += 1

    return after_pass


def _destination(
    *args: Any,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    **_: Any,
) -> tuple[torch.device | None, torch.dtype | None]:
    """As torch's `to` takes them, or one line."""
    for value in args:
        if isinstance(value, torch.dtype):
            dtype = value
        else:
            device = value
    if dtype is not None and not dtype.is_floating_point:
        raise InputError(f"networks are in floating point; {dtype} is not")
    try:
        place = None if device is None else torch.device(device)
        if place is not None:
            torch.zeros(1, device=place)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"device {device!r} is not there: {reason[:120]}") from error
    return place, dtype
