"""iEvaLM's users: a real conversation up to a recommendation, then a simulated seeker goes on with it.

Wang et al., "Rethinking the Evaluation for Conversational Recommendation in the Era of Large Language
Models", EMNLP 2023, arXiv:2305.13112. In attribute mode the seeker only answers questions; in free mode
they also say what the item they want is like. Their seeker is text-davinci-003 and reads the raw context,
targets named in it included; ours words templates, and the guard keeps targets out of the opening.
"""

from __future__ import annotations

from collections.abc import Mapping

from parley.evals.simulate.agenda import AgendaUser
from parley.evals.simulate.disclosure import describe
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import AgentReply, Persona
from parley.tools.items import Catalog


class FreeChatUser(AgendaUser):
    """Goes on with the conversation: after each miss says one more true thing about what they want.

    As in iEvaLM they know and tell everything but the title, the names of its makers included (rules "generous");
    with a variant they keep what gives too much away.
    """

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
        super().__init__(persona, catalog, guard, seed=seed, variant=variant or "generous")

    def first_message(self) -> str:
        """The seeker's side of the real conversation so far."""
        return self.persona.opening or f"Can you recommend a {self.catalog.domain.noun}?"


class QuestionUser(FreeChatUser):
    """Only answers questions: with the target's values of the facet asked about, all of them."""

    def respond(self, answer: AgentReply) -> str | None:
        for item_id in answer.slate:
            if item_id in self.persona.targets:
                self.accepted = item_id
                return None
        if answer.route == "ask" and answer.asked_facet:
            return self.answer(answer)
        return self._pick(("None of those. What else?", "No, I don't like them. What else?"))

    def answer(self, answer: AgentReply) -> str:
        """Every value the target has of it, unless one names the target."""
        values = [
            value for value in self.catalog[self.persona.targets[0]].values(answer.asked_facet) if self._is_safe(value)
        ]
        if not values:
            return super().answer(answer)
        return " and ".join(describe(answer.asked_facet, value, self.catalog) for value in values[:2])
