"""`OmniTalkerPipeline`: the parts of a checkpoint put together, in the manner of diffusers.

pipe = OmniTalkerPipeline.from_pretrained("checkpoints/tiny")
output = pipe("Hello there.", style=pipe.styles.get("ava", "happy"))
output.speech.samples, output.motion.values
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.utils import BaseOutput

from omnitalker.base import assets
from omnitalker.base.errors import InputError
from omnitalker.base.files import AtomicFile
from omnitalker.base.types import (
    AVChunk,
    FloatArray,
    Frame,
    MotionTrack,
    Renderer,
    Speech,
    StylePrompt,
    Text,
    TimedWord,
)
from omnitalker.generation.parts import Parts, Precision, sampling_of
from omnitalker.generation.request import SpeakRequest
from omnitalker.generation.sample import SamplingSettings
from omnitalker.generation.stream import stream
from omnitalker.media.sound import write_wav
from omnitalker.media.writer import VideoWriter
from omnitalker.models.checkpoint import read_settings
from omnitalker.models.dit import DualBranchDiT
from omnitalker.models.duration import DurationModel
from omnitalker.models.prosody import ProsodyModel
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.models.vocoder.vocoder import Vocoder
from omnitalker.reference.analyse import listen, look
from omnitalker.reference.library import StyleLibrary
from omnitalker.text.frontend import TextFrontend
from omnitalker.text.lexicon import read_lexicon

if TYPE_CHECKING:
    from omnitalker.studio.casting import Studio


@dataclass
class OmniTalkerOutput(BaseOutput):
    """What was said, how the face moved, and (with a renderer) how it looked."""

    speech: Speech
    motion: MotionTrack
    frames: list[Frame]

    @property
    def audio(self) -> FloatArray:
        """(N,) at 24 kHz."""
        return self.speech.samples

    @property
    def words(self) -> tuple[TimedWord, ...]:
        """With their times and their places in the text."""
        return self.speech.words

    def save(self, path: str | Path) -> Path:
        """An .mp4 (made with a renderer), or the sound alone as .wav."""
        path = Path(path)
        if path.suffix.lower() == ".wav":
            with AtomicFile(path) as temporary:
                write_wav(temporary, self.audio)
            return path
        if not self.frames:
            raise InputError("there are no pictures to save: pass a renderer, or save to a .wav")
        height, width = self.frames[0].shape[:2]
        with VideoWriter(path, (width, height)) as writer:
            writer.write_frames(self.frames)
            writer.write_samples(self.audio)
        return path


class OmniTalkerPipeline(DiffusionPipeline):
    """Text and a style prompt in, speech and facial motion out, together.

    Holds weights and nothing that changes between calls, so one pipeline can serve several threads.
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
        steps: int = SamplingSettings.steps,
        schedule: str = SamplingSettings.schedule,
        text_guidance: float = 1.0,
        corrections: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.register_modules(
            transformer=transformer,
            duration=duration,
            vocoder=vocoder,
            recogniser=recogniser,
            prosody=prosody,
        )
        self.register_to_config(
            steps=steps,
            schedule=schedule,
            text_guidance=text_guidance,
            corrections=list(corrections),
        )
        self.frontend = TextFrontend()
        self._casting: Studio | None = None

    def save_pretrained(self, folder: str | Path) -> None:  # type: ignore[override]
        for name, network in self.components.items():
            if network is not None:
                network.save_pretrained(Path(folder) / name)
        self.save_config(folder)

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
            **read_settings(folder),
        )  # fmt: skip
        pipeline.register_to_config(_name_or_path=str(folder))
        return pipeline

    @property
    def sampling(self) -> SamplingSettings:
        """The checkpoint's own default."""
        return sampling_of(self.config)

    @property
    def styles(self) -> StyleLibrary:
        """The voices that came with the checkpoint."""
        return StyleLibrary(Path(self.config["_name_or_path"]))

    @property
    def parts(self) -> Parts:
        """What generation takes of this pipeline, as it is now."""
        return Parts(
            self.transformer, self.duration, self.vocoder, self.recogniser, self.prosody,
            self.frontend, self.styles, self.sampling,
        )  # fmt: skip

    @property
    def casting(self) -> Studio:
        """Who speaks and who is seen, by name or file; what was read once is remembered."""
        if self._casting is None:
            from omnitalker.studio.casting import Studio

            self._casting = Studio(self.parts)
        return self._casting

    def with_lexicon(self, path: str | Path) -> OmniTalkerPipeline:
        """The same weights with a user's pronunciations."""
        settings = ("steps", "schedule", "text_guidance", "corrections")
        other = type(self)(**self.components, **{name: self.config[name] for name in settings})
        other.register_to_config(_name_or_path=self.config["_name_or_path"])
        other.frontend = TextFrontend(read_lexicon(path))
        return other

    def stream(
        self,
        request: SpeakRequest,
        renderer: Renderer | None = None,
        clauses: Iterable[Text] | None = None,
    ) -> Iterator[AVChunk]:
        """Playable chunks as they are made: see `streaming.stream`."""
        return stream(self.parts, request, renderer, clauses)

    @torch.inference_mode()
    def __call__(
        self,
        text: str,
        style: StylePrompt | None = None,
        *,
        reference: str | Path | None = None,
        renderer: Renderer | None = None,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        generator: torch.Generator | None = None,
        callback_on_chunk: Callable[[AVChunk], None] | None = None,
        return_dict: bool = True,
        **controls: Any,
    ) -> OmniTalkerOutput | tuple[Speech, MotionTrack, list[Frame]]:
        """Say `text` in the manner of `style`, or of the clip at `reference`.

        With neither, the first built-in voice speaks.

        `controls` are the other fields of `SpeakRequest`: language, speed, pauses, seed, ...
        """
        sampling = controls.pop("sampling", None) or self.sampling
        if num_inference_steps is not None:
            sampling = replace(sampling, steps=num_inference_steps)
        if guidance_scale is not None:
            sampling = replace(sampling, guidance=replace(sampling.guidance, text=guidance_scale))
        controls["sampling"] = sampling
        if generator is not None:
            controls["seed"] = generator.initial_seed() % 2**31
        if reference is not None:
            style = listen(look(reference), self.recogniser, self.frontend).style
            if style is None or not style.has_voice:
                raise InputError(f"{Path(reference).name} has no voice; pass a clip with speech")
        request = SpeakRequest(text=text, style=style or self.styles.get(), **controls)
        chunks = []
        for chunk in self.stream(request, renderer):
            chunks.append(chunk)
            if callback_on_chunk is not None:
                callback_on_chunk(chunk)
        output = collect(chunks)
        return output if return_dict else (output.speech, output.motion, output.frames)


def collect(chunks: Iterable[AVChunk]) -> OmniTalkerOutput:
    """A finished stream as one piece."""
    made = list(chunks)
    words = tuple(word for chunk in made for word in chunk.words)
    return OmniTalkerOutput(
        speech=Speech(np.concatenate([chunk.samples for chunk in made]), words),
        motion=MotionTrack(np.concatenate([chunk.motion for chunk in made])),
        frames=[frame for chunk in made for frame in chunk.frames],
    )
