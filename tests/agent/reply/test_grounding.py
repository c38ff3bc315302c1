"""Whatever the turn, a reply names only what it may and says only what the catalogue says."""

from __future__ import annotations

import random
import re

import pytest

from parley.agent.ledger import Polarity
from parley.agent.messages import Route
from parley.agent.reply import Replier
from parley.agent.reply.film_words import FILM_PHRASES
from parley.agent.reply.options import relaxed_in_words
from parley.agent.reply.verify import Verifier
from parley.agent.reply.wording import Wording
from parley.tools.filters import FilterIndex
from parley.tools.items import Catalog
from tests.agent.reply.worlds import may_be_said, random_turn

TURNS = 400


@pytest.fixture(scope="module")
def films() -> Catalog:
    return Catalog.films()


@pytest.fixture(scope="module")
def turns(films: Catalog):
    """Random turns with the realiser's reply to each."""
    rng, index = random.Random(7), FilterIndex(films)
    replier = Replier(films, explain=lambda taste, item_id: [(i, 0.5) for i in taste.liked])
    requests = [random_turn(films, index, rng) for _ in range(TURNS)]
    return [(request, replier.write(request)) for request in requests]


@pytest.fixture(scope="module")
def wording(films: Catalog) -> Wording:
    return Wording(films)


@pytest.fixture(scope="module")
def verifier(films: Catalog) -> Verifier:
    return Verifier(films)


def _allowed(request) -> list[str]:
    return [*request.slate.item_ids, *(w.value for w in request.ledger if w.stance is not None)]


def test_every_reply_of_the_realiser_passes_the_verifier(turns, verifier, films) -> None:
    failures = []
    for request, reply in turns:
        verdict = verifier.verify(reply.text, request.slate.item_ids, **may_be_said(request, films))
        if verdict.problems:
            failures.append((verdict.problems, reply.text))
    assert not failures, failures[:3]


def test_every_line_states_facts_of_its_own_item(turns, films) -> None:
    """Read back without the verifier: the people and colours of a line are those of the item that opens it."""
    colours = set(films.vocabulary["mood"])
    lines = 0
    for request, reply in turns:
        for item_id in request.slate.item_ids:
            item = films[item_id]
            found = re.search(rf"^- {re.escape(item.label)}: (.*)$", reply.text, re.MULTILINE)
            if found is None:
                continue
            lines += 1
            main = found[1].removesuffix(".").split("; ")[0]
            if directed := re.search(r"directed by (.*?)( \(though.*)?$", main):
                names = re.split(r" and |, ", directed[1])
                assert set(names) <= set(item.values("director")), (main, item.values("director"))
            for word in re.findall(r"[\w-]+", main.split(" directed by ")[0].split(" with ")[0]):
                if word in colours - {"western", "classic", "family"} and word in main.split(",")[0].split()[:3]:
                    kinds = [FILM_PHRASES.types[g] for g in item.values("genre")]
                    own = " ".join([*item.values("mood"), *(f"{k.modifier} {k.noun}" for k in kinds)])
                    assert word in own, (word, main, item.values("mood"))
    assert lines > TURNS


def test_every_item_of_the_slate_is_named_with_its_year_in_order(turns, films) -> None:
    for request, reply in turns:
        places = [reply.text.find(films[i].label) for i in request.slate.item_ids]
        assert -1 not in places
        assert places == sorted(places)


def test_what_is_said_of_all_items_before_the_list_holds_for_all_of_them(turns, films) -> None:
    said = 0
    for request, reply in turns:
        lead = reply.text.split("\n- ")[0]
        for wish in request.ledger.facet_wishes():
            if wish.facet == "mood" and wish.polarity is Polarity.WANT and len(request.slate.items) > 1:
                last = lead.split(". ")[-1]
                if re.search(rf"\b{re.escape(wish.value)}\b", last) and last.endswith(":"):
                    said += 1
                    assert all(wish.is_met_by(films[i]) for i in request.slate.item_ids), reply.text
    assert said > 3


def test_an_empty_slate_is_told_with_what_stands_in_the_way_and_how_many_there_are_without_it(turns, wording) -> None:
    told = 0
    for request, reply in turns:
        if request.slate.items or not request.slate.relaxed:
            continue
        told += 1
        nearest = request.slate.relaxed[0]
        assert f"“{relaxed_in_words(nearest, request, wording)}”" in reply.text
        assert any("Never mind the" in q and (str(nearest.count) in q or "(one" in q) for q in reply.quick_replies)
    assert told > 3


def test_a_wish_that_was_given_up_is_named_with_its_count(turns, wording) -> None:
    told = 0
    for request, reply in turns:
        if request.slate.items and request.slate.relaxed:
            told += 1
            assert f"“{relaxed_in_words(request.slate.relaxed[0], request, wording)}”" in reply.text
    assert told > 3


def test_quick_replies_name_values_the_catalogue_has(turns, films) -> None:
    seen = 0
    for _, reply in turns:
        for option in reply.quick_replies:
            if found := re.match(r"Something directed by (.+)", option):
                seen += 1
                assert len(films.vocabulary["director"][found[1]]) > 1
            if found := re.match(r"Less (.+)", option):
                assert found[1] in films.vocabulary["mood"]
    assert seen > 20


def test_swapping_a_title_a_year_or_a_director_is_always_caught(turns, verifier, films) -> None:
    rng = random.Random(11)
    planted = {"title": 0, "year": 0, "director": 0}
    directors = list(films.vocabulary["director"])
    for request, reply in turns[:200]:
        if request.route is not Route.RECOMMEND or not request.slate.items:
            continue
        item = films[rng.choice(request.slate.item_ids)]
        foreign = rng.choice([i for i in films.items if i.item_id not in _allowed(request)])
        stranger = rng.choice([d for d in directors if d not in item.values("person") and " " in d])
        others = [n for i in _allowed(request) if i in films for n in films[i].values("person")]
        mutants = {
            "title": reply.text.replace(item.label, foreign.label, 1),
            "year": reply.text.replace(item.label, f"{item.title} ({(item.year or 0) + 1})", 1),
        }
        if (
            item.values("director")
            and stranger not in others
            and f"directed by {item.values('director')[0]}" in reply.text
        ):
            mutants["director"] = reply.text.replace(
                f"directed by {item.values('director')[0]}", f"directed by {stranger}", 1
            )
        for kind, text in mutants.items():
            if text == reply.text:
                continue
            planted[kind] += 1
            verdict = verifier.verify(text, request.slate.item_ids, **may_be_said(request, films))
            assert verdict.is_wrong, (kind, item.label, foreign.label, stranger, text)
    assert min(planted.values()) > 20, planted
