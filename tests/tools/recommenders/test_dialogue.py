"""`DialogueRecommender` in a world of two tastes: space films go with space films, farm films with farm films."""

from __future__ import annotations

import numpy as np
import pytest

from parley.tools.recommenders.base import RecommenderError
from parley.tools.recommenders.dialogue import (
    DialogueConfig,
    DialogueContext,
    DialogueExample,
    DialogueItem,
    DialogueRecommender,
    ItemFacts,
)
from parley.tools.recommenders.dialogue_blend import draw

SPACE = [f"space{n}" for n in range(6)]
FARM = [f"farm{n}" for n in range(6)]
ITEMS = [
    DialogueItem(i, f"{i} story", 1990 + n, frozenset({"sci-fi" if i in SPACE else "family"}), frozenset({i[:4]}))
    for n, i in enumerate([*SPACE, *FARM])
]  # fmt: skip
FACTS = ItemFacts(ITEMS, genre_words={"rockets": "sci-fi", "animals": "family"})


def examples(n: int = 60) -> list[DialogueExample]:
    rng = np.random.default_rng(0)
    found = []
    for k in range(n):
        world, word = (SPACE, "rockets") if k % 2 else (FARM, "animals")
        first, second = rng.choice(world, 2, replace=False)
        context = DialogueContext(("Hello!", f"I want {word}, I liked {first}"), (str(first),))
        found.append(DialogueExample(str(k), context, (str(second),)))
    return found


@pytest.fixture(scope="module")
def model() -> DialogueRecommender:
    return DialogueRecommender.fit(examples(), FACTS, DialogueConfig(members=1, hidden=4))


def test_what_was_named_decides_which_world_comes_next(model: DialogueRecommender) -> None:
    best = [item_id for item_id, _ in model.recommend(DialogueContext(("I liked that one",), ("space1",)), 5)]

    assert set(best) == set(SPACE) - {"space1"}


def test_words_decide_where_nothing_was_named(model: DialogueRecommender) -> None:
    best = [item_id for item_id, _ in model.recommend(DialogueContext(("Something with animals, please",)), 3)]

    assert set(best) <= set(FARM)


def test_a_named_item_is_barred_unless_repeats_are_learned(model: DialogueRecommender) -> None:
    context = DialogueContext(("animals",), ("farm0", "farm1"))

    assert not {"farm0", "farm1"} & {item_id for item_id, _ in model.recommend(context, 12)}


def test_repeats_are_learned_where_dialogues_repeat() -> None:
    echoing = [DialogueExample(e.dialogue_id, e.context, e.context.mentioned) for e in examples()]
    model = DialogueRecommender.fit(echoing, FACTS, DialogueConfig(members=1, hidden=0, repeats=True))

    assert model.recommend(DialogueContext(("I liked that",), ("space2",)), 1)[0][0] == "space2"


def test_the_same_data_and_seed_give_the_same_scores(model: DialogueRecommender) -> None:
    again = DialogueRecommender.fit(examples(), FACTS, DialogueConfig(members=1, hidden=4))
    context = DialogueContext(("rockets",), ("space3",))

    assert np.array_equal(next(iter(again.score([context]))), next(iter(model.score([context]))))


def test_unknown_items_and_empty_contexts_are_scored_all_the_same(model: DialogueRecommender) -> None:
    for context in (DialogueContext(()), DialogueContext(("hm",), ("no such item",), ("Nobody",))):
        assert len(model.recommend(context, 3)) == 3


def test_too_few_dialogues_are_refused() -> None:
    with pytest.raises(RecommenderError, match="3 dialogues are too few for 5 folds"):
        DialogueRecommender.fit(examples(3), FACTS)


def test_vectors_without_their_embedder_are_refused() -> None:
    with pytest.raises(RecommenderError, match="or neither"):
        DialogueRecommender.fit(examples(), ItemFacts(ITEMS, vectors=np.ones((12, 2), np.float32)))


def test_the_sample_stands_for_all_allowed_items() -> None:
    rng = np.random.default_rng(0)
    allowed = np.ones(1000, dtype=bool)
    allowed[:100] = False
    prior = np.arange(1000, dtype=np.float32)

    sample = draw(np.zeros((1000, 1), np.float32), prior, [500, 500, 950], allowed, rng, hard=50, easy=70)

    assert sample.targets.sum() == 3
    assert np.exp(sample.log_weight[sample.log_weight > -1e8]).sum() == pytest.approx(900)
