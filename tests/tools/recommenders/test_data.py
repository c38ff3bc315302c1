"""Interactions, histories and the loaders."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from parley.tools.recommenders import Histories, Interactions, InteractionsError, load_interactions
from parley.tools.recommenders.data import load_genres, load_titles


def test_histories_are_oldest_first_and_ties_keep_the_files_order() -> None:
    log = Interactions.from_columns(["u", "u", "u", "v"], ["c", "a", "b", "a"], None, [5, 1, 5, 0])
    assert log.item_ids == ("a", "b", "c")
    assert [row.tolist() for row in log.histories()] == [[0, 2, 1], [0]]


def test_ids_that_are_numbers_sort_as_numbers() -> None:
    assert Interactions.from_columns(["1"] * 3, ["10", "9", "x"]).item_ids == ("9", "10", "x")


def test_a_fixed_vocabulary_drops_rows_about_other_items() -> None:
    log = Interactions.from_columns(["u", "v", "v"], ["x", "a", "b"], [1, 2, 3], item_ids=["b", "a"])
    assert (log.user_ids, log.item_index.tolist(), log.weight.tolist()) == (("v",), [1, 0], [2, 3])


def test_the_newest_reaction_has_age_0_and_full_weight() -> None:
    histories = Histories.of([[0, 1, 2], [], [1]], 3)
    assert histories.ages().tolist() == [2, 1, 0, 0]
    decayed = histories.matrix(decay=2.0).toarray()
    np.testing.assert_allclose(decayed[0], [np.exp(-1), np.exp(-1 / 2), 1], rtol=1e-6)
    assert decayed[1].tolist() == [0, 0, 0]


def test_dropping_the_newest_leaves_short_histories_empty() -> None:
    left = Histories.of([[0, 1, 2], [], [1]], 3).without_last(2)
    assert [row.tolist() for row in left] == [[0], [], []]


def test_taking_people_keeps_their_weights() -> None:
    taken = Histories.of([[0], [1, 2]], 3, [[1.0], [-1.0, 2.0]]).take([1])
    assert (taken.items.tolist(), taken.weights.tolist()) == ([1, 2], [-1.0, 2.0])


def test_a_repeated_reaction_counts_once_in_the_matrix() -> None:
    assert Interactions.from_columns(["u", "u"], ["a", "a"]).matrix().toarray().tolist() == [[1.0]]


def test_no_interactions_at_all_is_an_error() -> None:
    with pytest.raises(InteractionsError, match="no interaction"):
        Interactions.from_columns([], [])


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"1\t2\t3\n", "3 columns, 4 expected"), (b"1\t2\tfive\t4\n", "'five' is not a number"), (None, "parley data get"),
     (b"1\t2\tnan\t4\n", "'nan' is not a number"), (b"", "no interaction")],
)  # fmt: skip
def test_a_damaged_ratings_file_is_told_with_its_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "u.data").write_bytes(content)
    with pytest.raises(InteractionsError, match=message):
        load_interactions("movielens-100k", tmp_path)


def test_a_truncated_gzip_is_told(tmp_path: Path) -> None:
    (tmp_path / "u.data.gz").write_bytes(gzip.compress(b"1\t2\t3\t4\n" * 100)[:-6])
    with pytest.raises(InteractionsError, match="damaged"):
        load_interactions("movielens-100k", tmp_path)


def test_an_unknown_data_set_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InteractionsError, match="movielens-100k"):
        load_interactions("netflix", tmp_path)


def test_sequences_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "sequences.tsv").write_text("user_id\titems\ttarget\n7\t3 1\t2\n")
    (tmp_path / "Games.item").write_text("item_id\ttitle\n1\tCats &amp; Dogs\n")
    log = load_interactions("amazon-games", tmp_path)
    assert [log.item_ids[i] for i in log.histories()[0]] == ["3", "1", "2"]
    assert load_titles("amazon-games", tmp_path) == {"1": "Cats & Dogs"}


def test_steam_counts_a_bought_game_once_and_has_no_order(tmp_path: Path) -> None:
    (tmp_path / "steam-200k.csv").write_text('1,"A, B",purchase,1.0,0\n1,"A, B",play,3.5,0\n1,C,purchase,1.0,0\n')
    log = load_interactions("steam-games", tmp_path)
    assert dict(zip(log.item_ids, log.weight.tolist(), strict=True)) == {"A, B": 3.5, "C": 0.0}
    assert not log.timed


@pytest.mark.parametrize(
    ("name", "size", "users", "items"),
    [("movielens-100k", 100_000, 943, 1682), ("movielens-1m", 1_000_209, 6040, 3706),
     ("amazon-games", 440_264, 50_546, 16_859)],
)  # fmt: skip
def test_the_real_data_sets_have_their_published_size(name: str, size: int, users: int, items: int) -> None:
    folder = Path(os.environ.get("PARLEY_DATA_MIRROR", "/nonexistent")) / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not at hand: set PARLEY_DATA_MIRROR")
    log = load_interactions(name, folder)
    assert (len(log), log.n_users, log.n_items) == (size, users, items)
    if name.startswith("movielens"):
        assert set(log.item_ids) <= set(load_genres(name, folder))
