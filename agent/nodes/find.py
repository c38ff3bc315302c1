"""The middle of a turn: plan the tool calls, run them on the bus, rank, and check the slate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

import numpy as np
from langgraph.runtime import Runtime
from numpy.typing import NDArray

from parley.agent.acts import DialogueAct
from parley.agent.ledger import Hardness, Ledger, Polarity, Scope, Wish, filter_of
from parley.agent.messages import Relaxation, Slate, SlateItem
from parley.agent.nodes.shortcuts import SHORTCUTS, shortcut
from parley.agent.nodes.wishes import ranked_wishes
from parley.agent.planning.plan import Plan, PlanError, StepOutcome, run_plan
from parley.agent.planning.strategy import STANDS_IN, PlanningTools, PlanRequest, direct_steps
from parley.agent.reasons import explain_item
from parley.agent.state import SessionState, TurnContext, Verdict
from parley.agent.sure import chance_of, count_fitting
from parley.agent.wish_words import say_wish
from parley.tools.candidates import Candidate, CandidateBus, fuse_by_rank
from parley.tools.diversity import diversify
from parley.tools.items import Domain
from parley.tools.ranking.classical import rank_classically
from parley.tools.ranking.fusion import fuse_scores
from parley.tools.relaxation import HardWish, RelaxOption, relax
from parley.tools.seams import RankRequest
from parley.tools.toolbox import Workbench

POOL = 60
"""Candidates kept after fusion: enough for a dozen pages, small enough for a checkpoint."""
MAX_REPLANS = 2
MMR_LAMBDA = 0.85
"""Relevance against novelty in the diversification of the slate."""


class Planned(TypedDict):
    plan: Plan


def plan(state: SessionState, runtime: Runtime[TurnContext]) -> Planned:
    """Write the typed tool calls of this turn.

    Reads `message`, `ledger`, `understanding`, `verdict`, `attempts`, `profile`, `pool`. A plan that
    does not validate is replaced by the direct one: thinking may fail, the turn does not. Asking for
    more of the same needs no plan: the pool of the last slate is still there.
    """
    if pages_on(state):
        return {"plan": Plan(strategy="page")}
    heard = state["understanding"]
    first = not (heard.again and state.get("attempts", 0))  # what no longer fits is looked for anew
    if first and (quick := shortcut(heard, runtime.context.workbench(state))):
        return {"plan": Plan(strategy=quick[0])}
    services, bench = runtime.context.services, runtime.context.workbench(state)
    left = runtime.context.allowance.seconds_left
    tools = PlanningTools(services.catalog, services.toolbox, bench, services.model, seconds_left=left)
    written = services.strategies[services.planner].plan(_plan_request(state, bench), tools)
    return {"plan": written.model_copy(update={"tried": state["plan"].tried + tools.tried})}


class Acted(TypedDict):
    bus: CandidateBus
    outcomes: tuple[StepOutcome, ...]


def act(state: SessionState, runtime: Runtime[TurnContext]) -> Acted:
    """Run the plan on the candidate bus and fuse what its steps found.

    Reads `plan`, `ledger`, `profile`, `relaxed`, `pool`. Every candidate keeps the sources that
    proposed it.
    """
    if state["plan"].strategy == "page":
        return {"bus": state["pool"], "outcomes": ()}
    services, bench = runtime.context.services, runtime.context.workbench(state)
    if state["plan"].strategy in SHORTCUTS and (quick := shortcut(state["understanding"], bench)):
        return {"bus": quick[1], "outcomes": ()}
    wanted = state["plan"]
    try:
        done = run_plan(wanted, services.toolbox, bench)
    except PlanError as error:
        request = PlanRequest(
            message=state["understanding"].request_in(state["message"]),
            ledger=state["ledger"],
            understanding=state["understanding"],
            taste=bench.taste,
        )
        tools = PlanningTools(services.catalog, services.toolbox, bench, None)
        note = StepOutcome(step_id="invalid", tool=wanted.strategy, error=str(error))
        wanted = Plan(strategy="direct", steps=direct_steps(request, tools))
        done = run_plan(wanted, services.toolbox, bench)
        done = done.model_copy(update={"outcomes": (note, *done.outcomes)})
    used = {o.args.get("of") for o in done.outcomes if o.tool == "narrow" and not o.error}
    lists = {
        s.step_id: _unexplained(done.results[s.step_id].candidates)
        if s.why.startswith(STANDS_IN)
        else list(done.results[s.step_id].candidates)
        for s in wanted.steps
        if s.step_id not in used
    }
    weights = {s.step_id: s.weight for s in wanted.steps}
    return {"bus": fuse_by_rank(lists, weights=weights).head(3 * POOL), "outcomes": done.outcomes}


def _unexplained(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Without the titles they are close to: that is no reason for somebody who named none of them."""
    return [
        c.model_copy(update={"sources": tuple(s.model_copy(update={"why": ""}) for s in c.sources)}) for c in candidates
    ]


