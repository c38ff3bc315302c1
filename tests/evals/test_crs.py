"""`parley eval crs`: the protocol on a few hand-made cases, and the real data where it is at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from parley.evals.crs.cases import Case, CrsData, CrsDataError, bare_title, read_lines, split_year
from parley.evals.crs.redial import Films, load_zero_shot, tie_names
from parley.evals.crs.run import clustered, parrot, rank_labels
from parley.tools.recommenders.dialogue import DialogueContext, DialogueItem, ItemFacts

FACTS = ItemFacts([DialogueItem(i, i) for i in "abcde"])
MIRROR = os.environ.get("PARLEY_DATA_MIRROR")
needs_data = pytest.mark.skipif(
    not MIRROR or not (Path(MIRROR) / "zero-shot-crs").is_dir(), reason="PARLEY_DATA_MIRROR has no zero-shot-crs"
)


def data(*cases: Case) -> CrsData:
    return CrsData("tiny", cases, (), FACTS, np.array([True, True, True, True, False]), "abcde")


def fixed(*values: float) -> object:
    def scores(cases: Sequence[Case]) -> Iterator[NDArray[np.float32]]:
        for _ in cases:
            yield np.array(values, np.float32)

    return scores


def places(scores: object, case: Case, *, clean: bool) -> list[float]:
    return rank_labels(data(case), scores, FACTS, clean=clean)[0].tolist()  # type: ignore[arg-type]


def test_clean_labels_leave_repeats_out_and_bar_named_items_from_the_list() -> None:
    case = Case("1", DialogueContext(("hi",), ("a",)), ("a", "b"), (True, False))

    assert places(fixed(5, 4, 3, 2, 9), case, clean=True) == [1]
    assert places(fixed(5, 4, 3, 2, 9), case, clean=False) == [1, 2]


def test_a_tie_counts_against_the_model() -> None:
    case = Case("1", DialogueContext(()), ("c",), (False,))

    assert places(fixed(1, 1, 1, 1, 1), case, clean=True) == [4]


def test_a_label_outside_the_catalogue_is_never_found_and_still_counts() -> None:
    case = Case("1", DialogueContext(()), ("", "e"), (False, False))

    assert places(fixed(1, 2, 3, 4, 5), case, clean=True) == [np.inf, np.inf]


def test_the_parrot_names_the_newest_first_and_nothing_else() -> None:
    case = Case("1", DialogueContext((), ("a", "b", "a", "c")), ("c", "a", "b", "d"), (True, True, True, False))

    assert places(parrot(FACTS), case, clean=False) == [1, 2, 3, np.inf]


def test_the_interval_resamples_dialogues_not_labels() -> None:
    hits = np.array([True] * 50 + [False] * 50)
    alone, together = np.arange(100), np.repeat([0, 1], 50)

    assert clustered(hits, together, 0).high - clustered(hits, together, 0).low == 1
    assert clustered(hits, alone, 0).high - clustered(hits, alone, 0).low < 0.25


def test_all_ids_of_a_film_are_one_item() -> None:
    films = Films(
        {"movieId": i, "movieName": n, "nbMentions": m}
        for i, n, m in (("1", "American Pie  (1999)", "9"), ("2", "American Pie ", "2"), ("3", "It (1990)", "3"),
                        ("4", "It  (2017)", "8"), ("5", "It", "1"))
    )  # fmt: skip

    assert films.film_of["2"] == films.film_of["1"] == "1"
    assert films.find("It") == films.find("It (2018)") == "4"
    assert films.find("It (1990)") == "3"
    assert films.mentions(["I liked It (1990) but not American Pie (1999)", "no"]) == ["3", "1"]


def test_of_several_names_of_a_film_the_one_that_is_the_film_stands_for_it() -> None:
    films = Films([{"movieId": "1", "movieName": "The Matrix (1999)", "nbMentions": "3"}])
    root = "<http://dbpedia.org/resource/"

    link, chosen = tie_names([f"{root}The_Matrix_(club)>", f"{root}The_Matrix>"], films)

    assert set(link.values()) == {"1"}
    assert chosen == {"1": f"{root}The_Matrix>"}


def test_titles_are_compared_without_article_case_and_punctuation() -> None:
    assert bare_title("The Lord & the Rings!") == "lord and the rings"
    assert split_year("The Matrix  (1999)") == ("matrix", 1999)


def test_a_missing_or_broken_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CrsDataError, match=r"has no test\.jsonl"):
        read_lines(tmp_path, "test.jsonl")
    (tmp_path / "test.jsonl").write_text('{"dialog_id": 1, "rec": []}\n[2]\n')
    with pytest.raises(CrsDataError, match=r"test\.jsonl line 2 is not a JSON object"):
        read_lines(tmp_path, "test.jsonl", ("rec",))
    with pytest.raises(CrsDataError, match=r"test\.jsonl line 1 has no 'context'"):
        read_lines(tmp_path, "test.jsonl", ("rec", "context"))


@needs_data
@pytest.mark.slow
def test_no_tested_dialogue_is_learned_from() -> None:
    mirror = Path(str(MIRROR))
    found = load_zero_shot(mirror / "zero-shot-crs" / "redial", mirror)

    assert not {case.dialogue_id for case in found.cases} & {e.dialogue_id for e in found.train}
    assert sum(not r for c in found.cases for r in c.repeated) > 2000
