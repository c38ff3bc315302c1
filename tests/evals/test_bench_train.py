"""`parley bench train`: the same split for all, ratios of one run, and nothing claimed that was not measured."""

from __future__ import annotations

import numpy as np
import pytest

from parley.evals.bench.train import as_markdown, measure_fold_in, run
from parley.tools.recommenders import Interactions


def walkers(people: int = 40, items: int = 20, steps: int = 6) -> Interactions:
    """Everyone walks the ring of items one step at a time."""
    starts = np.random.default_rng(0).integers(0, items, people)
    rows = [(start + np.arange(steps)) % items for start in starts]
    return Interactions.from_columns(
        [f"u{p}" for p, row in enumerate(rows) for _ in row],
        [f"i{item:02d}" for row in rows for item in row],
        None,
        [float(t) for row in rows for t in range(len(row))],
        name="ring",
    )


def test_every_system_is_fitted_asked_and_judged_beside_its_peer() -> None:
    pytest.importorskip("implicit")
    rows = {row["system"]: row for row in run(walkers(), repeats=2, models=("itemknn", "als"), slow=False)}
    assert list(rows) == ["implicit-als", "implicit-cosine", "itemknn", "als"]
    for name in ("itemknn", "als"):
        row, peer = rows[name], rows[rows[name]["peer"]]
        assert row["fit_ratio"] == peer["fit_s"] / row["fit_s"]
        assert row["ask_ratio"] == peer["ask_us"] / row["ask_us"]
        assert row["people_a_second"] > 0
        assert row["sooner_than_slow"] is None
    assert "| itemknn |" in as_markdown(list(rows.values()), measure_fold_in(200))


def test_sooner_is_only_said_of_systems_as_good_as_sasrec(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from parley.evals.bench import train
    from parley.tools.recommenders.sasrec import SasRec

    small = SasRec.small_config().model_dump(mode="json") | {"epochs": 15}
    plain = train.read_tuned
    monkeypatch.setattr(train, "read_tuned", lambda d, p, name: small if name == "sasrec" else plain(d, p, name))
    rows = {row["system"]: row for row in run(walkers(), repeats=1, models=("popularity", "itemknn"))}
    dear = rows["sasrec"]
    assert dear["sooner_than_slow"] is None
    for name in ("popularity", "itemknn"):
        as_good = rows[name]["ndcg"]["mean"] >= dear["ndcg"]["mean"]
        assert rows[name]["sooner_than_slow"] == (dear["fit_s"] / rows[name]["fit_s"] if as_good else None)
    assert rows["popularity"]["sooner_than_slow"] is None


def test_fold_in_is_measured_over_a_catalogue_of_the_size_asked_for() -> None:
    measured = measure_fold_in(300, likes=5, k=10)
    assert "top 10 of 300 items" in measured["task"]
    assert 0 < measured["ms"] <= measured["p95_ms"]
