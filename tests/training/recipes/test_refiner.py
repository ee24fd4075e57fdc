import json

import cv2
import numpy as np
import pytest
import torch

from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, MotionTrack, ReferenceClip, TrackedFace
from omnitalker.models.refiner import Refiner, build_refiner, fine_detail, refine
from omnitalker.motion.face.model import FaceModel
from omnitalker.reference.identity_file import load_identity
from omnitalker.rendering.refined import RefinedRenderer
from omnitalker.rendering.warp import WarpRenderer
from omnitalker.training.loop import BatchRng, run
from omnitalker.training.recipes.refiner.data import Pairs
from omnitalker.training.recipes.refiner.task import RefinerConfig, RefinerLoop, RefinerTask
from omnitalker.training.recipes.refiner.train import (
    FORGIVEN,
    RECIPE,
    SPARED,
    ClipTask,
    crispness,
    parted,
    sharpness,
)
from omnitalker.training.runner import teach
from omnitalker.training.state import load_average
from tests.painted_faces import motion, paint

SIZE = 160


def talking_clip(frames: int):
    """A painted face whose lips shine brighter the wider they open: light that no warp can guess from one frame."""
    model, camera = FaceModel.load(), Camera(48.0, 96.0, 90.0)
    opened = 0.3 + 0.3 * np.sin(np.arange(frames) * 0.7)
    values = np.stack(
        [motion(jawOpen=o, headRotY=0.1 * np.cos(k / 5)) for k, o in enumerate(opened)]
    )
    points = model.pixels(model.neutral, values, camera).astype(np.float32)
    pictures = []
    for place, jaw in zip(points, opened, strict=True):
        picture = paint(place, 192)[0]
        pictures.append(cv2.convertScaleAbs(picture, alpha=1.0 + 0.3 * jaw))
    flat = np.zeros((*points.shape[:2], 1), np.float32)
    face = TrackedFace(
        landmarks=np.concatenate([points, flat], axis=2),
        found=np.ones(frames, bool),
        motion=MotionTrack(values),
        neutral=model.neutral,
        camera=camera,
        size=(192, 192),
    )
    return ReferenceClip(np.zeros(0, np.float32), tuple(pictures), "painted"), face


def test_an_untrained_refiner_changes_nothing():
    picture = torch.randint(0, 255, (40, 48, 3), dtype=torch.uint8)
    refined = refine(Refiner(8).eval(), picture)
    assert torch.equal(refined, picture)


def test_a_refiner_is_rebuilt_from_its_weights_alone():
    torch.manual_seed(0)
    refiner = Refiner(8)
    torch.nn.init.normal_(refiner.leave.weight, std=0.1)
    again = build_refiner(dict(refiner.state_dict()))
    x = torch.rand(2, 3, 32, 40)
    torch.testing.assert_close(again(x), refiner(x))
    with pytest.raises(RuntimeError):
        build_refiner({k: v for k, v in refiner.state_dict().items() if "leave" not in k})
    with pytest.raises(InputError, match="Train it again"):
        build_refiner(dict(refiner.state_dict()) | {"condition.0.weight": torch.zeros(48, 61)})


def shaded_pairs(count, seed):
    """Noise whose bright parts the camera sees darker than the warp."""
    dice = torch.Generator().manual_seed(seed)
    real = torch.nn.functional.interpolate(
        torch.rand(count, 3, 6, 6, generator=dice), size=40, mode="bilinear"
    )
    shaded = real * (1 - 0.4 * real)
    return Pairs(
        warped=(255 * real).to(torch.uint8),
        real=(255 * shaded).to(torch.uint8),
        mouths=torch.full((count, 2), 20.0),
    )


def task_of(config, refiner, pairs):
    return RefinerTask(config, refiner, *parted(pairs, SPARED))


def test_fitting_learns_what_the_camera_sees_otherwise(tmp_path):
    torch.manual_seed(1)
    loop = RefinerLoop(steps=150, max_minutes=1.0, learning_rate=4e-3)
    config = RefinerConfig(clip=tmp_path, loop=loop, patch=32, critic_weight=0.001)
    refiner = Refiner(12)
    task = task_of(config, refiner, shaded_pairs(24, seed=0))
    assert run(task, loop, tmp_path).step > 20
    load_average(tmp_path, refiner)
    unseen = shaded_pairs(8, seed=9)
    with torch.inference_mode():
        refined = refiner(unseen.warped / 255)
    wanted = unseen.real / 255
    before, after = ((x - wanted).abs().mean() for x in (unseen.warped / 255, refined))
    assert after < 0.6 * before


def test_the_critic_joins_halfway_and_mouths_are_shown(tmp_path, caplog):
    caplog.set_level("INFO")
    loop = RefinerLoop(steps=8, max_minutes=None, log_steps=1)
    config = RefinerConfig(clip=tmp_path, loop=loop, patch=32)
    run(task_of(config, Refiner(8), shaded_pairs(24, seed=0)), loop, tmp_path)
    told = [r.getMessage() for r in caplog.records if " s/step: loss" in r.getMessage()]
    assert ["critic" in line for line in told] == 4 * [False] + 4 * [True]
    shown = cv2.imread(str(tmp_path / "samples" / "step_000008" / "mouths.png"))
    assert shown.shape == (3 * 32, 4 * 32, 3)


