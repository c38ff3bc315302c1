"""Recommendations without a conversation: titles someone liked, a filter, and out comes a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parley.agent.ledger import ITEM, EditAction, Hardness, Ledger, LedgerEdit, Stance, Wish
from parley.agent.messages import SlateItem, Understanding
from parley.agent.planning.plan import Plan, run_plan
from parley.agent.planning.strategy import PlanningTools, PlanRequest, direct_steps
from parley.agent.reasons import explain_item
from parley.agent.state import Services
from parley.tools.candidates import fuse_by_rank
from parley.tools.filters import parse_filter
from parley.tools.ranking.classical import rank_classically
from parley.tools.toolbox import Workbench


class UnknownItemError(ValueError):
    """The catalogue holds no such item."""


def suggest_items(services: Services, liked: Sequence[str], filter: Mapping[str, Any], k: int) -> list[SlateItem]:
    """The k best items for someone who liked these.

    Raises:
        UnknownItemError: a title the catalogue does not hold.
        FilterError: the filter does not fit the catalogue.
    """
    ledger = Ledger().apply(
        [
            LedgerEdit(
                action=EditAction.ADD,
                wish=Wish(facet=ITEM, value=find_item(services, title), stance=Stance.LIKE, hardness=Hardness.HARD),
            )
            for title in liked
        ],
        turn=0,
    )
    bench = Workbench(
        catalog=services.catalog,
        filters=services.filters,
        retrievers=services.retrievers,
        recommender=services.recommender,
        popularity=services.popularity,
        hard=parse_filter(dict(filter), services.catalog.domain),
        exclude=ledger.excluded,
        taste=ledger.taste,
        vectors=services.vectors,
        kin=services.kin,
    )
    request = PlanRequest(message="", ledger=ledger, understanding=Understanding(), taste=ledger.taste)
    steps = direct_steps(request, PlanningTools(services.catalog, services.toolbox, bench, None))
    done = run_plan(Plan(steps=steps), services.toolbox, bench)
    lists = {step_id: list(result.candidates) for step_id, result in done.results.items()}
    bus = fuse_by_rank(lists, weights={s.step_id: s.weight for s in steps})
    ranked = rank_classically(bus, bench, (), weights=services.weights).head(k)
    items = []
    for candidate in ranked:
        item = services.catalog[candidate.item_id]
        reasons, misses = explain_item(item, candidate, ledger, services.catalog, services.kin)
        items.append(
            SlateItem(
                item_id=item.item_id,
                title=item.title,
                year=item.year,
                score=candidate.score,
                sources=candidate.sources,
                reasons=reasons,
                misses=misses,
            )
        )
    return items


def find_item(services: Services, title: str) -> str:
    """The id of an item named by id or by title.

    Raises:
        UnknownItemError: no such item; the message offers the nearest title.
    """
    if title in services.catalog:
        return title
    found = services.linker.resolve_title(title)
    if found is None or found.item_id is None:
        raise UnknownItemError(
            f"no {services.catalog.domain.noun} called {title!r} in this catalogue; try `parley search {title!r}`"
        )
    return str(found.item_id)
