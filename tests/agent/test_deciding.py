"""Asking pays for its turn, asks what tells most, and stops."""

from __future__ import annotations

import numpy as np
import pytest

from parley.agent.deciding import AskPolicy, belief, choose_question, value_questions
from parley.agent.ledger import EditAction, Hardness, Ledger, LedgerEdit, Wish
from parley.tools.filters import Filter, FilterIndex
from parley.tools.items import Catalog
from parley.tools.kinship import Kinship
from parley.tools.recommenders.catalog_taste import load_film_recommender
from parley.tools.toolbox import Workbench
from tests.world import World


@pytest.fixture(scope="module")
def film_bench() -> Workbench:
    """A bench over the shipped films with nothing known of anybody."""
    catalog = Catalog.films()
    recommender = load_film_recommender(catalog)
    known = np.log1p(recommender.popularity)
    popularity = (known / known.max()).astype(np.float32)
    return Workbench(catalog, FilterIndex(catalog), {}, recommender, popularity, kin=Kinship())


def ask(bench: Workbench, **changes: object) -> object:
    settings = {"asked": (), "asked_in_row": 0, "standing": (), "wishes": 0, "policy": AskPolicy()} | changes
    return choose_question(bench, **settings)  # type: ignore[arg-type]


def test_someone_nothing_is_known_of_is_asked(film_bench: Workbench) -> None:
    question = ask(film_bench)

    assert question is not None
    assert len(question.options) == len(question.values) >= 3  # type: ignore[attr-defined]


def test_someone_with_two_wishes_is_not_asked(film_bench: Workbench) -> None:
    assert ask(film_bench, wishes=2) is None


def test_there_are_never_more_than_two_questions_in_a_row(film_bench: Workbench) -> None:
    assert ask(film_bench, asked_in_row=1) is not None
    assert ask(film_bench, asked_in_row=2) is None


def test_a_facet_is_not_asked_about_twice_nor_when_a_wish_stands(film_bench: Workbench) -> None:
    first = value_questions(film_bench, (), (), AskPolicy())[0].facet

    assert first not in [q.facet for q in value_questions(film_bench, (first,), (), AskPolicy())]
    assert first not in [q.facet for q in value_questions(film_bench, (), (first,), AskPolicy())]


def test_belief_sums_to_one_over_what_is_allowed(film_bench: Workbench) -> None:
    p = belief(film_bench)

    assert p.sum() == pytest.approx(1.0)
    assert (p >= 0).all()


def test_the_question_that_tells_most_beats_a_random_one(film_bench: Workbench) -> None:
    """200 people each want one film, drawn from the belief; after one question, is it among the best five?"""
    rng = np.random.default_rng(7)
    p = belief(film_bench)
    questions = value_questions(film_bench, (), (), AskPolicy())
    targets = rng.choice(len(p), size=200, p=p)

    def found(question: int, target: int) -> bool:
        asked = questions[question]
        has = {v.casefold() for v in film_bench.catalog.items[target].values(asked.facet)}
        answer = next((v for v in asked.values if v.casefold() in has), None)
        inside = film_bench.filters.mask(Filter.model_validate({asked.facet: [answer]})) if answer else p > 0
        return target in np.argsort(-np.where(inside, p, 0.0), kind="stable")[:5]

    best = [found(0, t) for t in targets]
    random = [found(int(rng.integers(len(questions))), t) for t in targets]
    unasked = [t in np.argsort(-p, kind="stable")[:5] for t in targets]

    assert sum(best) > sum(random) > sum(unasked)


def test_the_conversation_asks_at_most_twice_and_then_recommends(space_films: World) -> None:
    played = space_films.play("recommend something", "no preference", "I don't mind", "whatever")

    routes = [turn.route for turn in played.turns]
    assert routes.count("ask") <= 2
    assert "plan" in routes


def test_surprise_me_always_gets_a_slate(space_films: World) -> None:
    turn = space_films.play("surprise me").turns[0]

    assert turn.route == "plan"
    assert turn.slate


def test_a_wish_that_stands_narrows_the_belief(film_bench: Workbench) -> None:
    wish = Wish(facet="genre", value="Western", hardness=Hardness.HARD)
    ledger = Ledger().apply([LedgerEdit(action=EditAction.ADD, wish=wish)], turn=1)
    from dataclasses import replace

    p = belief(replace(film_bench, hard=ledger.hard_filter()))

    assert (p > 0).sum() == film_bench.filters.count(ledger.hard_filter())
