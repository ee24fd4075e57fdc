from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from omnitalker.base.errors import InputError, WeightsError

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline


def test_saved_and_loaded_again_it_is_the_same(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path
) -> None:
    from omnitalker.pipeline import OmniTalkerPipeline

    tiny_pipeline.save_pretrained(tmp_path / "again")
    again = OmniTalkerPipeline.from_pretrained(tmp_path / "again")
    for name in ("transformer", "duration", "vocoder"):
        mine, theirs = getattr(tiny_pipeline, name), getattr(again, name)
        assert mine.config.keys() == theirs.config.keys()
        for key, value in mine.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[key]), f"{name}.{key}"


def test_call_collects_the_stream(tiny_pipeline: OmniTalkerPipeline) -> None:
    style = tiny_pipeline.styles.get("bob", "happy")
    output = tiny_pipeline("Hello there.", style, generator=torch.Generator().manual_seed(3))
    assert len(output.speech.samples) == 960 * len(output.motion.values)
    assert [word.text.lower() for word in output.speech.words] == ["hello", "there"]
    speech, motion, frames = tiny_pipeline("Hello there.", style, seed=3, return_dict=False)
    assert np.array_equal(speech.samples, output.speech.samples)
    assert np.array_equal(motion.values, output.motion.values)
    assert frames == []


def test_components_can_be_shared_and_moved(tiny_pipeline: OmniTalkerPipeline) -> None:
    from omnitalker.pipeline import OmniTalkerPipeline

    other = OmniTalkerPipeline(**tiny_pipeline.components)
    assert other.transformer is tiny_pipeline.transformer
    assert other.to("cpu").device == torch.device("cpu")


def test_voices_by_name(tiny_pipeline: OmniTalkerPipeline) -> None:
    assert tiny_pipeline.styles.catalogue() == {
        "ada": ("neutral", "happy"),
        "bob": ("neutral", "happy"),
    }
    with pytest.raises(InputError, match=r"'bobb'.*did you mean 'bob'.*ada"):
        tiny_pipeline.styles.get("bobb")
    with pytest.raises(InputError, match=r"'sad'.*happy, neutral"):
        tiny_pipeline.styles.get("bob", "sad")


def test_wrong_checkpoints_get_one_line(tmp_path: Path, tiny_checkpoint: Path) -> None:
    import shutil

    from omnitalker.pipeline import OmniTalkerPipeline

    with pytest.raises(WeightsError, match="no checkpoint at 'nowhere'"):
        OmniTalkerPipeline.from_pretrained("nowhere")
    broken = tmp_path / "broken"
    shutil.copytree(tiny_checkpoint, broken)
    weights = broken / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(WeightsError, match="cannot be loaded") as caught:
        OmniTalkerPipeline.from_pretrained(broken)
    assert "\n" not in str(caught.value)


def test_the_output_saves_itself(tiny_pipeline: OmniTalkerPipeline, tmp_path: Path) -> None:
    from omnitalker.media.reader import read_clip
    from omnitalker.rendering.sketch.renderer import SketchRenderer

    style = tiny_pipeline.styles.get("bob")
    output = tiny_pipeline("Hello.", style, renderer=SketchRenderer((128, 128)))
    clip = read_clip(output.save(tmp_path / "a.mp4"))
    assert len(clip.frames) == len(output.frames) == len(output.motion.values)
    assert len(read_clip(output.save(tmp_path / "a.wav")).samples) == len(output.audio)
    assert [word.text.lower() for word in output.words] == ["hello"]
    with pytest.raises(InputError, match="renderer"):
        tiny_pipeline("Hello.", style).save(tmp_path / "b.mp4")


def test_a_recording_can_be_the_reference(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path
) -> None:
    from omnitalker.media.sound import write_wav

    time = np.arange(48_000) / 24_000
    buzz = 0.1 * np.sign(np.sin(2 * np.pi * 120 * time)) * (np.sin(2 * np.pi * 3 * time) > -0.5)
    write_wav(tmp_path / "voice.wav", buzz.astype(np.float32))
    output = tiny_pipeline("Hello.", reference=tmp_path / "voice.wav", seed=1)
    other = tiny_pipeline("Hello.", seed=1)
    assert not np.array_equal(output.motion.values[:4], other.motion.values[:4])


def test_steps_and_guidance_can_be_chosen(
    tiny_pipeline: OmniTalkerPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    stream = type(tiny_pipeline).stream

    def listening(self, request, renderer=None, clauses=None):
        asked.append(request.sampling)
        return stream(self, request, renderer, clauses)

    monkeypatch.setattr(type(tiny_pipeline), "stream", listening)
    tiny_pipeline("Hello.", num_inference_steps=8, guidance_scale=3.0)
    tiny_pipeline("Hello.")
    assert (asked[0].steps, asked[0].guidance.text) == (8, 3.0)
    assert asked[1] == tiny_pipeline.sampling
