"""(b) Is what people say in one session remembered in the next? LAPS: real people, up to three sessions each.

Gold are the preferences noted after each session (Joko et al., "Doing Personal LAPS", SIGIR 2024,
arXiv:2405.03480) that can be tied to the catalogue: films, people, genres, moods, each wanted or not.
The users' own turns go through an extractor and through memory; at the next visit memory is compared
with everything noted so far.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from parley.evals.memory.stats import Estimate, bootstrap
from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.profile import load_profile, remember
from parley.memory.recall import estimate_tokens
from parley.memory.statements import ITEM, Kind, Statement
from parley.memory.store import MemoryStore
from parley.tools.items import Catalog
from parley.tools.linking import Linker

Preference = tuple[str, str, str]
"""(facet, value, polarity); people of every role under "person"."""

CATEGORIES: Mapping[str, tuple[str, str]] = {
    "movie_like": (ITEM, "want"),
    "movie_dislike": (ITEM, "avoid"),
    "actor_like": ("person", "want"),
    "actor_dislike": ("person", "avoid"),
    "genre_preferences_like": ("genre", "want"),
    "genre_preferences_dislike": ("genre", "avoid"),
    "users_mood": ("mood", "want"),
}
FACETS = frozenset(facet for facet, _ in CATEGORIES.values())
BUDGETS = (25, 50, 100, 200, 400, 800)
"""Tokens compared in (c)."""


class LapsError(ValueError):
    """The data cannot be read; the message names the file and the mend."""


class Session(BaseModel):
    """One conversation: turns as (the assistant's words before, the user's words), and what was noted after it."""

    model_config = ConfigDict(frozen=True)

    turns: tuple[tuple[str, str], ...]
    noted: frozenset[Preference]
    unlinked: int = 0
    """Noted preferences of the judged categories that name nothing in the catalogue."""


class Extractor(Protocol):
    """Turns one user's sentence into facts. Keeps the state of one session."""

    name: str

    def begin(self) -> None: ...

    def read(self, before: str, words: str) -> tuple[tuple[tuple[str, str], ...], tuple[WishFact, ...]]:
        """(item_id, stance) pairs and wishes of one turn."""
        ...


class RecallRow(BaseModel):
    """One extractor, through memory, at the visit after the last session; means over people."""

    model_config = ConfigDict(frozen=True)

    name: str
    recall: Estimate
    """Share of what was noted that memory holds, hints included."""
    precision: Estimate
    """Share of what memory holds that was noted."""
    recall_repeated: Estimate
    """Of what was noted in two sessions or more, the share that memory believes."""
    precision_believed: Estimate
    """Share of what memory believes that was noted."""
    retention: Estimate
    """Of what was rightly held after the first session, the share still held, the same way round, after the last."""


class TokenRow(BaseModel):
    """What a prompt of so many tokens still says of the person; means over people."""

    model_config = ConfigDict(frozen=True)

    budget: int
    memory: Estimate
    """Share of what was noted that memory's text brings, the right way round."""
    history: Estimate
    """Share that the linker reads off the latest turns, word for word, whichever way round."""


class LapsReport(BaseModel):
    """All of part (b), and the LAPS half of part (c)."""

    model_config = ConfigDict(frozen=True)

    people: int
    people_returning: int
    sessions: int
    noted: int
    noted_linked: float
    """Share of the noted preferences of the judged categories that name something in the catalogue."""
    rows: tuple[RecallRow, ...]
    tokens: tuple[TokenRow, ...]


def load_laps(
    folder: Path, linker: Linker, files: Sequence[str] = ("train.json.gz", "val.json.gz")
) -> list[list[Session]]:
    """The people of LAPS, each with their sessions in order.

    Raises:
        LapsError: a file is missing or not what LAPS publishes.
    """
    people = []
    for name in files:
        path = folder / name
        try:
            with gzip.open(path, "rt", encoding="utf-8") as file:
                records = json.load(file)
            people += [[_session(raw, linker) for raw in record["sessions"]] for record in records]
        except FileNotFoundError as error:
            raise LapsError(f"{str(path)!r} is missing; run `parley data get laps-movie`") from error
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise LapsError(f"{str(path)!r} is damaged ({type(error).__name__}); fetch it again") from error
    return people


def _session(raw: Mapping[str, Any], linker: Linker) -> Session:
    turns, before = [], ""
    for message in raw["dialogue"]:
        if message["role"] == "User":
            turns.append((before, str(message["message"])))
            before = ""
        else:
            before = str(message["message"])
    noted, unlinked = set(), 0
    for category, (facet, polarity) in CATEGORIES.items():
        for text in raw["preferences"].get(category, ()):
            values = _link(str(text), facet, linker)
            noted |= {(facet, value, polarity) for value in values}
            unlinked += not values
    return Session(turns=tuple(turns), noted=frozenset(noted), unlinked=unlinked)


