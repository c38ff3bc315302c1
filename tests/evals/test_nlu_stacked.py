"""Acts learned on top of what ships: nothing of the judged dialogues is learned from; cuts are those worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from parley.agent.acts import DialogueAct as Act
from parley.agent.llm.seam import ChatModel
from parley.agent.understanding import Understander
from parley.evals.nlu.acts_eval import cross_validate, evidence_of
from parley.evals.nlu.dialogues import LabelledTurn
from parley.evals.nlu.stacked import CAUTION, USUAL, Table, chances, chosen, cuts, stacked
from parley.evals.nlu.told import act_chances
from parley.tools.items import Catalog
from parley.tools.linking import Linker

SAID = (
    ("hi, can you recommend a comedy?", Act.REQUEST),
    ("seen it, loved it", Act.SEEN),
    ("what is it about?", Act.INQUIRE),
    ("thanks, bye", Act.OTHER),
)
ACTS = [Act.REQUEST, Act.SEEN, Act.INQUIRE, Act.OTHER]


def dialogues(count: int) -> list[LabelledTurn]:
    turns = []
    for number in range(count):
        before: list[tuple[str, str]] = []
        for text, act in SAID:
            said = f"{text} {'!' * (number % 3)}"
            turns.append(LabelledTurn(dialogue=f"d{number}", before=tuple(before), text=said, acts=frozenset({act})))
            before += [("user", said), ("assistant", "How about Heat (1995)?")]
    return turns


@pytest.fixture(scope="module")
def understander() -> Understander:
    catalog = Catalog.films()
    return Understander(catalog, Linker.for_catalog(catalog))


def test_labels_of_the_judged_dialogues_change_nothing(understander: Understander) -> None:
    turns = dialogues(9)
    table = Table.of(turns, evidence_of(turns, understander))
    gold = np.array([[a in t.acts for a in ACTS] for t in turns])
    train, test = list(range(24)), list(range(24, 36))
    other = gold.copy()
    other[24:] = ~other[24:]

    told = stacked(table, gold, train, test, 0, ACTS)

    assert told == stacked(table, other, train, test, 0, ACTS)
    assert [set(acts) for acts in told] == [set(turns[i].acts) for i in test]


def test_a_turn_is_known_by_what_came_before_it_alone(understander: Understander) -> None:
    turns = dialogues(1)
    whole = Table.of(turns, evidence_of(turns, understander))
    begun = Table.of(turns[:2], evidence_of(turns[:2], understander))

    assert whole.counts[:2] == begun.counts
    assert any(name.startswith("before ") for name in whole.counts[1])


def test_what_a_model_told_is_learned_from(understander: Understander) -> None:
    turns = [t.model_copy(update={"text": "hm"}) for t in dialogues(9)]
    turns = [t.model_copy(update={"before": ()}) for t in turns]
    gold = np.array([[a in t.acts for a in ACTS] for t in turns])
    seen = evidence_of(turns, understander)
    train, test = list(range(24)), list(range(24, 36))

    alone = chances(Table.of(turns, seen), gold, train, test, 0)
    told = chances(Table.of(turns, seen, gold.astype(float)), gold, train, test, 0)

    assert (told.argmax(1) == gold[24:].argmax(1)).all()
    assert told[gold[24:]].mean() > alone[gold[24:]].mean()


def test_a_cut_lies_between_the_best_one_and_half_the_best_f1_and_is_drawn_to_the_usual_one() -> None:
    gold = np.array([[True], [True], [False], [True], [False]])
    chance = np.array([[0.9], [0.8], [0.5], [0.4], [0.2]])
    best_f1, between = 2 * 3 / (4 + 3), (0.4 + 0.2) / 2  # the first four: 3 hits of 4, of 3
    own = (between + best_f1 / 2) / 2

    assert cuts(gold, chance)[0] == pytest.approx((3 * own + CAUTION * USUAL) / (3 + CAUTION))
    assert cuts(gold[:2], chance[:2])[0] == USUAL  # two turns say nothing


def test_where_no_act_reaches_its_cut_the_nearest_is_given() -> None:
    chance = np.array([[0.1, 0.2], [0.5, 0.6]])

    assert chosen(chance, np.array([0.2, 0.5]), [Act.SEEN, Act.OTHER]) == [{Act.SEEN}, {Act.SEEN, Act.OTHER}]


def test_cross_validation_judges_every_turn_by_every_system(understander: Understander) -> None:
    turns = dialogues(10)
    seen = evidence_of(turns, understander)
    told = np.tile([[a in t.acts for a in Act] for t in turns[:4]], (10, 1)).astype(float)

    found = cross_validate(turns, seen, embed=False, told=told)

    assert {"stacked", "stacked_with_tuned"} <= set(found)
    assert all(all(acts) for acts in found.values())
    assert found["stacked"] == [t.acts for t in turns]


class Writer:
    """Scores answers by the chance of each piece: seen (.6) or other (.4); after seen a comma (.9), then accept."""

    def score(self, prompt: object, options: Sequence[str], *, normalise: bool = True) -> list[float]:
        assert not normalise
        return [float(np.log(self.chance(option))) for option in options]

    def chance(self, text: str) -> float:
        first, comma, rest = text.partition(",")
        value = {"seen": 0.6, "other": 0.4}.get(first, 1e-6) * (0.9 if comma else 1.0)
        second, comma, rest = rest.partition(",")
        value *= {"accept": 0.7, "neutral": 0.3, "": 1.0}.get(second.strip(), 1e-6) * (0.1 if comma else 1.0)
        return value * ({"end": 0.5}.get(rest.strip(), 1e-6) if rest.strip() else 1.0)


def test_the_chance_of_an_act_is_the_highest_at_any_place_of_the_answer() -> None:
    found = dict(zip(Act, act_chances(cast("ChatModel", Writer()), "they: hm"), strict=True))

    assert found[Act.SEEN] == pytest.approx(0.6)
    assert found[Act.OTHER] == pytest.approx(0.4)
    assert found[Act.ACCEPT] == pytest.approx(0.7)
    assert found[Act.NEUTRAL] == pytest.approx(0.3)
    assert found[Act.END] == pytest.approx(0.1 * 0.5)  # a third act would be unlikely to follow
