from __future__ import annotations

import random

import pytest

from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.profile import load_profile, remember
from parley.memory.rah import learn_taste, reflect_on
from parley.memory.statements import Kind, Source, Status
from parley.memory.store import MemoryStore
from tests.memory.conftest import Clock

GENRES = ("War", "Romance", "Western", "Comedy")


def attributes(item_id: str) -> list[tuple[str, str]]:
    """Item 7 has the genre 7 % 4, and a keyword that means nothing."""
    number = int(item_id)
    return [("genre", GENRES[number % 4]), ("keyword", f"k{number % 7}")]


def expect(item_id: str) -> float:
    return 0.5


def reactions(n: int, seed: int = 0, noise: float = 0.1) -> list[tuple[str, bool]]:
    """Someone who likes War and dislikes Romance, and tosses a coin over the rest."""
    rng = random.Random(seed)
    found = []
    for item in rng.sample(range(1000), n):
        genre = GENRES[item % 4]
        sure = {"War": True, "Romance": False}.get(genre, rng.random() < 0.5)
        found.append((str(item), sure if rng.random() > noise else not sure))
    return found


def test_the_loop_keeps_the_tastes_that_are_there_and_drops_most_that_are_not() -> None:
    taste = learn_taste(reactions(120), attributes, expect)

    weights = {h.value: h.weight for h in taste.hypotheses if h.kept}
    assert weights["War"] > 0.5
    assert weights["Romance"] < -0.5
    assert {"War", "Romance"} <= set(weights)
    dropped = [h for h in taste.hypotheses if not h.kept]
    assert len(dropped) >= 4
    assert not {"War", "Romance"} & {h.value for h in dropped}
    assert taste.critic_gain > 0


def test_held_out_reactions_are_predicted_better_than_by_chance_alone() -> None:
    for seed in range(5):
        known, later = reactions(100, seed), reactions(200, seed + 100, noise=0.0)
        taste = learn_taste(known, attributes, expect)
        judged = [(i, liked) for i, liked in later if GENRES[int(i) % 4] in ("War", "Romance")]

        right = sum((taste.predict(i, attributes, expect) > 0) == liked for i, liked in judged)

        assert right / len(judged) > 0.9


def test_with_nothing_to_learn_everything_is_as_anyone_would_expect() -> None:
    taste = learn_taste([], attributes, lambda _: 0.8)

    assert taste.hypotheses == ()
    assert taste.predict("1", attributes, lambda _: 0.8) > 0


def test_a_person_who_likes_everything_is_generous_not_in_love_with_every_genre() -> None:
    taste = learn_taste([(str(n), True) for n in range(60)], attributes, expect)

    assert taste.bias > 1.0
    assert all(abs(h.weight) < 0.3 for h in taste.hypotheses)


def test_the_same_reactions_and_seed_give_the_same_taste() -> None:
    assert learn_taste(reactions(60), attributes, expect) == learn_taste(reactions(60), attributes, expect)


@pytest.fixture
def ana(store: MemoryStore, clock: Clock) -> MemoryStore:
    store.set_consent("ana", True)
    for turn, (item, liked) in enumerate(reactions(80), 1):
        stance = "like" if liked else "dislike"
        facts = TurnFacts(user="ana", session=f"s{turn // 10}", turn=turn, time=clock(), reactions=((item, stance),))
        remember(store, propose([facts]), clock())
    return store


def test_reflection_writes_proven_tastes_with_the_items_as_evidence(ana: MemoryStore, clock: Clock) -> None:
    written = reflect_on(ana, "ana", attributes, expect, clock())

    tastes = {s.value: s for s in load_profile(ana, "ana", clock()).tastes()}
    assert tastes["War"].polarity == "want"
    assert tastes["Romance"].polarity == "avoid"
    assert all(e.item_id and ("genre", "War") in attributes(e.item_id) for e in tastes["War"].evidence)
    assert {s.statement_id for s in written} <= {s.statement_id for s in ana.statements("ana")}
    assert "War" in load_profile(ana, "ana", clock()).paragraph()


def test_what_stops_predicting_is_marked_unproven_and_steers_nothing(ana: MemoryStore, clock: Clock) -> None:
    reflect_on(ana, "ana", attributes, expect, clock())
    for statement in ana.statements("ana"):
        if statement.facet == "item":
            ana.delete_statement("ana", statement.statement_id)
    for turn, item in enumerate(range(80), 1):  # now half of every genre is liked
        stance = "like" if item // 4 % 2 else "dislike"
        facts = TurnFacts(user="ana", session="later", turn=turn, time=clock(), reactions=((str(item), stance),))
        remember(ana, propose([facts]), clock())

    reflect_on(ana, "ana", attributes, expect, clock())

    states = {s.value: s.status for s in ana.statements("ana") if s.kind is Kind.ATTRIBUTE_TASTE}
    assert states["War"] is Status.UNPROVEN
    assert not {"War", "Romance"} & {s.value for s in load_profile(ana, "ana", clock()).tastes()}


def test_what_the_user_said_is_left_alone_by_reflection(ana: MemoryStore, clock: Clock) -> None:
    wish = WishFact(facet="genre", value="War", polarity="avoid", hardness="hard", scope="standing", words="no war")
    facts = TurnFacts(user="ana", session="s", turn=900, time=clock(), wishes=(wish,))
    remember(ana, propose([facts]), clock())

    reflect_on(ana, "ana", attributes, expect, clock())

    war = next(s for s in ana.statements("ana") if s.value == "War")
    assert (war.source, war.polarity, war.hardness) == (Source.EXPLICIT, "avoid", "hard")


def test_without_consent_reflection_writes_nothing(ana: MemoryStore, clock: Clock) -> None:
    ana.set_consent("ana", False)

    assert reflect_on(ana, "ana", attributes, expect, clock()) == []
