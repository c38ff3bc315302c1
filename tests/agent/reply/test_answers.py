"""Each kind of question about items gets its answer from the catalogue, or an honest "I don't know"."""

from __future__ import annotations

import pytest

from parley.agent.ledger import ITEM, Hardness, Ledger, LedgerEdit, Polarity, Stance, Wish
from parley.agent.messages import Question, Route, Slate, Understanding
from parley.agent.reply import Replier, ReplyRequest
from parley.tools.items import Catalog
from tests.agent.reply.worlds import BOOKS, slate_of


@pytest.fixture(scope="module")
def films() -> Catalog:
    return Catalog.films()


@pytest.fixture(scope="module")
def replier(films: Catalog) -> Replier:
    return Replier(films, explain=lambda taste, item_id: [(i, 0.5) for i in taste.liked])


@pytest.fixture(scope="module")
def ask(films: Catalog, replier: Replier):
    """Ask about films given by label."""

    def asked(
        words: str,
        field: str,
        *labels: str,
        unknown: str = "",
        ledger: Ledger | None = None,
        previous: Slate | None = None,
    ):
        about = tuple(next(i.item_id for i in films if i.label == label) for label in labels)
        question = Question(about=about, field=field, words=words, unknown=unknown)
        return replier.write(
            ReplyRequest(
                route=Route.ANSWER, message=words, turn=3, understanding=Understanding(question=question),
                ledger=ledger or Ledger(), previous=previous or Slate(),
            )
        ).text  # fmt: skip

    return asked


@pytest.mark.parametrize(
    ("words", "field", "label", "expected"),
    [
        ("who directed it", "director", "Alien (1979)", "Ridley Scott directed Alien."),
        ("who is in it", "cast", "Heat (1995)", "Al Pacino, Robert De Niro"),
        ("what year", "year", "Alien (1979)", "came out in 1979"),
        ("how long", "runtime", "Alien (1979)", "1 h 57 min"),
        ("which language", "language", "Amélie (2001)", "in French"),
        ("is it silent", "language", "A Trip to the Moon (1902)", "a silent film"),
        ("what country", "country", "Amélie (2001)", "France"),
        ("what rating", "certificate", "Alien (1979)", "rated R"),
        ("what genre", "genre", "Alien (1979)", "Horror, Sci-Fi"),
    ],
)
def test_a_fact_is_told_in_a_sentence(ask, words: str, field: str, label: str, expected: str) -> None:
    assert expected in ask(words, field, label)


def test_the_story_is_the_catalogues_own(ask, films: Catalog) -> None:
    heat = next(i for i in films if i.label == "Heat (1995)")
    assert heat.text.rstrip(".") in ask("what is it about", "text", "Heat (1995)")


def test_several_items_are_answered_line_by_line_and_once_if_they_agree(ask) -> None:
    text = ask("how long are they", "runtime", "Alien (1979)", "Heat (1995)")
    assert "Alien (1979): 1 h 57 min" in text
    assert "Heat (1995): 2 h 50 min" in text
    assert ask("and the language?", "language", "Alien (1979)", "Heat (1995)") == "The same for both: English."


def test_suitability_follows_the_rating_and_warns_of_what_the_entry_says(ask) -> None:
    assert ask("for my kids?", "suitable", "Toy Story (1995)").startswith("Yes")
    jaws = ask("for my kids?", "suitable", "Jaws (1975)")
    assert "rated PG" in jaws
    assert "scary" in jaws
    assert ask("for my kids?", "suitable", "Alien (1979)").startswith("No")
    assert "no rating" in ask("for my kids?", "suitable", "Yojimbo (1961)")


def test_scary_is_answered_from_moods_and_genres_never_from_hearsay(ask) -> None:
    assert ask("is it scary?", "mood", "Alien (1979)").startswith(("Yes", "Somewhat"))
    assert ask("is it scary?", "mood", "Amélie (2001)").startswith("Nothing in its entry")
    assert ask("is it a comedy?", "genre", "Fargo (1996)") == "No: Fargo is filed under Crime, Drama and Thriller."


def test_a_title_we_do_not_hold_is_not_made_up_and_the_nearest_is_offered(ask) -> None:
    text = ask("who directed Blde Runer", "director", unknown="Blde Runer")
    assert "Blde Runer" in text
    assert "Blade Runner (1982)" in text
    assert "directed by" not in text


def test_a_field_the_catalogue_lacks_is_admitted(ask) -> None:
    assert "doesn't record" in ask("what was the budget", "budget", "Fargo (1996)")


def test_which_is_shorter_or_newer_or_scarier_is_answered_straight(ask) -> None:
    assert ask("which is shorter?", "runtime", "Alien (1979)", "Heat (1995)").startswith("Alien is shorter: 1 h 57 min")
    assert ask("which is newest?", "year", "Alien (1979)", "Heat (1995)", "Jaws (1975)").startswith(
        "Heat is the newest"
    )
    assert ask("which is scarier?", "mood", "Amélie (2001)", "Alien (1979)").startswith("Alien looks scarier")


def test_a_comparison_shows_facts_side_by_side_wishes_and_who_would_prefer_which(ask) -> None:
    wishes = [
        Wish(facet="year", lte=1980, hardness=Hardness.HARD),
        Wish(facet="mood", value="violent", polarity=Polarity.AVOID),
    ]
    ledger = Ledger().apply([LedgerEdit(wish=w) for w in wishes], turn=1)
    text = ask("compare them", "compare", "Alien (1979)", "Aliens (1986)", ledger=ledger)
    for fact in ("Ridley Scott", "James Cameron", "1 h 57 min", "2 h 17 min", "rated R"):
        assert fact in text
    assert "Take Alien if you want it" in text
    assert "Aliens is not from 1980 or earlier and violent" in text


def test_why_quotes_the_users_words_with_the_message_they_came_from(ask, films: Catalog) -> None:
    matrix = next(i.item_id for i in films if i.label == "The Matrix (1999)")
    ledger = Ledger().apply(
        [
            LedgerEdit(wish=Wish(facet="year", lte=1989, hardness=Hardness.HARD, words="older than 1990")),
            LedgerEdit(wish=Wish(facet=ITEM, value=matrix, stance=Stance.LIKE, words="loved The Matrix")),
        ],
        turn=1,
    )
    blade = next(i.item_id for i in films if i.label == "Blade Runner (1982)")
    text = ask("why that one?", "why", ledger=ledger, previous=slate_of(films, [blade]))
    assert "“older than 1990” in your first message" in text
    assert "from 1982" in text
    assert "Like The Matrix, which you liked" in text
    assert "People who rate The Matrix highly" in text


def test_why_before_anything_was_suggested_says_so(ask) -> None:
    assert "haven't suggested anything" in ask("why?", "why")


def test_a_bookshop_answers_in_its_own_words() -> None:
    shop = Replier(BOOKS)

    def asked(field: str, *ids: str) -> str:
        question = Question(about=ids, field=field, words=field)
        return shop.write(ReplyRequest(route=Route.ANSWER, understanding=Understanding(question=question))).text

    assert asked("author", "the-salt-road") == "The Salt Road is by Ada Merrow."
    assert "540 pages" in asked("pages", "nine-winters")
    assert "side by side" in asked("compare", "the-salt-road", "the-glass-orchard")
    assert "film" not in asked("", "the-salt-road")
