"""A diverse slate gives up a little relevance for different things."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parley.tools.candidates import Candidate
from parley.tools.diversity import diversify, intra_list_similarity

TWINS = [Candidate(item_id=i, score=s) for i, s in (("a", 1.0), ("twin of a", 0.9), ("b", 0.8), ("c", 0.0))]
VECTORS = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32)


def order(lambda_: float, k: int | None = None) -> list[str]:
    return [c.item_id for c in diversify(TWINS, VECTORS, lambda_=lambda_, k=k)]


def test_a_near_copy_waits_until_something_else_was_shown() -> None:
    # the twin gains .7 * .9 - .3 * 1 = .33, b gains .7 * .8 - .3 * 0 = .56
    assert order(0.7) == ["a", "b", "twin of a", "c"]


def test_lambda_one_keeps_the_order_and_zero_looks_at_difference_only() -> None:
    assert order(1.0) == ["a", "twin of a", "b", "c"]
    assert order(0.0)[-1] == "twin of a"


def test_at_most_k_come_back_with_their_scores_untouched() -> None:
    assert diversify(TWINS, VECTORS, lambda_=0.7, k=2) == [TWINS[0], TWINS[2]]
    assert diversify([], np.empty((0, 3), dtype=np.float32)) == []
    assert order(0.5, 0) == []


def test_equal_scores_are_no_division_by_zero() -> None:
    same = [Candidate(item_id=str(n), score=0.5) for n in range(4)]
    assert [c.item_id for c in diversify(same, VECTORS, lambda_=0.5)] == ["0", "2", "3", "1"]


def test_mismatched_vectors_and_odd_lambdas_are_told() -> None:
    with pytest.raises(ValueError, match="4 candidates but 3 vectors"):
        diversify(TWINS, VECTORS[:3])
    with pytest.raises(ValueError, match="between 0"):
        diversify(TWINS, VECTORS, lambda_=2)


def test_intra_list_similarity_is_the_mean_over_pairs() -> None:
    assert intra_list_similarity(VECTORS) == pytest.approx(1 / 6)
    assert math.isnan(intra_list_similarity(VECTORS[:1]))
