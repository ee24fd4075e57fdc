"""Path-trace the stills of one built-in presenter.

    python scripts/presenters/render.py --face3d ict_face.npz --person ava --out stills/ava

Resumable: stills that exist are kept. Beside the pictures, `stills.json` holds what is known about
each: coefficients by our 51 names, gaze, head turn, camera. See the README here.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import bpy  # noqa: E402
import scene as studio  # noqa: E402
from backdrop import backdrop  # noqa: E402
from head import PIVOT, Head, gaze_from, lid_edges  # noqa: E402
from person import Person, identity_modes, model_weights  # noqa: E402
from stills import STILLS, Still  # noqa: E402

BOXES = {
    # left, right, bottom, top in centimetres of the model, at the depth of the face
    "full": None,
    "mouth": (-4.2, 4.2, -9.0, -0.9),
    "eyes": (-7.0, 7.0, -0.2, 7.6),
    "face": (-7.6, 7.6, -9.6, 9.6),
    "turned": (-10.6, 10.6, -11.0, 9.8),
}
FEATHER = 0.06  # share of a box over which it blends into the neutral picture


def box_pixels(box: str, size: int) -> tuple[int, int, int, int]:
    """left, top, right, bottom in pixels of the part that is rendered."""
    if BOXES[box] is None:
        return 0, 0, size, size
    left, right, bottom, top = BOXES[box]
    corners = np.array([[left, top, 10.5], [right, bottom, 10.5]])
    (x0, y0), (x1, y1) = studio.project(corners, size)
    return round(x0), round(y0), round(x1), round(y1)


def render_part(scene: bpy.types.Scene, box: tuple[int, int, int, int], size: int) -> np.ndarray:
    """Straight RGBA (h, w, 4) in 0..1 of one part of the picture."""
    left, top, right, bottom = box
    render = scene.render
    render.use_border = render.use_crop_to_border = True
    render.border_min_x, render.border_max_x = left / size, right / size
    render.border_min_y, render.border_max_y = 1 - bottom / size, 1 - top / size
    with tempfile.TemporaryDirectory() as folder:
        render.filepath = str(Path(folder) / "part.png")
        bpy.ops.render.render(write_still=True)
        part = np.array(Image.open(render.filepath).convert("RGBA"), np.float32) / 255
    if part.shape[:2] != (bottom - top, right - left):
        wanted = (right - left, bottom - top)
        part = (
            np.asarray(Image.fromarray((part * 255).astype(np.uint8)).resize(wanted), np.float32)
            / 255
        )
    return part


def feather(height: int, width: int) -> np.ndarray:
    """Blend weight (h, w, 1): 1 inside, 0 at the border."""
    y = np.minimum(np.arange(height), np.arange(height)[::-1])[:, None]
    x = np.minimum(np.arange(width), np.arange(width)[::-1])[None]
    t = np.clip(np.minimum(y, x) / (FEATHER * min(height, width)), 0, 1)
    return (t * t * (3 - 2 * t))[..., None]


def save(path: Path, picture: np.ndarray) -> None:
    """Write an array of 0..1 atomically."""
    unfinished = path.with_suffix(".part.png")
    Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)).save(unfinished)
    unfinished.replace(path)


class Casting:
    """Renders stills of one person into a folder."""

    def __init__(self, args: argparse.Namespace, config: dict) -> None:
        self.size, self.out, self.samples = args.size, args.out, args.samples
        self.out.mkdir(parents=True, exist_ok=True)
        self.scene = studio.reset(args.size, args.samples, args.threads)
        studio.add_camera(self.scene)
        studio.add_lights(self.scene, config["light"])
        self.person = Person(args.face3d, config)
        plate = backdrop(args.size, config["backdrop"], config["seed"])
        self.plate = plate
        save(self.out / "background.png", plate)

    def take(self, still: Still) -> None:
        """Render one still; parts are laid over the neutral picture."""
        self.person.take(still.weights, np.radians(still.turn), still.tongue)
        full = still.box == "full"
        self.scene.cycles.samples = max(4, self.samples // 2) if full else self.samples
        box = box_pixels(still.box, self.size)
        part = render_part(self.scene, box, self.size)
        if full:
            self._refine_face(part)
        left, top, right, bottom = box
        alpha = part[..., 3:]
        picture = part[..., :3] * alpha + self.plate[top:bottom, left:right] * (1 - alpha)
        if still.name == "neutral":
            save(self.out / "neutral_matte.png", part[..., 3])
        if not full:
            neutral = (
                np.asarray(Image.open(self.out / "neutral.png").convert("RGB"), np.float32) / 255
            )
            blend = feather(*picture.shape[:2])
            whole = neutral.copy()
            whole[top:bottom, left:right] = picture * blend + neutral[top:bottom, left:right] * (
                1 - blend
            )
            picture = whole
        save(self.out / f"{still.name}.png", picture)

    def _refine_face(self, whole: np.ndarray) -> None:
        """Render the face anew with all samples (hair and clothes need fewer) and lay it over."""
        self.scene.cycles.samples = self.samples
        left, top, right, bottom = box = box_pixels("face", self.size)
        face = render_part(self.scene, box, self.size)
        blend = feather(bottom - top, right - left)
        old = whole[top:bottom, left:right]
        whole[top:bottom, left:right] = face * blend + old * (1 - blend)


def describe(head: Head, config: dict, size: int) -> dict:
    """What is known about every still, and about the head and camera behind them."""
    entries = {}
    for still in STILLS:
        gaze = gaze_from(model_weights(still.weights))
        entries[still.name] = {
            "box": still.box,
            "box_pixels": box_pixels(still.box, size),
            "coefficients": still.weights,
            "turn_radians": np.radians(still.turn).tolist(),
            "gaze_radians": gaze.ravel().tolist(),
        }
    return {
        "size": size,
        "identity_modes": identity_modes(config).tolist(),
        "baked_expression": config["bake"],
        "lid_edges_cm": lid_edges(head),
        "pivot_cm": PIVOT.tolist(),
        "camera_cm": studio.CAMERA_PLACE.tolist(),
        "pixels_at_unit_distance": size * studio.FOCAL / studio.SENSOR,
        "stills": entries,
    }


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--face3d", type=Path, required=True, help="ict_face.npz")
    parser.add_argument("--person", required=True, help="a name in people.yaml")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=768)
    parser.add_argument(
        "--samples", type=int, default=16, help="per pixel of the face; hair and clothes get half"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="names of stills, or the start of them")
    parser.add_argument("--again", action="store_true", help="render stills that exist anew")
    return parser.parse_args(argv)


def main(argv: list[str]) -> None:
    args = parse(argv)
    people = yaml.safe_load((HERE / "people.yaml").read_text())
    if args.person not in people:
        sys.exit(f"No person '{args.person}' in people.yaml; there are {', '.join(people)}.")
    config = people[args.person]
    wanted = [
        still
        for still in STILLS
        if (not args.only or any(still.name.startswith(start) for start in args.only))
        and (args.again or not (args.out / f"{still.name}.png").exists())
    ]
    work = Casting(args, config)
    (args.out / "stills.json").write_text(
        json.dumps(describe(work.person.head, config, args.size), indent=1)
    )
    for still in wanted:
        work.take(still)
        sys.stdout.write(f"{args.person}: {still.name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
