"""A clip of your own lends voice, manner and face: python examples/clone.py me.mp4 "This is my voice." mine.mp4"""

import sys

from omnitalker import OmniTalkerPipeline
from omnitalker.reference.style import save_style


def main(clip: str, text: str = "This is my voice.", output: str = "mine.mp4") -> None:
    pipe = OmniTalkerPipeline.from_pretrained("tiny")
    mine = pipe.casting.reference(clip).style  # analysed once
    save_style(mine, "mine.safetensors")  # and kept: voice="mine.safetensors" from now on
    pipe(text, mine, face=clip, size=256).save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
