"""The evaluation of the shipped taste model, on a world where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from parley.evals.offline import taste as taste_eval
from parley.evals.offline.taste import TOLD, as_markdown, evaluate_cold, evaluate_taste
from parley.tools.items import Catalog, Domain, Item, KindInfo
from parley.tools.recommenders import Interactions

GENRES = ("Space", "Romance")


def catalog() -> Catalog:
    domain = Domain(name="two", kinds={"genre": KindInfo(label="genre")})
    items = (Item(item_id=f"{g}{n:02d}", title=f"{g} {n}", tags={"genre": (g,)}) for g in GENRES for n in range(40))
    return Catalog(items, domain)


def ratings(people: int = 60) -> Interactions:
    """Everyone gives 5 stars to twenty films of one genre and 1 star to three of the other."""
    generator = np.random.default_rng(0)
    rows = []
    for person in range(people):
        mine, other = GENRES[person % 2], GENRES[1 - person % 2]
        rows += [(f"u{person}", f"{mine}{n:02d}", 5.0) for n in generator.choice(40, 20, replace=False)]
        rows += [(f"u{person}", f"{other}{n:02d}", 1.0) for n in generator.choice(40, 3, replace=False)]
    users, items, stars = zip(*rows, strict=True)
    return Interactions.from_columns(users, items, stars, item_ids=[item.item_id for item in catalog()])


def test_taste_beats_popularity_where_tastes_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taste_eval, "HEAD", 4)
    rows = {(row["system"], row["told"]): row["metrics"] for row in evaluate_taste(catalog(), ratings())}
    for told in TOLD:
        shipped, popular = rows["taste (shipped)", told], rows["popularity", told]
        assert shipped["NDCG@10"]["low"] > popular["NDCG@10"]["high"]
        assert shipped["NDCG@10"]["n"] == 60
    assert rows["taste (shipped)", 5]["Recall@10"]["mean"] <= 1


def test_films_nobody_rated_are_told_apart_by_content() -> None:
    found = {row["system"]: row["auc"] for row in evaluate_cold(catalog(), ratings())}
    assert found["taste (shipped)"]["low"] > 0.7
    assert 0.2 < found["borrowed popularity"]["mean"] < 0.8


def test_the_report_has_a_line_for_every_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taste_eval, "HEAD", 4)
    told = as_markdown(evaluate_taste(catalog(), ratings(20)), evaluate_cold(catalog(), ratings(20)))
    assert all(told.count(f"| {name} |") >= 3 for name in taste_eval.SYSTEMS)