class Ranked(TypedDict):
    slate: Slate
    pool: CandidateBus


def rank(state: SessionState, runtime: Runtime[TurnContext]) -> Ranked:
    """Order the candidates into the slate the user will see.

    Reads `bus`, `ledger`, `shown`, `understanding`, `relaxed`. Classical scores first, then the LLM
    ranker where it has earned a weight, then diversity. The order of what was already a page stays.
    """
    services, bench = runtime.context.services, runtime.context.workbench(state)
    shown = {} if state["understanding"].narrows else state.get("shown", {})
    shown = {**dict.fromkeys(state["understanding"].asked_about, 1), **shown}
    size = state["understanding"].count or services.slate_size
    if state["plan"].strategy == "page":
        previous = state.get("slate") or Slate()
        left = state["pool"].keep(lambda c: c.item_id not in shown and c.item_id not in bench.exclude)
        items = _slate_items(left.head(size), state, runtime.context)
        return {"slate": previous.model_copy(update={"items": items, "page": previous.page + 1}), "pool": state["pool"]}
    if state["plan"].strategy in SHORTCUTS:
        kept = state["bus"].keep(lambda c: c.item_id not in bench.exclude)
        size = len(kept) if state["understanding"].again else size
        items = _slate_items(kept.head(size), state, runtime.context)
        return {"slate": Slate(items=items, total=int(bench.allowed().sum())), "pool": kept}
    wishes = ranked_wishes(state["ledger"], state["turn"], services.catalog)
    ranked = rank_classically(state["bus"], bench, wishes, weights=services.weights, shown=shown)
    chance = state["understanding"].surprise or state["understanding"].lesser_known
    if state["understanding"].lesser_known:
        ranked = less_known_first(ranked, bench)
    elif chance:
        ranked = surprising(ranked, bench, size, seed=services.seed + 1000 * state["turn"])
    ranked = _with_llm(ranked.head(POOL), state, runtime.context)
    if bench.vectors is not None and not chance:
        head = diversify(
            list(ranked.candidates), _vectors_of(ranked, bench), lambda_=MMR_LAMBDA, k=min(len(ranked), 4 * size)
        )
        chosen = {c.item_id for c in head}
        ranked = CandidateBus(candidates=(*head, *(c for c in ranked if c.item_id not in chosen)))
    total = int(bench.allowed().sum())
    items = _slate_items(ranked.head(size), state, runtime.context)
    return {"slate": Slate(items=items, relaxed=state.get("relaxed", ()), total=total), "pool": ranked}


def less_known_first(ranked: CandidateBus, bench: Workbench) -> CandidateBus:
    """Those that are less well known than most of the catalogue first, each group in its order."""
    bar = bench.lesser_known
    lesser = [c for c in ranked if bench.popularity[bench.catalog.positions[c.item_id]] <= bar]
    known = [c for c in ranked if bench.popularity[bench.catalog.positions[c.item_id]] > bar]
    known.sort(key=lambda c: float(bench.popularity[bench.catalog.positions[c.item_id]]))
    return CandidateBus(candidates=(*lesser, *known))


def surprising(ranked: CandidateBus, bench: Workbench, size: int, *, seed: int) -> CandidateBus:
    """The less known half first, drawn by chance with the better ones likelier; the same seed draws the same."""
    known = np.array([bench.popularity[bench.catalog.positions[c.item_id]] for c in ranked])
    fresh = [c for c, much in zip(ranked, known, strict=True) if much <= np.median(known)] if len(ranked) else []
    if len(fresh) < size:
        return ranked
    luck = np.random.default_rng(seed).gumbel(scale=0.5, size=len(fresh))
    drawn = [fresh[row] for row in np.argsort(-(np.array([c.score for c in fresh]) + luck), kind="stable")]
    chosen = {c.item_id for c in fresh}
    return CandidateBus(candidates=(*drawn, *(c for c in ranked if c.item_id not in chosen)))


