"""Every retriever passes the shared tests of its kind; then each shows what it is for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

from parley.tools.candidates import Candidate
from parley.tools.filters import Filter
from parley.tools.items import Catalog
from parley.tools.retrieval import (
    AttributeRetriever,
    CatalogIndex,
    DenseRetriever,
    HashingEmbedder,
    HybridRetriever,
    LexicalRetriever,
    SimilarRetriever,
    TasteRetriever,
)
from parley.tools.retrieval.documents import describing_kinds, stem, words
from parley.tools.retrieval.hits import Hits, fuse_hits
from parley.tools.retrieval.threads import _controller, one_blas_thread
from parley.tools.seams import Query, Retriever, Taste
from tests.tools.retrieval.conftest import DOMAIN, GAMES


class PairTaste:
    """A recommender of one rule: who likes an item likes the item before and after it."""

    name = "pairs"

    def __init__(self, item_ids: tuple[str, ...]) -> None:
        self.item_ids = item_ids

    def fold_in(self, taste: Taste) -> NDArray[np.float32]:
        scores = np.linspace(0.1, 0, len(self.item_ids), dtype=np.float32)
        for item_id, weight in taste.reactions:
            if item_id in self.item_ids:
                place = self.item_ids.index(item_id)
                scores[max(place - 1, 0) : place + 2] += weight
        return scores

    def recommend(self, taste: Taste, k: int, *, exclude: frozenset[str] = frozenset()) -> list[tuple[str, float]]:
        scores = self.fold_in(taste)
        seen = exclude | {item_id for item_id, _ in taste.reactions}
        order = [(i, float(scores[n])) for n, i in enumerate(self.item_ids) if i not in seen]
        return sorted(order, key=lambda pair: -pair[1])[:k]

    def save(self, folder: Path) -> None:
        raise NotImplementedError("nothing learned, nothing to save")


RECOMMENDER = PairTaste((*(item.item_id for item in GAMES[:-2]), "unknown-elsewhere"))

KINDS: dict[str, Callable[[CatalogIndex], Retriever]] = {
    "dense": DenseRetriever,
    "bm25": LexicalRetriever,
    "attribute": AttributeRetriever,
    "similar": SimilarRetriever,
    "taste": lambda index: TasteRetriever(index, RECOMMENDER),
    "hybrid": lambda index: HybridRetriever.open(index, RECOMMENDER),
}

ASKED = Query(
    text="dragons and a robbery at night, racing cars",
    filter=Filter.model_validate({"year": {"gte": 1990}, "theme": {"none": ["quiet"]}}),
    taste=Taste(reactions=(("vault", 1.0), ("ember", 1.0), ("armada", -1.0))),
    exclude=frozenset({"drift", "no-such-item"}),
)


@pytest.fixture(params=KINDS)
def retriever(request: pytest.FixtureRequest, index: CatalogIndex) -> Retriever:
    return KINDS[str(request.param)](index)


def ids(found: list[Candidate]) -> list[str]:
    return [candidate.item_id for candidate in found]


class TestEveryRetriever:
    def test_it_finds_something_and_says_why(self, retriever: Retriever) -> None:
        found = retriever.retrieve(ASKED, 10)

        assert found
        for candidate in found:
            assert candidate.sources
            assert all(source.why and source.rank >= 1 for source in candidate.sources)
            if retriever.name != "hybrid":
                assert candidate.source(retriever.name) is not None

    def test_the_filter_and_the_exclusions_always_hold(self, retriever: Retriever, games: Catalog) -> None:
        for candidate in retriever.retrieve(ASKED, 10):
            item = games[candidate.item_id]
            assert item.year is not None
            assert item.year >= 1990
            assert "quiet" not in item.values("theme")
            assert candidate.item_id != "drift"

    def test_scores_fall_and_no_item_comes_twice(self, retriever: Retriever) -> None:
        found = retriever.retrieve(ASKED, 10)

        assert len(set(ids(found))) == len(found)
        assert all(a.score >= b.score - 1e-6 for a, b in pairwise(found))

    @pytest.mark.parametrize("k", [0, 1, 2, 1000])
    def test_at_most_k_items_come(self, retriever: Retriever, k: int) -> None:
        assert len(retriever.retrieve(ASKED, k)) <= k

    def test_a_smaller_k_is_the_head_of_a_larger_one(self, retriever: Retriever) -> None:
        assert ids(retriever.retrieve(ASKED, 2)) == ids(retriever.retrieve(ASKED, 10))[:2]

    def test_a_filter_nothing_meets_gives_nothing(self, retriever: Retriever) -> None:
        impossible = ASKED.model_copy(update={"filter": Filter.model_validate({"hours": {"gte": 10_000}})})

        assert retriever.retrieve(impossible, 10) == []

    @pytest.mark.parametrize("text", ["", "   ", "\x00", "🎲🎲", "of the", "ａ" * 5000, "%s {} $where", "\ud800"])
    def test_odd_text_is_no_error(self, retriever: Retriever, text: str) -> None:
        found = retriever.retrieve(ASKED.model_copy(update={"text": text}), 5)

        assert len(found) <= 5

    def test_an_empty_catalogue_gives_nothing(self, retriever: Retriever) -> None:
        empty = CatalogIndex.open(None, Catalog([], DOMAIN), HashingEmbedder())

        assert KINDS[retriever.name](empty).retrieve(ASKED, 5) == []


def test_words_of_the_title_beat_words_of_the_text(index: CatalogIndex) -> None:
    found = LexicalRetriever(index).retrieve(Query(text="harbour"), 3)

    assert ids(found) == ["harbour"]
    assert found[0].sources[0].why == "harbour"


def test_plural_accents_and_case_do_not_hide_a_word(index: CatalogIndex) -> None:
    assert set(ids(LexicalRetriever(index).retrieve(Query(text="DRÀGON"), 5))) == {"ashfall", "ember"}
    assert [stem(word) for word in ("heists", "stories", "boxes", "glass", "bus", "is")] == [
        "heist", "story", "boxe", "glass", "bus", "is",
    ]  # fmt: skip
    assert words("The Amélie's dreams, please") == ["amelie", "dream"]


def test_a_rare_value_outweighs_a_common_one(index: CatalogIndex) -> None:
    found = AttributeRetriever(index).retrieve(Query(text="a puzzle with animals or planets"), 5)

    assert set(ids(found)[:2]) == {"orbit", "meadow"}
    assert found[0].sources[0].why in {"Puzzle, planets", "Puzzle, animals"}


def test_values_of_the_filter_are_wishes_and_forbidden_ones_are_not(index: CatalogIndex) -> None:
    wanted = Filter.model_validate({"person": ["Cy Abara"], "theme": {"none": ["war"]}})

    wishes = AttributeRetriever(index).wishes(Query(text="war and dragons", filter=wanted))

    assert wishes == [("theme", "dragons"), ("person", "Cy Abara")]


def test_with_conditions_only_the_popular_come_first(index: CatalogIndex, games: Catalog) -> None:
    prior = np.array([item.item_id == "drift" for item in games], dtype=np.float32)

    found = AttributeRetriever(index, prior=prior).retrieve(
        Query(filter=Filter.model_validate({"hours": {"lte": 10}})), 9
    )

    assert ids(found) == ["drift", "orbit", "meadow", "pole"]
    assert found[0].sources[0].why == "meets your conditions"


def test_taste_and_similar_never_return_what_was_reacted_to(index: CatalogIndex) -> None:
    taste = Taste(reactions=(("vault", 1.0), ("orbit", -1.0)))
    for retriever in (TasteRetriever(index, RECOMMENDER), SimilarRetriever(index)):
        found = retriever.retrieve(Query(taste=taste), 10)
        assert found[0].item_id == "vault-2"
        assert not {"vault", "orbit"} & set(ids(found))


def test_similar_names_the_like_each_item_is_close_to(index: CatalogIndex) -> None:
    found = SimilarRetriever(index).retrieve(Query(taste=Taste(reactions=(("vault", 1.0), ("ashfall", 1.0)))), 8)

    why = {candidate.item_id: candidate.sources[0].why for candidate in found}
    assert why["vault-2"] == "close to The Vault"
    assert why["ember"] == "close to Ashfall"


def test_the_hybrid_keeps_every_source_that_proposed_an_item(index: CatalogIndex) -> None:
    query = Query(text="heist", taste=Taste(reactions=(("vault", 1.0),)))

    found = HybridRetriever.open(index, RECOMMENDER).retrieve(query, 3)

    assert found[0].item_id == "vault-2"
    assert {s.name for s in found[0].sources} == {"dense", "bm25", "attribute", "taste", "similar"}


def test_a_broken_source_does_not_silence_the_others(index: CatalogIndex) -> None:
    class Broken:
        name = "broken"

        def retrieve(self, query: Query, k: int) -> list[Candidate]:
            raise RuntimeError("out of order")

    found = HybridRetriever.open(index, others=(Broken(),)).retrieve(Query(text="dragons"), 3)

    assert {"ashfall", "ember"} <= set(ids(found))


def test_a_third_party_source_cannot_break_the_filter(index: CatalogIndex) -> None:
    class Careless:
        name = "careless"

        def retrieve(self, query: Query, k: int) -> list[Candidate]:
            return [Candidate(item_id=i, score=1.0) for i in ("drift", "pole", "elsewhere", "ember")]

    found = HybridRetriever.open(index, others=(Careless(),)).retrieve(ASKED, 10)

    assert not {"drift", "pole", "elsewhere"} & set(ids(found))
    assert "ember" in ids(found)


def test_tag_kinds_that_state_one_fact_an_item_are_not_read_by_meaning(games: Catalog) -> None:
    assert describing_kinds(games) == ("genre", "theme")


def test_sources_that_agree_lift_an_item_and_only_the_best_are_told(index: CatalogIndex, games: Catalog) -> None:
    rows = games.positions
    one = Hits("one", np.array([rows["orbit"], rows["drift"]]), np.array([9.0, 8.0], np.float32), lambda n: f"a{n}")
    two = Hits("two", np.array([rows["ember"], rows["drift"]]), np.array([0.2, 0.1], np.float32), lambda n: f"b{n}")
    allowed = np.ones(len(games), dtype=bool)
    allowed[rows["ember"]] = False

    found = fuse_hits([one, two], {"two": 0.5}, 2, allowed, games)

    assert ids(found) == ["drift", "orbit"]
    assert found[0].score == pytest.approx(1 / 62 + 0.5 / 62)
    assert [(s.name, s.rank, s.why) for s in found[0].sources] == [("one", 2, "a1"), ("two", 2, "b1")]


def test_sources_side_by_side_answer_as_one_after_the_other(
    index: CatalogIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    retriever = HybridRetriever.open(index, RECOMMENDER)
    alone = retriever.retrieve(ASKED, 10)
    monkeypatch.setattr("parley.tools.retrieval.hybrid.PARALLEL_FROM", 1)

    assert retriever.retrieve(ASKED, 10) == alone


def test_a_question_takes_one_thread_and_gives_the_others_back() -> None:
    def threads() -> set[int]:
        return {int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"}

    _controller.cache_clear()  # other tests of this process may have loaded libraries since
    with threadpool_limits(limits=2, user_api="blas"):
        wide = threads()
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == wide
