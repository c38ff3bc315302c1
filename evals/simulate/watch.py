"""Watching a study while it plays: every conversation turn by turn, with what the user keeps from the agent.

What is told here goes to a person who watches, never to an agent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

from parley.evals.simulate.contestants import Contestant
from parley.evals.simulate.personas import known_likes
from parley.evals.simulate.records import AgentReply, EndedBy, Frozen, Persona, Scorer, SessionRecord
from parley.evals.simulate.run import Bench, OpenBench
from parley.tools.items import Catalog

MOST_NAMED = 4
"""Titles of the wanted and of the liked ones that are told."""


class Named(Frozen):
    """An item in a watcher's eyes."""

    item_id: str
    label: str
    is_target: bool = False


class Begun(Frozen):
    """A conversation begins."""

    kind: Literal["begun"] = "begun"
    agent: str
    persona: str
    wants: tuple[Named, ...] = ()
    """What they would take; empty if they have nothing in particular in mind."""
    likes: tuple[Named, ...] = ()
    slice: str = ""


class Said(Frozen):
    """The user says something."""

    kind: Literal["said"] = "said"
    text: str


class Answered(Frozen):
    """The agent answers."""

    kind: Literal["answered"] = "answered"
    reply: str
    route: str
    slate: tuple[Named, ...] = ()


class Ended(Frozen):
    """The conversation is over, and judged."""

    kind: Literal["ended"] = "ended"
    agent: str
    persona: str
    ended_by: EndedBy
    error: str = ""
    accepted: str = ""
    """Label of what they took; empty for nothing."""
    turns: int = 0
    leaked: bool = False
    score: float | None = None
    """The study's headline score; None: not judged."""


Moment = Begun | Said | Answered | Ended
Tell = Callable[[Moment], None]


@dataclass
class WatchedBench:
    """A bench whose agents' conversations are told as they happen. For one process."""

    bench: OpenBench
    personas: Mapping[str, Persona]
    tell: Tell
    catalog: Catalog | None = None
    """The catalogue, once opened."""

    def __call__(self) -> Any:
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[Bench]:
        with self.bench() as opened:
            self.catalog = opened.catalog
            watched = {name: _Watched(agent, self) for name, agent in opened.contestants.items()}
            yield replace(opened, contestants=watched)

    def tell_end(self, session: SessionRecord, scorer: Scorer) -> None:
        """Tell how a conversation ended and what it scored."""
        score = scorer(session).value
        accepted = next((turn.accepted for turn in session.turns if turn.accepted), "")
        self.tell(
            Ended(
                agent=session.agent,
                persona=session.persona.persona_id,
                ended_by=session.ended_by,
                error=session.error,
                accepted=self.name(accepted).label if accepted else "",
                turns=len(session.turns),
                leaked=session.leaked,
                score=None if score != score else score,
            )
        )

    def name(self, item_id: str, targets: Sequence[str] = ()) -> Named:
        """The item with its title and year."""
        item = self.catalog.get(item_id) if self.catalog is not None else None
        return Named(item_id=item_id, label=item.label if item else item_id, is_target=item_id in targets)


class _Watched:
    """An agent, and everything it hears and says told to the watcher too."""

    def __init__(self, agent: Contestant, bench: WatchedBench) -> None:
        self.name = agent.name
        self._agent = agent
        self._bench = bench

    def begin(self, conversation: str) -> None:
        persona = self._persona(conversation)
        catalog = self._bench.catalog
        likes = list(known_likes(persona, catalog))[-MOST_NAMED:] if catalog is not None else []
        self._agent.begin(conversation)
        self._bench.tell(
            Begun(
                agent=self.name,
                persona=persona.persona_id,
                wants=tuple(self._bench.name(i, persona.targets) for i in persona.targets[:MOST_NAMED]),
                likes=tuple(self._bench.name(i) for i in likes),
                slice=persona.slice,
            )
        )

    def reply(self, conversation: str, message: str) -> AgentReply:
        self._bench.tell(Said(text=message))
        answer = self._agent.reply(conversation, message)
        targets = self._persona(conversation).targets
        slate = tuple(self._bench.name(item_id, targets) for item_id in answer.slate)
        self._bench.tell(Answered(reply=answer.reply, route=answer.route, slate=slate))
        return answer

    def end(self, conversation: str) -> None:
        self._agent.end(conversation)

    def _persona(self, conversation: str) -> Persona:
        """Who is behind a conversation; its name ends with the seed."""
        return self._bench.personas[conversation.rpartition("-")[0]]
