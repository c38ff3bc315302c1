"""Replies, rankings, plans and questions to learn from; checks of answers, and pairs made with them."""

from __future__ import annotations

import csv
import gzip
import json
import re
from pathlib import Path

import pytest

from parley.agent.planning.drafts import DraftPlan
from parley.agent.tuning.data_checks import Checks
from parley.agent.tuning.data_labels import LabelledTurns
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.data_pairs import keep_right, prefer_checked
from parley.agent.tuning.data_plan import kindred_words, plan_examples
from parley.agent.tuning.data_question import question_examples
from parley.agent.tuning.data_rank import NAME, RankingMaker
from parley.agent.tuning.data_reply import ReplyMaker, film_part
from parley.agent.tuning.data_understand import UnderstandingMaker
from parley.agent.tuning.examples import Example, ExampleError
from parley.agent.tuning.labelling import Label


@pytest.fixture(scope="session")
def replies(film_words: Lexicon) -> ReplyMaker:
    return ReplyMaker(film_words)


@pytest.fixture(scope="session")
def checks(film_words: Lexicon) -> Checks:
    return Checks(film_words.catalog, film_words.linker)


def example(role: str, prompt: str, target: str, **fields: object) -> Example:
    return Example.model_validate({"role": role, "prompt": prompt, "target": target, "group": "t:1", **fields})


# --- replies -------------------------------------------------------------------------------------------------


def test_every_reply_names_its_films_and_passes_the_products_verifier(replies: ReplyMaker, checks: Checks) -> None:
    for made in replies.examples(25, seed=3):
        assert checks.check(made, made.target).score == 1.0, made.target


def test_a_slate_of_a_reply_stays_within_one_part_of_the_catalogue(replies: ReplyMaker, film_words: Lexicon) -> None:
    by_label = {i.label: i for i in film_words.catalog}
    for made in replies.examples(10, seed=4):
        items = [item for label, item in by_label.items() if f"- {label}: " in made.prompt]
        assert {f"films:{film_part(item)}" for item in items} == {n for n in made.names if n.startswith("films")}


def test_a_reply_that_claims_more_than_the_facts_is_not_learned_from(replies: ReplyMaker) -> None:
    alien = replies.catalog["alien-1979"]

    assert replies.holds("Alien (1979) is directed by Ridley Scott.", [alien])
    assert not replies.holds("Alien (1979) is directed by James Cameron.", [alien])
    assert not replies.holds("Alien (1979) and Heat (1995) are here.", [alien])
    assert not replies.holds("Something good.", [alien])


# --- plans and questions -------------------------------------------------------------------------------------


def test_every_plan_is_one_of_the_products_schema(maker: UnderstandingMaker) -> None:
    for made in plan_examples(maker, 60, seed=1):
        plan = DraftPlan.model_validate_json(made.target)
        tools = [s.tool.value for s in plan.steps]
        assert ("similar" in tools) == bool(re.search(r"\b(?:like|accept):", made.prompt)), made
        assert all(s.query for s in plan.steps if s.tool.value == "search")


def test_a_theme_is_searched_with_what_its_films_are_about_besides(film_words: Lexicon) -> None:
    more = kindred_words("heist", film_words.catalog)

    heists = [i for i in film_words.catalog if "heist" in i.values("keyword")]
    assert len(more) == 2
    assert all(sum(word in i.values("keyword") for i in heists) > 1 for word in more)
    assert kindred_words("no such theme", film_words.catalog) == []


def test_every_question_names_its_options_once_asked(maker: UnderstandingMaker, checks: Checks) -> None:
    for made in question_examples(maker, 60, seed=1):
        assert checks.check(made, made.target).score == 1.0, made


# --- ranking -------------------------------------------------------------------------------------------------


