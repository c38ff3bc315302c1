"""A sample of the requests keeps the share of every kind."""

from __future__ import annotations

from collections import Counter

from parley.evals.plan.requests import load_requests, stratified


def test_a_sample_keeps_every_kind_in_its_share_and_the_same_seed_draws_the_same() -> None:
    requests = load_requests()
    sample = stratified(requests, 40, seed=3)

    whole, part = Counter(r.kind for r in requests), Counter(r.kind for r in sample)
    assert all(part[kind] == max(1, round(40 * n / len(requests))) for kind, n in whole.items())
    assert sample == stratified(requests, 40, seed=3)
    assert sample != stratified(requests, 40, seed=4)
