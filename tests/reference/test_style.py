from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.base.types import StylePrompt
from omnitalker.motion.names import INDEX
from omnitalker.reference.style import build_style, load_style, mix_styles, save_style, scale_style


def make_style(blocks: int = 4, seed: int = 0, **changes: object) -> StylePrompt:
    rng = np.random.default_rng(seed)
    values = {
        "mel": rng.normal(-4, 2, (15 * blocks, 100)).astype(np.float32),
        "motion": rng.uniform(0, 1, (4 * blocks, 61)).astype(np.float32),
        "phonemes": rng.integers(1, 60, 15 * blocks),
        "tones": rng.integers(0, 8, 15 * blocks),
        "identity": "ada",
        "metadata": {"name": "Ada, 你好", "language": "en"},
    }
    return build_style(**{**values, **changes})


def test_parts_are_cut_to_equal_whole_blocks() -> None:
    style = build_style(mel=np.zeros((100, 100), np.float32), motion=np.zeros((22, 61), np.float32))
    assert (len(style.mel), len(style.motion)) == (75, 20)
    assert style.blocks == 5
    assert style.phonemes.tolist() == [0] * 75
    long = build_style(mel=np.zeros((1500, 100), np.float32))
    assert 9.8 < len(long.mel) / 93.75 <= 10
    assert long.has_voice
    assert not long.has_motion


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "needs a mel, a motion"),
        ({"mel": np.zeros((10, 100), np.float32)}, "at least 0.16 s"),
        ({"mel": np.zeros((30, 80), np.float32)}, r"\(30, 80\)"),
        ({"motion": np.zeros((30, 52), np.float32)}, r"\(30, 52\)"),
        ({"mel": np.zeros((30, 100), np.float32), "phonemes": np.zeros(9, int)}, "one id per mel"),
    ],
)
def test_wrong_parts_are_explained(parts: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_style(**parts)


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    style = make_style()
    save_style(style, tmp_path / "ada.safetensors")
    loaded = load_style(tmp_path / "ada.safetensors")
    np.testing.assert_allclose(loaded.mel, style.mel, atol=0.01)
    np.testing.assert_allclose(loaded.motion, style.motion, atol=1e-3)
    np.testing.assert_array_equal(loaded.phonemes, style.phonemes)
    np.testing.assert_array_equal(loaded.tones, style.tones)
    assert loaded.mel.dtype == loaded.motion.dtype == np.float32
    assert loaded.phonemes.dtype == np.int64
    assert loaded.identity == "ada"
    assert loaded.metadata == style.metadata
    assert [file.name for file in tmp_path.iterdir()] == ["ada.safetensors"]
    voice = build_style(mel=style.mel)
    save_style(voice, tmp_path / "voice.safetensors")
    again = load_style(tmp_path / "voice.safetensors")
    assert (again.has_voice, again.has_motion, again.identity) == (True, False, None)


def test_other_files_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    (tmp_path / "text.safetensors").write_text("not a style")
    with pytest.raises(InputError, match="not a style file"):
        load_style(tmp_path / "text.safetensors")
    with pytest.raises(InputError, match="not a style file"):
        load_style(tmp_path / "absent.safetensors")
    save_file({"mel": np.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"omnitalker\.style\.1"):
        load_style(tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="cannot write"):
        save_style(make_style(), tmp_path / "text.safetensors" / "x.safetensors")
    with pytest.raises(InputError, match="identity"):
        save_style(make_style(metadata={"identity": "x"}), tmp_path / "x.safetensors")


def test_mix_takes_the_voice_of_one_and_the_face_of_the_other() -> None:
    voice, face = make_style(4, 1, identity="a"), make_style(6, 2, identity="b")
    mixed = mix_styles(voice, face)
    np.testing.assert_array_equal(mixed.mel, voice.mel)
    np.testing.assert_array_equal(mixed.phonemes, voice.phonemes)
    np.testing.assert_array_equal(mixed.motion, face.motion[-16:])
    assert mixed.identity == "b"
    with pytest.raises(InputError, match="no motion"):
        mix_styles(voice, build_style(mel=face.mel))
    with pytest.raises(InputError, match="no sound"):
        mix_styles(build_style(motion=voice.motion), face)


def test_scale_changes_liveliness_about_the_own_average() -> None:
    style = make_style(20)
    np.testing.assert_allclose(scale_style(style, 1).motion, style.motion, atol=1e-6)
    still, lively = scale_style(style, 0).motion, scale_style(style, 1.5).motion
    jaw, head, blink = INDEX["jawOpen"], INDEX["headRotY"], INDEX["eyeBlinkLeft"]
    assert still[:, jaw].std() < 1e-6
    assert lively[:, head].std() == pytest.approx(1.5 * style.motion[:, head].std(), rel=1e-4)
    assert lively[:, head].mean() == pytest.approx(style.motion[:, head].mean(), rel=1e-4)
    np.testing.assert_allclose(still[:, blink], style.motion[:, blink], atol=1e-6)
    assert lively[:, jaw].min() >= 0
    assert lively[:, jaw].max() <= 1
    with pytest.raises(InputError, match=r"from 0 .* to 2"):
        scale_style(style, 3)
