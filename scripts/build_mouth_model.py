"""Pack the path-traced jaws (`scripts/render_teeth.py`) into `omnitalker/data/mouth_model.safetensors`.

python scripts/build_mouth_model.py ../shared/data/face3d/ict_face.npz FOLDER_OF_RENDERS
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from safetensors.numpy import save_file

TURNING_POINT = np.array([0.0, -1.5, -0.5])
"""Origin of head space on the template, in cm: as in `build_face_model.py`."""
INCISORS_Z_CM = {"upper": 10.3, "lower": 10.0}
SIDE_SHADE = 0.65
"""How much darker the picture gets towards its sides, where cheeks keep the light out."""


def pack(folder: Path, which: str, unit_cm: float, jaw_cm: np.ndarray) -> dict[str, np.ndarray]:
    place = json.loads((folder / f"{which}.json").read_text())
    picture = cv2.imread(str(folder / f"{which}.png"), cv2.IMREAD_UNCHANGED)
    picture = cv2.resize(picture, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    across = np.abs(np.linspace(-1, 1, width)) * place["span"] / 2
    shade = 1 - SIDE_SHADE * np.clip((across - 1.2) / 1.6, 0, 1) ** 1.2
    picture[..., :3] = np.rint(picture[..., :3] * shade[None, :, None])
    half_x, half_y = place["span"] / 2, place["span"] / 2 * height / width
    middle_x, middle_y = place["middle"]
    z = INCISORS_Z_CM[which] + place["opening"] * jaw_cm[2]
    corners = np.array(
        [
            [middle_x - half_x, middle_y + half_y, z],
            [middle_x + half_x, middle_y + half_y, z],
            [middle_x - half_x, middle_y - half_y, z],
        ]
    )
    return {
        f"{which}.png": cv2.imencode(".png", picture)[1].ravel(),
        f"{which}.corners": ((corners - TURNING_POINT) / unit_cm).astype(np.float32),
        f"{which}.travel": (jaw_cm / unit_cm).astype(np.float32),
        f"{which}.opening": np.array([place["opening"]], np.float32),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", type=Path)
    parser.add_argument("renders", type=Path)
    parser.add_argument("--unit-cm", type=float, required=True, help="eye distance of the template")
    root = Path(__file__).parents[1] / "omnitalker" / "data"
    parser.add_argument("-o", "--output", type=Path, default=root / "mouth_model.safetensors")
    args = parser.parse_args()
    data = np.load(args.head)
    field = data["expressions"][list(data["expression_names"]).index("jawOpen")]
    vertices, faces = data["vertices"], data["faces"]
    teeth = np.unique(faces[data["material_names"][data["face_material"]] == "M_Teeth"])
    teeth = teeth[teeth >= 0]
    front = teeth[(np.linalg.norm(field[teeth], axis=1) > 0.3) & (np.abs(vertices[teeth, 0]) < 1.0)]
    packed = pack(args.renders, "upper", args.unit_cm, np.zeros(3))
    packed |= pack(args.renders, "lower", args.unit_cm, field[front].mean(axis=0))
    metadata = {"source": "ICT FaceKit, MIT License, Copyright (c) 2020 USC ICT; see NOTICE"}
    save_file(packed, args.output, metadata=metadata)
    print(f"{args.output}: {args.output.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
