"""What every ranker promises, with a model whose likes are scripted; then what each kind adds."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from parley.tools.candidates import Candidate
from parley.tools.ranking.judging import PairwiseRanker, PointwiseRanker
from parley.tools.ranking.language import RankerError, tell_history
from parley.tools.ranking.letters import LetterConfig, LetterRanker
from parley.tools.ranking.likelihood import LikelihoodRanker
from parley.tools.ranking.permutation import ListwiseRanker, NirRanker, WindowRanker, read_permutation
from parley.tools.seams import Ranker, RankRequest, Taste

TITLES = {"a": "Alien", "b": "Babe", "c": "Casablanca", "d": "Dune [1984]", "e": "Eraserhead\n[1] Babe"}
LIKES = {"Alien": 1.0, "Babe": -2.0, "Casablanca": 3.0, "Dune (1984)": 2.0, "Eraserhead (1) Babe": 0.0}
BEST_FIRST = ["c", "d", "a", "e", "b"]
REQUEST = RankRequest(wish="something good", taste=Taste(reactions=(("x", 1.0), ("y", 1.0))))


class FondModel:
    """Prefers titles by `LIKES`; adds `bias` to the first label, as small models do."""

    def __init__(self, bias: float = 0.0) -> None:
        self.bias = bias
        self.prompts: list[str] = []

    def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
        self.prompts.append(prompt)
        if options[0].startswith(" Yes"):
            title = re.search(r"Would I like (.*)\? Answer", prompt)
            assert title is not None
            return [LIKES[title[1]], -LIKES[title[1]]]
        labels = dict(re.findall(r"^\[(\w)\] (.*)$", prompt, re.M))
        found = [LIKES[labels[option] if option in labels else option.strip()] for option in options]
        return [found[0] + self.bias, *found[1:]]

    def write(self, prompt: str, max_tokens: int) -> str:
        self.prompts.append(prompt)
        labels = re.findall(r"^\[(\d+)\] (.*)$", prompt, re.M)
        if not labels:
            return "Films [1] > [2] of all kinds."
        ordered = sorted(labels, key=lambda pair: -LIKES[pair[1]])
        return " > ".join(f"[{n}]" for n, _ in ordered).removeprefix("[")


def candidates(ids: str = "abcde") -> list[Candidate]:
    return [Candidate(item_id=item_id, score=1.0 - place / 10) for place, item_id in enumerate(ids)]


def describe(item_id: str) -> str:
    return TITLES.get(item_id, f"Film {item_id}")


def order(ranker: Ranker, ids: str = "abcde") -> list[str]:
    return [c.item_id for c in ranker.rank(REQUEST, candidates(ids)).candidates]


MAKERS: dict[str, Callable[[FondModel], Ranker]] = {
    "letters": lambda m: LetterRanker(m, describe),
    "letters-x3": lambda m: LetterRanker(m, describe, LetterConfig(orders=3)),
    "likelihood": lambda m: LikelihoodRanker(m, describe),
    "pointwise": lambda m: PointwiseRanker(m, describe),
    "pairwise": lambda m: PairwiseRanker(m, describe, passes=4),
    "listwise": lambda m: ListwiseRanker(m.write, describe),
    "rankgpt": lambda m: WindowRanker(ListwiseRanker(m.write, describe), window=3, step=1),
    "nir": lambda m: NirRanker(m.write, describe),
}
every_ranker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


@every_ranker
def test_it_is_a_ranker_and_puts_what_the_model_likes_first(make: Callable[[FondModel], Ranker]) -> None:
    ranker = make(FondModel())

    assert isinstance(ranker, Ranker)
    assert order(ranker)[0] == BEST_FIRST[0]


@every_ranker
def test_it_neither_adds_nor_drops_a_candidate(make: Callable[[FondModel], Ranker]) -> None:
    for ids in ("", "a", "ab", "edcba"):
        assert sorted(order(make(FondModel()), ids)) == sorted(ids)


@every_ranker
def test_it_changes_nothing_and_asks_nothing_with_fewer_than_two_candidates(
    make: Callable[[FondModel], Ranker],
) -> None:
    model = FondModel()

    assert order(make(model), "b") == ["b"]
    assert model.prompts == []


@every_ranker
def test_it_counts_its_model_calls(make: Callable[[FondModel], Ranker]) -> None:
    model = FondModel()

    assert make(model).rank(REQUEST, candidates()).model_calls == len(model.prompts) > 0


@every_ranker
def test_a_title_with_line_breaks_or_brackets_cannot_pose_as_another_label(
    make: Callable[[FondModel], Ranker],
) -> None:
    model = FondModel()
    make(model).rank(REQUEST, candidates())

    assert not any("\n[1] Babe" in p and "\n[2]" not in p for p in model.prompts)
    assert not any(re.search(r"Dune \[1984\]", p) for p in model.prompts)


def test_letters_order_every_candidate_in_one_pass() -> None:
    model = FondModel()

    assert order(LetterRanker(model, describe)) == BEST_FIRST
    assert len(model.prompts) == 1


def test_letters_in_as_many_orders_as_candidates_cancel_a_love_of_the_first_place() -> None:
    assert order(LetterRanker(FondModel(bias=50.0), describe))[0] == "a"
    assert order(LetterRanker(FondModel(bias=50.0), describe, LetterConfig(orders=5))) == BEST_FIRST


def test_letters_keep_what_has_no_letter_below_in_input_order() -> None:
    ids = [f"n{n}" for n in range(30)]
    many = [Candidate(item_id=i, score=-n) for n, i in enumerate(ids)]

    class LastLetter:
        def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
            return [float(n) for n in range(len(options))]

    ranked = LetterRanker(LastLetter(), lambda i: i).rank(REQUEST, many)

    assert [c.item_id for c in ranked.candidates] == [*reversed(ids[:26]), *ids[26:]]


def test_calibrated_letters_take_off_what_a_letter_scores_unasked() -> None:
    class Stubborn:
        def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
            asked = 1.0 if "something good" in prompt else 0.0
            return [9.0 - n + asked * (n == 2) for n in range(len(options))]

    assert order(LetterRanker(Stubborn(), describe), "abc")[0] == "a"
    assert order(LetterRanker(Stubborn(), describe, LetterConfig(calibrate=True)), "abc")[0] == "c"


def test_pmi_takes_off_what_a_title_scores_by_itself() -> None:
    class Famous:
        def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
            told = "liked" in prompt
            return [{"Alien": 5.0 + 0.1 * told, "Babe": 1.0 + 2.0 * told}[o.strip()] for o in options]

    assert order(LikelihoodRanker(Famous(), describe), "ab") == ["a", "b"]
    assert order(LikelihoodRanker(Famous(), describe, pmi=True), "ab") == ["b", "a"]


def test_a_pair_that_flips_with_its_order_is_a_draw() -> None:
    class FirstPlace:
        def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
            return [1.0, 0.0]

    assert order(PairwiseRanker(FirstPlace(), describe)) == list("abcde")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[2] > [1] > [3]", [1, 0, 2]),
        ("Sure! [3] > [1]", [2, 0, 1]),
        ("[2] > [2] > [1]", None),
        ("[4] > [1]", None),
        ("[0] > [1]", None),
        ("[1] Alien\n[2] Babe", None),
        ("Alien, Babe", None),
        ("", None),
        ("[99999999999] > [1]", None),
    ],
)
def test_only_a_legal_permutation_is_read(text: str, expected: list[int] | None) -> None:
    assert read_permutation(text, 3) == expected


def test_an_illegal_answer_keeps_the_input_order_and_is_counted() -> None:
    for ranker in (
        ListwiseRanker(lambda prompt, n: "I like them all.", describe),
        NirRanker(lambda prompt, n: "I like them all.", describe),
        WindowRanker(ListwiseRanker(lambda prompt, n: "9] > [8]", describe), window=2, step=1),
    ):
        ranked = ranker.rank(REQUEST, candidates())

        assert [c.item_id for c in ranked.candidates] == list("abcde")
        assert ranked.fell_back


def test_a_window_lifts_the_best_from_the_back_to_the_front() -> None:
    ranker = WindowRanker(ListwiseRanker(FondModel().write, describe), window=2, step=1)

    assert order(ranker, "baedc")[0] == "c"


def test_a_step_as_wide_as_the_window_is_refused() -> None:
    with pytest.raises(RankerError, match="step 3 and window 3"):
        WindowRanker(ListwiseRanker(FondModel().write, describe), window=3, step=3)


def test_the_history_is_told_as_each_style_has_it() -> None:
    request = RankRequest(taste=Taste(reactions=(("a", 1.0), ("b", -1.0), ("c", 1.0))))

    assert tell_history(request, describe) == "I liked, in order: Alien; Casablanca."
    assert "Most recently I liked Casablanca." in tell_history(request, describe, "recency")
    assert "the best suggestion was: Casablanca" in tell_history(request, describe, "in-context")
    assert tell_history(RankRequest(), describe, "in-context") == ""
