"""Two presenters talk, directed by words: python examples/scene.py talk.mp4"""

import sys

from omnitalker import OmniTalkerPipeline

SCRIPT = """
AVA [happy]: Good morning!
MARCUS [tired, slowly]: Is it *already*?
"""


def main(output: str = "talk.mp4") -> None:
    pipe = OmniTalkerPipeline.from_pretrained("tiny")
    made = pipe.scene(SCRIPT, output, size=256, subtitles=True)
    print(*made.files)
    for note in made.notes:
        print(note)


if __name__ == "__main__":
    main(*sys.argv[1:])
