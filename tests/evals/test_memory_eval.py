from __future__ import annotations

import gzip
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from parley.evals.memory.laps import LapsError, evaluate_laps, load_laps, tokens_to_reach
from parley.evals.memory.prediction import PredictionConfig, World, split_person
from parley.evals.memory.report import MemoryEvalError, evaluate_memory
from parley.evals.memory.stats import auc, bootstrap, f1_at_share
from parley.tools.items import Catalog, Domain, Item, KindInfo
from parley.tools.linking import Linker

FILMS = Catalog(
    [
        Item(item_id="1", title="Submarine Dreams", year=1990, tags={"genre": ("Comedy",)}),
        Item(item_id="2", title="The Quiet Orchard", year=1991, tags={"genre": ("Horror",)}),
        Item(item_id="3", title="Marble Staircase", year=1992, tags={"genre": ("Western",)}),
    ],
    Domain(name="tiny", kinds={"genre": KindInfo(label="genre")}),
)


def test_auc_counts_pairs_in_the_right_order_and_ties_as_half() -> None:
    liked = np.array([True, False, True, False])

    assert auc(np.array([3.0, 2.0, 1.0, 0.0]), liked) == 3 / 4
    assert auc(np.array([1.0, 1.0, 1.0, 1.0]), liked) == 1 / 2
    assert math.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_f1_predicts_as_many_likes_as_the_share_says() -> None:
    liked = np.array([True, True, False, False])

    assert f1_at_share(np.array([4.0, 3.0, 2.0, 1.0]), liked, 0.5) == 1.0
    assert f1_at_share(np.array([1.0, 2.0, 3.0, 4.0]), liked, 0.5) == 0.0
    assert f1_at_share(np.array([4.0, 1.0, 3.0, 2.0]), liked, 0.5) == (1 / 2 + 1 / 2) / 2


def test_an_interval_leaves_out_what_was_not_judged() -> None:
    estimate = bootstrap([1.0, 0.0, math.nan, 1.0, 0.0])

    assert (estimate.mean, estimate.n) == (0.5, 4)
    assert estimate.low < 0.5 < estimate.high
    assert math.isnan(bootstrap([math.nan]).mean)


def test_people_are_split_by_time_and_lukewarm_ratings_say_nothing() -> None:
    world = World({str(n): 0.5 for n in range(20)}, {}, None)
    ratings = [(str(n), stars) for n, stars in enumerate([5.0, 1.0] * 7)] + [("15", 3.5), ("unknown", 5.0)]

    person = split_person(ratings, world, PredictionConfig())

    assert person is not None
    assert [item for item, _ in person.learned] == [str(n) for n in range(9)]
    assert [item for item, _ in person.asked] == [str(n) for n in range(9, 14)]
    assert split_person([("1", 5.0)] * 20, world, PredictionConfig()) is None


def test_tokens_to_reach_reads_between_the_points() -> None:
    points = [(100, 0.2), (200, 0.6)]

    assert tokens_to_reach(points, 0.4) == pytest.approx(150)
    assert tokens_to_reach(points, 0.1) == pytest.approx(50)
    assert math.isnan(tokens_to_reach(points, 0.7))


def write_laps(folder: Path, *people: list[tuple[list[str], dict[str, list[str]]]]) -> None:
    records = [
        {
            "worker_id": n,
            "topic": "movie",
            "sessions": [
                {
                    "dialogue": [{"role": "User", "turn_number": i, "message": m} for i, m in enumerate(messages)],
                    "preferences": preferences,
                    "task_setting": "main",
                }
                for messages, preferences in sessions
            ],
        }
        for n, sessions in enumerate(people)
    ]
    for name, part in (("train.json.gz", records), ("val.json.gz", [])):
        with gzip.open(folder / name, "wt", encoding="utf-8") as file:
            json.dump(part, file)


def test_laps_gold_is_tied_to_the_catalogue_and_the_rest_is_counted(tmp_path: Path) -> None:
    noted = {"movie_like": ["Submarine Dreams", "movies with heart"], "genre_preferences_dislike": ["Horror"]}
    write_laps(tmp_path, [(["hello"], noted)])

    ((session,),) = load_laps(tmp_path, Linker(FILMS))

    assert session.noted == {("item", "1", "want"), ("genre", "Horror", "avoid")}
    assert session.unlinked == 1


def test_what_was_said_is_recalled_at_the_next_visit_and_what_was_not_costs_precision(tmp_path: Path) -> None:
    first = (["I loved Submarine Dreams", "no Horror please"], {"movie_like": ["Submarine Dreams"]})
    second = (["a Western", "no Horror"], {"genre_preferences_dislike": ["Horror"], "genre_preferences_like": []})
    write_laps(tmp_path, [first, second])

    report = evaluate_laps(tmp_path, FILMS)

    row = report.rows[0]
    assert (report.people, report.people_returning, report.sessions, report.noted) == (1, 1, 2, 2)
    assert row.recall.mean == 1.0
    assert row.precision.mean == pytest.approx(2 / 3)
    assert row.retention.mean == 1.0
    assert report.tokens[-1].memory.mean == report.tokens[-1].history.mean == 1.0


def test_damaged_or_missing_data_is_one_line_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(LapsError, match="parley data get"):
        load_laps(tmp_path, Linker(FILMS))
    (tmp_path / "train.json.gz").write_bytes(b"no gzip")
    with pytest.raises(LapsError, match="fetch it again"):
        load_laps(tmp_path, Linker(FILMS))
    with pytest.raises(MemoryEvalError, match="movielens-latest-small"):
        evaluate_memory(["netflix"], lambda name: tmp_path, FILMS)
    with pytest.raises(MemoryEvalError, match="name a data set"):
        evaluate_memory([], lambda name: tmp_path, FILMS)


@pytest.mark.slow
def test_most_of_what_twenty_real_people_said_is_recalled() -> None:
    mirror = os.environ.get("PARLEY_DATA_MIRROR")
    if not mirror or not (Path(mirror) / "laps-movie").is_dir():
        pytest.skip("PARLEY_DATA_MIRROR is not set or holds no laps-movie")

    report = evaluate_laps(Path(mirror) / "laps-movie", Catalog.films(), most=20)

    assert all(row.recall.mean > 0.7 for row in report.rows)
    assert all(row.precision.mean > 0.5 for row in report.rows)
    at = {row.budget: row for row in report.tokens}
    assert at[100].memory.mean > 2 * at[100].history.mean
