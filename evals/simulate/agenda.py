"""The agenda user: deterministic, no model. An information need, an agenda of what to say, and honest answers.

After the agenda-based simulator of Schatzmann et al., HLT-NAACL 2007, as UserSimCRS (Afzali et al.,
arXiv:2301.05544) uses it for recommenders. Three parts stay apart: the hidden need (attributes of the
target), the disclosure rules (what is volunteered, what only an apt question brings out), and the choice
(accept a target when it is shown).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.personas import known_likes
from parley.evals.simulate.records import AgentReply, Persona
from parley.tools.items import YEAR, Catalog


class Disclosure(BaseModel):
    """One thing the user may say about what they want."""

    model_config = ConfigDict(frozen=True)

    facet: str
    text: str


class AgendaUser:
    """One simulated user in one conversation."""

    def __init__(self, persona: Persona, catalog: Catalog, guard: LeakGuard, *, seed: int = 0) -> None:
        self.persona = persona
        self.catalog = catalog
        self.guard = guard
        self.rng = np.random.default_rng([seed, *persona.persona_id.encode()])
        self.agenda = self._agenda()
        self.told: set[str] = set()
        self.accepted = ""

    def first_message(self) -> str:
        """What they liked, and one thing they want."""
        likes = list(known_likes(self.persona, self.catalog))[-6:]
        titles = [self.catalog[i].title for i in self.rng.permutation(likes)[:2]] if likes else []
        titles = [t for t in titles if not self.guard.finds(t, self.persona.targets)]
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
            return self._answer(answer)
        following = self._next()
        if following is None:
            return self._pick(("What else do you have?", "None of these, show me more.", "More, please."))
        lead = self._pick(("Not quite. ", "Hmm, none of these. ", "")) if answer.slate else ""
        return f"{lead}{self._pick(('I want', 'It should be', 'Rather'))} {following.text}."

    def _answer(self, answer: AgentReply) -> str:
        facet = answer.asked_facet
        self.told.add(facet)
        target = self.catalog[self.persona.targets[0]]
        mine = {value.casefold() for value in target.values(facet)}
        for option in answer.quick_replies:
            if option.casefold() in mine:
                return option
        for disclosure in self.agenda:
            if disclosure.facet == facet:
                return self._safe(disclosure.text) or "No preference"
        return "No preference"

    def _next(self) -> Disclosure | None:
        for disclosure in self.agenda:
            if disclosure.facet not in self.told:
                self.told.add(disclosure.facet)
                return disclosure
        return None

    def _agenda(self) -> list[Disclosure]:
        """What may be said, in the order it is volunteered: kinds first, then numbers, people last."""
        target, domain = self.catalog[self.persona.targets[0]], self.catalog.domain
        found: list[Disclosure] = []
        for kind in domain.kinds:
            values = target.values(kind)
            if not values or kind == domain.age_kind:
                continue
            value = values[int(self.rng.integers(min(2, len(values))))]
            found.append(Disclosure(facet=kind, text=self._describe(kind, value)))
        if target.year is not None:
            low = target.year // 10 * 10
            found.append(Disclosure(facet=YEAR, text=f"from between {low} and {low + 9}"))
        for role in list(domain.roles)[::-1]:
            if names := target.values(role):
                phrase = domain.roles[role].phrase.format(value=names[0])
                found.append(Disclosure(facet=role, text=f"something {phrase}"))
        common = {"language": "English", "country": "United States"}
        found = [d for d in found if common.get(d.facet, "\x00") not in d.text]
        head, tail = found[:2], [found[i] for i in self.rng.permutation(np.arange(2, len(found)))] if found[2:] else []
        return [d for d in (*head, *tail) if self._safe(d.text)]

    def _describe(self, kind: str, value: str) -> str:
        noun, phrase = self.catalog.domain.noun, self.catalog.domain.kinds[kind].phrase.format(value=value)
        if phrase == value:
            return (
                f"a {value.lower() if kind != 'language' else value} {noun}"
                if kind == "genre"
                else f"something {value}"
            )
        return f"something {phrase}"

    def _safe(self, text: str) -> str:
        """The text, unless it names a target; then nothing."""
        return "" if self.guard.finds(text, self.persona.targets) else text

    def _pick(self, options: Sequence[str]) -> str:
        return options[int(self.rng.integers(len(options)))]
