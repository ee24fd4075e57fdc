"""What held-out voices are asked to say beyond the corpus's test sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

ENGLISH = (
    "The train leaves at seven thirty, so please be at the station early.",
    "She put the small blue box on top of the old piano.",
    "Would you mind closing the window before the rain comes in?",
    "Five brown foxes jumped over a very lazy sheepdog.",
    "My brother baked a simple apple pie for the whole village.",
    "We measured everything twice, and it still did not fit.",
)
MANDARIN = (
    "今天的天气很好，我们去公园散步吧。",
    "请把这本书放在桌子上。",
    "你明天早上几点钟起床？",
    "妈妈买了苹果和面包，准备做一顿丰盛的早餐。",
    "他坐在窗户旁边，一边喝茶一边看报纸。",
    "这个问题比我们想的要复杂得多。",
)
ONE_WORD = (
    "Yes.", "No.", "Hello!", "Stop!", "Maybe.", "Really?", "Tomorrow.", "Absolutely.", "Thanks.", "Why?",
    "Goodbye.", "Monday.", "Coffee?", "Sorry.", "Perfect!", "Never.", "Seventeen.", "Unbelievable!", "Please.",
    "Wait!", "Exactly.", "Birmingham.", "Listen.", "Careful!", "Congratulations!", "Okay.", "Nobody.",
    "Breakfast?", "Welcome.", "Photosynthesis.",
)  # fmt: skip
PASSAGE = (
    "Early in the morning the harbour is almost quiet. A few gulls walk along the wall, and somewhere below a "
    "rope knocks against a mast. Then the first boats come in. Men in heavy boots lift the boxes onto the quay, "
    "and the buyers bend over them, talking in low voices. By seven the market is open. People push bicycles "
    "between the tables, children carry bread, and an old woman sells flowers from a pram. Nobody is in a hurry, "
    "but everything moves. Around noon the wind turns, the awnings begin to flap, and the tables are folded "
    "one after another. In the afternoon only the smell of salt remains. Boys fish from the steps, a painter "
    "packs up his brushes, and the ferry to the islands waits with its engine running. When the lamps are lit, "
    "the harbour belongs to the gulls again."
)
"""Read again and again for long texts."""
PASSAGE_SECONDS = 38
"""What a quick voice needs for it."""

_NUMBERS = (
    "The invoice of March {day} lists {big} items at ${money} each.",
    "Flight {flight} leaves gate {small} at {hour}:{minute} with {seats} passengers.",
    "In {year}, {percent}% of the {big} households had {small} or more lamps.",
    "Call room {flight} between {hour}:{minute} and noon, or pay ${money} by {year}.",
    "It weighs {money} kg, measures {seats} cm and was sold {small} times for ${big}.",
)


def with_numbers(count: int, seed: int = 5) -> list[str]:
    """Sentences of which half the words are numbers."""
    rng = np.random.default_rng(seed)
    return [
        _NUMBERS[index % len(_NUMBERS)].format(
            day=f"{rng.integers(1, 29)}, {rng.integers(1800, 2030)}",
            big=f"{rng.integers(1_000, 90_000):,}",
            money=f"{rng.integers(1, 900)}.{rng.integers(10, 99)}",
            flight=int(rng.integers(100, 999)),
            small=int(rng.integers(2, 20)),
            hour=int(rng.integers(1, 12)),
            minute=int(rng.integers(10, 59)),
            seats=int(rng.integers(20, 300)),
            year=int(rng.integers(1900, 2030)),
            percent=int(rng.integers(2, 99)),
        )
        for index in range(count)
    ]


def of_sixty_words(sentences: Sequence[str], count: int) -> list[str]:
    """Texts of at least sixty words, joined from `sentences` in turn."""
    texts, at = [], 0
    for _ in range(count):
        parts: list[str] = []
        while sum(len(part.split()) for part in parts) < 60:
            parts.append(sentences[at % len(sentences)])
            at += 1
        texts.append(" ".join(parts))
    return texts
