"""A live avatar whose words come from elsewhere, here a generator in place of a language model."""

import asyncio
from collections.abc import Iterator

from omnitalker import OmniTalkerPipeline
from omnitalker.agent.casting import open_session


def answer(question: str) -> Iterator[str]:
    """Yields pieces of text as a language model does; put a call of yours here."""
    yield from ("[happy] You asked: ", question, " I would say: ", "yes, why not?")


async def main() -> None:
    pipe = OmniTalkerPipeline.from_pretrained("tiny")
    async with open_session(pipe, "ava") as session:
        for piece in answer("shall we go?"):
            session.push_text(piece)
        session.end_text()
        async for (
            chunk
        ) in session:  # 25 a second: 960 samples and a picture; listening faces in between
            if chunk.words:
                print(f"{chunk.start:6.2f} s  {' '.join(word.text for word in chunk.words)}")
            if chunk.is_last:
                break


if __name__ == "__main__":
    asyncio.run(main())
