"""Plans are checked before they run; strategies always end in a valid one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parley.agent.ledger import ABOUT, ITEM, EditAction, Hardness, Ledger, LedgerEdit, Polarity, Stance, Wish
from parley.agent.llm.scripted import ScriptedModel
from parley.agent.messages import Understanding
from parley.agent.planning import STRATEGIES, Plan, PlanError, PlanningTools, PlanRequest, Step, run_plan, validate_plan
from parley.agent.planning.drafts import DraftPlan, DraftStep, DraftTool
from parley.agent.planning.strategy import MAX_TRIED
from parley.agent.planning.thinking import demonstrations, nearest_demonstrations
from parley.agent.planning.tree import Branch, value_by_dry_run, weigh_opinions
from parley.agent.state import TurnContext
from parley.tools.toolbox import Toolbox, Workbench
from tests.world import World


def ledger_of(*wishes: Wish) -> Ledger:
    return Ledger().apply([LedgerEdit(action=EditAction.ADD, wish=wish) for wish in wishes], turn=1)


def bench_of(world: World, ledger: Ledger) -> Workbench:
    context = TurnContext(services=world.agent.parts.services, user="ana", session="main")
    return context.workbench({"ledger": ledger})


def step(step_id: str, tool: str, **args: object) -> Step:
    return Step(step_id=step_id, tool=tool, args=args)


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ((), "no steps"),
        ((step("a", "teleport"),), "no tool 'teleport'"),
        ((step("a", "search"),), "query"),
        ((step("a", "search", query="x", k=10_000),), "k"),
        ((step("a", "search", query="x", sql="DROP TABLE"),), "sql"),
        ((step("a", "narrow", of="b", filter={}),), "refers to 'b'"),
        ((step("a", "popular"), step("a", "popular")), "two steps"),
        (tuple(step(str(n), "popular") for n in range(9)), "at most 8"),
    ],
)
def test_a_plan_that_is_wrong_does_not_run(steps: tuple[Step, ...], complaint: str) -> None:
    with pytest.raises(PlanError, match=complaint):
        validate_plan(Plan(steps=steps), Toolbox())


def test_a_step_may_narrow_what_an_earlier_one_found(space_films: World) -> None:
    plan = Plan(steps=(step("all", "popular"), step("new", "narrow", of="all", filter={"year": {"gte": 1999}})))

    done = run_plan(plan, Toolbox(), bench_of(space_films, Ledger()))

    assert {c.item_id for c in done.results["new"].candidates} == {"wall-e", "galaxy-quest", "moon"}


def test_a_failing_step_is_recorded_and_the_others_go_on(space_films: World) -> None:
    plan = Plan(steps=(step("bad", "similar", item_ids=["nowhere"]), step("good", "popular")))

    done = run_plan(plan, Toolbox(), bench_of(space_films, Ledger()))

    assert [o.step_id for o in done.failed] == ["bad"]
    assert "nowhere" in done.failed[0].error
    assert done.results["good"].candidates


def test_no_plan_can_leave_out_a_hard_wish(space_films: World) -> None:
    ledger = ledger_of(Wish(facet="genre", value="Horror", polarity=Polarity.AVOID, hardness=Hardness.HARD))
    bench = bench_of(space_films, ledger)

    done = run_plan(
        Plan(steps=(step("a", "popular"), step("b", "search", query="monster in the ice"))), Toolbox(), bench
    )

    found = {c.item_id for result in done.results.values() for c in result.candidates}
    assert found.isdisjoint({"alien", "the-thing"})
    assert found


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_every_strategy_writes_a_valid_plan_without_a_model(space_films: World, name: str) -> None:
    ledger = ledger_of(
        Wish(facet=ITEM, value="alien", stance=Stance.LIKE, hardness=Hardness.HARD),
        Wish(facet="genre", value="Comedy"),
        Wish(facet=ABOUT, value="spaceship"),
    )
    bench = bench_of(space_films, ledger)
    tools = PlanningTools(space_films.agent.parts.services.catalog, Toolbox(), bench, None)
    request = PlanRequest(
        message="like Alien but funny", ledger=ledger, understanding=Understanding(), taste=bench.taste
    )

    plan = STRATEGIES[name].plan(request, tools)

    validate_plan(plan, Toolbox())
    assert plan.strategy == name
    assert run_plan(plan, Toolbox(), bench).failed == ()


def test_the_value_of_a_plan_is_higher_when_it_meets_the_wishes(space_films: World) -> None:
    ledger = ledger_of(Wish(facet="genre", value="Comedy"))
    tools = PlanningTools(space_films.agent.parts.services.catalog, Toolbox(), bench_of(space_films, ledger), None)
    request = PlanRequest(message="a comedy", ledger=ledger, understanding=Understanding())

    matched = value_by_dry_run([DraftStep(tool=DraftTool.MATCH)], request, tools)
    well_known = value_by_dry_run([DraftStep(tool=DraftTool.POPULAR)], request, tools)

    assert matched > well_known


def test_demonstrations_are_found_by_what_they_share_with_the_request() -> None:
    nearest = nearest_demonstrations("a heist with a twist please", k=1)[0]

    assert "heist" in nearest.request
    assert all(DraftPlan(steps=d.steps) for d in demonstrations())


# Strategies with a model


def scripted(world: World, answers: object, **options: object) -> tuple[ScriptedModel, PlanningTools, PlanRequest]:
    """A request for comedies in a spaceship, and a model that says what the test told it to."""
    ledger = ledger_of(Wish(facet="genre", value="Comedy"), Wish(facet=ABOUT, value="spaceship"))
    model = ScriptedModel(answers, **options)  # type: ignore[arg-type]
    tools = PlanningTools(world.agent.parts.services.catalog, Toolbox(), bench_of(world, ledger), model)
    return model, tools, PlanRequest(message="a comedy in a spaceship", ledger=ledger, understanding=Understanding())


def queries(plan: Plan) -> list[str]:
    return [step.args["query"] for step in plan.steps if step.tool == "search"]


@pytest.mark.parametrize("name", ["plan_first", "cot"])
def test_what_the_model_adds_comes_after_what_the_ledger_asks_for(space_films: World, name: str) -> None:
    answer = {"thought": "parodies fit", "steps": [{"tool": "search", "query": "parody with jokes"}]}
    model, tools, request = scripted(space_films, [answer])

    plan = STRATEGIES[name].plan(request, tools)

    assert queries(plan) == ["spaceship", "parody with jokes"]
    assert len(model.calls) == 1


def test_plan_first_shows_the_demonstrations_nearest_to_the_request(space_films: World) -> None:
    model, tools, request = scripted(space_films, [{"steps": [{"tool": "popular"}]}])

    STRATEGIES["plan_first"].plan(request.model_copy(update={"message": "a heist with a twist please"}), tools)

    prompt = "\n".join(m.text for m in model.calls[0])
    assert nearest_demonstrations("a heist with a twist please", k=1)[0].request in prompt


def test_react_sees_what_each_step_found_before_the_next(space_films: World) -> None:
    first = {"thought": "look", "done": False, "tool": "search", "query": "robot"}
    last = {"thought": "enough", "done": True, "tool": "popular", "query": ""}
    model, tools, request = scripted(space_films, [first, last])

    plan = STRATEGIES["react"].plan(request, tools)

    assert "robot" in queries(plan)
    assert "search 'robot':" in model.calls[1][-1].text
    assert "found" in model.calls[1][-1].text
    assert plan.thoughts == ("look", "enough")


def test_self_consistency_keeps_what_most_samples_have(space_films: World) -> None:
    often, once = {"tool": "search", "query": "parody"}, {"tool": "search", "query": "submarine"}
    _, tools, request = scripted(space_films, [{"steps": [often]}, {"steps": [often, once]}, {"steps": [often]}])

    plan = STRATEGIES["self_consistent"].plan(request, tools)

    assert "parody" in queries(plan)
    assert "submarine" not in queries(plan)


def test_the_tree_keeps_the_branch_that_finds_what_was_wished(space_films: World) -> None:
    steps = {"steps": [{"tool": "popular"}, {"tool": "match"}]}
    model, tools, request = scripted(space_films, [steps], repeat_last=True)

    plan = STRATEGIES["tot"].plan(request, tools)

    assert "match" in {step.tool for step in plan.steps}
    assert any(thought.startswith("depth 1") for thought in plan.thoughts)
    assert len(model.calls) <= 12


def test_the_models_opinion_breaks_a_tie_between_branches(space_films: World) -> None:
    branches = [Branch((DraftStep(tool=DraftTool.POPULAR),), 0.5), Branch((DraftStep(tool=DraftTool.MATCH),), 0.5)]
    _, tools, request = scripted(space_films, [], scores={"match": -0.1, "popular": -3.0})

    popular, match = weigh_opinions(branches, request, tools)

    assert match > popular
    assert popular + match == pytest.approx(1.0)


def test_abandoned_branches_stay_in_view_when_inspiring_oneself(space_films: World) -> None:
    offers = {"steps": [{"tool": "popular"}, {"tool": "search", "query": "grief"}]}
    model, tools, request = scripted(space_films, [offers], repeat_last=True)

    plan = STRATEGIES["self_inspiring"].plan(request, tools)

    assert "Explored so far" in model.calls[1][-1].text
    assert "search 'grief'" in model.calls[1][-1].text
    assert len([t for t in plan.thoughts if t.startswith("depth 1")]) >= 2


@pytest.mark.parametrize("name", list(STRATEGIES))
def test_trying_out_plans_runs_each_step_once_and_no_more_than_eight(space_films: World, name: str) -> None:
    rest = iter(range(1000))
    answer = lambda messages: {
        "thought": "",
        "done": False,
        "tool": "search",
        "query": f"q{next(rest)}",
        "steps": [{"tool": "search", "query": f"s{next(rest)} {n}"} for n in range(4)],
    }
    _, tools, request = scripted(space_films, answer)

    plan = STRATEGIES[name].plan(request, tools)

    validate_plan(plan, Toolbox())
    assert tools.tried <= MAX_TRIED
    before = tools.tried
    tools.try_step(plan.steps[0])
    assert tools.tried <= before + 1


def test_an_empty_slate_is_replanned_at_most_twice_with_the_reason_in_view(space_films: World) -> None:
    seen: list[PlanRequest] = []

    class Nothing:
        name = "blind"

        def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
            seen.append(request)
            return Plan(strategy="blind", steps=(step("s1", "similar", item_ids=["nowhere"]),))

    services = space_films.agent.parts.services
    strategies = {**services.strategies, "blind": Nothing()}
    changed = replace(services, strategies=strategies, planner="blind")
    space_films.agent.parts = replace(space_films.agent.parts, services=changed)

    turn = space_films.play("surprise me").turns[0]

    assert [r.attempt for r in seen] == [0, 1, 2]
    assert all(r.problem for r in seen[1:])
    assert turn.reply.strip()


def test_a_plan_that_does_not_validate_is_replaced_by_the_direct_one(space_films: World) -> None:
    class Wrong:
        name = "wrong"

        def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
            return Plan(strategy="wrong", steps=(step("s1", "teleport"),))

    services = space_films.agent.parts.services
    changed = replace(services, strategies={**services.strategies, "wrong": Wrong()}, planner="wrong")
    space_films.agent.parts = replace(space_films.agent.parts, services=changed)

    turn = space_films.play("surprise me").turns[0]

    assert turn.slate
    assert "no tool 'teleport'" in turn.plan[0]["error"]


def test_the_strategy_in_the_documentation_works(space_films: World) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "planning.md").read_text("utf-8")
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], names)  # our own documentation
    _, tools, request = scripted(space_films, [])

    plan = names["WellKnown"]().plan(request, tools)

    validate_plan(plan, Toolbox())
    assert run_plan(plan, Toolbox(), tools.bench).results["s1"].candidates


def test_every_strategy_is_in_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "planning.md").read_text("utf-8")

    assert [name for name in STRATEGIES if f"| `{name}` |" not in text] == []
