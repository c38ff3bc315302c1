"""The five tasks: measures by hand, splits that hide what is asked, baselines that are what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from parley.evals.tasks.choosing import make_choices
from parley.evals.tasks.explaining import Case, ExplanationJudge
from parley.evals.tasks.ratings import SCALE, Biases, RatingReader, split_ratings
from parley.evals.tasks.summarising import Talk, central, lead
from parley.evals.tasks.table import Answers, TaskError, table_of
from parley.evals.tasks.texts import bleu, rouge_1, rouge_l
from parley.tools.items import Catalog
from parley.tools.recommenders.data import Interactions


def stars() -> Interactions:
    """Six people, twelve items each; the even ones rate everything one star above the odd ones."""
    seen = [(u, k) for u in range(6) for k in range(12)]
    rows = [(f"u{u}", f"i{(u + k) % 15:02d}", 3.0 + (u % 2 == 0) + (k % 3 == 0), float(k)) for u, k in seen]
    return Interactions.from_columns(*zip(*rows, strict=True), name="stars")


def test_rouge_and_bleu_are_what_their_definitions_give() -> None:
    said, wanted = "a calm film about the sea", "a film about ships"

    assert rouge_1(said, wanted) == pytest.approx(2 * 3 / (6 + 4))
    assert rouge_l("the sea film", "film the sea") == pytest.approx(2 * 2 / (3 + 3))
    assert bleu(wanted, wanted) == pytest.approx(1.0)
    assert bleu("a film", "a film about ships") == pytest.approx(math.exp(1 - 4 / 2) * (1.0 * 1.0 * 1.0 * 1.0) ** 0.25)
    assert rouge_1("", wanted) == bleu("", wanted) == 0.0


def test_the_rating_asked_for_is_nowhere_in_what_is_learned_from() -> None:
    split = split_ratings(stars())
    learned = {(u, i) for u, i in zip(split.train.user_index, split.train.item_index, strict=True)}

    assert len(split.test) == len(split.validation) == 6
    assert not learned & {(u, i) for u, i in zip(split.test.user_index, split.test.item_index, strict=True)}
    assert split.test.time.min() > split.train.time.max()


def test_without_shrinkage_the_item_mean_is_the_mean_of_the_item() -> None:
    log = stars()
    told = Biases(log, 0.0, people=False).predict(log)

    for item in range(log.n_items):
        rows = log.item_index == item
        assert told[rows] == pytest.approx(np.full(rows.sum(), log.weight[rows].mean()))


class Generous:
    """Scores five stars e times as likely as four, and so on down."""

    model_id = "generous"

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
        self.prompts.append(prompt)
        return [float(option) for option in options]


def test_a_model_reads_older_ratings_only_and_its_scores_become_chances() -> None:
    split, model = split_ratings(stars()), Generous()
    person, asked = int(split.test.user_index[0]), int(split.test.item_index[0])

    chances = RatingReader(model, split.train, {}).chances(person, asked, told=3)

    assert chances == pytest.approx([math.exp(s) / sum(math.exp(t) for t in SCALE) for s in SCALE])
    title = split.test.item_ids[asked]
    assert model.prompts[0].endswith(f"\n{title}:")
    assert model.prompts[0].count("\n") == 1 + 3
    assert f"{title}: " not in model.prompts[0]


@pytest.mark.parametrize("kind", ["sequential", "direct"])
def test_the_item_to_find_is_hidden_and_the_other_candidates_were_never_touched(kind: str) -> None:
    rows = [(f"u{u}", f"i{(7 * u + k) % 60:02d}", 5.0, float(k)) for u in range(8) for k in range(10)]
    log = Interactions.from_columns(*zip(*rows, strict=True), name="stars")
    train, choices = make_choices(log, kind, cases=8, seed=3)  # type: ignore[arg-type]
    learned = set(zip(train.user_index.tolist(), train.item_index.tolist(), strict=True))

    for choice in choices:
        assert (choice.person, choice.target) not in learned
        assert choice.target not in choice.known
        assert len(set(choice.shown)) == 20
        assert set(choice.shown) & set(choice.known) == set()
        assert choice.target in choice.shown
    if kind == "sequential":
        newest = {int(u): int(i) for u, i in zip(log.user_index[log.order], log.item_index[log.order], strict=True)}
        assert {c.person: c.target for c in choices} == newest


def test_an_explanation_persuades_by_the_share_of_the_appeal_it_tells_and_a_false_one_is_called_false() -> None:
    catalog = Catalog.films()
    judge = ExplanationJudge(catalog)
    liked = [item.item_id for item in catalog if "Western" in item.values("genre")][:3]
    item = next(i for i in catalog if "Western" in i.values("genre") and i.item_id not in liked)
    case = Case(name="c", item_id=item.item_id, likes=tuple(liked), reason="I love a good western")

    silent = judge.mark(case, "You will like it.")
    honest = judge.mark(case, f"{item.label} is a western.")
    false = judge.mark(case, f"{item.title} was directed by Jane Campion.")

    assert silent["persuades"] == 0.0 < honest["persuades"] <= 1.0
    assert (honest["false"], honest["borne out"]) == (0.0, 1.0)
    assert false["false"] == float("Jane Campion" not in item.values("director"))


def test_lead_and_central_sentences_are_sentences_of_the_text() -> None:
    talk = Talk(turns=(("", "Hello. I love slow thrillers."), ("And?", "Slow thrillers with Tilda. Bye!")), notes="n")

    assert lead(talk) == "Hello."
    assert "Slow thrillers with Tilda." in central(talk, n=2)


def test_a_table_pairs_with_its_first_row_and_roots_the_squared_errors() -> None:
    first, second = Answers("first"), Answers("second")
    for error in (1.0, 3.0):
        first.add(RMSE=error**2, MAE=error)
        second.add(RMSE=0.0, MAE=0.0)
    table = table_of("T", "d", "about", [first, second], headline="MAE", seed=0, roots=("RMSE",))

    assert table.rows[0].scores["RMSE"].mean == pytest.approx(math.sqrt((1 + 9) / 2))
    assert table.rows[1].over_first is not None
    assert table.rows[1].over_first.mean == -2.0
    assert "| first |" in table.page()


def test_a_log_without_stars_is_refused_with_those_that_have_some() -> None:
    log = Interactions.from_columns(["u"] * 3, ["a", "b", "c"], None, [1.0, 2.0, 3.0], name="views")

    with pytest.raises(TaskError, match=r"'views' has no stars.*movielens-100k"):
        split_ratings(log)
