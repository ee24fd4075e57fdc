from __future__ import annotations

from omnitalker.demo.turns import MOST_PER_VISITOR, Turns


def test_a_visitor_stops_only_the_own_turns() -> None:
    turns = Turns()
    mine, also_mine, other = turns.take("me"), turns.take("me"), turns.take("you")
    turns.stop("me")
    assert turns.of("me", mine).event.is_set()
    assert turns.of("me", also_mine).event.is_set()
    assert not turns.of("you", other).event.is_set()
    assert not turns.of("me", turns.take("me")).event.is_set()


def test_ended_and_unknown_turns_make_nothing() -> None:
    turns = Turns()
    number = turns.take("me")
    turns.end("me", number)
    assert turns.of("me", number).event.is_set()
    turns.end("me", number)
    assert turns.of("nobody", 7).event.is_set()


def test_who_presses_the_button_for_ever_is_bounded() -> None:
    turns = Turns()
    numbers = [turns.take("me") for _ in range(MOST_PER_VISITOR + 3)]
    still = [n for n in numbers if not turns.of("me", n).event.is_set()]
    assert still == numbers[-MOST_PER_VISITOR:]


def test_a_turn_that_was_refused_is_not_begun_in_place_of_the_next_one() -> None:
    turns = Turns()
    turns.take("me")
    turns.refuse("me")
    number = turns.take("me")
    begun, stop = turns.begin("me")
    assert begun == number
    assert not stop.event.is_set()
