"""The words of direction: what each does, which make others stronger or turn them round, which mean nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

from omnitalker.text.wordlist import words

ALIKE: Final = 0.62
"""Of the letter groups of two words, from which on one may stand for the other."""
SOUNDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(words("laughs laugh chuckles chuckle giggles giggle snickers 笑 笑声 大笑"), "laugh"),
    **dict.fromkeys(words("sighs sigh exhales 叹气 叹息"), "sigh"),
    **dict.fromkeys(words("coughs cough 咳嗽"), "cough"),
    **dict.fromkeys(words("gasps gasp inhales breathes breath 吸气 喘气"), "breath"),
    **dict.fromkeys(words("sniffs sniff sniffles sobs sob 抽泣"), "sob"),
    **dict.fromkeys(words("yawns yawn 哈欠"), "yawn"),
    **dict.fromkeys(("clears throat", "clears his throat", "clears her throat", "清嗓子"), "throat"),
}  # fmt: skip
"""What people do with their voices beside speaking, by the words for it."""
LANGUAGES: Final = {
    **dict.fromkeys(words("en english 英语 英文"), "en"),
    **dict.fromkeys(words("zh mandarin chinese putonghua 中文 汉语 普通话"), "zh"),
}
FACTORS: Final[Mapping[str, float]] = {
    **dict.fromkeys(words("very really so much truly highly deeply strongly 很 非常 十分 特别 更 更加"), 1.5),
    **dict.fromkeys(words("extremely incredibly utterly absolutely totally 极其 极度 极"), 1.9),
    **dict.fromkeys(words("quite rather pretty fairly 相当 比较"), 1.15),
    **dict.fromkeys(words("more with plus 多"), 1.0),
    **dict.fromkeys(words("slightly little bit somewhat mildly faintly subtle subtly small tiny slight hint touch trace a-bit 稍微 有点 略微 一点 微微 一丝"), 0.5),
    **dict.fromkeys(words("less 少"), -0.8),
    **dict.fromkeys(words("not no never don't dont without isn't avoid nothing hardly 不 不要 别 没有 不太"), -0.7),
    **dict.fromkeys(words("too 太 过于"), 1.2),
    **dict.fromkeys(words("big broad huge wide great 大大"), 1.5),
}  # fmt: skip
FILLERS: Final = frozenset(
    words(
        "a an the and but or yet of in to at on for by from as if is are be it its it's this that these those you your you're",
        "were i my me we our he she they his her their someone somebody person who whose which while when then also even",
        "just only please speak speaking spoken say saying said talk talking read reading sound sounds sounding use using",
        "voice voices tone tones manner way style mood feeling feel feelings delivery line text words word sentence sentences with",
        "like keep keeping stay staying be being make making give giving do does should must can let have has had having add some",
        "face look looking looks almost nearly slight though although still-be than usual normal-ly overall throughout all every",
        "one's own up down out about into over after before there here very-much kind-of sort-of sort lot bit good little now",
        "听起来 用 以 请 说 地 的 得 着 和 与 但 但是 而 又 并 并且 语气 声音 带 带着 一个 一种 像 样 样子 感觉 点 些 要 语调 口吻 他 她 我 你 在 是 有 一 说话 朗读 读",
    )
)
HAN: Final = re.compile("[\u3400-\u9fff]")
_EFFECT: Final = re.compile(r"(?P<name>\w+?)(?:=(?P<emotion>\w+))?(?P<sign>[*+-])(?P<size>[\d.]+)")


@dataclass(frozen=True)
class Effects:
    """What one row of the table does: logarithms of ratios, semitones, votes for emotions."""

    steps: Mapping[str, float]
    votes: Mapping[str, float]
    always: Mapping[str, float]
    """In the place of `steps` where the voice itself wears the emotion."""


@dataclass(frozen=True)
class Table:
    effects: Mapping[str, Effects]
    names: tuple[str, ...]

    def find(self, word: str) -> Effects | None:
        """Of the word, its stem, or the word that is most alike."""
        if word in self.effects:
            return self.effects[word]
        if word in FILLERS or HAN.search(word) or len(word) < 4:
            return None
        for ending, other in _ENDINGS:
            if word.endswith(ending) and (stem := word[: -len(ending)] + other) in self.effects:
                return self.effects[stem]
        groups = _groups(word)
        share, best = max((_alike(groups, other), known) for known, other in self.groups.items())
        return self.effects[best] if share >= ALIKE else None

    @cached_property
    def groups(self) -> dict[str, frozenset[str]]:
        return {
            word: _groups(word) for word in self.effects if not HAN.search(word) and " " not in word
        }


_ENDINGS: Final = (
    ("ly", ""), ("ily", "y"), ("ness", ""), ("iness", "y"), ("ing", ""), ("ing", "e"), ("er", ""), ("ier", "y"), ("er", "e"),
    ("est", ""), ("iest", "y"), ("ed", ""), ("s", ""), ("ful", ""), ("ally", ""), ("ish", ""), ("y", ""), ("en", ""),
)  # fmt: skip


def _groups(word: str) -> frozenset[str]:
    """Its letters in twos and threes, with its edges: a vector of ones."""
    edged = f"<{word}>"
    return frozenset(edged[i : i + n] for n in (2, 3) for i in range(len(edged) - n + 1))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Cosine of the two."""
    return len(one & other) / math.sqrt(len(one) * len(other))


@cache
def table() -> Table:
    text = (files("omnitalker") / "data" / "directions.txt").read_text(encoding="utf-8")
    effects: dict[str, Effects] = {}
    names = []
    for row in text.splitlines():
        if not row.strip() or row.startswith("#"):
            continue
        meant, _, listed = row.partition(" : ")
        known = [word.strip() for word in re.split("[,;]", listed) if word.strip()]
        names.append(known[0])
        found = _effects(meant)
        effects.update((word, found) for word in known if word not in effects)
    return Table(effects, tuple(names))


def _effects(row: str) -> Effects:
    usual, _, always = row.partition("|")
    votes = {m["emotion"]: float(m["size"]) for m in _EFFECT.finditer(usual) if m["emotion"]}
    return Effects(_steps(usual), votes, _steps(always))


def _steps(row: str) -> dict[str, float]:
    steps = {}
    for match in _EFFECT.finditer(row):
        size = float(match["size"])
        if match["sign"] == "*" and not match["emotion"]:
            steps[match["name"]] = math.log(size)
        elif not match["emotion"]:
            steps[match["name"]] = size if match["sign"] == "+" else -size
    return steps