class Checked(TypedDict):
    slate: Slate
    verdict: Verdict
    relaxed: tuple[Relaxation, ...]
    doubted: tuple[str, ...]
    attempts: int


def check(state: SessionState, runtime: Runtime[TurnContext]) -> Checked:
    """Hold the slate against every hard wish, in code, whatever proposed it.

    Reads `slate`, `ledger`, `profile`, `relaxed`, `doubted`, `attempts`. Takes off what breaks a rule. An
    empty slate is replanned, at most twice: first with the nearest relaxation of the hard wishes applied and
    said; if nothing helps the reply abstains and names the wish that cannot be met. Where a critic is at
    work, a slate it doubts is replanned too, without what it doubts.
    """
    bench, slate = runtime.context.workbench(state), state["slate"]
    attempts, relaxed, doubted = state.get("attempts", 0), state.get("relaxed", ()), state.get("doubted", ())
    allowed, seen, kept, removed = bench.allowed(), set[str](), list[SlateItem](), list[str]()
    for item in slate.items:
        if (
            item.item_id in seen
            or item.item_id not in bench.catalog
            or not allowed[bench.catalog.positions[item.item_id]]
        ):
            removed.append(item.item_id)
        else:
            kept.append(item)
        seen.add(item.item_id)
    earlier = [i for i in state.get("shown", {}) if i not in slate.item_ids]
    fitting = 0 if relaxed else count_fitting(bench, state["ledger"], earlier)  # what was given up is missed by all
    chance = chance_of(fitting, len(kept))
    slate = slate.model_copy(update={"items": tuple(kept), "chance": round(chance, 3)})
    if doubts := _doubts(state, slate, bench, runtime.context):
        words = tuple(f"the critic doubts {bench.catalog[i].label}: {reason}" for i, reason in doubts.items())
        verdict = Verdict(ok=False, problems=(*state["verdict"].problems, *words), removed=tuple(removed), replan=True)
        doubted = (*doubted, *doubts)
        return _checked(slate, verdict, relaxed, doubted, attempts + 1)
    if kept or attempts >= MAX_REPLANS:
        verdict = Verdict(ok=not removed, removed=tuple(removed), problems=state["verdict"].problems)
        return _checked(slate, verdict, relaxed, doubted, attempts)
    options: tuple[Relaxation, ...] = ()
    if not allowed.any() and not relaxed:
        options = find_relaxations(state["ledger"], bench)
    problem = f"nothing meets {options[0].text}" if options else "the plan found no candidates"
    verdict = Verdict(
        ok=False, problems=(*state["verdict"].problems, problem), replan=bool(options) or bool(allowed.any())
    )
    slate = slate.model_copy(update={"relaxed": options or relaxed})
    return _checked(slate, verdict, options[:1] or relaxed, doubted, attempts + 1)


def _checked(
    slate: Slate, verdict: Verdict, relaxed: tuple[Relaxation, ...], doubted: tuple[str, ...], attempts: int
) -> Checked:
    return {"slate": slate, "verdict": verdict, "relaxed": relaxed, "doubted": doubted, "attempts": attempts}


def _doubts(state: SessionState, slate: Slate, bench: Workbench, context: TurnContext) -> Mapping[str, str]:
    """What the critic would take off, while it may and enough is left to take its place."""
    critic, size = context.services.critic, len(slate.items)
    if critic is None or state.get("attempts", 0) >= critic.max_revisions or state["plan"].strategy == "page":
        return {}
    items = [bench.catalog[i] for i in slate.item_ids]
    message = state["understanding"].request_in(state["message"])
    doubts = critic.review(message, state["ledger"], items, bench.catalog, context.allowance.seconds_left())
    return doubts if int(bench.allowed().sum()) - len(doubts) >= size else {}


