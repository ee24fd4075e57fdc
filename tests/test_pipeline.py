from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from omnitalker.base.errors import InputError, OmniTalkerError, WeightsError
from omnitalker.models.checkpoint import FORMAT, INDEX

if TYPE_CHECKING:
    from omnitalker.generation.request import SpeakRequest
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
    index = json.loads((tmp_path / "again" / INDEX).read_text(encoding="utf-8"))
    assert index["_format"] == FORMAT


def test_call_collects_the_stream(tiny_pipeline: OmniTalkerPipeline) -> None:
    style = tiny_pipeline.styles.get("bob", "happy")
    output = tiny_pipeline("Hello there.", style, seed=3)
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
    assert np.array_equal(other("Hello.", seed=2).audio, tiny_pipeline("Hello.", seed=2).audio)


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
    for name in ("a.mp3", "a.csv", "a.srt", "a.gif"):
        assert output.save(tmp_path / name).stat().st_size > 0
    silent = tiny_pipeline("Hello.", style)
    with pytest.raises(InputError, match="face="):
        silent.save(tmp_path / "b.mp4")
    with pytest.raises(InputError, match=r"cannot write 'b\.xyz'"):
        silent.save(tmp_path / "b.xyz")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[SpeakRequest]:
    """What is asked of generation."""
    import omnitalker.pipeline as module

    requests: list[SpeakRequest] = []
    stream = module.stream

    def listening(parts: Any, request: SpeakRequest, *args: Any, **kwargs: Any) -> Any:
        requests.append(request)
        return stream(parts, request, *args, **kwargs)

    monkeypatch.setattr(module, "stream", listening)
    return requests


def test_a_recording_can_be_the_reference(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path, asked: list[SpeakRequest]
) -> None:
    from omnitalker.media.sound import write_wav

    time = np.arange(48_000) / 24_000
    buzz = 0.1 * np.sign(np.sin(2 * np.pi * 120 * time)) * (np.sin(2 * np.pi * 3 * time) > -0.5)
    write_wav(tmp_path / "voice.wav", buzz.astype(np.float32))
    tiny_pipeline("Hello.", ref=tmp_path / "voice.wav")
    heard = tiny_pipeline.casting.reference(tmp_path / "voice.wav").style
    assert heard is not None
    blocks = asked[0].style.blocks
    assert np.array_equal(asked[0].style.mel, heard.last(blocks).mel)


def test_steps_guidance_and_corrections_can_be_chosen(
    tiny_pipeline: OmniTalkerPipeline, asked: list[SpeakRequest]
) -> None:
    tiny_pipeline("Hello.", num_inference_steps=8, guidance_scale=3.0, corrections=["lip_closure"])
    tiny_pipeline("Hello.")
    first, second = (request.sampling for request in asked)
    assert first is not None
    assert (first.steps, first.guidance.text, first.corrections) == (8, 3.0, ("lip_closure",))
    assert second == tiny_pipeline.sampling


def test_voices_are_saved_with_the_networks(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path
) -> None:
    from omnitalker.pipeline import OmniTalkerPipeline

    tiny_pipeline.save_pretrained(tmp_path / "again")
    again = OmniTalkerPipeline.from_pretrained(tmp_path / "again")
    assert again.styles.catalogue() == tiny_pipeline.styles.catalogue()
    assert np.array_equal(again("Hello.", seed=1).audio, tiny_pipeline("Hello.", seed=1).audio)


def test_voice_and_face_by_name_or_as_options_of_the_command_line(
    tiny_pipeline: OmniTalkerPipeline,
) -> None:
    made = tiny_pipeline("Hello.", voice="bob", emotion="happy", seed=1)
    style = tiny_pipeline.styles.get("bob", "happy")
    assert np.array_equal(made.audio, tiny_pipeline("Hello.", style, seed=1).audio)
    seen = tiny_pipeline("Hello.", voice="bob", face="ava", size=256, renderer=None)
    assert seen.frames[0].shape == (256, 256, 3)
    assert len(seen.frames) == len(seen.motion.values)


def test_a_list_of_texts_gives_a_list(tiny_pipeline: OmniTalkerPipeline) -> None:
    both = tiny_pipeline(["Hello.", "And you?"], voice="ada", seed=4)
    assert [output.words[0].text for output in both] == ["Hello", "And"]
    assert np.array_equal(both[1].audio, tiny_pipeline("And you?", voice="ada", seed=4).audio)


def test_a_generator_is_drawn_from_and_each_text_may_have_its_own(
    tiny_pipeline: OmniTalkerPipeline,
) -> None:
    def three() -> torch.Generator:
        return torch.Generator().manual_seed(3)

    generator = three()
    first, second = (tiny_pipeline("Hello.", generator=generator) for _ in range(2))
    assert not np.array_equal(first.audio, second.audio)
    assert np.array_equal(first.audio, tiny_pipeline("Hello.", generator=three()).audio)
    pair = tiny_pipeline(["Hello.", "Hello."], generator=[three(), three()])
    assert np.array_equal(pair[0].audio, pair[1].audio)
    with pytest.raises(InputError, match="1 generators for 2 texts"):
        tiny_pipeline(["a b", "c d"], generator=[three()])


