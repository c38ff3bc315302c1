"""Recall: the statements and episodes that bear on a message, by entity and by meaning, in a token budget.

Standing wishes always come along. What the message itself says about a subject overrules what is
remembered of it: the request in front of us wins.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.memory.statements import ITEM, Kind, Statement, kept_words

if TYPE_CHECKING:
    from parley.memory.store import MemoryStore

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to (n, d) vectors of length 1."""

STANDING = (Kind.CONSTRAINT, Kind.HOUSEHOLD, Kind.LANGUAGE)
TURNS_SEARCHED = 300
VECTORS_KEPT = 5000
COMPARED = 64
"""Statements whose meaning is compared, the heaviest; of a long list of films the rest is compared word by word."""
_WORD = re.compile(r"[\w']+", re.UNICODE)


class Recalled(BaseModel):
    """A statement that bears on the message."""

    model_config = ConfigDict(frozen=True)

    statement: Statement
    score: float
    why: str
    """`standing`, `entity`, `meaning` or `taste`."""
    text: str


class Episode(BaseModel):
    """An earlier turn that bears on the message."""

    model_config = ConfigDict(frozen=True)

    session: str
    turn: int
    text: str
    """What the user said then, as a quotation; never what reads like an instruction."""
    score: float


class RecalledMemories(BaseModel):
    """What memory brings to one turn."""

    model_config = ConfigDict(frozen=True)

    statements: tuple[Recalled, ...] = ()
    episodes: tuple[Episode, ...] = ()
    overruled: tuple[Statement, ...] = ()
    """Believed, but the request says otherwise this time."""
    tokens: int = 0

    @property
    def text(self) -> str:
        """For a prompt: one line each, as data."""
        lines = [recalled.text for recalled in self.statements]
        return "\n".join([*lines, *(f'earlier they said: "{episode.text}"' for episode in self.episodes)])


def estimate_tokens(text: str) -> int:
    """Tokens of a text, to within a fifth for English: four letters each."""
    return max(1, math.ceil(len(text) / 4)) if text else 0


def recall(
    store: MemoryStore,
    user: str,
    message: str,
    *,
    entities: Sequence[str] = (),
    request: Sequence[tuple[str, str, str]] = (),
    budget_tokens: int = 200,
    now: datetime,
    session: str = "",
    embed: Embed | None = None,
    label: Callable[[str], str] = str,
    say: Callable[[Statement], str] | None = None,
    count_tokens: Callable[[str], int] = estimate_tokens,
) -> RecalledMemories:
    """What is known of the user that bears on the message, best first, within the budget.

    Args:
        store: the memory.
        user: whose; nobody else's rows are read.
        message: what the user says now.
        entities: item ids and facet values the message names.
        request: (facet, value, polarity) of the wishes in force; they overrule memories.
        budget_tokens: for `text`, by `count_tokens`. Standing wishes are taken first.
        now: the present, for fading.
        session: the current session, whose turns are no episodes.
        embed: texts to unit vectors, for meaning; without it words are compared.
        label: an item's name for its id.
        say: a statement in the catalogue's words.
        count_tokens: the model's own count.
    """
    from parley.memory.profile import load_profile

    profile = load_profile(store, user, now)
    believed = profile.believed
    overruled = tuple(s for s in believed if _is_overruled(s, request))
    open_statements = [s for s in believed if s not in overruled]
    texts = [say_line(s, label, say) for s in open_statements]
    likeness = _likeness(message, open_statements, texts, embed, store.text_vectors)
    named = {entity.casefold() for entity in entities}
    found = [
        _weigh(statement, text, near, named, now)
        for statement, text, near in zip(open_statements, texts, likeness, strict=True)
    ]
    ranked = sorted((r for r in found if r.score > 0.0), key=lambda r: (r.why != "standing", -r.score))
    chosen, spent = _within([(r, r.text) for r in ranked], budget_tokens, count_tokens)
    episodes = _episodes(store, user, session, message, named)
    told, more = _within([(e, f'earlier they said: "{e.text}"') for e in episodes], budget_tokens - spent, count_tokens)
    return RecalledMemories(statements=tuple(chosen), episodes=tuple(told), overruled=overruled, tokens=spent + more)


def _is_overruled(statement: Statement, request: Sequence[tuple[str, str, str]]) -> bool:
    """The request speaks of the same value the other way, or sets the same number anew."""
    for facet, value, polarity in request:
        if facet != statement.facet:
            continue
        if not value and not statement.value:
            return True
        if value.casefold() == statement.value.casefold() and value and polarity != statement.polarity:
            return True
    return False


