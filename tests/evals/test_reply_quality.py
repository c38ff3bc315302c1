"""The rubric of replies: what it counts, and what every writer is asked."""

from __future__ import annotations

import pytest

from parley.agent.llm.scripted import ScriptedModel
from parley.agent.reply.verify import Verifier
from parley.evals.reply_quality import CRITERIA, compare, mark, report, writers
from parley.tools.items import Catalog, Item


@pytest.fixture(scope="module")
def films() -> Catalog:
    return Catalog.films()


def by_title(films: Catalog, title: str) -> Item:
    return next(i for i in films if i.title == title)


def test_a_title_inside_a_longer_one_does_not_count_as_presented(films: Catalog) -> None:
    pair = [by_title(films, "The Hunger Games"), by_title(films, "The Hunger Games: Mockingjay - Part 1")]
    marked = mark(f"{pair[1].label} is grim.", pair, [], Verifier(films), 1.0)

    assert marked.scores[CRITERIA.index("presents all")] == 0.5


def test_the_realiser_passes_and_a_model_that_copies_another_films_maker_does_not(films: Catalog) -> None:
    model = ScriptedModel(lambda messages: "Heat (1995) is a comedy directed by Hayao Miyazaki.")
    ours, theirs = compare(films, writers(films, {"tuned": model}), number=3, seed=0)

    assert [m.total for m in ours.marks] == [1.0] * 3
    assert all(m.scores[CRITERIA.index("nothing wrong")] == 0.0 for m in theirs.marks)
    assert theirs.presents == [0.0] * 3
    page = report([ours, theirs], {"tuned": "scripted"}, ["a", "b", "c"], "command", 0)
    assert "realiser better 3, tuned better 0, level 0" in page
    assert page.count("directed by Hayao Miyazaki") == 3
