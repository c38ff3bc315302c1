"""Prose by a language model, let through sentence by sentence.

The model is given the facts and asked for words. Each finished sentence is verified before it is shown:
an unverifiable one is left out, a wrong one ends the model's turn and the realiser takes over with what
has not been said yet. So a better model makes better prose and a worse one makes less of it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from parley.agent.llm.seam import ChatModel, ModelError
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.titles import fold
from parley.agent.reply.verdict import Problem
from parley.agent.reply.verify import Verifier
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import echo, measure
from parley.tools.items import YEAR, Item

MAX_SENTENCES = 6
TIMEOUT_S = 20.0
_PRETENCE = re.compile(
    r"\b(?:as an? (?:ai|language model)|i(?:'ve| have)? (?:watched|seen|read|loved)"
    r"|my (?:favou?rite|name is|friends?|family|wife|husband)"
    r"|i am (?:a human|human|not a program)|i'm human|when i was|instructions?|system prompt)\b",
    re.IGNORECASE,
)
"""A program that claims a life, or talks of its orders."""


@dataclass
class Outcome:
    """What became of a model's prose."""

    named: set[str] = field(default_factory=set)
    """Ids of items its shown sentences name."""
    shown: int = 0
    cut: list[str] = field(default_factory=list)
    """Sentences left out, with the reason."""
    failed: bool = False
    """It said something wrong, or the model broke: the realiser takes over."""


class ProseWriter:
    """Asks the model for words and lets through what holds."""

    def __init__(self, wording: Wording, model: ChatModel) -> None:
        self.wording = wording
        self.model = model
        self.verifier = Verifier(wording.catalog)

    def recommend(self, request: ReplyRequest, items: Sequence[Item], outcome: Outcome) -> Iterator[str]:
        """Verified sentences that present the items."""
        numbers = [float(len(items)), float(request.slate.total)]
        numbers += [b for w in request.ledger.active for b in (w.gte, w.lte) if b is not None]
        phrases = [w.words for w in request.ledger.active if w.words]
        allowed = [i.item_id for i in items]
        yield from self._let_through(self.ask_for_items(request, items), allowed, numbers, phrases, request, outcome)

    def small_talk(self, request: ReplyRequest, outcome: Outcome) -> Iterator[str]:
        """Verified sentences of small talk. They may name no item at all."""
        domain = self.wording.domain
        messages = [
            SystemMessage(
                f"You are Parley, a friendly shop clerk who helps people find {domain.plural}. Reply in one or two "
                f"short sentences. Name no titles. End by asking what {domain.noun} they would like."
            ),
            HumanMessage(echo(request.message, 200)),
        ]
        yield from self._let_through(messages, (), (), (), request, outcome)

    def _let_through(
        self, messages: Sequence[BaseMessage], allowed: Sequence[str], numbers: Sequence[float], phrases: Sequence[str],
        request: ReplyRequest, outcome: Outcome,
    ) -> Generator[str, None, None]:  # fmt: skip
        said: set[str] = set()
        for sentence in self._sentences(messages, request.seed + request.turn, outcome):
            verdict = self.verifier.verify(sentence, allowed, numbers=numbers, phrases=phrases)
            key = fold(sentence).strip(" .!?\n")
            if key in said or outcome.shown >= MAX_SENTENCES:
                return  # it repeats itself: small models do not recover from that
            said.add(key)
            problems = [*verdict.problems]
            if pretence := _PRETENCE.search(sentence):
                problems.append(Problem("opinion", pretence[0], "a program has no life to tell of", wrong=False))
            if problems:
                outcome.cut.append(f"{sentence.strip()} [{problems[0].kind}: {problems[0].text}: {problems[0].reason}]")
                if any(p.wrong for p in problems):
                    outcome.failed = True
                    return
                continue
            outcome.named.update(verdict.named)
            lead = " " if outcome.shown and not sentence[:1].isspace() else ""
            outcome.shown += 1
            yield lead + sentence.rstrip(" ")

    def _sentences(self, messages: Sequence[BaseMessage], seed: int, outcome: Outcome) -> Iterator[str]:
        """The model's text cut into sentences as it arrives; an unfinished last one is dropped."""
        held = ""
        stream = self.model.stream_text(messages, max_tokens=220, temperature=0.3, seed=seed, timeout_s=TIMEOUT_S)
        try:
            for piece in stream:
                held += piece
                *whole, held = self.verifier.split(held) or [""]
                yield from (s.lstrip() for s in whole if s.strip())
        except ModelError:
            outcome.failed = outcome.shown == 0
            return
        finally:
            close = getattr(stream, "close", None)
            if close is not None:
                close()
        if held.strip() and held.rstrip()[-1] in ".!?":
            yield held.lstrip()

    def ask_for_items(self, request: ReplyRequest, items: Sequence[Item]) -> list[BaseMessage]:
        """The prompt: the wish, the facts of each item, and what not to do."""
        domain, ledger = self.wording.domain, request.ledger
        wishes = self.wording.understood(ledger.facet_wishes()) or "something good"
        facts = "\n".join(tell_facts(item, self.wording) for item in items)
        return [
            SystemMessage(
                f"You recommend {domain.plural}. Use only the facts given. Name every {domain.noun} in the list with "
                "its year, one short sentence each, saying why it fits the wish. No other titles, no praise."
            ),
            HumanMessage(f"Wish: {wishes}\n{facts}"),
        ]


def tell_facts(item: Item, words: Wording) -> str:
    """An item's facts as a prompt lists them: "- Alien (1979): sci-fi horror film; directed by Ridley Scott; tense"."""
    noun = words.type_words(item)
    parts = [noun.noun if noun else words.domain.noun]
    parts += [words.role_phrase(role, item.values(role)[:2]) for role in words.domain.roles if item.values(role)]
    parts += words.colours(item, 3)
    parts += [words.theme(v) for kind in words.theme_kinds for v in item.values(kind)[:3]]
    parts += [measure(n, info.unit) for f, info in words.domain.numbers.items() if f != YEAR and (n := item.number(f))]
    return f"- {item.label}: {'; '.join(parts)}"
