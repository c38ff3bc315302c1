"""The agenda user: deterministic, no model. An information need, an agenda of what to say, and honest answers.

After the agenda-based simulator of Schatzmann et al., HLT-NAACL 2007, as UserSimCRS (Afzali et al.,
arXiv:2301.05544) uses it for recommenders. Three parts stay apart: the hidden need (attributes of the
target), the disclosure rules (`disclosure.py`), and the choice (accept a target when it is shown).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parley.evals.simulate.disclosure import RULES, Disclosure, Reveal, disclosures_of
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.personas import known_likes
from parley.evals.simulate.records import AgentReply, Persona
from parley.evals.simulate.seam import SimulationError
from parley.tools.items import Catalog


class AgendaUser:
    """One simulated user in one conversation. Variants: ordinary (default), strict, generous."""

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
        self.rules = RULES.get(variant or "ordinary")
        if self.rules is None:
            raise SimulationError(f"no disclosure rules {variant!r}; known: {', '.join(RULES)}")
        self.persona = persona
        self.catalog = catalog
        self.guard = guard
        self.rng = np.random.default_rng([seed, *persona.persona_id.encode()])
        self.facts = self._facts()
        self.agenda = self._agenda()
        self.told: set[str] = set()
        self.accepted = ""
        self.satisfaction = math.nan
        self.interview: Mapping[str, Any] = {}

    def first_message(self) -> str:
        """What they liked, and one thing they want."""
        likes = list(known_likes(self.persona, self.catalog))[-6:]
        titles = [self.catalog[i].title for i in self.rng.permutation(likes)[:2]] if likes else []
        titles = [title for title in titles if self._is_safe(title)]
        opening = f"I liked {' and '.join(titles)}. " if titles else ""
        first = self._next()
        noun = self.catalog.domain.noun
        return opening + (f"I'm looking for {first.text}." if first else f"Can you recommend a {noun}?")

    def respond(self, answer: AgentReply) -> str | None:
        """What they say to this; None when they have what they wanted."""
        for item_id in answer.slate:
            if item_id in self.persona.targets:
                self.accepted = item_id
                return None
        if answer.route == "ask" and answer.asked_facet:
            return self.answer(answer)
        following = self._next()
        if following is None:
            return self._pick(("What else do you have?", "None of these, show me more.", "More, please."))
        lead = self._pick(("Not quite. ", "Hmm, none of these. ", "")) if answer.slate else ""
        return f"{lead}{self._pick(('I want', 'It should be', 'Rather'))} {following.text}."

    def answer(self, answer: AgentReply) -> str:
        """An honest answer to a question: the option that holds, else what the rules let them tell."""
        facet = answer.asked_facet
        self.told.add(facet)
        mine = {value.casefold() for value in self.catalog[self.persona.targets[0]].values(facet)}
        for option in answer.quick_replies:
            if option.casefold() in mine and self._is_safe(option):
                return option
        for fact in self.facts:
            if fact.facet == facet and fact.reveal is not Reveal.HIDDEN:
                return fact.text
        return "No preference"

    def _next(self) -> Disclosure | None:
        for disclosure in self.agenda:
            if disclosure.facet not in self.told:
                self.told.add(disclosure.facet)
                return disclosure
        return None

    def _facts(self) -> list[Disclosure]:
        target = self.catalog.get(self.persona.targets[0])
        if target is None or self.rules is None:
            return []
        return disclosures_of(target, self.catalog, self.rules, self.rng, self._is_safe)

    def _agenda(self) -> list[Disclosure]:
        """What is volunteered, in order: the first two facts, then the others in any order."""
        assert self.rules is not None
        told = [fact for fact in self.facts if fact.reveal is Reveal.VOLUNTEERED]
        tail = [told[i] for i in self.rng.permutation(np.arange(2, len(told)))] if len(told) > 2 else []
        return [*told[:2], *tail][: self.rules.most_volunteered]

    def _is_safe(self, text: str) -> bool:
        """Whether the text names no target."""
        return not self.guard.finds(text, self.persona.targets)

    def _pick(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]
