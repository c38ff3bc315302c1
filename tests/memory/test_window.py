from __future__ import annotations

import random

import pytest

from parley.memory.recall import estimate_tokens
from parley.memory.window import Standing, WindowConfig, WindowTurn, build_window, truncated

WORDS = tuple("aunt film with about slow quiet space war love director year older newer funny dark maybe".split())  # noqa: SIM905


def conversation(turns: int, seed: int = 0) -> list[WindowTurn]:
    rng = random.Random(seed)
    return [
        WindowTurn(
            number=number,
            user=" ".join(rng.choices(WORDS, k=rng.randint(3, 25))),
            assistant=" ".join(rng.choices(WORDS, k=rng.randint(10, 60))),
        )
        for number in range(1, turns + 1)
    ]


def test_two_hundred_turns_fit_the_budget_and_no_standing_wish_is_lost() -> None:
    turns = conversation(200)
    standing = [
        Standing(text="not Horror", hard=True),
        Standing(text="under two hours", hard=True),
        Standing(text="slow"),
    ]

    for end in range(1, 201):
        window = build_window(turns[:end], standing, ["liked Alien"], config=WindowConfig(budget_tokens=300))
        assert window.tokens <= 300
        assert all(wish.text in window.summary for wish in standing)
        assert window.recent[-1].number == end
        assert "liked Alien" in window.summary


def test_a_short_conversation_stands_word_for_word() -> None:
    turns = [WindowTurn(number=1, user="hello", assistant="hi")]

    window = build_window(turns)

    assert (window.recent, window.summary, window.dropped) == (tuple(turns), "", 0)


def test_older_turns_shrink_to_a_line_newest_first() -> None:
    turns = [WindowTurn(number=n, user=f"wish number {n} " + "word " * 40, gist=f"asked for {n}") for n in range(1, 21)]

    window = build_window(turns, config=WindowConfig(budget_tokens=200))

    oldest_recent = window.recent[0].number
    assert f"turn {oldest_recent - 1}: asked for {oldest_recent - 1}" in window.summary
    assert "turn 1:" not in window.summary
    assert 0 < window.dropped < 20


def test_a_huge_last_message_is_shortened_not_dropped() -> None:
    turns = [*conversation(5), WindowTurn(number=6, user="word " * 20_000)]

    window = build_window(turns, [Standing(text="not Horror", hard=True)], config=WindowConfig(budget_tokens=200))

    assert window.recent[-1].number == 6
    assert window.recent[-1].user.startswith("word word")
    assert window.tokens <= 200
    assert "not Horror" in window.summary


def test_wishes_alone_may_exceed_the_budget_because_they_must_hold() -> None:
    standing = [Standing(text=f"wish {n} with some words", hard=True) for n in range(60)]

    window = build_window(conversation(3), standing, config=WindowConfig(budget_tokens=64))

    assert all(wish.text in window.summary for wish in standing)


@pytest.mark.parametrize("text", ["", "🎬" * 500, "\u202e\u200b\x00" * 50, "一" * 3000, "no-spaces" * 800])
def test_any_text_goes_through(text: str) -> None:
    turns = [WindowTurn(number=n, user=text, assistant=text) for n in range(5)]

    assert build_window(turns, config=WindowConfig(budget_tokens=100)).tokens <= 100


def test_truncation_loses_a_wish_from_the_first_turn_that_the_window_keeps() -> None:
    turns = [WindowTurn(number=1, user="never any horror please"), *conversation(60)]

    assert not any("horror" in turn.user for turn in truncated(turns, 300))
    assert "horror" in build_window(turns, [Standing(text="not horror", hard=True)]).summary
    assert sum(estimate_tokens(t.user) + estimate_tokens(t.assistant) for t in truncated(turns, 300)) <= 300
