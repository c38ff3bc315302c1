"""The harness of `parley eval nlu`: scores worked by hand, both forms of files, bad input."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from parley.agent.acts import DialogueAct as Act
from parley.agent.ledger import LedgerEdit, Wish
from parley.agent.messages import Understanding
from parley.agent.tuning.notation import write_wish
from parley.agent.understanding import DialogueContext
from parley.evals.nlu.acts_eval import act_f1, act_scores
from parley.evals.nlu.dialogues import LabelledDataError, load_turns
from parley.evals.nlu.notation import NotationError, read_ledger
from parley.evals.nlu.report import measure_wishes
from parley.evals.nlu.wishes import MORE, WishCase, load_cases, load_contexts, score_cases
from parley.tools.items import Catalog


def said(*acts: Act) -> frozenset[Act]:
    return frozenset(acts)


def test_act_scores_are_the_ones_worked_by_hand() -> None:
    gold = [said(Act.SEEN, Act.ACCEPT), said(Act.OTHER)]
    predicted = [said(Act.SEEN), said(Act.OTHER, Act.SEEN)]

    assert act_scores(gold, predicted) == {
        "micro_f1": 2 * 2 / (3 + 3),
        "macro_f1": pytest.approx((2 / 3 + 0 + 1) / 3),
        "exact": 0.0,
    }
    assert act_f1(gold, predicted) == {"accept": 0.0, "seen": 2 / (1 + 2), "other": 1.0}


IARD: dict[str, Any] = {
    "7": {
        "dialogue_info": {
            "S2": {
                "utterance_pos": 2,
                "role": "seeker",
                "utterance_text": "I loved @1 <Heat (1995)> . Bye",
                "sub-intent/action": ["SEE", "END"],
            },
            "R1": {
                "utterance_pos": 1,
                "role": "recommender",
                "utterance_text": "Seen @1 <Heat (1995)> ?",
                "sub-intent/action": ["REC-E"],
            },
        }
    }
}
DIALOGUEKIT = [
    {
        "conversation_id": "7",
        "conversation": [
            {"participant": "AGENT", "utterance": "Seen Heat (1995)?", "dialogue_acts": []},
            {
                "participant": "USER",
                "utterance": "a comedy",
                "dialogue_acts": [{"intent": "CRI-A", "slot_values": [["GENRE", "Comedy"]]}],
            },
        ],
    }
]


def test_a_file_in_the_form_of_iard_is_read_in_order_of_the_dialogue(tmp_path: Path) -> None:
    path = tmp_path / "iard.json.gz"
    path.write_bytes(gzip.compress(json.dumps(IARD).encode()))

    (turn,) = load_turns(path)

    assert turn.before == (("assistant", "Seen Heat (1995) ?"),)
    assert (turn.text, turn.titles) == ("I loved Heat (1995) . Bye", ("Heat (1995)",))
    assert turn.acts == {Act.SEEN}


def test_a_file_in_the_form_of_dialoguekit_is_read_with_its_slots(tmp_path: Path) -> None:
    path = tmp_path / "kit.json"
    path.write_text(json.dumps(DIALOGUEKIT), "utf-8")

    (turn,) = load_turns(path)

    assert turn.acts == {Act.ADD_CONSTRAINT}
    assert turn.slots == (("genre", "comedy"),)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"1": 3}', '[{"conversation": 3}]', '[{"conversation": [{}]}]', "3"]
)
def test_a_file_in_no_known_form_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, "utf-8")

    with pytest.raises(LabelledDataError, match=r"bad\.json"):
        load_turns(path)


def test_the_committed_set_is_three_hundred_with_a_third_held_out() -> None:
    assert len(load_cases()) == 300
    assert len(load_cases("held_out")) == 100
    assert len({c.id for c in load_cases()}) == 300


def test_the_second_set_repeats_nothing_of_the_first_and_is_in_the_notation() -> None:
    catalog = Catalog.films()
    first, more = load_cases(), load_cases(MORE)
    shape = re.compile(
        r"(?:or )?[+-](?P<facet>(?!year|runtime)\w+)=(?P<value>.+?)[!~](?:@\w+)?|"
        r"-?(?:year|runtime)(?:[<>]=|=)[\d.?]+[!~](?:@\w+)?|"
        r"suit<=\d+|(?:like|dislike|seen|reject|accept):(?P<item>.+)|(?:retract|soften|harden):\w+(?:=.+)?|"
        r"ask:\w*\((?P<about>.+)\)|"
        r"reset|surprise|count:\d+"
    )
    parts = [(g, shape.fullmatch(g)) for case in more for g in case.gold]
    named = [i for _, m in parts if m for i in (*(m["item"] or "").split(), *(m["about"] or "").split(","))]
    values = [(m["facet"], v) for _, m in parts if m and m["facet"] for v in m["value"].split("|")]

    known = {_folded(c.utterance) for c in first}
    said = [_folded(c.utterance) for c in more]
    distinct = len(set(said))
    assert len(more) >= 250
    assert [c.id for c, text in zip(more, said, strict=True) if text in known] == []
    assert distinct == len(more) == len({c.id for c in more} - {c.id for c in first})
    assert {c.split for c in more} == {"development"}
    assert min(c.batch for c in more) == 1
    assert [g for g, m in parts if m is None] == []
    assert [i for i in named if i and i not in catalog] == []
    assert [v for f, v in values if f != "topic" and v not in catalog.vocabulary[f]] == []
    assert {c.context for c in more} <= set(load_contexts(catalog))


def _folded(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()


def test_every_context_of_the_committed_set_is_there_and_its_items_exist() -> None:
    catalog = Catalog.films()
    contexts = load_contexts(catalog)

    assert {c.context for c in load_cases()} <= set(contexts)
    assert all(item_id in catalog for context in contexts.values() for item_id in context.shown)


@pytest.mark.parametrize(
    "line", ["+genre=Comedy!", "-mood=violent~", "year<=1989!", "runtime>=90~", "suit<=8", "+genre=Comedy|Drama!"]
)
def test_the_notation_reads_what_it_writes(line: str) -> None:
    catalog = Catalog.films()
    (wish,) = read_ledger([line], catalog).active

    assert write_wish(wish, catalog.domain) == line


def test_a_line_that_is_no_wish_is_refused() -> None:
    with pytest.raises(NotationError, match="genre is Comedy"):
        read_ledger(["genre is Comedy"], Catalog.films())


def heard(text: str, context: DialogueContext) -> Understanding:
    return Understanding(edits=(LedgerEdit(wish=Wish(facet="genre", value="Comedy")),))


@pytest.mark.parametrize(
    ("gold", "strict", "lenient"),
    [
        (("+genre=Comedy~",), True, True),
        (("+genre=Comedy!",), False, True),
        ((), False, False),
        (("+genre=Comedy~", "reset"), False, False),
    ],
)
def test_only_all_and_nothing_but_what_was_meant_counts(gold: tuple[str, ...], strict: bool, lenient: bool) -> None:
    case = WishCase(id="x", split="development", context="none", utterance="a comedy", gold=gold)

    (score,) = score_cases([case], heard, Catalog.films())

    assert (score.strict, score.lenient) == (strict, lenient)


def test_the_shipped_understanding_beats_the_linker_alone_by_far() -> None:
    rows = {row["system"]: row for row in measure_wishes("development")["rows"]}

    assert rows["shipped"]["exact"] >= 0.9
    assert rows["linker_only"]["exact"] < 0.5 * rows["shipped"]["exact"]


def test_the_second_set_is_told_batch_by_batch() -> None:
    rows = [row for row in measure_wishes(MORE)["rows"] if row["system"] == "shipped"]

    assert sum(row["n"] for row in rows[:-1]) == rows[-1]["n"] == len(load_cases(MORE))
    assert [row["split"] for row in rows[:2]] == ["more, batch 1", "more, batch 2"]
    assert rows[-1]["exact"] >= 0.85


def test_the_command_understand_answers_in_lines_and_names_a_bad_one(tmp_path: Path) -> None:
    from parley.ui.cli import build
    from parley.ui.commands.common import UsageError

    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text(
        '{"context": [["assistant", "How about Heat?"]], "utterance": "I have seen it; older than 1990"}\n', "utf-8"
    )
    bad.write_text('{"utterance": "x"}\n{"utterance": 3}\n', "utf-8")

    done = CliRunner().invoke(build().app, ["understand", "--input", str(good), "--json"])
    refused = CliRunner().invoke(build().app, ["understand", "--input", str(bad), "--json"])

    document = json.loads(done.stdout)
    assert {c.get("stance") or c.get("facet") for c in document["constraints"]} == {"seen", "year"}
    assert isinstance(refused.exception, UsageError)
    assert "bad.jsonl line 2" in str(refused.exception)
    assert refused.stdout == ""