def test_outputs_as_arrays_and_tensors(tiny_pipeline: OmniTalkerPipeline) -> None:
    from omnitalker.rendering.sketch.renderer import SketchRenderer

    def made(kind: str) -> Any:
        face = SketchRenderer((64, 64))
        return tiny_pipeline("Hello.", renderer=face, seed=1, output_type=kind)

    whole, arrays, tensors = (made(kind) for kind in ("omni", "np", "pt"))
    assert np.array_equal(arrays.audio, whole.audio)
    assert arrays.frames.shape == (len(whole.frames), 64, 64, 3)
    assert torch.equal(tensors.motion, torch.from_numpy(whole.motion.values))
    assert tensors.frames.shape == (len(whole.frames), 3, 64, 64)
    assert tensors.frames.max() <= 1.0
    assert tiny_pipeline("Hello.", output_type="np").frames is None


def test_every_step_is_called_back_and_may_end_it(tiny_pipeline: OmniTalkerPipeline) -> None:
    steps: list[tuple[int, float]] = []

    def note(pipe: Any, step: int, time: float, _: dict[str, Any]) -> None:
        assert pipe is tiny_pipeline
        steps.append((step, time))

    tiny_pipeline("Hello.", callback_on_step_end=note, num_inference_steps=3)
    assert [step for step, _ in steps] == list(range(len(steps)))
    assert len(steps) % 3 == 0
    assert steps[0][1] < steps[1][1] < steps[2][1] == pytest.approx(1.0)

    def stop(*_: Any) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        tiny_pipeline("Hello.", callback_on_step_end=stop)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (((), {"prompt": "Hello."}), "first argument"),
        ((([],), {}), "string or a list"),
        (((3,), {}), "string or a list"),
        ((("Hi.",), {"speeed": 2}), "did you mean 'speed'"),
        ((("Hi.",), {"speed": "fast"}), "speed"),
        ((("Hi.", "ava"), {}), "voice="),
        ((("Hi.",), {"renderer": "ava"}), "face="),
        ((("Hi.",), {"num_inference_steps": 50.5}), "whole number"),
        ((("Hi.",), {"num_inference_steps": 0}), "whole number"),
        ((("Hi.",), {"output_type": "pil"}), "output_type"),
        ((("Hi.",), {"corrections": ["lips"]}), "correction"),
        ((("Hi.",), {"voice": "bobb"}), "did you mean 'bob'"),
    ],
)
def test_wrong_arguments_get_one_line(
    tiny_pipeline: OmniTalkerPipeline, call: tuple[Any, Any], said: str
) -> None:
    with pytest.raises(OmniTalkerError, match=said) as caught:
        tiny_pipeline(*call[0], **call[1])
    assert "\n" not in str(caught.value)


def test_devices_and_precisions_work_or_say_why(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnitalker.pipeline import OmniTalkerPipeline

    pipe = OmniTalkerPipeline.from_pretrained(tiny_checkpoint)
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        assert np.isfinite(pipe.to(dtype)("Hello.").audio).all()
    assert pipe.to("cpu", torch.float32).transformer.dtype == torch.float32
    for device in ("gpu", "cuda:77"):
        with pytest.raises(InputError, match="is not there"):
            pipe.to(device)
    with pytest.raises(InputError, match="floating point"):
        pipe.to(torch.int8)


def test_another_pipeline_of_the_same_networks_leaves_the_first_alone(
    tiny_checkpoint: Path,
) -> None:
    from omnitalker.pipeline import OmniTalkerPipeline

    pipe = OmniTalkerPipeline.from_pretrained(tiny_checkpoint).to(torch.bfloat16)
    other = OmniTalkerPipeline.from_pipe(pipe, steps=2)
    assert other.transformer is pipe.transformer
    assert pipe.transformer.dtype == torch.bfloat16
    assert (other.sampling.steps, pipe.sampling.steps) == (2, 4)


def test_it_is_copied_and_pickled_after_use(tiny_checkpoint: Path) -> None:
    from omnitalker.pipeline import OmniTalkerPipeline

    pipe = OmniTalkerPipeline.from_pretrained(tiny_checkpoint)
    sound = pipe("Hello.", voice="ada", seed=1).audio
    for again in (copy.deepcopy(pipe), pickle.loads(pickle.dumps(pipe))):
        assert again.transformer is not pipe.transformer
        assert np.array_equal(again("Hello.", voice="ada", seed=1).audio, sound)
