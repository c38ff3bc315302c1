"""The agents under test, behind one small face: Parley, its ablations, and the baselines every table needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from parley.agent.api import Agent
from parley.agent.deciding import AskPolicy
from parley.agent.ledger import Hardness, Ledger, Stance
from parley.agent.llm.seam import ChatModel
from parley.evals.simulate.records import AgentReply
from parley.tools.seams import Taste


class Contestant(Protocol):
    """Anything that answers messages with a slate."""

    name: str

    def begin(self, conversation: str) -> None:
        """A new conversation; nothing of an earlier one may be left."""
        ...

    def reply(self, conversation: str, message: str) -> AgentReply: ...

    def end(self, conversation: str) -> None: ...


class ParleyContestant:
    """The agent itself, each conversation an incognito session of its own."""

    def __init__(self, agent: Agent, name: str = "parley", *, forgetful: bool = False) -> None:
        self.agent = agent
        self.name = name
        self.forgetful = forgetful
        """The no-ledger ablation: every message is heard as if it were the first."""
        self._turn: dict[str, int] = {}

    def begin(self, conversation: str) -> None:
        self._turn[conversation] = 0
        self.agent.begin_session(user=conversation, session="1", incognito=True)

    def reply(self, conversation: str, message: str) -> AgentReply:
        self._turn[conversation] += 1
        session = str(self._turn[conversation]) if self.forgetful else "1"
        if self.forgetful:
            self.agent.begin_session(user=conversation, session=session, incognito=True)
        turn = self.agent.chat(message, user=conversation, session=session)
        asked = self.agent.open_question(user=conversation, session=session)
        return AgentReply(
            reply=turn.reply,
            slate=tuple(item.item_id for item in turn.slate),
            quick_replies=turn.quick_replies,
            route=turn.route,
            asked_facet=asked.facet if asked else "",
            model_calls=turn.model_calls,
            tokens=sum(turn.tokens.values()),
            tokens_out=turn.tokens.get("out", 0),
            milliseconds=turn.timings_ms.get("total", 0.0),
            violations=self._violations(turn.ledger, [item.item_id for item in turn.slate], conversation, session),
            score=self.agent.slate(user=conversation, session=session).chance if turn.slate else None,
        )

    def end(self, conversation: str) -> None:
        for info in self.agent.sessions(user=conversation):
            self.agent.forget_session(user=conversation, session=str(info["session"]))

    def _violations(self, ledger: Ledger, slate: list[str], conversation: str, session: str) -> int:
        traces = self.agent.traces(user=conversation, session=session)
        given_up = {w for relaxation in traces[-1].relaxed for w in relaxation.wish_ids} if traces else set()
        hard = [w for w in ledger.facet_wishes(Hardness.HARD) if w.wish_id not in given_up]
        catalog = self.agent.parts.services.catalog
        return sum(any(w.is_met_by(catalog[i]) is False for w in hard) for i in slate)


class RememberingContestant(ParleyContestant):
    """Parley with a long-term memory of the person: the whole log, as an app around it would hand it over.

    The fair neighbour of "recommender only", which reads the same log but does not listen.
    """

    def __init__(self, agent: Agent, name: str, histories: Mapping[str, Taste]) -> None:
        super().__init__(agent, name)
        self._histories = histories

    def begin(self, conversation: str) -> None:
        self._turn[conversation] = 0
        reactions = _taste_of(conversation, self._histories).reactions
        felt = [(item_id, Stance.LIKE if weight > 0 else Stance.DISLIKE) for item_id, weight in reactions]
        self.agent.set_consent(conversation, True)
        self.agent.import_history(conversation, felt)

    def end(self, conversation: str) -> None:
        self.agent.forget_user(conversation)


class ListContestant:
    """A baseline that does not listen: it goes down one list, five at a time."""

    def __init__(self, name: str, ranking: Callable[[str], list[str]], *, size: int = 5) -> None:
        self.name = name
        self._ranking = ranking
        self._size = size
        self._lists: dict[str, list[str]] = {}

    def begin(self, conversation: str) -> None:
        self._lists[conversation] = self._ranking(conversation)

    def reply(self, conversation: str, message: str) -> AgentReply:
        shown, self._lists[conversation] = (
            tuple(self._lists[conversation][: self._size]),
            self._lists[conversation][self._size :],
        )
        return AgentReply(reply="", slate=shown)

    def end(self, conversation: str) -> None:
        self._lists.pop(conversation, None)


class ParrotContestant:
    """The baseline that shows what leaks are worth: it recommends what the user has just named.

    On OpenDialKG it beats every published model at recall@1 on uncleaned contexts.
    """

    def __init__(self, name: str, find_named: Callable[[str], list[str]], *, size: int = 5) -> None:
        self.name = name
        self._find_named = find_named
        self._size = size
        self._named: dict[str, list[str]] = {}

    def begin(self, conversation: str) -> None:
        self._named[conversation] = []

    def reply(self, conversation: str, message: str) -> AgentReply:
        known = self._named[conversation]
        self._named[conversation] = [*dict.fromkeys([*reversed(self._find_named(message)), *known])]
        return AgentReply(reply="", slate=tuple(self._named[conversation][: self._size]))

    def end(self, conversation: str) -> None:
        self._named.pop(conversation, None)


class TextContestant:
    """Any agent that answers text with text: a callable, a bare model, an endpoint. Its slate is the titles it names.

    Args:
        answer: the conversation so far, (role, text) oldest first, the user's message last; returns the reply.
        find_named: item ids of the titles in a text, in order.
        count_tokens: of a text, for those whose words cost something.
    """

    def __init__(
        self,
        name: str,
        answer: Callable[[Sequence[tuple[str, str]]], str],
        find_named: Callable[[str], list[str]],
        *,
        size: int = 5,
        count_tokens: Callable[[str], int] = lambda text: 0,
    ) -> None:
        self.name = name
        self._answer = answer
        self._find_named = find_named
        self._count_tokens = count_tokens
        self._size = size
        self._said: dict[str, list[tuple[str, str]]] = {}

    def begin(self, conversation: str) -> None:
        self._said[conversation] = []

    def reply(self, conversation: str, message: str) -> AgentReply:
        said = self._said[conversation]
        said.append(("user", message))
        started = time.perf_counter()
        text = self.ask(conversation, said)
        spent = 1000 * (time.perf_counter() - started)
        said.append(("assistant", text))
        heard = {item_id for role, words in said if role == "user" for item_id in self._find_named(words)}
        slate = [i for i in dict.fromkeys(self._find_named(text)) if i not in heard]
        out = self._count_tokens(text)
        return AgentReply(
            reply=text,
            slate=tuple(slate[: self._size]),
            model_calls=1,
            tokens=out + sum(self._count_tokens(words) for _, words in said[:-1]),
            tokens_out=out,
            milliseconds=spent,
        )

    def ask(self, conversation: str, said: Sequence[tuple[str, str]]) -> str:
        """The reply to the conversation so far."""
        return self._answer(said)

    def end(self, conversation: str) -> None:
        self._said.pop(conversation, None)


def model_alone(model: ChatModel, agent: Agent, *, size: int = 5, name: str = "model alone") -> TextContestant:
    """The language model without anything of ours: what the recommender around it is worth."""
    from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

    services = agent.parts.services
    domain = services.catalog.domain
    order = f"You recommend {domain.plural}. Name {size} titles that fit what the user wants, one a line."

    def answer(said: Sequence[tuple[str, str]]) -> str:
        talk: list[BaseMessage] = [SystemMessage(order)]
        talk += [HumanMessage(text) if role == "user" else AIMessage(text) for role, text in said[-5:]]
        return "".join(model.stream_text(talk, max_tokens=120, seed=services.seed))

    def named(text: str) -> list[str]:
        return [title.item_id for title in services.linker.link_titles(text)]

    return TextContestant(name, answer, named, size=size, count_tokens=model.count_tokens)


def baselines(agent: Agent, histories: Mapping[str, Taste], *, seed: int, size: int = 5) -> list[Contestant]:
    """Random, popularity, parrot, and the recommender alone. None of them listens.

    "popularity" and "recommender only" are told the whole history; "untold popularity" knows as little as Parley.
    """
    services = agent.parts.services
    ids = [item.item_id for item in services.catalog]
    by_renown = [ids[i] for i in np.argsort(-services.popularity, kind="stable")]

    def shuffled(conversation: str) -> list[str]:
        rng = np.random.default_rng([seed, *conversation.encode()])
        return [ids[i] for i in rng.permutation(len(ids))]

    def unseen(conversation: str) -> list[str]:
        seen = {item_id for item_id, _ in _taste_of(conversation, histories).reactions}
        return [item_id for item_id in by_renown if item_id not in seen]

    def by_taste(conversation: str) -> list[str]:
        return [i for i, _ in services.recommender.recommend(_taste_of(conversation, histories), 50 * size)]

    def named(message: str) -> list[str]:
        return [title.item_id for title in services.linker.link_titles(message)]

    return [
        ListContestant("random", shuffled, size=size),
        ListContestant("untold popularity", lambda _: by_renown, size=size),
        ListContestant("popularity", unseen, size=size),
        ParrotContestant("parrot", named, size=size),
        ListContestant("recommender only", by_taste, size=size),
    ]


def _taste_of(conversation: str, histories: Mapping[str, Taste]) -> Taste:
    """The history behind a conversation, whatever the seed its name ends with."""
    return histories.get(conversation.rpartition("-")[0], Taste())


def with_asking(agent: Agent, **policy: float) -> Agent:
    """The same agent with another policy of asking."""
    services = replace(agent.parts.services, asking=AskPolicy.model_validate(policy))
    return Agent(replace(agent.parts, services=services))
