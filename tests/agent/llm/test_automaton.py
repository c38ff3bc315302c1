"""The token automaton against Pydantic: random walks through the masks give valid documents only."""

from __future__ import annotations

import random
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import numpy as np
import pytest
from pydantic import BaseModel, Field

from parley.agent.llm.engine.automaton import Automaton, AutomatonStore, Place
from parley.agent.llm.engine.patterns import integer_between
from parley.agent.llm.seam import ModelError


class Mood(StrEnum):
    DARK = "dark"
    DREAMY = "dreamy"


class Wish(BaseModel):
    kind: Literal["genre", "person", "year"]
    value: str = Field(min_length=1, max_length=12)
    hard: bool = False
    weight: float = Field(default=0.5, ge=0, le=1)


class Tree(BaseModel):
    name: Mood
    children: list[Tree] = Field(default=[], max_length=2)


class Everything(BaseModel):
    text: str
    count: int = Field(ge=-3, le=120)
    above: float = Field(gt=0, lt=2)
    maybe: int | None = None
    wishes: list[Wish] = Field(default=[], max_length=3)
    pair: tuple[int, str] = (1, "a")
    free: dict[str, int] = {}
    tree: Tree | None = None
    day: date | None = None
    key: UUID | None = None
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{1,3}(x|yz)?$")] = "AB-1"
    choice: Wish | Mood | None = None
    tags: set[str] = set()


WORDS = ['{"', '":', '","', '"}', "film", "tex", 'x"', "你", "é", "12", "0.", '":"', "null", "true", "\\n", "a b"]


def vocabulary() -> list[bytes]:
    """All single bytes, and some longer tokens that straddle JSON's joints."""
    return [bytes([b]) for b in range(256)] + [w.encode() for w in WORDS]


def tokenize(text: str) -> list[int]:
    """Longest match first."""
    pieces = {piece: i for i, piece in enumerate(vocabulary())}
    data, out = text.encode(), []
    while data:
        size = next(n for n in range(min(8, len(data)), 0, -1) if data[:n] in pieces)
        out.append(pieces[data[:size]])
        data = data[size:]
    return out


@pytest.fixture(scope="module")
def store() -> AutomatonStore:
    return AutomatonStore(vocabulary(), frozenset(), tokenize)


def compile_model(store: AutomatonStore, model: type[BaseModel]) -> Automaton:
    return store.compile(model.__name__, model.model_json_schema())


def allowed_ids(automaton: Automaton, place: Place) -> list[int]:
    mask = automaton.mask(place)
    return [int(i) for i in (np.flatnonzero(mask) if mask.dtype == np.bool_ else mask)]


def random_document(automaton: Automaton, draw: random.Random, budget: int) -> bytes:
    """Follow the masks at random; close when the budget is spent."""
    place: Place = automaton.start
    out = b""
    for _ in range(budget):
        if automaton.accepts(place) and (automaton.finished(place) or draw.random() < 0.3):
            return out
        token = int(draw.choice(allowed_ids(automaton, place)))
        automaton.learn(place, token)
        out += automaton.pieces[token]
        place = automaton.advance(place, automaton.pieces[token])
        assert place
    return out + automaton.closing_text(place)


@pytest.mark.parametrize("model", [Wish, Tree, Everything])
def test_every_walk_through_the_masks_is_a_valid_document(store: AutomatonStore, model: type[BaseModel]) -> None:
    automaton = compile_model(store, model)
    draw = random.Random(11)
    for number in range(300):
        document = random_document(automaton, draw, draw.choice([0, 3, 20, 200]))
        value = model.model_validate_json(document)
        assert value is not None, number


def test_what_pydantic_writes_is_accepted(store: AutomatonStore) -> None:
    value = Everything(text='a "quoted" é 你 \n', count=7, above=0.25, tree=Tree(name=Mood.DARK), choice=Mood.DREAMY)
    automaton = compile_model(store, Everything)

    place = automaton.advance(automaton.start, value.model_dump_json().encode())

    assert automaton.accepts(place)


def text_of(automaton: Automaton, tokens: list[int]) -> bytes:
    return b"".join(automaton.pieces[t] for t in tokens)


