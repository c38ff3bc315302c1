"""Cards, conversation and panels as HTML, over the shipped films and a talker without a model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from parley.agent.ledger import ITEM, Hardness, Ledger, LedgerEdit, Polarity, Stance, Wish
from parley.agent.messages import SlateItem, Turn
from parley.tools.candidates import Source
from parley.tools.items import Catalog
from parley.ui.web.cards import Scene, say_reactions, share_out, show_slate
from parley.ui.web.html import esc, plain, prose, say_number
from parley.ui.web.panels import say_when, show_ledger, show_sessions, show_trace
from parley.ui.web.story import tell_cost, tell_turn
from parley.ui.web.talk import show_turns
from tests.ui.double import Talker

FILMS = Catalog.films()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def ledger_of(*wishes: Wish) -> Ledger:
    return Ledger().apply([LedgerEdit(wish=wish) for wish in wishes], turn=1)


def slate_of(*titles: str) -> tuple[SlateItem, ...]:
    return tuple(SlateItem(item_id=t.lower(), title=t, year=1999, score=1.0) for t in titles)


def turns_of(*messages: str) -> tuple[list[Turn], Ledger]:
    talker = Talker(FILMS)
    for message in messages:
        list(talker.stream(message))
    return talker.history(), talker.ledger()


def test_a_reply_hands_each_card_its_own_line() -> None:
    slate = slate_of("Alien", "Star Wars: Episode IV")
    shared = share_out(
        "Two films:\n- Alien (1999): dark: very.\n- Star Wars: Episode IV (1999): light.\nSeen any?", slate
    )
    assert shared.before == "Two films:"
    assert shared.lines == {"alien": "dark: very.", "star wars: episode iv": "light."}
    assert shared.after == "Seen any?"


def test_a_bullet_about_something_else_stays_in_the_reply() -> None:
    shared = share_out("- Heat (1995): not on the slate\n- plain words", slate_of("Alien"))
    assert shared.before == "- Heat (1995): not on the slate\n- plain words"
    assert shared.lines == {}


def test_markdown_that_could_fetch_is_reduced_to_its_words() -> None:
    assert plain("see ![a cat](http://x.test/c.png?q=1) and [this](http://x.test)") == "see a cat and this"
    assert plain("[ref][1] ![img][2]") == "ref img"


def test_prose_escapes_first_and_marks_titles_after() -> None:
    shown = prose("Try Heat & <b>Alien</b>.", strong=["Alien", "Heat"])
    assert shown == "<p>Try <strong>Heat</strong> &amp; &lt;b&gt;<strong>Alien</strong>&lt;/b&gt;.</p>"


def test_prose_makes_paragraphs_and_lists() -> None:
    assert prose("a\nb\n\n- c\n- d") == '<p>a<br>b</p><ul class="list"><li>c</li><li>d</li></ul>'


def test_escaping_drops_marks_that_turn_text_around() -> None:
    assert esc("\u202eevil\u2066\x00 \"'<>") == "evil &quot;&#x27;&lt;&gt;"


def test_a_card_shows_facts_wishes_met_and_missed_and_the_standing_reaction() -> None:
    wanted = ledger_of(
        Wish(facet="genre", value="Sci-Fi"),
        Wish(facet=ITEM, value="the-matrix-1999", stance=Stance.LIKE),
    )
    shown = SlateItem(
        item_id="the-matrix-1999",
        title="The Matrix",
        year=1999,
        score=1.0,
        reasons=({"kind": "wish", "text": "", "wish_id": "w1"}, {"kind": "similar", "text": "close to Dark City"}),  # type: ignore[arg-type]
        misses=("not violent",),
    )
    html = show_slate([shown], Scene(catalog=FILMS, ledger=wanted), {"the-matrix-1999": "a pitch"})
    for part in (
        "The Matrix",
        "Keanu Reeves",
        "2\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}16",
        "A pitch",
        "Close to Dark City",
    ):
        assert part in html
    assert '<span class="sr">meets: </span>Sci-Fi' in html
    assert '<span class="sr">misses: </span>not violent' in html
    assert html.count('aria-pressed="true"') == 1


def test_only_the_newest_slate_is_shown_as_cards() -> None:
    turns, ledger = turns_of("Comedy", "older than 1990")
    html = show_turns(turns, ledger, FILMS, limit=30, answering=False)
    assert html.count('class="slate"') == 1
    assert html.count('class="old-slate"') == 1
    assert 'class="slate"' not in show_turns(turns, ledger, FILMS, limit=30, answering=True)


def test_a_long_conversation_shows_its_end_and_offers_the_rest() -> None:
    turns, ledger = turns_of(*(f"message {number}" for number in range(12)))
    html = show_turns(turns, ledger, FILMS, limit=5, answering=False)
    assert "Show 7 earlier turns" in html
    assert "message 6" not in html
    assert "message 7" in html


def test_reactions_since_the_last_turn_are_told_in_words() -> None:
    before = ledger_of(Wish(facet="genre", value="Comedy"))
    now = before.apply(
        [
            LedgerEdit(wish=Wish(facet=ITEM, value="the-matrix-1999", stance=stance))
            for stance in (Stance.SEEN, Stance.LIKE)
        ],
        turn=1,
    )
    assert say_reactions(before, now, FILMS) == "you like The Matrix"
    assert say_reactions(now, now, FILMS) == ""


def test_the_ledger_shows_hard_soft_and_what_was_replaced() -> None:
    ledger = ledger_of(
        Wish(facet="genre", value="Horror", polarity=Polarity.AVOID, hardness=Hardness.HARD, words="no horror"),
        Wish(facet="mood", value="funny"),
        Wish(facet="year", lte=1990, hardness=Hardness.HARD),
        Wish(facet="year", lte=1980, hardness=Hardness.HARD),
    )
    html = show_ledger(ledger, FILMS)
    assert "no horror" in html, "the user's own words are there to be seen"
    assert "<s>before 1991</s>" in html
    assert html.count('data-do="unwish"') == 3
    assert html.count('class="wish hard') == 2
    assert html.count('class="wish soft') == 1


def test_the_trace_tells_what_was_heard_noted_searched_and_chosen() -> None:
    turns, _ = turns_of("Comedy, older than 1990")
    chapters = {chapter.title: chapter.lines for chapter in tell_turn(turns[-1], FILMS)}
    assert chapters["Heard"] == ("You asked for something to choose from.",)
    assert any("Comedy" in line for line in chapters["Took down"])
    assert "found 40" in chapters["Searched"][0]
    assert len(chapters["Chose"]) == 5
    assert tell_cost(turns[-1]).summary.startswith("15 ms · first word after 14 ms · no model call")
    assert "find by text" in show_trace(turns[-1], FILMS).lower()


def test_a_search_and_a_choice_are_told_in_words_not_in_arguments() -> None:
    turns, _ = turns_of("Comedy")
    sources = (
        Source(name="similar", rank=2, score=0.5, why="close to Alien"),
        Source(name="taste", rank=11, score=0.5),
        Source(name="own plug-in", rank=23, score=0.5),
    )
    shown = turns[0].slate[0].model_copy(update={"sources": sources})
    plan = (
        {"tool": "similar", "args": {"item_ids": ["alien-1979"]}, "why": "close to Alien", "found": 100, "ms": 7.0},
        {"tool": "match", "args": {"filter": {"genre": {"any": ["Comedy"]}}}, "why": "have the attributes asked for"},
    )
    turn = turns[0].model_copy(update={"plan": plan, "slate": (shown,)})
    chapters = {chapter.title: chapter.lines for chapter in tell_turn(turn, FILMS)}

    assert chapters["Searched"] == ("Close to Alien; found 100 in 7 ms", "By attributes: genre any Comedy")
    assert chapters["Chose"] == (
        f"{shown.title}: 2nd by likeness (close to Alien), 11th by taste, 23rd by own plug-in",
    )


def test_sessions_mark_the_open_one_and_escape_titles() -> None:
    html = show_sessions(
        [{"session": "s1", "title": "<b>a</b>", "updated": (NOW - timedelta(hours=3)).isoformat(), "turns": 2}],
        "s1",
        NOW,
    )
    assert "&lt;b&gt;a&lt;/b&gt;" in html
    assert "3 h ago · 2 turns" in html
    assert html.count('aria-current="true"') == 1


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (NOW, "just now"), (NOW - timedelta(minutes=5), "5 min ago"), (NOW - timedelta(days=3), "3 d ago"),
        ("2026-01-02T03:04:05Z", "2026-01-02"), (NOW.timestamp() - 7200, "2 h ago"), ("nonsense", ""), (None, ""),
    ],
)  # fmt: skip
def test_times_are_told_as_people_do(moment: object, words: str) -> None:
    assert say_when(moment, NOW) == words


def test_minutes_are_told_as_hours() -> None:
    assert [say_number(v, "min").replace("\N{NO-BREAK SPACE}", " ") for v in (45, 60, 117)] == [
        "45 min",
        "1 h",
        "1 h 57 min",
    ]
