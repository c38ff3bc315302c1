"""The taste model of a catalogue, and the one that ships."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parley.tools.items import Catalog, packaged_file
from parley.tools.recommenders import CatalogTaste, RecommenderError, load_catalog_taste, load_film_recommender
from parley.tools.recommenders.catalog_taste import (
    SHIPPED,
    CatalogTasteConfig,
    open_taste,
    pack_precision,
    unpack_precision,
)
from parley.tools.recommenders.content import embed_content
from parley.tools.seams import Recommender, Taste
from tests.tools.recommenders.worlds import LOVE, SPACE, small_catalog, two_tastes


@pytest.fixture(scope="module")
def taste_model() -> CatalogTaste:
    return CatalogTaste.train(small_catalog(), two_tastes())


def likes(*films: str) -> Taste:
    return Taste(reactions=tuple((film, 1.0) for film in films))


def test_its_items_are_the_catalogues_in_the_catalogues_order(taste_model: CatalogTaste) -> None:
    assert isinstance(taste_model, Recommender)
    assert taste_model.item_ids == tuple(item.item_id for item in small_catalog())


def test_a_like_leads_to_its_own_kind_through_ratings_and_content(taste_model: CatalogTaste) -> None:
    for ours in (SPACE, LOVE):
        assert {i for i, _ in taste_model.recommend(likes(ours[0]), 3)} <= {*ours, "solaris"}


def test_an_item_nobody_rated_is_scored_by_content(taste_model: CatalogTaste) -> None:
    scores = dict(zip(taste_model.item_ids, taste_model.fold_in(likes("alien")), strict=True))
    assert scores["solaris"] > max(scores[film] for film in LOVE)
    assert dict(taste_model.explain(likes("alien", "amelie"), "solaris")).keys() == {"alien"}
    assert {i for i, _ in taste_model.recommend(likes("solaris"), 4)} == set(SPACE)


def test_reasons_add_up_to_the_evidence(taste_model: CatalogTaste) -> None:
    taste = likes("alien", "gravity")
    raw = dict(taste_model.explain(taste, "moon", k=9))
    other = dict(taste_model.explain(taste, "aliens", k=9))
    scores = dict(zip(taste_model.item_ids, taste_model.fold_in(taste), strict=True))
    prior = taste_model.config.prior * taste_model.popularity / taste_model.popularity.max()
    evidence = {i: scores[i] - prior[taste_model.positions[i]] for i in ("moon", "aliens")}
    assert evidence["moon"] / evidence["aliens"] == pytest.approx(sum(raw.values()) / sum(other.values()), rel=1e-3)


def test_with_no_interactions_taste_is_content_alone() -> None:
    model = CatalogTaste.train(small_catalog())
    assert {i for i, _ in model.recommend(likes("solaris"), 4)} == set(SPACE)
    assert np.isfinite(model.fold_in(Taste())).all()


def test_a_saved_model_comes_back_the_same_and_fits_a_smaller_catalogue(
    taste_model: CatalogTaste, tmp_path: Path
) -> None:
    taste_model.save(tmp_path)
    whole = load_catalog_taste(tmp_path, small_catalog())
    assert np.array_equal(whole.fold_in(likes("alien")), taste_model.fold_in(likes("alien")))
    catalog = small_catalog()
    fewer = load_catalog_taste(tmp_path, Catalog(catalog.items[1:], catalog.domain))
    assert "alien" not in fewer.item_ids
    assert {i for i, _ in fewer.recommend(likes("aliens"), 2)} <= {"gravity", "moon", "solaris"}


def test_a_model_whose_two_files_disagree_is_refused(taste_model: CatalogTaste, tmp_path: Path) -> None:
    taste_model.save(tmp_path)
    header = tmp_path / "model.json"
    header.write_text(header.read_text().replace('"alien", ', "", 1))
    with pytest.raises(RecommenderError, match="damaged"):
        load_catalog_taste(tmp_path, small_catalog())


def test_only_the_most_rated_items_need_the_big_matrix() -> None:
    model = CatalogTaste.train(small_catalog(), two_tastes(), CatalogTasteConfig(most_items=3))
    assert len(model.rated) == 3
    assert "titanic" in {model.item_ids[i] for i in model.rated}
    assert {i for i, _ in model.recommend(likes("solaris"), 4)} == set(SPACE)


def test_half_precision_keeps_the_matrix() -> None:
    generator = np.random.default_rng(0)
    x = generator.standard_normal((50, 20))
    precision = np.linalg.inv(x.T @ x + 5 * np.eye(20))
    unpacked = unpack_precision(*pack_precision(precision))
    np.testing.assert_allclose(unpacked, precision, atol=1e-3 * np.abs(precision).max())


def test_content_rows_have_unit_length_and_rare_features_weigh_more() -> None:
    rows = embed_content(small_catalog())
    np.testing.assert_allclose(np.sqrt(rows.multiply(rows).sum(axis=1)), 1.0, rtol=1e-5)


def test_the_shipped_model_is_small_and_covers_the_films() -> None:
    model = load_film_recommender(Catalog.films())
    assert packaged_file(SHIPPED).stat().st_size < 5_000_000
    assert len(model.item_ids) == 2000
    assert len(model.rated) > 1800
    assert (model.popularity > 0).all()


def test_the_shipped_model_knows_what_goes_with_what() -> None:
    model = load_film_recommender(Catalog.films())
    found = [i for i, _ in model.recommend(likes("spirited-away-2001"), 10)]
    assert {"princess-mononoke-1997", "my-neighbor-totoro-1988"} <= set(found)
    assert model.explain(likes("spirited-away-2001"), "princess-mononoke-1997")[0][0] == "spirited-away-2001"


def test_a_catalogue_without_a_trained_model_gets_content(tmp_path: Path) -> None:
    assert len(open_taste(small_catalog(), tmp_path).rated) == 0
    trained = CatalogTaste.train(small_catalog(), two_tastes())
    (tmp_path / "catalogs" / "small").mkdir(parents=True)
    trained.save_file(tmp_path / "catalogs" / "small" / "taste.safetensors")
    assert len(open_taste(small_catalog(), tmp_path).rated) == len(SPACE) + len(LOVE)
