"""Sound leaves while it is made, e.g. into a player: python examples/stream.py | aplay -r 24000 -f S16_LE"""

import sys

from omnitalker import OmniTalkerPipeline, SpeakRequest
from omnitalker.audio.pcm import pcm_bytes
from omnitalker.generation.pacing import live


def main(text: str = "The first words are heard before the last ones are made.") -> None:
    pipe = OmniTalkerPipeline.from_pretrained("tiny")
    request = SpeakRequest(text, pipe.styles.get("ava"), pacing=live())
    for chunk in pipe.stream(request):  # closing the iterator ends the work
        sys.stdout.buffer.write(pcm_bytes(chunk.samples))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
