"""The critic may take items off a slate, a bounded number of times, and can never break a turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.agent.critic import Review, SlateCritic
from parley.agent.llm.scripted import ScriptedModel
from parley.agent.llm.seam import ModelError
from parley.agent.messages import Turn
from parley.agent.trace import TurnTrace
from tests.world import open_world


def play(
    home: Path, answers: Any, *, revisions: int, said: str = "something like Alien"
) -> tuple[Turn, TurnTrace, int]:
    """One turn under a critic that answers so; the turn, its trace and how often the critic was asked."""
    model = ScriptedModel(answers)
    with open_world(home, critic=SlateCritic(model, max_revisions=revisions)) as world:
        turn = world.play(said).turns[0]
        return turn, world.agent.traces(user="ana", session="main")[-1], len(model.calls)


def doubt_first(messages: Any) -> dict[str, Any]:
    return {"doubts": [{"number": 1, "reason": "not scary"}]}


def test_what_the_critic_doubts_gives_way_and_the_reason_is_in_the_trace(tmp_path: Path) -> None:
    before, _, _ = play(tmp_path / "a", [Review(doubts=())], revisions=1)
    after, trace, calls = play(tmp_path / "b", [doubt_first([])], revisions=1)

    doubted = before.slate[0]
    assert calls == 1
    assert doubted.item_id not in [item.item_id for item in after.slate]
    assert len(after.slate) == len(before.slate)
    assert any(doubted.title in problem and "not scary" in problem for problem in trace.verdict.problems)


@pytest.mark.parametrize("revisions", [1, 2])
def test_a_critic_that_is_never_satisfied_is_heard_a_bounded_number_of_times(tmp_path: Path, revisions: int) -> None:
    turn, _, calls = play(tmp_path, doubt_first, revisions=revisions)

    assert calls == revisions
    assert turn.slate


def test_a_critic_may_not_leave_fewer_items_than_there_were(tmp_path: Path) -> None:
    turn, _, _ = play(tmp_path, doubt_first, revisions=2, said="a horror film from 1979 to 1982")

    assert {item.item_id for item in turn.slate} == {"alien", "the-thing"}


@pytest.mark.parametrize(
    "answer", [ModelError("gone"), "not JSON", {"doubts": [{"number": 9, "reason": "there is no ninth"}]}]
)
def test_a_critic_that_fails_or_babbles_changes_nothing(tmp_path: Path, answer: Any) -> None:
    quiet, _, _ = play(tmp_path / "a", [Review(doubts=())], revisions=1)
    turn, _, _ = play(tmp_path / "b", [answer], revisions=1)

    assert [item.item_id for item in turn.slate] == [item.item_id for item in quiet.slate]


def test_more_of_the_same_is_not_reviewed_again(tmp_path: Path) -> None:
    model = ScriptedModel([Review(doubts=())], repeat_last=True)
    with open_world(tmp_path, critic=SlateCritic(model)) as world:
        world.play("a science fiction film", "show me more")

    assert len(model.calls) == 1
