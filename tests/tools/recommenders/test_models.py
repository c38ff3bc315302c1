"""What is true of one recommender only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parley.tools.recommenders import Histories, Interactions, RecommenderError
from parley.tools.recommenders.base import best_first
from parley.tools.recommenders.ease import Ease, EaseConfig
from parley.tools.recommenders.itemknn import ItemKnn, ItemKnnConfig
from parley.tools.recommenders.nextitem import NextItem, NextItemConfig, normal_equations
from parley.tools.recommenders.pairs import sum_pairs
from parley.tools.seams import Taste
from tests.tools.recommenders.worlds import two_tastes


def test_ease_solves_its_own_equation() -> None:
    data = two_tastes()
    model = Ease.fit(data, EaseConfig(regularisation=3.0))
    x = data.matrix().toarray().astype(np.float64)
    # Steck 2019: off the diagonal the residual's correlation with X equals the ridge penalty
    residual = x.T @ (x - x @ model.weights) - 3.0 * model.weights
    np.fill_diagonal(residual, 0)
    np.testing.assert_allclose(residual, 0, atol=1e-3)
    assert (np.diag(model.weights) == 0).all()


def test_a_newer_like_counts_more() -> None:
    model = Ease.fit(two_tastes(), EaseConfig(regularisation=1.0, decay=1.0))
    last_space = model.fold_in(Taste(reactions=(("amelie", 1.0), ("alien", 1.0))))
    last_love = model.fold_in(Taste(reactions=(("alien", 1.0), ("amelie", 1.0))))
    moon = model.positions["moon"]
    assert last_space[moon] > last_love[moon]


def test_without_decay_order_does_not_matter() -> None:
    model = Ease.fit(two_tastes(), EaseConfig(regularisation=1.0, decay=None))
    one = model.fold_in(Taste(reactions=(("amelie", 1.0), ("alien", 1.0))))
    other = model.fold_in(Taste(reactions=(("alien", 1.0), ("amelie", 1.0))))
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_locality_reaches_plain_ease_as_it_grows() -> None:
    plain = Ease.fit(two_tastes(), EaseConfig(regularisation=2.0))
    wide = Ease.fit(two_tastes(), EaseConfig(regularisation=2.0, locality=1e7))
    np.testing.assert_allclose(wide.weights, plain.weights, atol=1e-4)


@pytest.mark.parametrize("kind", ["ease", "nextitem"])
def test_a_model_of_order_refuses_data_without_times(kind: str) -> None:
    data = Interactions.from_columns(["a", "a"], ["x", "y"], name="bag")
    model, config = (Ease, EaseConfig(locality=5.0)) if kind == "ease" else (NextItem, NextItemConfig())
    with pytest.raises(RecommenderError, match=r"bag.* has no times"):
        model.fit(data, config)


def test_itemknn_keeps_only_the_nearest() -> None:
    model = ItemKnn.fit(two_tastes(), ItemKnnConfig(neighbours=2, shrink=0.0))
    assert (np.diff(model.similarity.tocsc().indptr) <= 2).all()


def test_pairs_are_weighed_by_distance_and_direction() -> None:
    (found,) = sum_pairs(Histories.of([[0, 1, 2], [1, 0]], 3), [lambda distance: 0.5**distance])
    assert found.tolist() == [[0, 0.5, 0.25], [0.5, 0, 0.5], [0, 0, 0]]


def test_the_next_item_sums_equal_those_of_explicit_states() -> None:
    """Against the definition: build every state and target of a long history, and sum their products."""
    generator = np.random.default_rng(0)
    rows = [generator.integers(0, 4, 400).tolist() for _ in range(3)]
    config = NextItemConfig(decays=(1.0, 3.0), horizon=2.0)
    gram, targets = normal_equations(Histories.of(rows, 4), config)
    fading, ahead = np.exp(-1 / np.array(config.decays)), np.exp(-1 / config.horizon)
    real_gram, real_targets = np.zeros((8, 8)), np.zeros((8, 4))
    for row in rows:
        hot = np.eye(4)[row]
        future = np.zeros(4)
        futures = []
        for step in reversed(range(len(row))):
            futures.append(future)
            future = hot[step] + ahead * future
        states = np.zeros((2, 4))
        for step, wanted in enumerate(reversed(futures)):
            states = fading[:, None] * states + hot[step]
            real_gram += np.outer(states.ravel(), states.ravel())
            real_targets += np.outer(states.ravel(), wanted)
    np.testing.assert_allclose(gram, real_gram, rtol=0.02)
    np.testing.assert_allclose(targets, real_targets, rtol=0.02)


def test_ties_are_broken_by_place() -> None:
    assert best_first(np.array([1, 3, 3, 2, 3], dtype=np.float32), 2).tolist() == [1, 2]
    assert best_first(np.array([1, 3, 3, 2, 3], dtype=np.float32), 9).tolist() == [1, 2, 4, 3, 0]


def test_als_fold_in_finds_the_factors_the_fit_found() -> None:
    pytest.importorskip("implicit")
    from implicit.cpu.als import AlternatingLeastSquares

    from parley.tools.recommenders.factors import Als, FactorsConfig

    data = two_tastes(200)
    config = FactorsConfig(factors=3, regularisation=0.5, iterations=30, alpha=4.0)
    model = Als.fit(data, config)
    matrix = data.matrix()
    theirs = AlternatingLeastSquares(
        factors=3, regularization=0.5, iterations=30, alpha=4.0, random_state=0, num_threads=1, use_cg=False
    )
    theirs.item_factors, theirs.user_factors = model.factors, np.zeros((200, 3), np.float32)
    wanted = theirs.recalculate_user(0, matrix[0] * 4.0)
    ours = model.fold(model.factors[matrix[0].indices], matrix[0].data)
    cosine = float(wanted @ ours / np.linalg.norm(wanted) / np.linalg.norm(ours))
    assert cosine > 0.98


def test_an_interrupted_sasrec_ends_as_one_that_ran_through(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRec

    config = SasRec.small_config().model_copy(update={"epochs": 4})
    through = SasRec.fit(two_tastes(), config, seed=1)
    for _ in range(4):
        resumed = SasRec.fit(two_tastes(), config, seed=1, checkpoint=tmp_path, seconds=0.0)
    taste = Taste(reactions=(("alien", 1.0), ("moon", 1.0)))
    np.testing.assert_allclose(resumed.fold_in(taste), through.fold_in(taste), rtol=1e-4, atol=1e-5)


def test_a_checkpoint_of_other_data_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRec

    config = SasRec.small_config().model_copy(update={"epochs": 1})
    SasRec.fit(two_tastes(), config, checkpoint=tmp_path)
    with pytest.raises(RecommenderError, match="other data or settings"):
        SasRec.fit(two_tastes(seed=5), config, checkpoint=tmp_path)


@pytest.mark.parametrize("loss", ["softmax", "sampled", "gsasrec"])
def test_every_loss_learns_and_padding_changes_nothing(loss: str) -> None:
    torch = pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRec, pad

    config = SasRec.small_config().model_copy(update={"loss": loss, "negatives": 6})
    model = SasRec.fit(two_tastes(), config)
    scores = dict(zip(model.item_ids, model.fold_in(Taste(reactions=(("alien", 1.0), ("moon", 1.0)))), strict=True))
    assert min(scores["aliens"], scores["gravity"]) > max(scores["amelie"], scores["notting-hill"])
    with torch.inference_mode():
        short, long = np.array([0, 1], np.int32), np.arange(6, dtype=np.int32)
        together = model.network.score_next(pad([short, long], 8))[0]
        torch.testing.assert_close(together, model.network.score_next(pad([short], 8))[0])


def test_text_vectors_start_the_item_embeddings() -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import reduce_vectors

    generator = np.random.default_rng(0)
    vectors = np.repeat(generator.standard_normal((2, 30)), 4, axis=0) + 0.01 * generator.standard_normal((8, 30))
    reduced = reduce_vectors(vectors.astype(np.float32), 4)
    assert reduced.shape == (8, 4)
    assert np.linalg.norm(reduced[0] - reduced[1]) < 0.1 * np.linalg.norm(reduced[0] - reduced[5])
    assert reduce_vectors(vectors[:3].astype(np.float32), 16).shape == (3, 16)


def test_pairs_start_what_is_liked_together_close_together() -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import embed_pairs

    vectors = embed_pairs(two_tastes().histories(), 4)
    assert vectors.shape == (8, 4)
    assert np.array_equal(vectors, embed_pairs(two_tastes().histories(), 4))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = unit @ unit.T
    assert alike[:4, :4].mean() > alike[:4, 4:].mean() + 0.5
    assert embed_pairs(two_tastes().histories(), 16).shape == (8, 16)


def test_the_sliced_softmax_loss_is_the_plain_one() -> None:
    torch = pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec_network import ROWS, SoftmaxLoss

    generator = torch.Generator().manual_seed(0)
    places = ROWS["cpu"] * 2 + 3
    hidden = torch.randn(places, 5, generator=generator, requires_grad=True)
    items = torch.randn(7, 5, generator=generator, requires_grad=True)
    wanted = torch.randint(7, (places,), generator=generator)
    plain = torch.nn.functional.cross_entropy(hidden @ items.T, wanted)
    wanted_grads = torch.autograd.grad(3.0 * plain, (hidden, items))
    sliced = SoftmaxLoss.apply(hidden, items, wanted, torch.float32)
    torch.testing.assert_close(sliced, plain)
    torch.testing.assert_close(torch.autograd.grad(3.0 * sliced, (hidden, items)), wanted_grads)


def test_the_learning_rate_falls_to_almost_nothing_at_the_end() -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRecConfig, cool_down

    config = SasRecConfig(epochs=8, cooling=0.5)
    assert [cool_down(epoch, config) for epoch in range(8)] == [1, 1, 1, 1, 1, 3 / 4, 2 / 4, 1 / 4]
    assert cool_down(7, SasRecConfig(epochs=8, cooling=0.0)) == 1


def test_a_blend_goes_on_from_the_checkpoint_of_a_member(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.blend import Blend, BlendConfig, BlendMember
    from parley.tools.recommenders.sasrec import SasRec

    settings = SasRec.small_config().model_dump(mode="json") | {"epochs": 3}
    config = BlendConfig(members=(BlendMember(kind="popularity"), BlendMember(kind="sasrec", config=settings)))
    first = Blend.fit_or_resume(two_tastes(), config, checkpoint=tmp_path)
    told: list[str] = []
    again = Blend.fit_or_resume(two_tastes(), config, checkpoint=tmp_path, progress=lambda _, what: told.append(what))
    assert not [what for what in told if "epoch" in what]
    taste = Taste(reactions=(("alien", 1.0),))
    assert np.array_equal(first.fold_in(taste), again.fold_in(taste))
