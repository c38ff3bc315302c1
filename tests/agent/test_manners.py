"""Whole turns over the shipped films, as a picky person would judge them; no model."""

from __future__ import annotations

import numpy as np

from parley.agent.deciding import AskPolicy, belief, value_questions
from parley.agent.ledger import Hardness, Polarity
from parley.evals.plan.requests import load_requests
from parley.tools.filters import Filter
from tests.agent.test_behaviours import Films, films, titles, wishes

__all__ = ["films"]


def test_nothing_is_shown_twice_while_something_new_fits(films: Films) -> None:
    turns = films.play("a crime film", "something tense", "from the nineties", "make it darker", "more")

    shown = [title for turn in turns for title in titles(turn)]
    assert len(shown) == len(set(shown)) == 25


def test_the_funny_ones_may_come_from_what_was_shown(films: Films) -> None:
    first, turn = films.play("a crime film with Brad Pitt", "the funny ones")

    assert set(titles(first)) & set(titles(turn))


def test_taste_does_not_outweigh_what_is_wished_now(films: Films) -> None:
    _, turn = films.play("I love Heat and Goodfellas", "something romantic")

    kin = {"romantic", "tender", "passionate", "sensual", "bittersweet", "charming"}
    assert all(kin & set(films.item(i).tags["mood"]) for i in turn.slate)
    assert sum("romantic" in films.item(i).tags["mood"] for i in turn.slate) >= 4


def test_what_is_liked_brings_its_own_kind_and_not_just_what_the_same_people_rate(films: Films) -> None:
    first, more = films.play("I loved Amélie", "more please")

    assert {"Schindler's List", "Fight Club", "The Shawshank Redemption"}.isdisjoint({*titles(first), *titles(more)})


def test_an_evening_out_of_the_usual_puts_the_usual_into_the_background(films: Films) -> None:
    _, turn = films.play("I love science fiction", "just for tonight, something light and romantic")

    assert all({"romantic", "lighthearted"} & set(films.item(i).tags["mood"]) for i in turn.slate)


def test_a_small_child_gets_what_is_made_for_children(films: Films) -> None:
    (turn,) = films.play("a film for my 6 year old")

    assert all({"Family", "Animation"} & set(films.item(i).tags["genre"]) for i in turn.slate)


def test_one_fit_is_filled_up_with_what_comes_near(films: Films) -> None:
    (turn,) = films.play("a film for my 6 year old who loves dinosaurs")

    assert "dinosaurs" in films.item(turn.slate[0]).tags["keyword"]
    assert len(turn.slate) == 5


def test_somebody_who_cannot_decide_is_asked_at_first_and_given_one_later(films: Films) -> None:
    asked, *_ = films.play("I can't decide what to watch")
    first, answer = films.play("a thriller", "I can't decide")

    assert asked.route == "ask"
    assert asked.quick_replies
    assert answer.route == "answer"
    assert first.slate[0].title in answer.reply


def test_a_broad_request_with_likes_is_asked_about_once_and_then_served(films: Films) -> None:
    asked, served, refused = films.play(
        "I liked Heat and Goodfellas. I'm looking for a drama.", "tense", "older than 1990"
    )

    assert [t.route for t in (asked, served, refused)] == ["ask", "plan", "plan"]
    assert "tense" in asked.quick_replies


def test_somebody_who_named_what_it_should_be_like_or_said_two_things_is_not_asked(films: Films) -> None:
    for said in (
        "something like Heat but a comedy",
        "I liked Heat. A drama from the nineties please",
        "something funny",
        "nothing violent please",
    ):
        (turn,) = films.play(said)
        assert turn.route == "plan", said


def test_a_slate_turned_down_is_followed_by_a_question_and_not_by_puzzlement(films: Films) -> None:
    *_, turn = films.play("I liked The Matrix", "not quite")

    assert turn.route == "ask"
    assert turn.quick_replies