@pytest.fixture
def ratings(tmp_path: Path, film_words: Lexicon) -> Path:
    """Three people who liked the first 12 linked films one after the other, and one who liked two."""
    films = [i.links["movielens"] for i in film_words.catalog if "movielens" in i.links]
    folder = tmp_path / NAME
    folder.mkdir()
    rows = [("userId", "movieId", "rating", "timestamp")]
    rows += [(str(u), f, "4.5", str(1000 + n)) for u in (1, 2, 3) for n, f in enumerate(films[:12])]
    rows += [("4", f, "5.0", "7") for f in films[:2]]
    rows += [("5", f, "2.0", "7") for f in films[12:60]]
    with gzip.open(folder / "ratings.csv.gz", "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return tmp_path


def test_the_letter_is_that_of_the_film_liked_next(ratings: Path, film_words: Lexicon) -> None:
    linked = [i for i in film_words.catalog if "movielens" in i.links]
    order = [i.label for i in linked[:12]]
    for made in RankingMaker(film_words.catalog, ratings).examples(20, seed=1):
        told, _, listed = made.prompt.partition("\n")
        target = next(line[4:] for line in listed.splitlines() if line.startswith(f"[{made.target}]"))
        last = order[order.index(target) - 1]
        assert told.endswith(f"{last}.")
        assert all(label not in listed for label in order if label != target)


def test_the_last_films_somebody_liked_are_never_asked_for(ratings: Path, film_words: Lexicon) -> None:
    made = RankingMaker(film_words.catalog, ratings)

    assert sorted(made.users) == ["1", "2", "3"]
    assert all(len(films) == 10 for _, films in made.users.values())


def test_ratings_that_are_not_there_are_asked_for_in_one_line(tmp_path: Path, film_words: Lexicon) -> None:
    with pytest.raises(ExampleError, match="PARLEY_DATA_MIRROR"):
        RankingMaker(film_words.catalog, tmp_path)


# --- hand labels ---------------------------------------------------------------------------------------------


@pytest.fixture
def labelled(tmp_path: Path, film_words: Lexicon) -> LabelledTurns:
    """One made-up dialogue in ReDial's form, labelled by hand."""
    folder = tmp_path / "redial"
    folder.mkdir()
    said = [
        (7, 1, "Hi, any good scary ones?"),
        (8, 2, "Have you seen @11 or @12 ?"),
        (7, 3, "I loved @11 ! Never saw the other."),
        (8, 4, "How about @13 ?"),
        (7, 5, "no I haven't"),
        (8, 6, "It has Tom Hanks"),
        (7, 7, "who directed it?"),
    ]
    record = {
        "conversationId": "1", "initiatorWorkerId": 7,
        "movieMentions": {"11": "Alien  (1979)", "12": "Heat (1995)", "13": "A Film Nobody Has (2018)"},
        "messages": [{"senderWorkerId": who, "turn_id": n, "text": text} for who, n, text in said],
    }  # fmt: skip
    with gzip.open(folder / "valid_linked.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    with gzip.open(folder / "iard.json.gz", "wt", encoding="utf-8") as file:
        file.write("{}")
    labels = [
        Label(corpus="redial", dialogue="1", turn=turn, acts=acts, edits=edits, by="T")
        for turn, acts, edits in (
            (1, ("request",), ("+mood=scary!",)),
            (3, ("seen", "provide_preference"), ("like:@11", "mention:@12")),
            (5, ("seen",), ("mention:^@13",)),
            (7, ("inquire",), ("mention:^@13",)),
        )
    ]  # type: ignore[arg-type]
    return LabelledTurns(film_words, tmp_path, labels)


def test_numbers_become_names_and_what_we_named_becomes_the_slate(labelled: LabelledTurns) -> None:
    first, second, *_ = labelled.understanding()

    assert first.target == "request | +mood=scary!"
    assert "@" not in second.prompt
    assert "shown: #1 Alien; #2 Heat" in second.prompt
    assert second.target == "seen, provide_preference | like:#1"
    assert second.group == "dialogue:redial/1"


def test_not_seen_is_neutral_and_a_question_without_a_field_stays_open(labelled: LabelledTurns) -> None:
    *_, unseen, asks = labelled.understanding()

    assert (unseen.target, unseen.open) == ("neutral", False)
    assert (asks.target, asks.open) == ("inquire", True)
    assert "A Film Nobody Has" in unseen.prompt


def test_a_seekers_real_words_follow_from_what_they_disclosed(labelled: LabelledTurns) -> None:
    first, second = labelled.simulation()

    assert first.prompt.endswith("say: +mood=scary!")
    assert first.target == "Hi, any good scary ones?"
    assert second.prompt.endswith('say: like:"Alien"')


# --- checks and pairs ----------------------------------------------------------------------------------------


def test_an_understanding_is_judged_by_its_edits_and_then_its_acts(checks: Checks) -> None:
    asked = example("understand", "they: a comedy, not too violent", "request | +genre=Comedy!; -mood=violent~")

    def score(answer: str) -> float:
        return checks.check(asked, answer).score

    assert score("request | +genre=Comedy!; -mood=violent~") == 1.0
    assert score("request | +genre=Comedy!") == pytest.approx(0.3 + 0.7 * (2 * 1 / 3))
    assert score("inquire | +genre=Comedy!; -mood=violent~") == pytest.approx(0.7)
    assert score("request | +genre=Comedish!") == 0.0
    assert score("what a lovely day") == 0.0


def test_a_reply_is_judged_by_what_it_names_and_claims(checks: Checks) -> None:
    facts = example("reply", "Wish: scary\n- Alien (1979): sci-fi horror film\n- Heat (1995): crime thriller", "...")

    both = "Alien (1979) is a sci-fi horror film. Heat (1995) is a crime thriller."
    assert checks.check(facts, both).score == 1.0
    assert checks.check(facts, "Alien (1979) is a sci-fi horror film.").score == 0.5
    assert checks.check(facts, "Alien (1979) stars Tom Hanks.").score == 0.0


def test_a_plan_and_a_question_are_judged_by_their_form(checks: Checks) -> None:
    plan = example("plan", "kept: +genre=Comedy!", '{"steps":[{"tool":"match"}]}')
    question = example("question", "ask: genre\noptions: comedy, drama", "A comedy or a drama?")

    assert checks.check(plan, '{"steps":[{"tool":"match"}]}').score == 1.0
    assert checks.check(plan, '{"steps":[{"tool":"popular"}]}').score == pytest.approx(0.3)
    assert checks.check(plan, '{"steps":[{"tool":"guess"}]}').score == 0.0
    assert checks.check(question, "Would you like a comedy?").score == 0.5
    assert checks.check(question, "Comedy or drama").score == 0.5


def test_a_simulated_users_words_are_judged_by_what_the_product_understands(checks: Checks) -> None:
    wish = example("simulate", "act: request\nsay: +genre=Comedy!; year<=1989!", "...")

    assert checks.check(wish, "a comedy from before 1990").score == 1.0
    assert checks.check(wish, "a comedy").score == pytest.approx(2 * 1 / 3)
    assert checks.check(wish, "hello").score == 0.0


def test_the_better_of_two_samples_is_chosen_and_the_known_answer_where_none_is_right(checks: Checks) -> None:
    asked = example("rank", "[A] Alien (1979)\n[B] Heat (1995)", "B")

    (own,) = prefer_checked([asked], lambda e, n: ["A", "B"], checks)
    (known,) = prefer_checked([asked], lambda e, n: ["A", "C"], checks)
    assert (own.chosen, own.rejected, own.source) == ("B", "A", "sampled")
    assert (known.chosen, known.source) == ("B", "known")
    assert list(prefer_checked([asked], lambda e, n: ["B", "B"], checks)) == []


def test_a_model_is_taught_its_own_right_answers_and_the_known_ones_where_it_has_none(checks: Checks) -> None:
    easy = example("understand", "they: hi", "other")
    hard = example("understand", "they: a comedy", "request | +genre=Comedy!")

    def sample(asked: Example, n: int) -> list[str]:
        return ["other", "inquire"]

    assert [e.source for e in keep_right([easy, hard], sample, checks)] == ["sampled", ""]
    assert [e.target for e in keep_right([easy, hard], sample, checks, rationalise=False)] == ["other"]
