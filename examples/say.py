"""A presenter says a sentence: python examples/say.py "Good morning!" morning.mp4"""

import sys

from omnitalker import OmniTalkerPipeline


def main(text: str = "Good morning!", output: str = "morning.mp4") -> None:
    pipe = OmniTalkerPipeline.from_pretrained("tiny")
    said = pipe(text, voice="ava", face="ava", size=256)
    said.save(output)
    for word in said.words:
        print(f"{word.start:6.2f} s  {word.text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
