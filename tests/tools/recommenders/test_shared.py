"""What every recommender promises. A new one joins by its name in the registry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parley.tools.recommenders import RECOMMENDERS, ClassicalRecommender, Histories, load_recommender, recommender_class
from parley.tools.recommenders.base import RecommenderError
from parley.tools.seams import Recommender, Taste
from tests.tools.recommenders.worlds import FILMS, LOVE, SPACE, two_tastes

NEEDS = {"als": "implicit", "bpr": "implicit", "sasrec": "torch"}


@pytest.fixture(scope="module", params=sorted(RECOMMENDERS))
def fitted(request: pytest.FixtureRequest) -> ClassicalRecommender:
    if request.param in NEEDS:
        pytest.importorskip(NEEDS[request.param])
    return fit(request.param)


def fit(kind: str, seed: int = 0) -> ClassicalRecommender:
    model_class = recommender_class(kind)
    return model_class.fit(two_tastes(), model_class.small_config(), seed=seed)


def likes(*films: str) -> Taste:
    return Taste(reactions=tuple((film, 1.0) for film in films))


def test_it_is_a_recommender_over_the_vocabulary_it_was_fitted_on(fitted: ClassicalRecommender) -> None:
    assert isinstance(fitted, Recommender)
    assert fitted.item_ids == FILMS


def test_a_like_leads_to_its_own_kind(fitted: ClassicalRecommender) -> None:
    if fitted.kind == "popularity":
        pytest.skip("popularity offers everyone the same")
    for ours in (SPACE, LOVE):
        best = [item_id for item_id, _ in fitted.recommend(likes(*ours[:2]), 2)]
        assert set(best) == set(ours[2:])


def test_with_nothing_known_it_offers_what_is_popular(fitted: ClassicalRecommender) -> None:
    order = [item_id for item_id, _ in fitted.recommend(Taste(), len(FILMS))]
    counts = dict(zip(FILMS, np.bincount(two_tastes().item_index), strict=True))
    assert [counts[i] for i in order] == sorted(counts.values(), reverse=True)


def test_a_dislike_lowers_its_own_kind(fitted: ClassicalRecommender) -> None:
    if fitted.kind == "popularity":
        pytest.skip("popularity offers everyone the same")
    for taste in (Taste(reactions=(("alien", -1.0),)), Taste(reactions=(("amelie", 1.0), ("alien", -1.0)))):
        scores = dict(zip(fitted.item_ids, fitted.fold_in(taste), strict=True))
        assert np.mean([scores[i] for i in SPACE[1:]]) < np.mean([scores[i] for i in LOVE[1:]])


def test_what_is_known_or_excluded_is_never_recommended(fitted: ClassicalRecommender) -> None:
    taste = Taste(reactions=(("alien", 1.0), ("amelie", -1.0)))
    found = [i for i, _ in fitted.recommend(taste, 99, exclude=frozenset({"moon", "no-such-film"}))]
    assert set(found) == set(FILMS) - {"alien", "amelie", "moon"}
    assert len(found) == len(set(found))


def test_unknown_ids_change_nothing(fitted: ClassicalRecommender) -> None:
    assert np.array_equal(fitted.fold_in(likes("alien", "no-such-film")), fitted.fold_in(likes("alien")))
    assert np.array_equal(fitted.fold_in(likes("no-such-film")), fitted.fold_in(Taste()))


def test_recommendations_come_best_first_and_only_as_many_as_asked(fitted: ClassicalRecommender) -> None:
    found = fitted.recommend(likes("alien"), 3)
    assert len(found) == 3
    assert [s for _, s in found] == sorted((s for _, s in found), reverse=True)
    assert fitted.recommend(likes("alien"), 0) == []


def test_scores_are_finite_single_precision_one_an_item(fitted: ClassicalRecommender) -> None:
    scores = fitted.fold_in(likes("alien", "moon"))
    assert scores.dtype == np.float32
    assert scores.shape == (len(FILMS),)
    assert np.isfinite(scores).all()


def test_many_people_at_once_score_as_one_by_one(fitted: ClassicalRecommender) -> None:
    together = fitted.score_all(Histories.of([[0, 1], [], [4, 5, 6]], len(FILMS)))
    for row, films in zip(together, ((0, 1), (), (4, 5, 6)), strict=True):
        alone = fitted.fold_in(likes(*(FILMS[f] for f in films)))
        np.testing.assert_allclose(row, alone, rtol=1e-4, atol=1e-5)


def test_one_person_scores_as_in_a_crowd_whatever_they_feel(fitted: ClassicalRecommender) -> None:
    items, weights = [3, 0, 5, 0, 1], [1.0, -0.5, 2.0, 0.25, -1.0]
    crowd = fitted.score(Histories.of([items, [2]], len(FILMS), [weights, [1.0]]))
    alone = fitted.score_one(np.array(items, np.int32), np.array(weights, np.float32))
    assert alone.shape == (len(FILMS),)
    assert alone.dtype == np.float32
    np.testing.assert_allclose(alone, crowd[0], rtol=1e-4, atol=1e-5)


def test_asking_does_not_change_the_model(fitted: ClassicalRecommender) -> None:
    before = fitted.fold_in(likes("alien"))
    fitted.recommend(Taste(), 3, exclude=frozenset({"titanic"}))
    fitted.recommend(likes("amelie"), 3)
    assert np.array_equal(before, fitted.fold_in(likes("alien")))


def test_reasons_are_likes_and_the_strongest_is_first(fitted: ClassicalRecommender) -> None:
    if fitted.kind == "popularity":
        pytest.skip("popularity has no reasons")
    taste = Taste(reactions=(("amelie", 1.0), ("alien", 1.0), ("aliens", -1.0)))
    reasons = fitted.explain(taste, "moon")
    assert reasons[0][0] == "alien"
    assert all(share > 0 for _, share in reasons)
    assert "aliens" not in dict(reasons)
    assert fitted.explain(taste, "no-such-film") == []


def test_the_same_data_and_seed_give_the_same_model(fitted: ClassicalRecommender) -> None:
    again = fit(fitted.kind)
    assert np.array_equal(fitted.fold_in(likes("alien", "moon")), again.fold_in(likes("alien", "moon")))


def test_a_saved_model_comes_back_the_same(fitted: ClassicalRecommender, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    loaded = load_recommender(tmp_path)
    assert type(loaded) is type(fitted)
    assert loaded.config == fitted.config
    for taste in (Taste(), likes("alien"), likes("titanic", "moon")):
        np.testing.assert_allclose(loaded.fold_in(taste), fitted.fold_in(taste), rtol=1e-5, atol=1e-6)
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors", ".json"}


def test_a_damaged_file_is_told_in_one_line(fitted: ClassicalRecommender, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(RecommenderError, match="checksum"):
        load_recommender(tmp_path)
    (tmp_path / "model.json").write_text("[1")
    with pytest.raises(RecommenderError, match="not JSON"):
        load_recommender(tmp_path)
    (tmp_path / "model.json").unlink()
    with pytest.raises(RecommenderError, match="parley train"):
        load_recommender(tmp_path)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(RecommenderError, match="ease, itemknn"):
        recommender_class("oracle")
