"""Plans are checked before they run; strategies always end in a valid one."""

from __future__ import annotations

import pytest

from parley.agent.ledger import ABOUT, ITEM, EditAction, Hardness, Ledger, LedgerEdit, Polarity, Stance, Wish
from parley.agent.messages import Understanding
from parley.agent.planning import STRATEGIES, Plan, PlanError, PlanningTools, PlanRequest, Step, run_plan, validate_plan
from parley.agent.planning.drafts import DraftPlan, DraftStep, DraftTool
from parley.agent.planning.thinking import demonstrations, nearest_demonstrations
from parley.agent.planning.tree import value_by_dry_run
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