def say_line(
    statement: Statement, label: Callable[[str], str] = str, phrase: Callable[[Statement], str] | None = None
) -> str:
    """A statement in a few words: "likes Alien", "no Horror"."""
    from parley.memory.profile import say_statement

    if statement.facet != ITEM:
        return (phrase or say_statement)(statement)
    verb = "has seen" if statement.kind is Kind.SEEN else "likes" if statement.polarity == "want" else "dislikes"
    return f"{verb} {label(statement.value)}"


def _weigh(statement: Statement, text: str, near: float, named: set[str], now: datetime) -> Recalled:
    weight = statement.weight(now)
    if statement.kind in STANDING:
        return Recalled(statement=statement, score=1.0 + weight, why="standing", text=text)
    if statement.value.casefold() in named:
        return Recalled(statement=statement, score=1.0 + weight, why="entity", text=text)
    if near > 0.0:
        return Recalled(statement=statement, score=near * (0.5 + 0.5 * weight), why="meaning", text=text)
    score = 0.05 * weight if statement.kind is not Kind.SEEN else 0.0
    return Recalled(statement=statement, score=score, why="taste", text=text)


def _likeness(
    message: str, statements: Sequence[Statement], texts: Sequence[str], embed: Embed | None, kept: dict[str, Any]
) -> list[float]:
    """How near each statement, heaviest first, is to the message, 0 to 1: in meaning, or by shared rare words.

    That something was seen bears on the request only if it is named, so words do.
    """
    if not texts or not message.strip():
        return [0.0] * len(texts)
    likeness = _shared_words(message, texts)
    chosen = [row for row, statement in enumerate(statements) if statement.kind is not Kind.SEEN][:COMPARED]
    if embed is None or not chosen:
        return likeness
    new = [text for text in dict.fromkeys(texts[row] for row in chosen) if text not in kept]
    if len(kept) + len(new) > VECTORS_KEPT:
        kept.clear()
        new = list(dict.fromkeys(texts[row] for row in chosen))
    vectors = np.asarray(embed([message, *new]), dtype=np.float32)  # (1 + new, d)
    kept.update(zip(new, vectors[1:], strict=True))
    near = np.stack([kept[texts[row]] for row in chosen]) @ vectors[0]  # (chosen,)
    for row, value in zip(chosen, near, strict=True):
        likeness[row] = max(0.0, float(value) - 0.2) / 0.8
    return likeness


def _shared_words(message: str, texts: Sequence[str]) -> list[float]:
    """Share of the message's rare words that a text has, rarity over the texts."""
    words = [set(_words(text)) for text in texts]
    seen_in = Counter(word for each in words for word in each)
    asked = set(_words(message))
    rarity = {word: math.log(1.0 + len(texts) / (1.0 + seen_in[word])) for word in asked}
    total = sum(rarity.values()) or 1.0
    return [sum(rarity[word] for word in asked & each) / total for each in words]


_COMMON = frozenset(
    word
    for line in (
        "a an and are at be but by can could do for from have i im in is it its like liked likes me my no not of",
        "on or please said say she he they so some something that the their them then there this to too want was",
        "watch we were what with would you your one film films movie movies any about",
    )
    for word in line.split()
)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.casefold()) if len(word) > 1 and word not in _COMMON]


def _within(
    ranked: Sequence[tuple[Any, str]], budget: int, count_tokens: Callable[[str], int]
) -> tuple[list[Any], int]:
    """The best that fit, skipping what does not."""
    chosen, spent = [], 0
    for each, text in ranked:
        cost = count_tokens(text) + 1
        if spent + cost <= budget:
            chosen.append(each)
            spent += cost
    return chosen, spent


def _episodes(store: MemoryStore, user: str, session: str, message: str, named: set[str]) -> list[Episode]:
    """Earlier turns of other sessions that share entities or rare words with the message, best first."""
    from parley.memory.store import Consent

    if store.consent(user) is not Consent.GRANTED:
        return []
    rows = store.recent_messages(user, TURNS_SEARCHED, except_session=session)
    texts = [kept_words(words) for _, _, words in rows]
    scores = _shared_words(message, texts)
    found = []
    for (its_session, turn, _), text, score in zip(rows, texts, scores, strict=True):
        bonus = 0.5 if any(entity in text.casefold() for entity in named) else 0.0
        if text and score + bonus >= 0.3:
            found.append(Episode(session=its_session, turn=turn, text=text, score=score + bonus))
    return sorted(found, key=lambda episode: -episode.score)[:3]