def _link(text: str, facet: str, linker: Linker) -> list[str]:
    if facet == ITEM:
        found = linker.resolve_title(text)
        return [found.item_id] if found is not None and found.score >= 0.8 else []
    return [v.value for v in linker.link_values(text) if (v.is_person if facet == "person" else v.facet == facet)]


class LinkerExtractor:
    """The baseline: whatever the linker finds is wanted, unless a word of refusal comes before it in the clause."""

    name = "linker and words of refusal"
    _NO = re.compile(
        r"\b(?:no|not|never|avoid|hate[sd]?|dislike[sd]?|don'?t|do not|didn'?t|without|except|can'?t stand|nothing)\b",
        re.IGNORECASE,
    )
    _SEEN = re.compile(r"\b(?:seen|watched|saw)\b", re.IGNORECASE)

    def __init__(self, linker: Linker) -> None:
        self.linker = linker

    def begin(self) -> None:
        """Nothing is carried from turn to turn."""

    def read(self, before: str, words: str) -> tuple[tuple[tuple[str, str], ...], tuple[WishFact, ...]]:
        linked = self.linker.link(words)
        reactions, wishes = [], []
        for title in linked.titles:
            clause = re.split(r"[.;!?]|\bbut\b", words[: title.start])[-1]
            seen = self._SEEN.search(clause) is not None
            reactions.append((title.item_id, "seen" if seen else "dislike" if self._NO.search(clause) else "like"))
        for value in linked.values:
            clause = re.split(r"[.;!?]|\bbut\b", words[: value.start])[-1]
            polarity = "avoid" if self._NO.search(clause) else "want"
            wishes.append(WishFact(facet=value.facet, value=value.value, polarity=polarity, words=words))
        return tuple(reactions), tuple(wishes)


class UnderstandingExtractor:
    """Parley's own understanding, with the ledger of the session as it would stand."""

    name = "Parley's understanding"

    def __init__(self, catalog: Catalog, linker: Linker) -> None:
        from parley.agent.understanding import Understander

        self.understander = Understander(catalog, linker)
        self.begin()

    def begin(self) -> None:
        from parley.agent.ledger import Ledger

        self.ledger, self.turn = Ledger(), 0
        self.window: list[tuple[str, str]] = []

    def read(self, before: str, words: str) -> tuple[tuple[tuple[str, str], ...], tuple[WishFact, ...]]:
        from parley.agent.ledger import ABOUT
        from parley.agent.understanding.context import DialogueContext

        self.turn += 1
        if before:
            self.window.append(("assistant", before))
        context = DialogueContext(ledger=self.ledger, turn=self.turn, window=tuple(self.window[-6:]))
        understood = self.understander.understand(words, context)
        self.ledger = self.ledger.apply(understood.edits, turn=self.turn)
        self.window.append(("user", words))
        mine = [w for w in self.ledger.active if w.turn == self.turn]
        reactions = tuple((w.value, w.stance.value) for w in mine if w.facet == ITEM and w.stance is not None)
        wishes = tuple(
            WishFact.model_validate(
                {
                    "facet": w.facet, "value": value, "gte": w.gte, "lte": w.lte, "polarity": w.polarity.value,
                    "hardness": w.hardness.value, "scope": w.scope.value, "words": w.words,
                }
            )
            for w in mine
            if w.facet not in (ITEM, ABOUT)
            for value in w.values
        )  # fmt: skip
        return reactions, wishes


def evaluate_laps(folder: Path, catalog: Catalog, *, seed: int = 0, most: int | None = None) -> LapsReport:
    """Run part (b), and the LAPS half of part (c).

    Args:
        folder: the data set's folder.
        catalog: what preferences are tied to.
        seed: for the intervals.
        most: at most so many people, for a quick look.
    """
    linker = Linker.for_catalog(catalog)
    people = load_laps(folder, linker)[:most]
    rows, tokens = [], []
    for extractor in (LinkerExtractor(linker), UnderstandingExtractor(catalog, linker)):
        measured = [_live(person, extractor, catalog, linker) for person in people]
        rows.append(_row(extractor.name, measured, seed))
        tokens = [_token_row(budget, measured, seed) for budget in BUDGETS]
    judged = sum(len(s.noted) + s.unlinked for person in people for s in person)
    return LapsReport(
        people=len(people),
        people_returning=sum(len(person) > 1 for person in people),
        sessions=sum(map(len, people)),
        noted=judged,
        noted_linked=sum(len(s.noted) for person in people for s in person) / max(1, judged),
        rows=tuple(rows),
        tokens=tuple(tokens),
    )


class Measured(BaseModel):
    """One person's life with memory."""

    model_config = ConfigDict(frozen=True)

    recall: float
    precision: float
    recall_repeated: float
    precision_believed: float
    retention: float
    memory_at: dict[int, float]
    history_at: dict[int, float]


