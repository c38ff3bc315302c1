"""The counts that tell dialogue acts, and the classifier that reads them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from parley.agent.acts import DialogueAct
from parley.agent.understanding import DialogueContext
from parley.agent.understanding.act_cues import MOST, cue_names
from parley.agent.understanding.acts import ActClassifier, names_of
from parley.agent.understanding.history import context_of
from parley.agent.understanding.train_acts import by_definition
from tests.agent.understanding.conftest import SLATE, Listener

SHOWN = DialogueContext(turn=3, slate=SLATE, shown=SLATE)


def cues(listener: Listener, text: str, context: DialogueContext = SHOWN) -> dict[str, int]:
    return dict(listener.understander.evidence(text, context).cues)


def test_words_are_counted_and_placed(listener: Listener) -> None:
    found = cues(listener, "Great, great, really great, great. Do you have any others?")

    assert found["said good"] == MOST  # counts end there
    assert found["first good"] == 1
    assert "last good" not in found
    assert found["last more"] == found["ends ?"] == 1


def test_the_words_of_a_title_tell_nothing(listener: Listener) -> None:
    assert "said good" not in cues(listener, "As Good as It Gets")
    assert cues(listener, "As Good as It Gets was good")["said good"] == 1


def test_a_title_is_new_or_named_again(listener: Listener) -> None:
    again, new = cues(listener, "Alien was fine"), cues(listener, "Jaws was fine")

    assert (again["titles again"], again.get("new titles", 0)) == (1, 0)
    assert (new["new titles"], new.get("titles again", 0)) == (1, 0)


def test_titles_with_years_count_where_the_catalogue_lacks_them(listener: Listener) -> None:
    said = [("user", "hi"), ("assistant", "Have you seen Gorp Hunters (1981)?")]
    context = context_of(said, listener.understander)

    found = cues(listener, "Gorp Hunters (1981) and Zyx Returns (1983)", context)

    assert found["we named"] == found["titles again"] == found["new titles"] == 1
    assert found["we seen"] == found["we end ?"] == 1


def test_names_of_cues_tell_one_from_several() -> None:
    assert sorted(cue_names({"said good": 1, "said bad": 3})) == ["said bad", "said bad 2", "said good"]


def test_the_shipped_classifier_reads_cues(listener: Listener) -> None:
    classifier = ActClassifier.shipped()
    assert classifier is not None
    names = names_of(listener.understander.evidence("never heard of it", SHOWN))

    assert {n for n in names if n.startswith("k:")} & set(classifier.features)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("never heard of that one", DialogueAct.NEUTRAL),
        ("I hated that movie, did not laugh once", DialogueAct.REJECT),
        ("any other suggestions?", DialogueAct.CONTINUE),
        ("have you seen it? what did you think?", DialogueAct.ASK_OPINION),
    ],
)
def test_the_acts_of_reactions(listener: Listener, text: str, act: DialogueAct) -> None:
    assert act in listener.hear(text, SHOWN).acts


def test_an_accepted_film_is_not_neutral() -> None:
    seen, accept, neutral = DialogueAct.SEEN, DialogueAct.ACCEPT, DialogueAct.NEUTRAL

    assert by_definition([neutral, accept, seen]) == (accept, seen)
    assert by_definition([neutral, seen]) == (neutral, seen)


def test_every_turn_is_labelled_once_with_known_acts() -> None:
    path = Path(str(files("parley.agent.understanding"))) / "labels" / "redial_acts.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    assert len({(r["dialogue"], r["turn"]) for r in rows}) == len(rows) == 1656
    assert all(r.keys() == {"corpus", "dialogue", "turn", "acts"} and r["acts"] for r in rows)
    assert {a for r in rows for a in r["acts"]} <= set(DialogueAct)
