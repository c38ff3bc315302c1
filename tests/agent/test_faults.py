"""A sick model, a crowd, Stop, kill -9: the turn ends well. Few cases here, all of them in `parley bench faults`."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from langchain_core.messages import BaseMessage, HumanMessage
from pydantic import BaseModel

from parley.agent.api import Agent
from parley.agent.llm.engine.automaton import Automaton, AutomatonStore
from parley.agent.llm.scripted import ScriptedModel
from parley.agent.llm.seam import ModelError
from parley.agent.messages import Turn
from parley.agent.planning import STRATEGIES
from parley.agent.planning.drafts import DraftPlan, ThoughtfulPlan
from parley.agent.planning.thinking import NextAction
from parley.agent.state import TurnBudget
from parley.evals.bench.faults import (
    FAULTS,
    SickModel,
    crowd,
    feed_malformed,
    is_useful,
    stop_at_random,
    suffer,
    talk_at_random,
    with_model,
)
from tests.world import World

PATIENCE_S = 60.0
"""A starved machine takes its time; what is wrong takes for ever."""

KILLING = """
import json, sys
from contextlib import contextmanager
from pathlib import Path
from parley.evals.bench.killing import as_row, kill_in_mid_turn
from tests.world import open_world

@contextmanager
def open_agent(home):
    with open_world(home) as world:
        yield world.agent

