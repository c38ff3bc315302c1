"""`parley eval rank` with a scripted model: what it measures is what happened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from parley.evals.rank.asking import Answers, ask_ranker
from parley.evals.rank.report import write_page
from parley.evals.rank.requests import Asked, RankEvalError, make_requests
from parley.evals.rank.run import RankerRow, judge_baselines, judge_ranker, make_ranker
from parley.tools.candidates import Candidate
from parley.tools.recommenders.data import Interactions
from parley.tools.seams import RankedList, Ranker, RankRequest

ABOUT: dict[str, object] = {"data": "walks", "model": "scripted", "seed": 0, "history": None}


def log(people: int = 30, items: int = 40) -> Interactions:
    """Each person walks seven items on from a random start, then jumps where nobody could foresee."""
    rng = np.random.default_rng(0)
    users, things, times = [], [], []
    for person in range(people):
        start = int(rng.integers(items))
        for step in range(8):
            users.append(str(person))
            things.append(str((start + step if step < 7 else start + int(rng.integers(8, items))) % items))
            times.append(float(step))
    return Interactions.from_columns(users, things, None, times)


class Oracle:
    """Knows the targets."""

    name = "oracle"

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.targets = {frozenset(c.item_id for c in a.candidates): a.target for a in asked}

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        target = self.targets[frozenset(c.item_id for c in candidates)]
        scores = {c.item_id: float(c.item_id == target) for c in candidates}
        return RankedList(
            candidates=tuple(sorted(candidates, key=lambda c: -scores[c.item_id])), scores=scores, model_calls=1
        )


class FirstCome:
    """Leaves the list as it comes, and counts."""

    name = "first-come"

    def __init__(self) -> None:
        self.times = 0

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        self.times += 1
        return RankedList(candidates=tuple(candidates), model_calls=1)


def judged(ranker: Ranker, asked: Sequence[Asked], popularity: dict[str, float]) -> list[RankerRow]:
    answers = Answers(None, ABOUT)
    ask_ranker(ranker.name, ranker, asked, answers, lambda: 0)
    return judge_ranker(ranker.name, asked, answers, popularity)


def test_random_candidates_hold_the_target_once_and_nothing_from_the_history() -> None:
    asked, _ = make_requests(log(), users=10, source="random")

    for one in asked:
        ids = [c.item_id for c in one.candidates]
        assert len(set(ids)) == 20
        assert one.target in ids
        assert not set(ids) & set(one.request.taste.liked)


def test_retrieved_candidates_are_taken_without_looking_at_the_target() -> None:
    asked, _ = make_requests(log(), users=30, source="retriever")

    assert any(a.target not in [c.item_id for c in a.candidates] for a in asked)


def test_a_history_cut_short_is_short_for_the_ranker_and_for_the_recommender() -> None:
    whole, _ = make_requests(log(), users=10, source="random")
    cut, _ = make_requests(log(), users=10, source="random", history=2)

    assert [c.request.taste.liked for c in cut] == [w.request.taste.liked[-2:] for w in whole]
    assert [c.target for c in cut] == [w.target for w in whole]
    assert [c.candidates for c in cut] != [w.candidates for w in whole]
    assert {c.activity for c in cut} == {2}


def test_fewer_people_are_some_of_the_same_people() -> None:
    some, _ = make_requests(log(), users=8, source="random")
    more, _ = make_requests(log(), users=20, source="random")

    assert more[:8] == some


def test_an_oracle_earns_weight_and_first_place() -> None:
    asked, popularity = make_requests(log(people=100), users=90, source="random")
    alone, fused, routed = judged(Oracle(asked), asked, popularity)

    assert alone.ndcg10.mean == alone.hit1.mean == 1
    assert alone.people == fused.chosen_on == 45
    assert alone.top1_kept is not None
    assert alone.top1_kept.mean == 1
    assert fused.weights is not None
    assert max(fused.weights.weights) > 0
    assert routed.routed is not None
    assert 0 < routed.routed < 1


def test_a_ranker_that_keeps_the_shuffled_list_earns_nothing_and_fusion_stays_the_input_order() -> None:
    asked, popularity = make_requests(log(), users=30, source="random")
    alone, fused, _ = judged(FirstCome(), asked, popularity)

    assert fused.weights is not None
    assert not any(fused.weights.weights)
    assert fused.against_input is not None
    assert fused.against_input.mean == 0
    assert alone.top1_kept is not None
    assert alone.top1_kept.mean < 0.5


def test_a_run_that_stopped_goes_on_and_judges_the_same(tmp_path: Path) -> None:
    asked, popularity = make_requests(log(), users=12, source="random")
    whole = FirstCome()
    ask_ranker("first-come", whole, asked, Answers(tmp_path / "whole.jsonl", ABOUT), lambda: 0)
    ask_ranker("first-come", FirstCome(), asked[:6], Answers(tmp_path / "cut.jsonl", ABOUT), lambda: 0, again=0)
    with (tmp_path / "cut.jsonl").open("a") as out:
        out.write('{"ranker": "first-co')  # the power went
    rest = FirstCome()
    ask_ranker("first-come", rest, asked, Answers(tmp_path / "cut.jsonl", ABOUT), lambda: 0)

    assert rest.times == whole.times - 6
    rows = [
        judge_ranker("first-come", asked, Answers(tmp_path / name, ABOUT), popularity)
        for name in ("whole.jsonl", "cut.jsonl")
    ]
    assert rows[0][0].ndcg10 == rows[1][0].ndcg10


def test_answers_to_other_questions_are_refused(tmp_path: Path) -> None:
    Answers(tmp_path / "kept.jsonl", ABOUT)

    with pytest.raises(RankEvalError, match="holds answers for seed 0"):
        Answers(tmp_path / "kept.jsonl", {**ABOUT, "seed": 1})
    (tmp_path / "other.txt").write_text("a list\nof things\n")
    with pytest.raises(RankEvalError, match=r"'other.txt' is no file of answers"):
        Answers(tmp_path / "other.txt", ABOUT)


def test_the_page_says_which_rankers_earn_nothing_and_where_the_floor_holds() -> None:
    asked, popularity = make_requests(log(), users=20, source="random")
    rows = [*judge_baselines(asked, popularity), *judged(FirstCome(), asked, popularity)]

    page = write_page(rows, "walks", "scripted", 0, "parley eval rank", None)

    assert "2 of 2 fused and routed rows earn weight 0" in page
    assert "No row lies below the input order" in page
    assert "| input order (EASE) | 10 |" in page


def test_a_fused_row_below_its_input_order_is_told() -> None:
    asked, popularity = make_requests(log(people=60), users=50, source="random")
    fused = judged(Oracle(asked), asked, popularity)[1]
    assert fused.against_input is not None
    lower = fused.against_input.model_copy(update={"low": -0.2, "high": -0.1})
    worse = fused.model_copy(update={"against_input": lower})

    assert "1 rows lie below the input order" in write_page([worse], "walks", "scripted", 0, "x", None)


def test_more_users_than_there_are_is_refused() -> None:
    with pytest.raises(RankEvalError, match="31 users asked for, 30"):
        make_requests(log(), users=31, source="random")


def test_an_unknown_ranker_is_told_the_known_ones() -> None:
    with pytest.raises(RankEvalError, match="no ranker 'tarot'; known: letters"):
        make_ranker("tarot", None, None, None)  # type: ignore[arg-type]
