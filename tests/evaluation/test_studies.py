from __future__ import annotations

from omnitalker.base.types import MANNERS
from omnitalker.corpus.item import ItemInfo
from omnitalker.evaluation.cases import Case, Prompt, pairs_of
from omnitalker.evaluation.material import Material
from omnitalker.evaluation.measures import measure
from omnitalker.evaluation.sentences import PASSAGE, of_sixty_words, with_numbers
from omnitalker.evaluation.studies import Plan, all_cases, without_corpus
from omnitalker.pipeline import OmniTalkerPipeline


def infos() -> list[ItemInfo]:
    made = [
        ItemInfo(
            id=f"p{speaker}-{manner}-{number}", speaker=f"p{speaker}", source="kokoro",
            language="zh" if speaker % 3 == 2 else "en", manner=manner, blocks=30, has_motion=True,
            text=f"This is sentence number {number} of {speaker}, {manner}.", split="test" if speaker < 6 else "train",
        )
        for speaker in range(9) for manner in MANNERS for number in range(2)
    ]  # fmt: skip
    people = [
        ItemInfo(f"ls-{n}", f"ls-{n}", "en", "librispeech", blocks=60, split="test")
        for n in range(3)
    ]
    return made + people


def test_every_study_has_cases_and_names_are_unique() -> None:
    cases = all_cases(infos(), Plan())
    studies = {case.study for case in cases}
    assert {
        "English", "Mandarin", "unusual texts", "styles", "mixtures", "rendered", "long", "16 steps, guided",
        "people, 8 s prompt", "voices, 1 s prompt", "zh voice, en text", "teacher, train",
    } <= studies  # fmt: skip
    assert len({case.key for case in cases}) == len(cases)
    assert len({(case.study, case.name) for case in cases}) == len(cases)


def test_nothing_trained_is_judged() -> None:
    test = {info.id for info in infos() if info.split == "test"}
    for case in all_cases(infos(), Plan()):
        used = {*case.prompt.items, *case.prompt.face, *([case.target] if case.target else [])}
        assert used <= test
        assert case.target not in case.prompt.items


def test_a_cut_off_run_has_some_of_each() -> None:
    cases = all_cases(infos(), Plan())
    early = {case.study for case in cases[: 2 * len(cases) // 3]}
    assert early == {case.study for case in cases}


def test_a_cut_off_run_knows_every_manner() -> None:
    first = next(c for c in all_cases(infos(), Plan()) if c.study == "teacher, train")
    assert {name.split("-")[1] for name in first.items} == set(MANNERS)


def test_mixtures_are_of_two_people() -> None:
    for case in all_cases(infos(), Plan()):
        if case.study == "mixtures":
            assert case.prompt.items[0].split("-")[0] != case.prompt.face[0].split("-")[0]


def test_a_share_shrinks_everything() -> None:
    small = Plan().scaled(0.05)
    assert small.english == 5
    assert small.long_minutes < 1
    assert len(all_cases(infos(), small)) < len(all_cases(infos(), Plan())) / 3


def test_pairs_are_of_one_style() -> None:
    pairs = pairs_of(infos(), "en")
    assert len(pairs) == 4 * len(MANNERS)
    assert all(
        (p.prompt.speaker, p.prompt.manner) == (p.target.speaker, p.target.manner) for p in pairs
    )


def test_sentences_are_what_they_say() -> None:
    assert all(len(text.split()) >= 60 for text in of_sixty_words(["One two three."], 2))
    assert all(sum(c.isdigit() for c in text) >= 5 for text in with_numbers(10))
    assert with_numbers(5) == with_numbers(5)
    assert 120 < len(PASSAGE.split()) < 200


def test_a_checkpoint_without_a_corpus_is_judged_by_its_own_voices(
    tiny_pipeline: OmniTalkerPipeline,
) -> None:
    pipeline = tiny_pipeline
    cases = without_corpus(pipeline.styles, Plan())
    assert {case.prompt.built_in for case in cases} >= {("ada", "happy"), ("bob", "neutral")}
    material = Material(pipeline, None, pipeline.sampling)
    case = next(case for case in cases if case.language == "en")
    quick = frozenset(case.measures - {"words"})
    record = measure(
        material, type(case)(**{**vars(case), "measures": quick, "text": "Hello you."})
    )
    assert record["seconds"] > 0.3
    assert record["phonemes"]["output"][3] == 6
    assert record["slips"]["text"] == "Hello you."
    assert record["style"]["output"]["mouth_amplitude"] >= 0


def test_prompts_are_cut_to_their_last_seconds(tiny_pipeline: OmniTalkerPipeline) -> None:
    live = tiny_pipeline.sampling
    material = Material(tiny_pipeline, None, live)
    whole = material.style(Prompt(built_in=("ada", "happy")))
    case = Case("people", "ada", "Hello.", prompt=Prompt(seconds=8.0), steps=16, guidance=2.0)
    used = material.sampling(case)
    assert (used.steps, used.guidance.text, used.prompt_seconds) == (16, 2.0, 8.0)
    assert material.sampling(Case("English", "ada", "Hello.")) == live
    assert len(whole.mel) > 0