def _live(person: Sequence[Session], extractor: Extractor, catalog: Catalog, linker: Linker) -> Measured:
    """All sessions of one person, a week apart, through an in-memory store."""
    now = datetime(2026, 1, 1, 20, tzinfo=UTC)
    noted: set[Preference] = set()
    first: set[Preference] = set()
    with MemoryStore.open(":memory:", clock=lambda: now) as store:
        store.set_consent("person", True)
        for number, session in enumerate(person):
            extractor.begin()
            for turn, (before, words) in enumerate(session.turns, 1):
                reactions, wishes = extractor.read(before, words)
                facts = TurnFacts(
                    user="person", session=f"s{number}", turn=turn, time=now, reactions=reactions, wishes=wishes
                )
                remember(store, propose([facts]), now)
            noted |= session.noted
            if number == 0:
                first = _held(store.statements("person")) & noted
            now += timedelta(days=7)
        statements = store.statements("person")
        held, believed = _held(statements), _held([s for s in statements if s.is_believed])
        lines = _lines(load_profile(store, "person", now).believed, statements, catalog)
    repeated = {p for p in noted if sum(p in s.noted for s in person) >= 2}
    history = [words for session in person for _, words in session.turns]
    return Measured(
        recall=_share(len(held & noted), len(noted)),
        precision=_share(len(held & noted), len(held)),
        recall_repeated=_share(len(believed & repeated), len(repeated)),
        precision_believed=_share(len(believed & noted), len(believed)),
        retention=_share(len(first & held), len(first)) if len(person) > 1 else math.nan,
        memory_at={b: _share(len(_told(lines, b) & noted), len(noted)) for b in BUDGETS},
        history_at={b: _share(len(_readable(history, b, linker, noted)), len(noted)) for b in BUDGETS},
    )


def _held(statements: Sequence[Statement]) -> set[Preference]:
    """What statements come to, in the judged facets; having seen a film is no preference."""
    return {key for s in statements if s.kind is not Kind.SEEN if (key := _key(s))[0] in FACETS}


def _key(statement: Statement) -> Preference:
    facet = "person" if statement.facet in ("cast", "director") else statement.facet
    return facet, statement.value, statement.polarity


def _lines(
    believed: Sequence[Statement], statements: Sequence[Statement], catalog: Catalog
) -> list[tuple[Preference, str]]:
    """The profile as text, a line a statement: what is believed first, then hints, latest first."""
    hints = sorted((s for s in statements if not s.is_believed), key=lambda s: s.last_seen, reverse=True)
    lines = []
    for statement in (*believed, *hints):
        item = catalog.get(statement.value) if statement.facet == ITEM else None
        words = item.label if item is not None else statement.value
        lines.append((_key(statement), words if statement.polarity == "want" else f"not {words}"))
    return lines


def _told(lines: Sequence[tuple[Preference, str]], budget: int) -> set[Preference]:
    told = set()
    for key, text in lines:
        budget -= estimate_tokens(text) + 1
        if budget < 0:
            break
        told.add(key)
    return told


def _readable(history: Sequence[str], budget: int, linker: Linker, wanted: set[Preference]) -> set[Preference]:
    """Which of the wanted preferences the latest user turns that fit still name, whatever the polarity."""
    kept = []
    for words in reversed(history):
        budget -= estimate_tokens(words) + 1
        if budget < 0:
            break
        kept.append(words)
    named: set[tuple[str, str]] = set()
    for words in kept:
        linked = linker.link(words)
        named |= {(ITEM, title.item_id) for title in linked.titles}
        named |= {("person" if v.is_person else v.facet, v.value) for v in linked.values}
    return {p for p in wanted if (p[0], p[1]) in named}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _row(name: str, measured: Sequence[Measured], seed: int) -> RecallRow:
    fields = ("recall", "precision", "recall_repeated", "precision_believed", "retention")
    return RecallRow(
        name=name, **{field: bootstrap([getattr(m, field) for m in measured], seed=seed) for field in fields}
    )


def _token_row(budget: int, measured: Sequence[Measured], seed: int) -> TokenRow:
    return TokenRow(
        budget=budget,
        memory=bootstrap([m.memory_at[budget] for m in measured], seed=seed),
        history=bootstrap([m.history_at[budget] for m in measured], seed=seed),
    )


def tokens_to_reach(points: Sequence[tuple[int, float]], level: float) -> float:
    """Tokens at which a rising curve reaches a level, between its points; nan if it never does."""
    before: tuple[int, float] = (0, 0.0)
    for budget, value in points:
        if value >= level:
            share = (level - before[1]) / (value - before[1]) if value > before[1] else 1.0
            return before[0] + share * (budget - before[0])
        before = (budget, value)
    return math.nan
