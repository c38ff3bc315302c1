"""A history as searches, a text as an item, and the part of a history that bears on a request."""

from __future__ import annotations

import numpy as np
import pytest

from parley.tools.filters import Filter
from parley.tools.retrieval import CatalogIndex
from parley.tools.retrieval.grounding import Grounder, grounded_ids
from parley.tools.retrieval.history import select_history
from parley.tools.retrieval.querying import HistoryRetriever, write_queries
from parley.tools.seams import Query, Taste

MIXED = Taste(reactions=(("vault", 1), ("vault-2", 1), ("ashfall", 1), ("ember", 1), ("pole", -1)))


def test_likes_that_lie_together_are_one_query(index: CatalogIndex) -> None:
    written = write_queries(MIXED, index, queries=2)

    assert {frozenset(w.item_ids) for w in written} == {
        frozenset({"vault", "vault-2"}),
        frozenset({"ashfall", "ember"}),
    }
    words = {w.item_ids: w.text for w in written}
    assert "heist" in words["vault", "vault-2"]
    assert "dragons" not in words["vault", "vault-2"]


def test_values_shared_by_likes_come_before_those_of_one(index: CatalogIndex) -> None:
    (only,) = write_queries(Taste(reactions=(("vault", 1), ("vault-2", 1))), index, queries=1, terms=3)

    assert {value for _, value in only.terms} == {"heist", "Stealth", "Ada Crane"}


def test_without_likes_there_is_nothing_to_write(index: CatalogIndex) -> None:
    assert write_queries(Taste(), index) == []
    assert write_queries(Taste(reactions=(("pole", -1.0), ("unknown", 1.0))), index) == []
    assert HistoryRetriever(index).retrieve(Query(), 5) == []


def test_the_history_retriever_obeys_filters_and_skips_what_was_reacted_to(index: CatalogIndex) -> None:
    taste = Taste(reactions=(("vault", 1), ("harbour", 1), ("armada", -1)))
    wanted = Filter.model_validate({"hours": {"lte": 20}})

    found = HistoryRetriever(index).retrieve(Query(taste=taste, filter=wanted, exclude=frozenset({"drift"})), 10)

    assert found[0].item_id == "vault-2"
    assert found[0].sources[0].why.startswith("you like ")
    assert not {"vault", "harbour", "armada", "drift", "ember"} & {c.item_id for c in found}


@pytest.mark.parametrize("text", ["teh vualt 2", "Vault 2", "THE VAULT II: the valut 2"])
def test_a_misspelt_title_is_grounded(text: str, index: CatalogIndex) -> None:
    assert Grounder(index).ground(text)[0].item_id == "vault-2"


def test_of_two_near_items_the_better_known_is_meant(index: CatalogIndex) -> None:
    text = "puzzle quiet"
    plain = Grounder(index, letters=0).ground(text, 2)
    second = index.catalog.positions[plain[1].item_id]

    known = Grounder(index, letters=0, gamma=5, popularity=np.eye(len(index), dtype=np.float32)[second]).ground(text, 2)

    assert known[0].item_id == plain[1].item_id


def test_whatever_is_asked_only_real_items_come_back(index: CatalogIndex) -> None:
    texts = ["", "zzzzqqq", "🎲", "Ashfal", "ASHFALL!", "\x00"]

    found = grounded_ids(Grounder(index), texts)

    assert set(found) <= set(index.catalog.positions)
    assert found.count("ashfall") == 1


def test_grounding_keeps_to_the_allowed_items(index: CatalogIndex) -> None:
    allowed = np.zeros(len(index), dtype=bool)
    allowed[3] = True

    assert [c.item_id for c in Grounder(index).ground("ashfall", 5, allowed=allowed)] == ["meadow"]


def test_the_part_of_a_history_that_bears_on_a_request_keeps_its_order(index: CatalogIndex) -> None:
    long = Taste(reactions=(("ember", 1), ("drift", 1), ("pole", -1), ("ashfall", -1), ("meadow", 1), ("gone", 1)))

    assert select_history(long, index, "dragons", 2).reactions == (("ember", 1), ("ashfall", -1))
    assert select_history(long, index, "dragons", 2, latest=1).reactions == (("ember", 1), ("meadow", 1))
    assert len(select_history(long, index, "dragons", 50).reactions) == 5
