"""The offline protocol: what is hidden stays hidden, what is resumed is the same, what is reported is true."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from parley.evals.offline import OfflineError, OutOfTime, evaluate_offline
from parley.evals.offline.blending import fit_weights, mixes_of
from parley.evals.offline.models import MODELS, contestant, read_tuned
from parley.evals.offline.peers import PEERS
from parley.evals.offline.report import as_markdown
from parley.evals.offline.run import judge
from parley.evals.offline.splits import COLD_HISTORY, split
from parley.tools.recommenders import Interactions, recommender_class
from parley.tools.recommenders.blend import Blend, BlendConfig


def walkers(people: int = 60, items: int = 30, steps: int = 8, seed: int = 0) -> Interactions:
    """Everyone walks the ring of items one step at a time: the next item is certain, popularity says nothing."""
    generator = np.random.default_rng(seed)
    rows = [(start + np.arange(steps)) % items for start in generator.integers(0, items, people)]
    return Interactions.from_columns(
        [f"u{p}" for p, row in enumerate(rows) for _ in row],
        [f"i{item:02d}" for row in rows for item in row],
        None,
        [float(t) for row in rows for t in range(len(row))],
        name="ring",
    )


def test_leave_last_hides_the_newest_item_from_fit_and_history() -> None:
    data = walkers()
    whole = data.histories()
    validation, test = split(data, "leave-last")
    for task, hidden in ((validation, 2), (test, 1)):
        assert len(task.train) == len(data) - hidden * data.n_users
        for person, row in enumerate(task.seen):
            assert row.tolist() == whole[person][:-hidden].tolist()
            assert task.targets[person].tolist() == [whole[person][-hidden]]


def test_people_too_short_to_be_judged_are_still_learnt_from() -> None:
    data = Interactions.from_columns(["a", "a", "b", "b", "b"], list("xyxyz"), None, [1, 2, 1, 2, 3])
    _, test = split(data, "leave-last")
    assert len(test.targets) == 1
    assert len(test.train) == 1 + 2  # `a` keeps its first, `b` its first two


def test_a_user_split_judges_people_the_model_never_saw() -> None:
    data = walkers()
    whole = {tuple(row) for row in data.histories()}
    for task in split(data, "user-split"):
        assert len(task.targets) == 12
        for person, row in enumerate(task.seen):
            assert set(row.tolist()).isdisjoint(task.targets[person].tolist())
            assert len(row) == int(0.8 * 8)
        assert all(tuple(row) in whole for row in task.train.histories() if len(row))
    validation, test = split(data, "user-split")
    assert validation.train.n_users == 60 - 24
    assert test.train.n_users == 60 - 12


def test_the_split_depends_on_nothing_but_data_and_seed() -> None:
    one, other = split(walkers(), "user-split")[1], split(walkers(), "user-split")[1]
    assert np.array_equal(one.seen.items, other.seen.items)


def test_cold_users_are_the_same_people_with_only_their_newest_items_known() -> None:
    _, test = split(walkers(), "leave-last")
    for cold, row in zip(test.cold(), test.seen, strict=True):
        assert cold.tolist() == row[-COLD_HISTORY:].tolist()


def test_data_without_times_has_no_last_item(tmp_path: Path) -> None:
    data = Interactions.from_columns(["a"] * 3, list("xyz"))
    with pytest.raises(OfflineError, match="user-split"):
        evaluate_offline(data, ["popularity"], work=tmp_path)


def test_a_model_of_order_walks_the_ring_and_popularity_does_not(tmp_path: Path) -> None:
    report = evaluate_offline(walkers(), ["popularity", "nextitem"], work=tmp_path, tuned=own_settings(tmp_path))
    popular, ordered = report.rows
    assert ordered.metrics["NDCG@10"].mean > 0.95
    assert popular.metrics["NDCG@10"].mean < 0.5
    assert ordered.over_first.low > 0
    assert popular.over_first.mean == 0
    assert report.judged == 60
    assert "| nextitem |" in as_markdown(report)


def test_a_user_split_reports_recall_and_works_without_times(tmp_path: Path) -> None:
    ring = walkers()
    data = Interactions.from_columns(
        [ring.user_ids[u] for u in ring.user_index], [ring.item_ids[i] for i in ring.item_index], name="bag"
    )
    row = evaluate_offline(data, ["ease-plain"], work=tmp_path, protocol="user-split").rows[0]
    assert row.metrics["Recall@20"].n == 12
    assert row.metrics["Recall@20"].mean > 0.9


def test_a_finished_fit_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = evaluate_offline(walkers(), ["itemknn"], work=tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(recommender_class("itemknn"), "fit", refuse)
    assert evaluate_offline(walkers(), ["itemknn"], work=tmp_path) == first
    with pytest.raises(AssertionError, match="fitted again"):
        evaluate_offline(walkers(seed=1), ["itemknn"], work=tmp_path)


def test_tuning_looks_at_validation_only_and_keeps_its_choice(tmp_path: Path) -> None:
    told: list[str] = []
    tuned = tmp_path / "tuned.json"
    report = evaluate_offline(walkers(), ["itemknn"], work=tmp_path, tune=True, tuned=tuned, tell=told.append)
    tried = [line for line in told if "validation" in line]
    assert len(tried) == len(set(tried)) > sum(len(choices) for choices in MODELS["itemknn"].axes.values()) - 3
    assert json.loads(tuned.read_text())["ring"]["leave-last"]["itemknn"] == dict(report.rows[0].settings)
    assert len(list(tmp_path.glob("itemknn-validation-*.npz"))) == len(tried)
    assert len(list(tmp_path.glob("itemknn-test-*.npz"))) == 1


def test_a_model_that_draws_lots_is_fitted_once_a_seed(tmp_path: Path) -> None:
    pytest.importorskip("implicit")
    report = evaluate_offline(walkers(), ["als", "itemknn"], work=tmp_path, seeds=(0, 1))
    assert [row.seeds for row in report.rows] == [(0, 1), (0,)]


def test_an_unknown_model_is_told_before_anything_is_fitted(tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match="no model 'oracle'; known: popularity"):
        evaluate_offline(walkers(), ["popularity", "oracle"], work=tmp_path)
    assert not list(tmp_path.iterdir())


def test_diversity_needs_genres(tmp_path: Path) -> None:
    genres = {f"i{item:02d}": frozenset({"even" if item % 2 == 0 else "odd"}) for item in range(30)}
    row = evaluate_offline(walkers(), ["popularity"], work=tmp_path, genres=genres).rows[0]
    assert 0 < row.metrics["diversity"].mean < 1
    assert "diversity" not in evaluate_offline(walkers(seed=2), ["popularity"], work=tmp_path).rows[0].metrics


@pytest.mark.parametrize("name", sorted(set(MODELS) - set(PEERS)))
def test_every_contestant_has_settings_its_recommender_accepts(name: str, tmp_path: Path) -> None:
    config_class = recommender_class(contestant(name).kind).config_class
    start = read_tuned("anything", "leave-last", name, tmp_path / "none.json")
    config_class.model_validate(start)
    for axis, choices in contestant(name).axes.items():
        assert start[axis] in choices
        for choice in choices:
            config_class.model_validate({**start, axis: choice})


def test_the_committed_settings_fit_their_models() -> None:
    from parley.evals.offline.models import TUNED

    for protocols in json.loads(TUNED.read_text()).values():
        for chosen in protocols.values():
            for name in set(chosen) - set(PEERS):
                recommender_class(contestant(name).kind).config_class.model_validate(chosen[name])


def test_blend_weights_are_fitted_to_the_member_that_knows_the_order(tmp_path: Path) -> None:
    told: list[str] = []
    tuned = own_settings(tmp_path)
    report = evaluate_offline(
        walkers(), ["popularity", "blend"], work=tmp_path, tune=True, tuned=tuned, tell=told.append
    )
    weights = {member["kind"]: member["weight"] for member in report.rows[1].settings["members"]}
    assert weights["nextitem"] >= 0.2
    assert report.rows[1].metrics["NDCG@10"].mean > 0.95
    assert any(line.startswith("blend: validation") for line in told)


def test_every_mix_in_tenths_is_tried_once() -> None:
    mixes = list(mixes_of(3))
    assert len(set(mixes)) == len(mixes) == 12 * 11 / 2
    assert all(sum(mix) == 10 for mix in mixes)


def test_fitted_weights_reach_what_the_blend_then_scores() -> None:
    validation, _ = split(walkers(), "leave-last")
    kinds = ("nextitem", "ease")
    members = [recommender_class(k).fit(validation.train, recommender_class(k).small_config()) for k in kinds]
    weights, value = fit_weights(members, validation)
    mixed = [{"kind": k, "weight": w} for k, w in zip(kinds, weights, strict=True) if w]
    blend = Blend(
        members[0].item_ids, members[0].popularity, BlendConfig.model_validate({"members": mixed}),
        [m for m, w in zip(members, weights, strict=True) if w],
    )  # fmt: skip
    values, _ = judge(blend, validation, ())
    assert value == pytest.approx(float(np.mean(values["NDCG@10"])), abs=0.02)


def test_a_model_that_is_not_refitted_learns_nothing_from_the_validation_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRec

    fitted: list[int] = []
    plain = SasRec.fit.__func__

    def watched(cls: type[SasRec], interactions: Interactions, *rest: object, **named: object) -> SasRec:
        fitted.append(len(interactions))
        return plain(cls, interactions, *rest, **named)

    monkeypatch.setattr(SasRec, "fit", classmethod(watched))
    settings = SasRec.small_config().model_dump(mode="json") | {"epochs": 2}
    tuned = tmp_path / "own.json"
    tuned.write_text(json.dumps({"ring": {"leave-last": {"sasrec": settings}}}))
    evaluate_offline(walkers(people=12), ["sasrec"], work=tmp_path, tuned=tuned, seeds=(0,))
    assert fitted == [12 * 8 - 2 * 12]


def test_a_paused_fit_says_so_and_the_same_call_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRec

    settings = SasRec.small_config().model_dump(mode="json") | {"epochs": 3}
    tuned = tmp_path / "own.json"
    tuned.write_text(json.dumps({"ring": {"leave-last": {"sasrec": settings}}}))
    for _ in range(2):
        with pytest.raises(OutOfTime, match="same command again"):
            evaluate_offline(walkers(people=12), ["sasrec"], work=tmp_path, tuned=tuned, seeds=(0,), seconds=0.0)
    report = evaluate_offline(walkers(people=12), ["sasrec"], work=tmp_path, tuned=tuned, seeds=(0,), seconds=0.0)
    assert report.rows[0].fit_seconds > 0


def test_differences_are_taken_to_every_model_asked_for(tmp_path: Path) -> None:
    tuned = own_settings(tmp_path)
    report = evaluate_offline(
        walkers(), ["popularity", "itemknn", "nextitem"], work=tmp_path, tuned=tuned, against=["nextitem"]
    )
    assert report.rows[0].over["nextitem"].high < 0
    assert report.rows[2].over["nextitem"].mean == 0
    assert "over nextitem" in as_markdown(report)
    with pytest.raises(OfflineError, match="no difference to 'ease'"):
        evaluate_offline(walkers(), ["popularity"], work=tmp_path, tuned=tuned, against=["ease"])


def test_the_peers_own_models_rank_as_their_package_says(tmp_path: Path) -> None:
    implicit = pytest.importorskip("implicit.nearest_neighbours")
    _, test = split(walkers(), "leave-last")
    ours = PEERS["implicit-cosine"](test.train, {"K": 5}, 0, None).score_all(test.seen)
    theirs = implicit.CosineRecommender(K=5, num_threads=1)
    theirs.fit(test.train.matrix(), show_progress=False)
    _, scores = theirs.recommend(0, test.seen.matrix()[0], N=3)
    hidden = ours[0].copy()
    hidden[test.seen[0]] = -1
    assert np.sort(hidden)[::-1][:3] == pytest.approx(np.sort(scores)[::-1])
    report = evaluate_offline(walkers(), ["popularity", "implicit-als"], work=tmp_path, seeds=(0, 1))
    assert report.rows[1].seeds == (0, 1)
    assert report.rows[1].over_first.mean > 0


def own_settings(folder: Path) -> Path:
    """Settings for a ring of thirty items; the defaults are for thousands."""
    path = folder / "own.json"
    settings = {"decays": [1.0, 5.0], "horizon": 0.0, "regularisation": 1.0}
    path.write_text(json.dumps({"ring": {"leave-last": {"nextitem": settings}}}))
    return path