print(json.dumps(as_row(kill_in_mid_turn(open_agent, Path(sys.argv[1]), kills=int(sys.argv[2]), seed=3))))
"""


def test_a_turn_killed_at_random_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """T1."""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", KILLING, str(tmp_path / "home"), "5"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])

    assert found["consistent"] == found["kills"] == 5
    assert found["lost"] == found["doubled"] == []
    assert found["in_mid_turn"] >= 1


def test_a_crash_after_the_turn_but_before_it_is_written_down_loses_nothing(
    space_films: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Agent, "_record", lambda self, context: os.fspath(None))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        space_films.play("a science fiction film")
    monkeypatch.undo()

    space_films.play("what else?")

    said = [turn.user_message for turn in space_films.agent.history(user="ana")]
    assert said == ["a science fiction film", "what else?"]


def test_a_turn_that_can_never_be_finished_does_not_take_the_session_with_it(
    space_films: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    replier = space_films.agent.parts.services.replier
    monkeypatch.setattr(type(replier), "stream", lambda self, request: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        space_films.play("a science fiction film")
    with pytest.raises(ZeroDivisionError):
        space_films.play("a comedy")
    monkeypatch.undo()

    turn = space_films.play("surprise me").turns[0]

    assert is_useful(turn)
    assert [t.user_message for t in space_films.agent.history(user="ana")][-1] == "surprise me"
    assert "a science fiction film" in [t.user_message for t in space_films.agent.history(user="ana")]


def test_messages_of_many_threads_to_one_session_are_all_kept_in_order(space_films: World) -> None:
    """T3."""
    found = crowd(space_films.agent, threads=20, messages=60)

    assert found.kept == found.sent == 60
    assert found.in_order


@pytest.mark.full
def test_two_hundred_messages_of_twenty_threads(space_films: World) -> None:
    """T3 in full."""
    found = crowd(space_films.agent, threads=20, messages=200)

    assert found.kept == found.sent == 200
    assert found.in_order


def test_malformed_answers_end_in_a_valid_plan_and_a_whole_reply(space_films: World) -> None:
    """T11: every strategy and the worded reply, two answers of each kind."""
    found = feed_malformed(space_films.agent, 24)

    assert found.plans == 24 * len(STRATEGIES)
    assert found.valid == found.plans
    assert found.good_replies == found.replies == 24
    assert found.most_calls <= 12


@pytest.mark.full
def test_six_hundred_malformed_answers(space_films: World) -> None:
    """T11 in full."""
    found = feed_malformed(space_films.agent, 600, seed=1000)

    assert found.valid == found.plans == 600 * len(STRATEGIES)
    assert found.good_replies == 600


@pytest.fixture(scope="module")
def grammars() -> AutomatonStore:
    pieces = [bytes([byte]) for byte in range(256)]
    return AutomatonStore(pieces, frozenset(), lambda text: list(text.encode()))


@pytest.mark.parametrize("schema", [DraftPlan, ThoughtfulPlan, NextAction])
def test_whatever_the_grammar_of_a_plan_lets_through_is_a_plan_and_a_cut_one_is_mended_or_refused(
    grammars: AutomatonStore, schema: type[BaseModel]
) -> None:
    """T12 for the schemas of planning: random walks through the masks, whole and cut."""
    grammar, draw = grammars.compile(schema.__name__, schema.model_json_schema()), random.Random(5)
    for _ in range(40):
        document = walk(grammar, draw)
        assert schema.model_validate_json(document)
        cut = document[: draw.randrange(len(document))].decode("utf-8", errors="ignore")
        with suppress(ModelError):
            assert isinstance(ScriptedModel([cut]).generate([HumanMessage("plan")], schema, max_tokens=9999), schema)


def walk(grammar: Automaton, draw: random.Random) -> bytes:
    """A random document that the grammar lets through."""
    place, written = grammar.start, b""
    for _ in range(draw.choice([10, 60, 200])):
        if grammar.finished(place):
            return written
        mask = grammar.mask(place)
        options = np.flatnonzero(mask) if mask.dtype == np.bool_ else mask
        piece = grammar.pieces[int(draw.choice(list(options)))]
        written += piece
        place = grammar.advance(place, piece)
    return written + grammar.closing_text(place)


@pytest.mark.parametrize("planner", ["react", "tot", "direct"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_sick_model_costs_its_time_and_not_the_answer(space_films: World, fault: str, planner: str) -> None:
    """T13: in the plan, and in the wording of the reply."""
    budget = TurnBudget(seconds=0.3)

    found = suffer(space_films.agent, fault, turns=1, planner=planner, budget=budget)

    assert found.useful == found.turns == 1
    assert found.slowest_s < PATIENCE_S, "a model that hangs never comes back by itself"
    assert not found.doubled


def test_a_model_that_hangs_again_and_again_is_left_alone(space_films: World) -> None:
    """T13: the breaker opens after five; then a turn loses no time."""
    found = suffer(space_films.agent, "hang", turns=5, planner="direct", budget=TurnBudget(seconds=0.05))
    assert found.useful == 5
    parts = space_films.agent.parts
    patient = replace(parts.services, budget=TurnBudget(seconds=3600.0))
    space_films.agent.parts = replace(parts, services=patient)

    turn = space_films.play("surprise me", user="after").turns[0]

    assert is_useful(turn), "asking the model once more would have taken the hour that the turn may take"


@pytest.mark.parametrize("planner", ["react", "tot", "self_inspiring", "self_consistent"])
def test_a_model_that_always_wants_another_tool_is_stopped_by_the_budget(space_films: World, planner: str) -> None:
    """T14."""
    found = suffer(space_films.agent, "slow", turns=1, planner=planner, budget=TurnBudget())

    assert found.useful == 1
    assert found.most_calls <= 12
    assert found.most_tools <= 8


def test_a_turn_makes_no_more_calls_than_its_budget_and_says_so(space_films: World) -> None:
    with_model(
        space_films.agent, SickModel(fault="slow", pause_s=0.0), planner="react", budget=TurnBudget(model_calls=2)
    )

    turn = space_films.play("surprise me").turns[0]

    assert turn.model_calls == 2
    thoughts = " ".join(space_films.agent.traces(user="ana")[-1].thoughts)
    assert "2 model calls are used up" in thoughts


def test_a_turn_spends_no_more_tokens_than_its_budget(space_films: World) -> None:
    with_model(space_films.agent, SickModel(fault="slow", pause_s=0.0), planner="react", budget=TurnBudget(tokens=150))

    turn = space_films.play("surprise me").turns[0]

    assert is_useful(turn)
    assert 0 < sum(turn.tokens.values()) <= 150


def test_each_turn_counts_its_own_calls_and_tokens_while_others_run(space_films: World) -> None:
    alone = SickModel(fault="slow", pause_s=0.001)
    with_model(space_films.agent, alone, planner="react")
    before = space_films.play("surprise me", user="alone").turns[0]
    turns: list[Turn] = []
    threads = [
        threading.Thread(target=lambda user=f"u{n}": turns.append(space_films.play("surprise me", user=user).turns[0]))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {(t.model_calls, t.tokens["in"], t.tokens["out"]) for t in turns} == {
        (before.model_calls, before.tokens["in"], before.tokens["out"])
    }
    assert alone.usage().calls == 7 * before.model_calls


def test_stop_ends_the_turn_at_once_and_the_next_one_is_whole(space_films: World) -> None:
    """T15, eight times."""
    found = stop_at_random(space_films.agent, times=8)

    assert found.slowest_s < PATIENCE_S
    assert found.next_turns_ok == found.times == 8
    assert found.kept == 1 + 2 * 8


def test_random_conversations_get_answers_and_prompts_stay_short(space_films: World) -> None:
    """T16: a byte is at least a token, so 4,096 - 220 bytes fit any model with 4 k of context."""
    found = talk_at_random(space_films.agent, histories=12)

    assert found.empty_replies == 0
    assert 0 < found.longest_prompt_bytes <= 4096 - 220


def test_a_message_of_ten_thousand_words_is_answered_and_keeps_prompts_short(space_films: World) -> None:
    """T16."""
    sizes: list[int] = []

    def note(messages: list[BaseMessage]) -> str:
        sizes.append(sum(len(m.text.encode()) for m in messages))
        return '{"steps": [{"tool": "popular"}]}'

    with_model(space_films.agent, ScriptedModel(note), planner="plan_first")

    turn = space_films.play("I want something about " + "robots and spaceships and 😀 " * 2500).turns[0]

    assert turn.reply.strip()
    assert all(size <= 4096 - 220 for size in sizes)


@pytest.mark.full
def test_two_hundred_turns_stay_as_quick_and_as_small_as_the_first(space_films: World) -> None:
    """T16 and T9: the state does not grow with the conversation."""
    words = (
        "a science fiction film",
        "show me more",
        "older than 1985 please",
        "forget the year",
        "😀",
        "why the first one?",
    )
    took: list[float] = []
    for number in range(200):
        turn = space_films.play(words[number % len(words)]).turns[0]
        assert turn.reply.strip()
        took.append(turn.timings_ms["total"])

    assert sorted(took[-50:])[25] <= 2.0 * sorted(took[:50])[25]
    assert space_films.agent.history(user="ana")[-1].turn == 200
