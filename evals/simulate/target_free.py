"""The target-free user: no item in mind, only a taste; accepts what the taste approves of.

Holding a target makes simulators leak it and narrows success to one item (Zhu et al., "How Reliable is Your
Simulator?", WWW 2024). Here nothing hidden has a title: the user speaks of what their likes have in common,
and accepts an unseen item that shares enough of it. What they accept is not checked against the log: read
these sessions for turns, questions and coverage, not for recall.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from parley.evals.simulate.disclosure import describe
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.personas import known_likes
from parley.evals.simulate.records import AgentReply, Persona
from parley.tools.items import Catalog, Item

Trait = tuple[str, str]


class TargetFreeUser:
    """Wants what their likes have in common, in their own words; picky users want more of it at once."""

    def __init__(
        self,
        persona: Persona,
        catalog: Catalog,
        guard: LeakGuard,
        *,
        seed: int = 0,
        variant: str = "",
        popularity: Mapping[str, float] | None = None,
    ) -> None:
        self.persona = persona
        self.catalog = catalog
        self.rng = np.random.default_rng([seed, *persona.persona_id.encode()])
        self.known = {item_id for item_id, _ in persona.history}
        self.weights = self._weights()
        self.threshold = self._threshold()
        self.agenda = [trait for trait, _ in sorted(self.weights.items(), key=lambda pair: (-pair[1], pair[0]))][:4]
        self.accepted = ""
        self.satisfaction = math.nan
        self.interview: Mapping[str, Any] = {}
        self._best = -math.inf

    def first_message(self) -> str:
        return f"I'm in the mood for {self._say()}."

    def respond(self, answer: AgentReply) -> str | None:
        for item_id in answer.slate:
            worth = self.worth(self.catalog[item_id])
            self._best = max(self._best, worth)
            if item_id not in self.known and worth >= self.threshold:
                self.accepted = item_id
                self.satisfaction = 5.0
                return None
        self.satisfaction = 1.0 + 3.0 * min(1.0, max(0.0, self._best / max(self.threshold, 1e-9)))
        if answer.route == "ask" and answer.asked_facet:
            mine = {value.casefold() for facet, value in self.weights if facet == answer.asked_facet}
            return next((option for option in answer.quick_replies if option.casefold() in mine), "No preference")
        seen = next((i for i in answer.slate if i in self.known), None)
        if seen:
            return f"I've already seen {self.catalog[seen].title}. What else?"
        return f"I'd rather have {self._say()}." if self.agenda else "What else do you have?"

    def worth(self, item: Item) -> float:
        """How much of their taste an item has: the mean weight of its traits they care about."""
        return sum(self.weights.get(trait, 0.0) for trait in _traits(item, self.catalog))

    def _say(self) -> str:
        return describe(*self.agenda.pop(0), self.catalog) if self.agenda else f"a good {self.catalog.domain.noun}"

    def _weights(self) -> dict[Trait, float]:
        """How much more often a trait occurs in their likes than in the catalogue."""
        likes = list(known_likes(self.persona, self.catalog))
        counts = Counter(trait for item_id in likes for trait in _traits(self.catalog[item_id], self.catalog))
        found = {}
        for (facet, value), count in counts.items():
            lift = count / max(1, len(likes)) - len(self.catalog.vocabulary[facet][value]) / len(self.catalog)
            if count > 1 and lift > 0:
                found[facet, value] = lift
        return found

    def _threshold(self) -> float:
        """The median worth of their own likes."""
        worths = [self.worth(self.catalog[i]) for i in known_likes(self.persona, self.catalog)]
        return float(np.median(worths)) if worths and max(worths) > 0 else math.inf


def _traits(item: Item, catalog: Catalog) -> list[Trait]:
    return [(kind, value) for kind in catalog.domain.kinds for value in item.values(kind)]
