"""Examples of planning: wishes, and the tool calls that serve them, as JSON of the product's own draft schema.

The steps are those that `direct` takes for the same ledger; where there are words about the story, a second search is added
with what else the catalogue's films of that theme are about. Every plan is read back through the schema and becomes typed steps.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence

from parley.agent.ledger import Ledger, LedgerEdit
from parley.agent.planning.drafts import DraftPlan, DraftStep, DraftTool
from parley.agent.planning.strategy import wanted_attributes
from parley.agent.tuning.data_noise import roughen
from parley.agent.tuning.data_understand import UnderstandingMaker
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import plan_prompt
from parley.agent.tuning.notation import write_edit
from parley.tools.items import Catalog

_CONTEXTS = ("first", "shown")


def plan_examples(maker: UnderstandingMaker, count: int, seed: int) -> Iterator[Example]:
    """`count` different examples; the same for the same seed and catalogue."""
    rng = random.Random(f"plan-{seed}")
    catalog = maker.words.catalog
    seen: set[str] = set()
    while len(seen) < count:
        drawn = maker.draw(rng)
        if drawn is None or drawn.scene.context not in _CONTEXTS:
            continue
        read = maker.reader.read("; ".join((*drawn.scene.kept, *drawn.said.edits)), drawn.scene.ids)
        if read.question is not None or not {"request", "add_constraint", "compare", "continue"} & set(drawn.acts):
            continue
        ledger = Ledger().apply(read.edits, turn=1)
        steps = steps_for(ledger, catalog)
        wishes = [write_edit(LedgerEdit(wish=w), catalog) for w in ledger.active]
        prompt = plan_prompt(wishes, roughen(drawn.said.text, rng))
        if prompt not in seen:
            seen.add(prompt)
            yield Example(role="plan", prompt=prompt, target=write_plan(steps), group=drawn.group, source="generated")


def steps_for(ledger: Ledger, catalog: Catalog) -> tuple[DraftStep, ...]:
    """The steps that the evidence in a ledger asks for."""
    steps: list[DraftStep] = []
    if ledger.text:
        steps.append(DraftStep(tool=DraftTool.SEARCH, query=ledger.text[:80]))
        more = kindred_words(ledger.text, catalog)
        if more:
            steps.append(DraftStep(tool=DraftTool.SEARCH, query=" ".join(more)[:80]))
    if wanted_attributes(ledger):
        steps.append(DraftStep(tool=DraftTool.MATCH))
    if ledger.taste.liked:
        steps += [DraftStep(tool=DraftTool.SIMILAR), DraftStep(tool=DraftTool.RECOMMEND)]
    return tuple(steps[:4]) or (DraftStep(tool=DraftTool.POPULAR),)


def kindred_words(text: str, catalog: Catalog, most: int = 2) -> list[str]:
    """What films about one of these themes are about besides, more often than others are."""
    held = catalog.vocabulary.get("keyword", {})
    for theme in text.split("; "):
        items = held.get(theme)
        if items is None or len(items) < 3:
            continue
        beside = Counter(k for n in items for k in catalog[n].values("keyword") if k != theme)
        lift = {k: n * n / len(held[k]) for k, n in beside.items() if n > 1}
        return sorted(lift, key=lambda k: (-lift[k], k))[:most]
    return []


def write_plan(steps: Sequence[DraftStep]) -> str:
    """Compact JSON, defaults left out, that the schema reads back as the same plan."""
    plan = DraftPlan(steps=tuple(steps))
    return json.dumps(plan.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, separators=(",", ":"))
