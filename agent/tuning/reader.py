"""Understanding by a tuned model: the utterance in its context in, the notation out, read back strictly."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from parley.agent.acts import DialogueAct
from parley.agent.ledger import LedgerEdit
from parley.agent.llm.seam import ChatModel, ModelError
from parley.agent.messages import Understanding
from parley.agent.tuning.examples import Example, Role, chat_prompt
from parley.agent.tuning.forms import understand_prompt
from parley.agent.tuning.notation import Meaning, MeaningReader, as_written
from parley.agent.understanding.context import DialogueContext, LinkerLike
from parley.tools.items import Catalog

MOST_WISHES = 6
"""Wishes in force that the prompt tells, the newest."""
LONGEST: dict[Role, int] = {"understand": 64, "reply": 160, "rank": 2, "simulate": 48, "plan": 96, "question": 40}
"""Tokens of an answer, by role."""


def role_messages(role: Role, prompt: str) -> list[BaseMessage]:
    """The messages of a call to a tuned model."""
    system, user = chat_prompt(role, prompt)
    return [SystemMessage(system["content"]), HumanMessage(user["content"])]


def answer(model: ChatModel, example: Example, *, temperature: float = 0.0, seed: int = 0) -> str:
    """The model's answer to an example's prompt; empty if it fails."""
    messages = role_messages(example.role, example.prompt)
    try:
        pieces = model.stream_text(messages, max_tokens=LONGEST[example.role], temperature=temperature, seed=seed)
        return "".join(pieces).strip()
    except ModelError:
        return ""


def sampled_answers(model: ChatModel, example: Example, count: int, *, seed: int = 0) -> list[str]:
    """The greedy answer and `count` - 1 at temperature 0.8, each with its own seed."""
    warm = (answer(model, example, temperature=0.8, seed=seed + n) for n in range(1, count))
    return [answer(model, example), *warm]


class TunedReader:
    """Reads utterances with a model that knows the notation."""

    def __init__(self, model: ChatModel, catalog: Catalog, linker: LinkerLike) -> None:
        self.model = model
        self.catalog = catalog
        self.meanings = MeaningReader(catalog, linker)

    def prompt(self, utterance: str, context: DialogueContext) -> str:
        """What the model reads of an utterance in its context."""
        wishes = [LedgerEdit(wish=w) for w in context.ledger.active][-MOST_WISHES:]
        return understand_prompt(
            utterance,
            previous=self._previous(context.window),
            wishes=as_written(wishes, self.catalog),
            slate=[self.catalog[i].title for i in context.slate if i in self.catalog],
        )

    def read(self, utterance: str, context: DialogueContext, *, timeout_s: float | None = None) -> Meaning:
        """What the model takes the utterance to mean; nothing if the model fails."""
        messages = role_messages("understand", self.prompt(utterance, context))
        try:
            line = "".join(self.model.stream_text(messages, max_tokens=LONGEST["understand"], timeout_s=timeout_s))
        except ModelError:
            return Meaning(bad=("no answer",))
        return self.meanings.read(line.strip(), context.slate)

    def understand(self, utterance: str, context: DialogueContext) -> Understanding:
        """The model's reading alone, as an understanding."""
        return as_understanding(self.read(utterance, context))

    @staticmethod
    def _previous(window: Sequence[tuple[str, str]]) -> str:
        return window[-1][1] if window and window[-1][0] != "user" else ""


def as_understanding(meaning: Meaning) -> Understanding:
    """A meaning as the rest of a turn takes it."""
    return Understanding(
        acts=meaning.acts or (DialogueAct.OTHER,),
        edits=meaning.edits,
        question=meaning.question,
        surprise=meaning.surprise,
        count=meaning.count,
        by={"acts": "model", "wishes": "model", "mentions": "linker"},
    )
