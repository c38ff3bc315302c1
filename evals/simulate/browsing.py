"""The browsing user of Agent4Rec: traits from data, pages, ratings, fatigue, an exit and an interview.

Zhang et al., "On Generative Agents in Recommendation", SIGIR 2024, arXiv:2310.10108. Activity says how long a
person browses, conformity how far their ratings lean to everybody's, diversity how far they stray from
their taste. Theirs asks a language model whether to watch; ours computes it from the person's own log and
can be checked against what they really watched (`parley eval alignment`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import AgentReply, Persona
from parley.evals.simulate.target_free import TargetFreeUser
from parley.tools.items import Catalog

LIKED_FROM = 3.5
"""Stars from which a watched item counts as liked."""
PAGE = 4
"""Items of a slate that are looked at, as on Agent4Rec's pages."""


class BrowsingUser(TargetFreeUser):
    """Looks at one page an answer, watches some, rates them, gets tired, leaves, and says how it was."""

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
        super().__init__(persona, catalog, guard, seed=seed, variant=variant)
        self.guard = guard
        self.popularity = popularity or {}
        self.activity = persona.traits.get("activity", 0.5)
        self.conformity = persona.traits.get("conformity", 0.5)
        self.diversity = persona.traits.get("diversity", 0.5)
        self.shown: list[str] = []
        self.ratings: dict[str, float] = {}
        self._pages = 0
        self._patience = 1.0

    def respond(self, answer: AgentReply) -> str | None:
        self.accepted = ""
        if answer.route == "ask" and answer.asked_facet and not answer.slate:
            self._patience -= 0.1
            mine = {value.casefold() for facet, value in self.weights if facet == answer.asked_facet}
            return next((option for option in answer.quick_replies if option.casefold() in mine), "No preference")
        self._pages += 1
        page = list(answer.slate[:PAGE])
        again = sum(item_id in self.shown or item_id in self.known for item_id in page)
        watched = [i for i in page if self._watches(i)]
        for item_id in watched:
            self.ratings[item_id] = self._rate(item_id)
        self.shown.extend(page)
        self.accepted = next((i for i in page if i in self.persona.targets), "")
        liked = [i for i in watched if self.ratings[i] >= LIKED_FROM]
        self._tire(bool(liked), again, len(page))
        self._remember()
        if self._leaves():
            return None
        return self._speak(liked, [i for i in page if i not in watched])

    def appeal(self, item_id: str) -> float:
        """0 to 1: own taste, leaning to everybody's by conformity."""
        own = 1.0 if not math.isfinite(self.threshold) else self.worth(self.catalog[item_id]) / self.threshold
        lean = 0.2 + 0.4 * self.conformity
        return (1 - lean) * min(1.0, own / 1.5) + lean * self.popularity.get(item_id, 0.0)

    def _watches(self, item_id: str) -> bool:
        if item_id in self.known or item_id in self.ratings:
            return False
        if item_id in self.persona.targets:
            return True
        spread = 0.05 + 0.15 * self.diversity
        return bool(self.appeal(item_id) + self.rng.normal(0.0, spread) > 0.55)

    def _rate(self, item_id: str) -> float:
        noise = self.rng.normal(0.0, 0.3)
        bonus = 0.7 if item_id in self.persona.targets else 0.0
        return float(np.clip(round(1.5 + 3.5 * self.appeal(item_id) + bonus + noise), 1, 5))

    def _tire(self, pleased: bool, again: int, size: int) -> None:
        loss = 0.30 - 0.18 * self.activity
        self._patience -= loss * (0.5 if pleased else 1.0) + (0.15 * again / size if size else 0.2)

    def _leaves(self) -> bool:
        return bool(self.rng.random() > max(0.0, self._patience) ** 0.5)

    def _remember(self) -> None:
        liked = sum(rating >= LIKED_FROM for rating in self.ratings.values())
        share = liked / max(1, len(self.shown))
        self.satisfaction = float(np.clip(1.0 + 3.5 * share + 0.5 * max(0.0, self._patience), 1.0, 5.0))
        self.interview = {
            "shown": len(self.shown),
            "watched": len(self.ratings),
            "liked": liked,
            "exit_page": self._pages,
            "really_watched": len({i for i in self.shown if i in self.persona.targets}),
            "rating": round(self.satisfaction, 2),
            "why": f"liked {liked} of {len(self.shown)} shown on {self._pages} pages",
        }

    def _speak(self, liked: list[str], passed: list[str]) -> str:
        hidden = [i for i in self.persona.targets if i not in self.shown]
        liked = [i for i in liked if not self.guard.finds(self.catalog[i].title, hidden)]
        passed = [i for i in passed if not self.guard.finds(self.catalog[i].title, hidden)]
        if liked:
            return f"I like {self.catalog[liked[0]].title}. More, please."
        if self.agenda and self.rng.random() < 0.5:
            return f"I'd rather have {self._say()}."
        if passed and self.rng.random() < 0.3:
            return f"Not {self.catalog[passed[0]].title}. What else?"
        return "What else do you have?"