def _plan_request(state: SessionState, bench: Workbench) -> PlanRequest:
    given_up = {wish_id for relaxation in state.get("relaxed", ()) for wish_id in relaxation.wish_ids}
    return PlanRequest(
        message=state["understanding"].request_in(state["message"]),
        ledger=state["ledger"],
        understanding=state["understanding"],
        taste=bench.taste,
        given_up=tuple(w for w in state["ledger"].active if w.wish_id in given_up),
        attempt=state.get("attempts", 0),
        problem=state["verdict"].problems[-1] if state["verdict"].problems else "",
    )


def pages_on(state: SessionState) -> bool:
    """True if the user asks for more of the same and the last pool still has unseen items."""
    heard, pool = state["understanding"], state.get("pool")
    if (
        (DialogueAct.CONTINUE not in heard.acts and not heard.refuses)
        or heard.edits
        or not pool
        or state.get("attempts", 0)
    ):
        return False
    if any(w.ended_turn == state["turn"] for w in state["ledger"]):  # the pool answers wishes that no longer hold
        return False
    left = [c for c in pool if c.item_id not in state.get("shown", {})]
    return len(left) >= 3


def find_relaxations(ledger: Ledger, bench: Workbench) -> tuple[Relaxation, ...]:
    """The smallest sets of hard wishes whose giving up leaves something, nearest first.

    What keeps a slate suitable for a child is never given up.
    """
    hard = ledger.facet_wishes(Hardness.HARD)
    fixed = [w for w in hard if w.facet == bench.catalog.domain.age_kind]
    wishes = [
        HardWish(wish_id=w.wish_id, filter=filter_of([w]), label=say_wish(w, bench.catalog), cost=relax_cost(w))
        for w in hard
        if w not in fixed
    ]
    options = relax(wishes, bench.filters, exclude=bench.exclude, always=filter_of(fixed))
    return tuple(
        Relaxation(wish_ids=o.wish_ids, text=o.text, count=o.count, nearest=_say_nearest(o, bench.catalog.domain))
        for o in options[:4]
        if o.wish_ids
    )


def _say_nearest(option: RelaxOption, domain: Domain) -> str:
    """How little would have been enough, where one bound alone stood in the way: "84 min"."""
    if len(option.widenings) != 1 or len(option.wish_ids) != 1:
        return ""
    widening = option.widenings[0]
    info = domain.numbers.get(widening.facet)
    return f"{widening.nearest:g} {info.unit}".strip() if info else f"{widening.nearest:g}"


def relax_cost(wish: Wish) -> float:
    """How unwelcome giving a wish up is: what to avoid weighs more than what to have, standing more than passing."""

    return (
        1.0
        + (3.0 if wish.polarity is Polarity.AVOID else 0.0)
        + (2.0 if wish.scope is Scope.STANDING else 0.0)
        + 0.01 * wish.turn
    )


def _with_llm(ranked: CandidateBus, state: SessionState, context: TurnContext) -> CandidateBus:
    """Let the LLM ranker reorder the head, where its measured weight is above 0."""
    services = context.services
    if services.ranker is None or services.ranker_weight <= 0 or len(ranked) < 2:
        return ranked
    head, rest = ranked.candidates[:20], ranked.candidates[20:]
    wish = "; ".join(say_wish(w, services.catalog) for w in state["ledger"].active)
    listed = services.ranker.rank(RankRequest(wish=wish, taste=context.workbench(state).taste), head)
    return CandidateBus(candidates=(*fuse_scores(head, listed, services.ranker_weight), *rest))


def _slate_items(bus: CandidateBus, state: SessionState, context: TurnContext) -> tuple[SlateItem, ...]:
    return tuple(_slate_item(c, state["ledger"], context) for c in bus)


def _slate_item(candidate: Candidate, ledger: Ledger, context: TurnContext) -> SlateItem:
    catalog = context.services.catalog
    item = catalog[candidate.item_id]
    reasons, misses = explain_item(item, candidate, ledger, catalog, context.services.kin)
    return SlateItem(
        item_id=item.item_id,
        title=item.title,
        year=item.year,
        score=candidate.score,
        sources=candidate.sources,
        reasons=reasons,
        misses=misses,
    )


def _vectors_of(bus: CandidateBus, bench: Workbench) -> NDArray[np.float32]:
    assert bench.vectors is not None
    return bench.vectors[[bench.catalog.positions[c.item_id] for c in bus]]