def test_forced_text_is_guessed_and_what_came_here_before_too_but_never_what_somebody_said() -> None:
    automaton = compile_model(AutomatonStore(vocabulary(), frozenset(), tokenize), Wish)

    assert automaton.forced_text(automaton.start) == (b'{"kind":"', False)
    assert text_of(automaton, automaton.guess(automaton.start, 99)) == b'{"kind":"'
    for _ in range(4):
        place = automaton.start
        for token in tokenize('{"kind":"genre","value":"film","hard":true,"weight":0.5}'):
            automaton.learn(place, token)
            place = automaton.advance(place, automaton.pieces[token])

    assert text_of(automaton, automaton.guess(automaton.start, 99)) == b'{"kind":"genre","value":"'


def test_a_mask_allows_exactly_the_tokens_whose_bytes_are_allowed(store: AutomatonStore) -> None:
    draw = random.Random(23)
    for model in (Wish, Everything):
        automaton = compile_model(store, model)
        for _ in range(12):
            place = automaton.start
            for _ in range(draw.randint(0, 60)):
                place = automaton.advance(place, automaton.pieces[draw.choice(allowed_ids(automaton, place))])
                if automaton.finished(place):
                    break
            one_by_one = [t for t, piece in enumerate(automaton.pieces) if automaton.advance(place, piece)]
            assert allowed_ids(automaton, place) == one_by_one


def test_a_string_never_exceeds_its_length_even_by_a_long_token(store: AutomatonStore) -> None:
    automaton = compile_model(store, Wish)
    place = automaton.advance(automaton.start, b'{"kind":"year","value":"abcdefghijk')

    allowed = {automaton.pieces[i] for i in np.flatnonzero(np.isin(np.arange(272), automaton.mask(place)))}

    assert b"l" in allowed
    assert b"film" not in allowed
    assert b'x"' in allowed


def test_integers_between_bounds_are_exactly_those() -> None:
    draw = random.Random(2)
    for _ in range(60):
        low = draw.randint(-1200, 1200)
        high = low + draw.randint(0, 900)
        automaton_options = integer_between(low, high)
        for number in [low - 1, low, (low + high) // 2, high, high + 1, -low, 0]:
            accepted = any(matches(option, str(number).encode()) for option in automaton_options)
            assert accepted == (low <= number <= high), (low, high, number)


def matches(option: list[tuple[int, int, int]], text: bytes) -> bool:
    if not option:
        return not text
    bits, fewest, most = option[0]
    for count in range(fewest, most + 1):
        head = text[:count]
        if len(head) == count and all(bits >> b & 1 for b in head) and matches(option[1:], text[count:]):
            return True
    return False


def test_an_object_without_properties_is_empty_unless_its_keys_are_free(store: AutomatonStore) -> None:
    closed = store.compile("closed", {"type": "object", "properties": {}})
    free = store.compile("free", {"type": "object"})

    assert closed.forced_text(closed.start) == (b"{}", True)
    assert free.advance(free.start, b'{"a":[1,{"b":null}]}')


@pytest.mark.parametrize(
    "schema", [{"type": "object", "properties": {"a": {"$ref": "#/$defs/no"}}}, {"type": "quark"}, {"$ref": "http://x"}]
)
def test_a_schema_that_cannot_be_compiled_is_a_model_error(store: AutomatonStore, schema: dict[str, object]) -> None:
    with pytest.raises(ModelError):
        store.compile(str(schema), schema)


def product_schemas() -> list[type[BaseModel]]:
    """What the agent and the evaluations ask models to fill."""
    from parley.agent.planning.drafts import DraftPlan, ThoughtfulPlan
    from parley.agent.planning.thinking import NextAction
    from parley.evals.bench.llm_common import Intent
    from parley.evals.judge.model import Marks
    from parley.evals.nlu.model_probe import ModelWishes

    return [DraftPlan, ThoughtfulPlan, NextAction, Intent, Marks, ModelWishes]


@pytest.mark.parametrize("model", product_schemas(), ids=lambda m: m.__name__)
def test_a_thousand_random_documents_of_every_product_schema_are_valid(
    store: AutomatonStore, model: type[BaseModel]
) -> None:
    automaton = compile_model(store, model)
    draw = random.Random(17)
    for _ in range(1000):
        model.model_validate_json(random_document(automaton, draw, draw.choice([0, 5, 40, 120])))
