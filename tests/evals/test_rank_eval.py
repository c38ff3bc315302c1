"""`parley eval rank` with a scripted model: what it measures is what happened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from parley.evals.rank.report import write_page
from parley.evals.rank.requests import Asked, RankEvalError, make_requests
from parley.evals.rank.run import evaluate_baselines, evaluate_ranker, make_ranker
from parley.tools.candidates import Candidate
from parley.tools.recommenders.data import Interactions
from parley.tools.seams import RankedList, RankRequest


def log(people: int = 30, items: int = 40) -> Interactions:
    """Each person walks seven items on from a random start, then jumps where nobody could foresee."""
    rng = np.random.default_rng(0)
    users, things, times = [], [], []
    for person in range(people):
        start = int(rng.integers(items))
        for step in range(8):
            users.append(str(person))
            things.append(str((start + step if step < 7 else start + int(rng.integers(8, items))) % items))
            times.append(float(step))
    return Interactions.from_columns(users, things, None, times)


class Oracle:
    """Knows the targets."""

    name = "oracle"

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.targets = {frozenset(c.item_id for c in a.candidates): a.target for a in asked}

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        target = self.targets[frozenset(c.item_id for c in candidates)]
        scores = {c.item_id: float(c.item_id == target) for c in candidates}
        return RankedList(
            candidates=tuple(sorted(candidates, key=lambda c: -scores[c.item_id])), scores=scores, model_calls=1
        )


class FirstCome:
    """Leaves the list as it comes."""

    name = "first-come"

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        return RankedList(candidates=tuple(candidates), model_calls=1)


def test_random_candidates_hold_the_target_once_and_nothing_from_the_history() -> None:
    asked, _ = make_requests(log(), users=10, source="random")

    for one in asked:
        ids = [c.item_id for c in one.candidates]
        assert len(set(ids)) == 20
        assert one.target in ids
        assert not set(ids) & set(one.request.taste.liked)


def test_retrieved_candidates_are_taken_without_looking_at_the_target() -> None:
    asked, _ = make_requests(log(), users=30, source="retriever")

    assert any(a.target not in [c.item_id for c in a.candidates] for a in asked)


def test_an_oracle_earns_weight_and_first_place() -> None:
    asked, popularity = make_requests(log(), users=30, source="random")
    alone, fused, routed = evaluate_ranker(Oracle(asked), asked, popularity, lambda: 0)

    assert alone.ndcg10.mean == alone.hit1.mean == 1
    assert alone.top1_kept is not None
    assert alone.top1_kept.mean == 1
    assert fused.weights is not None
    assert max(fused.weights.weights) > 0
    assert routed.routed is not None
    assert 0 < routed.routed < 1


def test_a_ranker_that_keeps_the_shuffled_list_earns_nothing_and_fusion_stays_the_input_order() -> None:
    asked, popularity = make_requests(log(), users=30, source="random")
    alone, fused, _ = evaluate_ranker(FirstCome(), asked, popularity, lambda: 0)

    assert fused.weights is not None
    assert not any(fused.weights.weights)
    assert fused.against_input is not None
    assert fused.against_input.mean == 0
    assert alone.top1_kept is not None
    assert alone.top1_kept.mean < 0.5


def test_the_page_says_how_many_rankers_earn_nothing() -> None:
    asked, popularity = make_requests(log(), users=20, source="random")
    rows = [*evaluate_baselines(asked, popularity), *evaluate_ranker(FirstCome(), asked, popularity, lambda: 0)]

    page = write_page(rows, "walks", "scripted", 20, 0, "parley eval rank")

    assert "1 of 1 fused rankers earn weight 0" in page
    assert "| input order (EASE) |" in page


def test_more_users_than_there_are_is_refused() -> None:
    with pytest.raises(RankEvalError, match="31 users asked for, 30"):
        make_requests(log(), users=31, source="random")


def test_an_unknown_ranker_is_told_the_known_ones() -> None:
    with pytest.raises(RankEvalError, match="no ranker 'tarot'; known: letters"):
        make_ranker("tarot", None, None, None)  # type: ignore[arg-type]
