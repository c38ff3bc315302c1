"""Ranking metrics: the expected values are arithmetic one can follow."""

from __future__ import annotations

from math import isnan, log2

import numpy as np
import pytest

from parley.evals.metrics import (
    coverage,
    gini,
    hit_at,
    intra_list_diversity,
    ndcg_at,
    ndcg_of,
    popularity_lift,
    rank_targets,
    recall_of,
    reciprocal_rank,
)

SCORES = np.array([[5.0, 4.0, 3.0, 2.0], [1.0, 1.0, 1.0, 0.0]])


def test_a_rank_counts_the_items_above_that_are_not_known() -> None:
    assert rank_targets(SCORES, np.array([2, 3]), [[], []]).tolist() == [2, 3]
    assert rank_targets(SCORES, np.array([2, 3]), [[0], [0, 1]]).tolist() == [1, 1]


def test_ties_count_against_the_target() -> None:
    assert rank_targets(SCORES[1:], np.array([0]), [[]]).tolist() == [2]
    assert rank_targets(np.zeros((1, 4)), np.array([0]), [[3]]).tolist() == [2]


def test_a_target_that_is_also_known_is_still_ranked() -> None:
    assert rank_targets(SCORES[:1], np.array([1]), [[0, 1]]).tolist() == [0]


def test_ranking_leaves_the_scores_alone() -> None:
    before = SCORES.copy()
    rank_targets(SCORES, np.array([2, 3]), [[0], [1]])
    assert np.array_equal(SCORES, before)


def test_one_target_metrics() -> None:
    ranks = np.array([0, 1, 9, 10])
    assert hit_at(10, ranks).tolist() == [1, 1, 1, 0]
    assert ndcg_at(10, ranks).tolist() == pytest.approx([1, 1 / log2(3), 1 / log2(11), 0])
    assert reciprocal_rank(ranks).tolist() == pytest.approx([1, 1 / 2, 1 / 10, 1 / 11])


def test_many_target_metrics() -> None:
    ranked = [7, 3, 9, 1]
    assert recall_of(ranked, {3, 1, 8}, 2) == 1 / 2  # two fit in the first two, one is there
    assert recall_of(ranked, {3, 1, 8}, 4) == 2 / 3
    assert ndcg_of(ranked, {3, 1, 8}, 4) == pytest.approx((1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3) + 1 / log2(4)))
    assert ndcg_of(ranked, {7}, 1) == 1


def test_nobody_to_satisfy_is_not_judged() -> None:
    assert isnan(recall_of([1, 2], set(), 2))
    assert isnan(ndcg_of([1, 2], set(), 2))


def test_with_one_relevant_item_both_ndcgs_agree() -> None:
    for place, item in enumerate([4, 2, 0]):
        assert ndcg_of([4, 2, 0], {item}, 3) == pytest.approx(float(ndcg_at(3, np.array([place]))[0]))


def test_coverage_counts_distinct_items() -> None:
    assert coverage(np.array([[0, 1], [1, 2]]), 6) == 3 / 6


def test_gini_is_0_when_even_and_near_1_when_one_item_takes_all() -> None:
    assert gini(np.array([[0, 1], [2, 3]]), 4) == pytest.approx(0)
    assert gini(np.array([[0], [0], [0]]), 4) == pytest.approx(3 / 4)
    assert gini(np.array([[0, 1]]), 4) == pytest.approx(1 / 2)
    assert isnan(gini(np.empty((0, 2), int), 4))


def test_popularity_lift_is_measured_against_the_persons_own_taste() -> None:
    popularity = np.array([10.0, 20.0, 30.0, 0.0])
    lift = popularity_lift(np.array([[1, 2], [0, 0], [0, 0]]), popularity, [[0], [1], []])
    assert lift[:2].tolist() == [(20 + 30) / 2 / 10 - 1, 10 / 20 - 1]
    assert isnan(lift[2])


def test_diversity_is_the_mean_distance_between_genres() -> None:
    genres = [frozenset("ab"), frozenset("a"), frozenset("c"), frozenset()]
    found = intra_list_diversity(np.array([[0, 1, 2], [0, 0, 3], [3, 3, 0]]), genres)
    assert found[0] == pytest.approx(((1 - 1 / 2) + 1 + 1) / 3)
    assert found[1] == 0
    assert isnan(found[2])
