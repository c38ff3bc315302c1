"""`parley bench simulate`: every arm plays the same people, and what is compared is what was played."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from parley.evals.bench.simulate import Arm, arms_of, play_arms, processor_seconds
from parley.evals.simulate.records import AgentReply
from parley.evals.simulate.run import Bench
from tests.evals.sim_world import SPACE, people


class Silent:
    name = "parley"

    def begin(self, conversation: str) -> None: ...

    def reply(self, conversation: str, message: str) -> AgentReply:
        return AgentReply(reply="")

    def end(self, conversation: str) -> None: ...


@dataclass(frozen=True)
class QuietBench:
    wording: str = "templates"

    @contextmanager
    def __call__(self) -> Iterator[Bench]:
        yield Bench({"parley": Silent()}, SPACE)


def test_every_arm_plays_everybody_once_and_the_first_is_the_yardstick() -> None:
    arms = [Arm("one", QuietBench()), Arm("three at once", QuietBench(), at_once=3)]  # type: ignore[arg-type]
    rows = play_arms(people(6), arms, rounds=2, turns=3)

    assert [row["arm"] for row in rows] == ["one", "three at once"]
    assert [row["conversations"] for row in rows] == [6, 6]
    assert rows[0]["speed-up"] == rows[0]["per processor second"] == 1.0
    assert rows[1]["turns an hour"] == pytest.approx(3 * rows[1]["conversations an hour"], rel=0.01)


def test_a_model_is_shared_or_loaded_by_each_process_and_templates_need_neither() -> None:
    own = [(arm.jobs, arm.at_once) for arm in arms_of("embedded", [1, 2], [1, 8], 1)]
    plain = [(arm.jobs, arm.at_once) for arm in arms_of("templates", [1, 2], [1, 8], 1)]

    assert own == [(1, 1), (2, 1), (1, 8)]
    assert plain == [(1, 1), (2, 1)]


def test_processor_time_only_grows() -> None:
    before = processor_seconds()
    sum(k * k for k in range(200_000))

    assert processor_seconds() > before
