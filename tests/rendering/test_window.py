import numpy as np
import pytest

from omnitalker.base.errors import InputError
from omnitalker.motion.face.head_box import HeadBox, head_box
from omnitalker.rendering.window import ASPECTS, BESIDE, HEADROOM, choose_window, frame_size
from tests.painted_faces import painted_identity


@pytest.mark.parametrize("aspect", ASPECTS)
def test_no_window_is_tighter_than_the_head_or_wider_than_needed(aspect):
    rng = np.random.default_rng(5)
    across, down = ASPECTS[aspect]
    for _ in range(300):
        width, height = rng.integers(200, 2000, 2)
        head_height = rng.uniform(0.2, 0.8) * min(width, height)
        head_width = rng.uniform(0.6, 1.1) * head_height
        left = rng.uniform(0, max(0, width - head_width))
        top = rng.uniform(0, height - head_height)
        head = HeadBox(left, top, left + head_width, top + head_height, cut=bool(top < 2))
        window = choose_window(aspect, head, (int(width), int(height)), False)
        assert window.width / window.height == pytest.approx(across / down)
        assert window.left <= max(head.left, 0) + 1e-6
        assert window.left + window.width >= min(head.right, width) - 1e-6
        assert window.top <= head.top + 1e-6
        assert window.top + window.height >= head.chin - 1e-6
        inside = (
            window.left >= -1e-6
            and window.top >= -1e-6
            and window.left + window.width <= width + 1e-6
            and window.top + window.height <= height + 1e-6
        )
        assert inside == (window.filling == "whole")


def test_a_person_stands_on_the_lower_edge_when_the_source_is_too_wide():
    head = HeadBox(100, 60, 420, 440)
    window = choose_window("9:16", head, (512, 512), False)
    assert window.filling == "continued"
    assert window.top + window.height == pytest.approx(512)
    assert window.width < 512


def test_a_head_cut_by_the_source_is_not_cut_again_in_mid_frame():
    head = HeadBox(100, 0, 420, 440, cut=True)
    assert choose_window("9:16", head, (512, 512), False).filling == "bars"
    assert choose_window("16:9", head, (512, 512), True).filling == "continued"


def test_room_in_the_source_is_used():
    head = HeadBox(400, 300, 700, 700)
    window = choose_window("9:16", head, (1080, 1920), False)
    assert window.filling == "whole"
    assert window.top <= head.top - HEADROOM * head.height
    assert window.left <= head.left - BESIDE * head.width


@pytest.mark.parametrize(
    ("aspect", "size", "expected"),
    [
        ("9:16", 1080, (1080, 1920)),
        ("16:9", 1080, (1920, 1080)),
        ("4:5", 1080, (1080, 1350)),
        ("9:16", 512, (512, 910)),
        ("1:1", 768, (768, 768)),
    ],
)
def test_sizes(aspect, size, expected):
    assert frame_size(aspect, size) == expected


def test_unknown_aspects_name_the_choices():
    with pytest.raises(InputError, match="16:9"):
        frame_size("3:2", 512)


def test_the_head_is_found_in_a_matte():
    identity = painted_identity(256)
    box = head_box(identity.matte, identity.landmarks)
    solid = identity.matte[: int(box.chin)] > 127
    assert not box.cut
    assert abs(box.top - np.flatnonzero(solid.any(axis=1))[0]) <= 3
    chin = identity.landmarks[152, 1]
    assert box.chin == pytest.approx(chin, abs=2)
    raised = np.roll(identity.matte, -int(box.top) - 5, axis=0)
    landmarks = identity.landmarks - np.array([0, box.top + 5], np.float32)
    assert head_box(raised, landmarks).cut


def test_without_a_matte_the_face_tells():
    identity = painted_identity(256)
    known = head_box(identity.matte, identity.landmarks)
    guess = head_box(np.full_like(identity.matte, 255), identity.landmarks)
    assert guess.chin == known.chin
    assert guess.top < identity.landmarks[:, 1].min()
