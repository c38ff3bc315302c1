"""Scorers, spread, agreement, fairness measures and the report, on sessions small enough to see the answer."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from parley.evals.agreement import Confusion, auc, kappa, spearman
from parley.evals.fairness.measures import fairness_of, jaccard, prag, serp
from parley.evals.judge.rubric import Line, RubricJudge
from parley.evals.report import write_report
from parley.evals.report.write import calibrate
from parley.evals.simulate.ievalm_data import _item
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import AgentReply, Persona, SessionRecord, TurnRecord
from parley.evals.simulate.scorers import (
    average_turns,
    fuzzy_success,
    hit_at,
    recall_of_last_slate,
    standard_scorers,
    success_at,
)
from parley.evals.simulate.sources import match_titles
from parley.evals.simulate.spread import gini, pass_hat, spread_of
from parley.evals.simulate.study import StudyResult, StudySettings
from parley.evals.simulate.table import narrow_tables, score_rows
from tests.evals.sim_world import SPACE


def session(*slates: tuple[str, ...], ended_by: str = "turns", reply: str = "", agent: str = "a") -> SessionRecord:
    turns = [
        TurnRecord(
            number=number,
            said="Hello <b>there</b>",
            answer=AgentReply(reply=reply, slate=slate),
            accepted="alien" if "alien" in slate else "",
        )
        for number, slate in enumerate(slates, 1)
    ]
    persona = Persona(persona_id="p", targets=("alien",), slice="tiny")
    return SessionRecord(
        persona=persona, agent=agent, simulator="agenda", seed=1, turns=tuple(turns), ended_by=ended_by
    )


HIT, MISS = session(("moon",), ("alien", "moon"), ended_by="accepted"), session(("moon",), ("solaris",))
LOST = session(ended_by="simulator_error")


def test_a_hit_counts_its_turn_and_a_miss_one_more_than_there_were() -> None:
    assert (hit_at(5, 2)(HIT).value, average_turns(2)(HIT).value) == (1.0, 2.0)
    assert (hit_at(5, 2)(MISS).value, average_turns(2)(MISS).value) == (0.0, 3.0)
    assert success_at(1)(HIT).value == 0.0


def test_what_the_simulator_broke_is_nan_and_counted() -> None:
    rows = score_rows({"a": [[HIT, LOST]]}, standard_scorers(2, SPACE), SPACE, {})

    assert math.isnan(hit_at(5, 2)(LOST).value)
    assert rows[0].scores["hit@5 in 2"].unjudged == 1
    assert rows[0].scores["hit@5 in 2"].mean == 1.0
    assert rows[0].unjudged == 1


def test_the_fuzzy_judge_of_the_peers_is_fooled_where_the_id_is_not() -> None:
    negated = session(("moon",), reply="I would never show you Aliens or the like.")

    assert fuzzy_success(1, SPACE)(negated).value == 1.0
    assert hit_at(5, 1)(negated).value == 0.0


def test_recall_reads_the_last_slate_shown() -> None:
    assert recall_of_last_slate(1)(session(("moon",), ("alien",), ())).value == 1.0


def test_pass_hat_k_is_the_chance_that_k_draws_all_succeed() -> None:
    runs = [[HIT], [HIT], [MISS], [HIT]]

    assert pass_hat(runs, hit_at(5, 2), 4) == [0.0]
    assert pass_hat(runs, hit_at(5, 2), 2) == [3 / 6]
    with pytest.raises(ValueError, match="needs 5 runs"):
        pass_hat(runs, hit_at(5, 2), 5)


def test_gini_is_0_for_equal_and_near_1_for_one_item() -> None:
    assert gini(np.ones(10)) == pytest.approx(0.0)
    assert gini(np.array([0.0] * 9 + [5.0])) == pytest.approx(0.9)


def test_spread_counts_what_was_shown() -> None:
    spread = spread_of([HIT], SPACE, {"moon": 0.8, "alien": 0.8} | {i.item_id: 0.4 for i in list(SPACE)[1:7]})

    assert spread.coverage == 2 / 8
    assert spread.shown == 3
    assert spread.popularity_lift == pytest.approx(0.8 / ((2 * 0.8 + 6 * 0.4) / 8))


def test_the_guard_knows_articles_accents_and_subtitles_and_leaves_everyday_words() -> None:
    guard = LeakGuard(SPACE)

    assert guard.finds("was it THE thing?!", ["the-thing"]) == "the-thing"
    assert guard.finds("Wall E is sweet", ["wall-e"]) == "wall-e"
    assert guard.finds("I want something scary", ["the-thing"]) == ""


def test_titles_match_by_name_and_year_with_the_article_moved() -> None:
    labels = {"1": "Thing, The (1982)", "2": "Thing, The (2011)", "3": "WALL-E (2008)", "4": "no year"}

    assert match_titles(labels, SPACE) == {"1": "the-thing", "3": "wall-e"}


def test_an_item_table_row_becomes_an_item_with_no_repeats() -> None:
    item = _item(
        {"name": "Moon (2009)", "star": ["Sam Rockwell", "Sam Rockwell"], "genre": ["drama"], "plot": "Alone."}
    )

    assert (item.title, item.year, item.people["cast"]) == ("Moon", 2009, ("Sam Rockwell",))


def test_kappa_and_rank_correlation_are_those_of_the_books() -> None:
    a, b = [1, 1, 0, 0, 1, 0, 1, 0], [1, 0, 0, 0, 1, 0, 1, 1]

    assert kappa(a, b) == pytest.approx((6 / 8 - 1 / 2) / (1 - 1 / 2))
    assert spearman([1, 2, 3, 4], [10, 20, 40, 30]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert auc([0.1, 0.4, 0.4, 0.9], [False, False, True, True]) == pytest.approx(3.5 / 4)
    assert math.isnan(kappa([1, 1], [1, 1]))


def test_at_one_in_ten_positives_precision_falls_for_the_same_user() -> None:
    even = Confusion(tp=70, fp=30, fn=30, tn=70)
    rare = Confusion(tp=7, fp=27, fn=3, tn=63)

    assert even.rates()["recall"] == rare.rates()["recall"] == 0.7
    assert rare.rates()["precision"] == 7 / 34


def test_equal_lists_are_fair_and_the_measures_know_rank() -> None:
    neutral = ["a", "b", "c", "d"]

    assert jaccard(neutral, neutral, 4) == serp(neutral, neutral, 4) == prag(neutral, neutral, 4) == 1.0
    assert serp(["x", "a"], neutral, 2) == 1 / 3
    assert prag(["b", "a"], neutral, 4) == 0.0
    assert jaccard(["a", "x"], neutral[:2], 2) == 1 / 3


def test_the_range_over_values_is_what_the_worst_treated_group_pays() -> None:
    lists = {"one": [["a", "b"]], "other": [["c", "d"]]}
    found = fairness_of("group", "Jaccard", [["a", "b"]], lists, 2)

    assert (found.snsr.mean, found.snsv.mean, found.lowest) == (1.0, 0.5, "other")


def test_the_rubric_prefers_an_answer_to_a_stutter() -> None:
    ask = Line(by_user=True, text="A space comedy please")
    good = [
        ask,
        Line(by_user=False, text="For a space comedy try Galaxy Quest."),
        Line(by_user=True, text="Great, thanks"),
    ]
    bad = [
        ask,
        Line(by_user=False, text="he he the the the the same same"),
        Line(by_user=True, text="what? that makes no sense"),
    ]
    judge = RubricJudge()

    assert judge.judge(good).overall > judge.judge(bad).overall


def test_the_report_is_one_page_that_escapes_what_users_said(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    runs = {"a": [[MISS, LOST]], "b": [[HIT, HIT]]}
    scorers = standard_scorers(2, SPACE)
    rows = score_rows(runs, scorers, SPACE, {})
    result = StudyResult(StudySettings(users=2, turns=2, data="tiny"), runs, rows, [], scorers, SPACE, ["A note."])

    page = write_report(result, tmp_path).read_text()
    table = pq.read_table(tmp_path / "metrics.parquet").to_pylist()
    lines = [json.loads(line) for line in (tmp_path / "trajectories.jsonl").read_text().splitlines()]

    assert "Hello &lt;b&gt;there&lt;/b&gt;" in page
    assert not re.search(r"https?://|<script|src=|href=", page)
    assert page.count("<svg") == 2, "bars and success by turn; nothing was timed, scored or sliced"
    assert "leaks in 0 of 4 conversations" in page
    assert page.index("<summary>b ") < page.index("<summary>a "), "the champion's conversations come first"
    assert len(table) == 4 * len(scorers)
    assert [row["value"] for row in table if row["scorer"] == "hit@5 in 2"] == [0.0, None, 1.0, 1.0]
    assert [turn["reward"] for turn in lines[-1]["turns"]] == [0.0, 1.0]
    assert len(lines) == 3


def test_the_report_plots_slices_calibration_and_cost_where_there_is_something_to_plot(tmp_path: Path) -> None:
    def scored(place: int) -> SessionRecord:
        """The higher the agent's own score, the likelier the slate holds the target."""
        held = place % 10 < place // 10
        answer = AgentReply(
            reply="", slate=HIT.persona.targets if held else ("nothing",), score=place / 50, milliseconds=1500.0
        )
        persona = HIT.persona.model_copy(update={"slice": "known" if place % 2 else "niche"})
        return HIT.model_copy(update={"persona": persona, "turns": (TurnRecord(number=1, said="Hi", answer=answer),)})

    runs = {"parley": [[scored(place) for place in range(50)]]}
    scorers = standard_scorers(1, SPACE)
    rows = score_rows(runs, scorers, SPACE, {})
    result = StudyResult(StudySettings(users=50, turns=1), runs, rows, [], scorers, SPACE, [])

    page = write_report(result, tmp_path).read_text()

    assert page.count("<svg") == 5
    assert [share for _, share, *_ in calibrate(result, "parley")] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert "known (25)" in page
    assert "niche (25)" in page
    assert "the agents took 75 s for 50 turns" in page


def test_no_table_is_wider_than_a_terminal() -> None:
    rows = score_rows({"a": [[MISS]], "parley": [[HIT]]}, standard_scorers(5, SPACE), SPACE, {})
    for _, table in narrow_tables(rows):
        widest = [max(len(str(row[column])) for row in [*table, {column: column}]) for column in table[0]]
        assert sum(widest) + 3 * len(widest) + 1 <= 100
