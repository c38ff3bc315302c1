"""Who words what a simulated user says: the templates, or a language model that is handed the template.

What may be said is decided before a model is asked: it sees the sentence that the disclosure rules let out and
nothing of the persona. What it writes is used only if it states the same facts, names no target and adds no
name or number; else the template is said, and that is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from parley.agent.llm.owner import conversation
from parley.agent.llm.seam import ModelError
from parley.evals.simulate.facts import FactFinder
from parley.evals.simulate.leaks import LeakGuard, fold
from parley.evals.simulate.records import AgentReply, Frozen
from parley.evals.simulate.seam import UserSimulator
from parley.tools.items import Catalog

TEMPLATES = "templates"
By = Literal["template", "model", "fallback"]
ORDER = (
    "You say a sentence in other everyday words, as one person talking. Keep every name, number and wish. "
    "Add nothing. Write one line."
)
EXAMPLES = (
    (
        "I liked Letters from Zorr and The Blue Kettle. I'm looking for a story about a lighthouse.",
        "I enjoyed Letters from Zorr and The Blue Kettle. Got a story about a lighthouse?",
    ),
    ("Hmm, none of these. I want something sung by Vera Lund.", "No, not these. I'd like something sung by Vera Lund."),
    ("It should be something from between 1910 and 1919.", "Something from the 1910s, please."),
    ("What else do you have?", "Anything else?"),
)
"""Made up: no catalogue holds them."""
LONGEST = 40
"""Words a message may have."""


class Said(Frozen):
    """A message, who worded it, and why a model's words were not used."""

    text: str
    by: By = "template"
    why: str = ""
    tokens: int = 0
    """In and out."""
    tokens_out: int = 0


class ModelWording:
    """Rewords templates with a chat model; deterministic at temperature 0. Thread-safe if the model is."""

    def __init__(self, model: Any, catalog: Catalog, *, seed: int = 0) -> None:
        self.model = model
        self.seed = seed
        self._finder = FactFinder(catalog)
        self._guard = LeakGuard(catalog)

    def say(self, text: str, hidden: Collection[str], speaker: str = "") -> Said:
        """The template in other words, or itself with the reason why not."""
        from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

        talk: list[Any] = [SystemMessage(ORDER)]
        for said, reworded in EXAMPLES:
            talk += [HumanMessage(said), AIMessage(reworded)]
        talk.append(HumanMessage(text))
        asked = sum(self.model.count_tokens(str(message.content)) for message in talk)
        try:
            with conversation(f"user {speaker}"):
                raw = "".join(self.model.stream_text(talk, max_tokens=60, seed=self.seed))
        except ModelError as error:
            return Said(text=text, by="fallback", why=f"failed: {error}", tokens=asked)
        words = clean(raw)
        why = self.objection(text, words, hidden)
        out = self.model.count_tokens(raw)
        if why:
            return Said(text=text, by="fallback", why=why, tokens=asked + out, tokens_out=out)
        if fold(words) == fold(text):
            return Said(text=text, why="the same words", tokens=asked + out, tokens_out=out)
        return Said(text=words, by="model", tokens=asked + out, tokens_out=out)

    def objection(self, template: str, words: str, hidden: Collection[str]) -> str:
        """Why these words may not be said instead of the template; "" if they may."""
        if not words or len(words.split()) > max(LONGEST, 2 * len(template.split())):
            return "empty or too long"
        if self._guard.finds(words, hidden):
            return "leak"
        meant, said = self._finder.facts(template), self._finder.facts(words)
        lost, added = meant.lost_in(said), said.lost_in(meant)
        if lost or added:
            return f"lost: {lost}" if lost else f"added: {added}"
        known = set(fold(template).split())
        strange = sorted(name for name in said.names if not set(name.split()) <= known)
        return f"added: {strange[0]}" if strange else ""


def clean(raw: str) -> str:
    """The first line a model wrote, without quotation marks around it."""
    line = next((line.strip() for line in raw.splitlines() if line.strip()), "")
    return line.strip('"“” ').strip()


class WordedUser:
    """A simulated user whose sentences a model words; everything else is the user's own."""

    def __init__(self, user: UserSimulator, wording: ModelWording, targets: Collection[str], speaker: str = "") -> None:
        self._user = user
        self._wording = wording
        self._hidden = set(targets)
        self._speaker = speaker
        self.last = Said(text="")
        """How the last message came about."""

    @property
    def accepted(self) -> str:
        return self._user.accepted

    @property
    def satisfaction(self) -> float:
        return self._user.satisfaction

    @property
    def interview(self) -> Mapping[str, Any]:
        return self._user.interview

    def first_message(self) -> str:
        return self._say(self._user.first_message())

    def respond(self, answer: AgentReply) -> str | None:
        self._hidden -= set(answer.slate)
        said = self._user.respond(answer)
        if said is None:
            return None
        if said in answer.quick_replies:  # a button pressed is not worded
            self.last = Said(text=said)
            return said
        return self._say(said)

    def _say(self, text: str) -> str:
        self.last = self._wording.say(text, self._hidden, self._speaker)
        return self.last.text
