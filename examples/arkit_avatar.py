"""Curves for an avatar of your own (Live Link Face, Blender, VRM): python examples/arkit_avatar.py "Hello." out"""

import sys
from pathlib import Path

from omnitalker import OmniTalkerPipeline
from omnitalker.motion.names import INDEX
from omnitalker.motion.track.export import export_csv


def main(text: str = "Hello. I move another face.", folder: str = "out") -> None:
    pipe = OmniTalkerPipeline.from_pretrained("tiny")
    said = pipe(text, voice="ava")  # no face: no pictures are drawn
    Path(folder).mkdir(exist_ok=True)
    said.save(Path(folder) / "avatar.wav")
    export_csv(
        said.motion, Path(folder) / "avatar.csv"
    )  # 52 ARKit shapes, head and eyes, 25 a second
    jaw = said.motion.values[:, INDEX["jawOpen"]]
    print(f"{len(jaw)} frames; the jaw opens up to {jaw.max():.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
