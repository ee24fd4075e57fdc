from __future__ import annotations

from omnitalker.generation.pacing import OFFLINE, SHORT_OPENING, live
from omnitalker.generation.sample import SamplingSettings

WISHED = SamplingSettings(steps=4, prompt_seconds=3.0)


def test_a_slow_machine_opens_with_more_sound_and_hurries_longer() -> None:
    quick, slow = live(), live(7)
    assert (quick.windows[0], slow.windows[0]) == (SHORT_OPENING, 7)

    def steps(call: int) -> list[int]:
        return [p.settings_of(call, WISHED, is_foreign=False).steps for p in (quick, slow)]

    assert [steps(call) for call in range(4)] == [[3, 3], [4, 3], [4, 3], [4, 4]]
    assert quick.settings_of(2, WISHED, is_foreign=False) == WISHED


def test_the_first_calls_of_a_live_stream_hear_less_of_the_prompt() -> None:
    def seconds(wished: float, call: int) -> float:
        settings = SamplingSettings(prompt_seconds=wished)
        return live().settings_of(call, settings, is_foreign=False).prompt_seconds

    assert seconds(3.0, 0) < seconds(3.0, 1) < seconds(3.0, 2) == 3.0
    assert seconds(0.3, 0) == 0.3


def test_windows_grow_with_the_sound_there_is_not_with_the_calls() -> None:
    pacing = live(5)
    assert pacing.windows_after(8)[0] == 7
    assert pacing.windows_after(12)[0] == 10
    assert live().windows_after(99) == pacing.windows_after(99) == (20,)
    assert OFFLINE.windows_after(0) == OFFLINE.windows


def test_a_text_in_the_other_language_continues_more_of_the_prompt_where_nobody_waits() -> None:
    assert OFFLINE.settings_of(9, WISHED, is_foreign=True).prompt_seconds == 6.0
    assert OFFLINE.settings_of(9, WISHED, is_foreign=False) == WISHED
    assert live().settings_of(9, WISHED, is_foreign=True) == WISHED


def test_no_step_is_saved_where_there_is_one() -> None:
    assert live(7).settings_of(0, SamplingSettings(steps=1), is_foreign=False).steps == 1
