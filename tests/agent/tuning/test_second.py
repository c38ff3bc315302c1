"""The tuned model's second opinion inside a turn: opened late, charged to the turn, and never in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from parley.agent.api import Agent
from parley.agent.llm.scripted import ScriptedModel
from parley.agent.llm.seam import ChatModel, ModelError
from parley.agent.tuning.second import HelpedUnderstander
from tests.world import World, open_world

DOUBTFUL = "a film where people whisper in grey corridors"
"""Words the rules take as a wish in free words, and nothing else."""


@contextmanager
def helped_world(home: Path, open_model: Callable[[], ChatModel]) -> Iterator[World]:
    """The small world with a second opinion."""
    with open_world(home) as world:
        services = world.agent.parts.services
        helped = HelpedUnderstander(services.understander, open_model, services.catalog, services.linker)
        yield World(Agent(replace(world.agent.parts, services=replace(services, understander=helped))))


def test_the_model_is_opened_by_the_first_doubtful_message_and_its_reading_counts(tmp_path: Path) -> None:
    model, opened = ScriptedModel(lambda _: "request | +genre=Comedy!"), []

    def open_model() -> ChatModel:
        opened.append(1)
        return model

    with helped_world(tmp_path, open_model) as world:
        sure = world.play("a drama before 1980").turns[0]
        assert (opened, sure.model_calls) == ([], 0)

        first, second = world.play(DOUBTFUL, DOUBTFUL + " again", session="other").turns

    assert opened == [1]
    assert [w.value for w in first.ledger if w.is_active] == ["Comedy"]
    assert (first.model_calls, second.model_calls) == (1, 1)
    assert first.tokens["in"] > 0


def test_a_reading_that_cannot_be_read_back_leaves_the_rules_as_they_were(tmp_path: Path) -> None:
    with helped_world(tmp_path, lambda: ScriptedModel(lambda _: "request | +genre=Nonsense!")) as world:
        helped = world.play(DOUBTFUL).turns[0]
        assert [w.facet for w in helped.ledger if w.is_active] == ["about"]


def test_a_model_that_cannot_be_opened_is_told_once_and_the_turn_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> ChatModel:
        raise ModelError("this version ships no adapter")

    with caplog.at_level(logging.WARNING), helped_world(tmp_path, fail) as world:
        turns = world.play(DOUBTFUL, DOUBTFUL).turns

    assert all(turn.reply for turn in turns)
    assert [r.getMessage() for r in caplog.records if "second opinion" in r.getMessage()] == [
        "no second opinion: this version ships no adapter"
    ]


def test_a_model_that_fails_leaves_the_rules_as_they_were(tmp_path: Path) -> None:
    with helped_world(tmp_path, lambda: ScriptedModel([])) as world:
        turn = world.play(DOUBTFUL).turns[0]
        assert [w.facet for w in turn.ledger if w.is_active] == ["about"]