def test_surprise_me_never_leads_to_a_question(films: Films) -> None:
    for before in ("hello", "a drama", "recommend something"):
        *_, turn = films.play(before, "surprise me")
        assert turn.route == "plan"
        assert turn.slate


def test_two_requests_in_one_breath_get_a_slate_each(films: Films) -> None:
    first, second = films.play("a funny western and also something sad with Meryl Streep", "yes")

    assert all("Western" in films.item(i).tags["genre"] for i in first.slate)
    assert "Something sad with Meryl Streep" in first.quick_replies
    assert all("Meryl Streep" in films.item(i).people["cast"] for i in second.slate)


def test_what_stands_in_the_way_is_dropped_on_a_word(films: Films) -> None:
    _, turn = films.play("a silent Korean musical from 2020 under 60 minutes", "ok drop that")

    assert turn.slate
    assert not [w for w in turn.ledger.active if w.facet == "year"]


def test_a_comparison_stays_at_hand_for_the_next_question(films: Films) -> None:
    first, _, shorter, pick = films.play(
        "something like Heat", "compare the first and the third", "which one is shorter?", "which would you pick?"
    )

    others = [item.title for item in (first.slate[1], *first.slate[3:])]
    for turn in (shorter, pick):
        assert turn.route == "answer"
        assert not [title for title in others if title in turn.reply]


def test_an_earlier_list_comes_back_as_it_was(films: Films) -> None:
    first, _, turn = films.play("a mystery", "more", "go back to the first list")

    assert titles(turn) == titles(first)


def test_the_longest_films_come_in_order(films: Films) -> None:
    (turn,) = films.play("what's the longest film you have?")

    minutes = [films.item(i).numbers["runtime"] for i in turn.slate]
    assert minutes == sorted(minutes, reverse=True)
    assert minutes[0] == max(item.numbers["runtime"] for item in films.agent.catalog)


def test_where_it_can_be_seen_is_not_known_and_said_so(films: Films) -> None:
    _, turn = films.play("a heist film", "is the first one on Netflix?")

    assert "doesn't record where to watch" in turn.reply


def test_more_by_that_director_is_not_the_film_just_talked_about(films: Films) -> None:
    first, _, turn = films.play("a heist film", "tell me about the third one", "more by that director")

    assert first.slate[2].title not in titles(turn)


def test_questions_by_information_gain_beat_random_order_on_the_200_requests(films: Films) -> None:
    """Under the wishes of each request: does one question help to find a film drawn from the belief?"""
    films.play("hello")
    context, rng = films.agent.context(user=films.user), np.random.default_rng(11)
    won = {"best": 0, "random": 0, "unasked": 0}
    asked = 0
    for request in load_requests():
        if request.goal.routes or request.goal.infeasible or not request.goal.filter:
            continue
        bench = context.workbench({"ledger": films.agent.ledger(user=films.user)})
        bench = bench.__class__(**{**vars(bench), "hard": Filter.model_validate(request.goal.filter)})
        p = belief(bench)
        questions = value_questions(bench, (), tuple(request.goal.filter), AskPolicy(least_covered=0.0))
        if len(questions) < 2:
            continue
        asked += 1
        target = int(rng.choice(len(p), p=p))
        picks = {"best": questions[0], "random": questions[int(rng.integers(len(questions)))], "unasked": None}
        for name, question in picks.items():
            inside = p
            if question is not None:
                has = {v.casefold() for v in films.agent.catalog.items[target].values(question.facet)}
                answer = next((v for v in question.values if v.casefold() in has), None)
                if answer is not None:
                    inside = p * bench.filters.mask(Filter.model_validate({question.facet: [answer]}))
            won[name] += target in np.argsort(-inside, kind="stable")[:5]

    assert asked > 80
    assert won["best"] > won["random"] > won["unasked"]


def test_being_hard_a_wish_is_never_softened_by_asking(films: Films) -> None:
    _, turn = films.play("I liked Heat. I'm looking for a western", "no preference")

    assert [(w.hardness, w.polarity) for w in wishes(turn, "genre")] == [(Hardness.HARD, Polarity.WANT)]