def test_the_critic_is_taught_apart_from_the_refiner(tmp_path):
    """What teaches the critic leaves no gradient in the refiner, and what it says none in itself."""
    torch.manual_seed(0)
    config = RefinerConfig(clip=tmp_path, patch=32)
    pairs = shaded_pairs(8, seed=0)
    task = RefinerTask(config, Refiner(8), pairs, pairs)
    torch.nn.init.normal_(task.shipped.leave.weight, std=0.1)
    dice = BatchRng(np.random.default_rng(0), torch.Generator().manual_seed(0), done=0.9)
    losses = task.losses(task.model, task.batch(dice))
    for name, taught, untaught in (
        ("critic", task.model.critic, task.shipped),
        ("verdict", task.shipped, task.model.critic),
        ("features", task.shipped, task.model.critic),
    ):
        task.model.zero_grad(set_to_none=True)
        losses[name].backward(retain_graph=True)
        assert any(p.grad is not None and p.grad.abs().max() > 0 for p in taught.parameters())
        assert all(p.grad is None for p in untaught.parameters())


def soft_and_sharp(softer: float = 0.25):
    """(12, 3, 96, 96) bytes each: the same noise, softer and sharper."""
    dice = torch.Generator().manual_seed(2)
    sharp = torch.nn.functional.interpolate(
        torch.rand(12, 3, 30, 30, generator=dice), size=96, mode="bilinear"
    )
    pictures = (sharp - softer * fine_detail(sharp), sharp)
    return [(255 * x.clamp(0, 1)).to(torch.uint8) for x in pictures]


def test_what_the_camera_sees_sharper_is_made_as_sharp():
    soft, sharp = soft_and_sharp()
    middle = torch.full((12, 2), 48.0)
    refiner = Refiner(8).eval()
    amount = crispness(refiner, Pairs(soft, sharp, middle))
    assert 0.1 < amount < 0.6
    assert abs(crispness(refiner, Pairs(sharp, sharp, middle))) < 0.03
    refiner.crispness.fill_(amount)
    crisp = refine(refiner, soft[0].permute(1, 2, 0))
    wanted = sharp[0].permute(1, 2, 0).float()
    assert (crisp - wanted).abs().mean() < 0.8 * (soft[0].permute(1, 2, 0) - wanted).abs().mean()


def test_a_mouth_far_sharper_than_the_camera_s_is_softened_to_what_is_forgiven():
    soft, sharp = soft_and_sharp(softer=0.6)
    middle = torch.full((12, 2), 48.0)
    refiner = Refiner(8).eval()
    amount = crispness(refiner, Pairs(sharp, soft, middle))
    assert -0.4 < amount < -0.05
    patches = sharp.float() / 255
    softened = sharpness(patches + amount * fine_detail(patches))
    excess = float((softened / sharpness(soft.float() / 255)).median())
    assert abs(excess - FORGIVEN) < 0.05


def test_patches_are_mirrored_together(tmp_path):
    """Half of them, the warp's with the camera's."""
    pairs = shaded_pairs(8, seed=0)
    ramp = torch.arange(40, dtype=torch.uint8).expand(8, 3, 40, 40).contiguous()
    pairs = Pairs(ramp, ramp, pairs.mouths)
    config = RefinerConfig(clip=tmp_path, patch=32, batch=64)
    task = RefinerTask(config, Refiner(8), pairs, pairs)
    batch = task.batch(BatchRng(np.random.default_rng(0), torch.Generator().manual_seed(0)))
    assert torch.equal(batch.warped, batch.real)
    mirrored = batch.warped[:, 0, 0, 0] > batch.warped[:, 0, 0, -1]
    assert 16 < int(mirrored.sum()) < 48


@pytest.mark.slow
def test_a_refined_identity_renders_like_the_warp_outside_the_face(tmp_path):
    clip, face = talking_clip(44)
    loop = RefinerLoop(steps=3, max_minutes=1.0)
    config = RefinerConfig(clip=tmp_path, size=SIZE, loop=loop, patch=32)
    refiner = Refiner(8)
    teach(RECIPE, refiner, ClipTask(config, refiner, clip, face), loop, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text())["steps"] == 3
    identity = load_identity(tmp_path / "identity.safetensors")
    at = motion(jawOpen=0.4, headRotY=0.1)
    refined, plain = RefinedRenderer(identity, SIZE), WarpRenderer(identity, SIZE)
    np.testing.assert_array_equal(refined.frame(at)[:4], plain.frame(at)[:4])
    assert refined.person(at).shape == (SIZE, SIZE, 4)
    assert RefinedRenderer(identity, 96).frame(at).shape == (96, 96, 3)


def test_without_a_refiner_the_message_says_how_to_train_one(tmp_path):
    from tests.painted_faces import painted_identity

    with pytest.raises(InputError, match="omnitalker train refiner"):
        RefinedRenderer(painted_identity(), 256)
