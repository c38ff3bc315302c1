"""Turns of phrase: enough of it, films from elsewhere, titles by whose they are, talk that wishes for nothing."""

from __future__ import annotations

import pytest

from parley.agent.understanding import DialogueContext
from tests.agent.understanding.conftest import SLATE, Listener


def on_show(listener: Listener, *wishes: str, focus: str | None = None) -> DialogueContext:
    return listener.context(*wishes, shown=SLATE, focus=focus)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("spare me the superhero stuff", {"-keyword=superhero!"}),
        ("that's it, I'm done with war films", {"-genre=War!"}),
        ("I refuse to watch musicals", {"-genre=Musical!"}),
        ("I haven't the patience for anything over 2 hours", {"runtime<=120!"}),
        ("something outside sci-fi", {"-genre=Sci-Fi!"}),
        ("no jump scares", {"-about=jump scares~"}),
        ("not a fan of Nolan, too cold", {"-person=Christopher Nolan!"}),
        ("no blood, no gore; just a nice romance", {"-keyword=blood!", "-mood=violent!", "+genre=Romance!"}),
        ("I hate a bad one", set()),
        ("I love a good twist", {"+about=twist~"}),
        ("I love a good film", set()),
    ],
)
def test_enough_of_it_and_a_taste_for_it(listener: Listener, text: str, meant: set[str]) -> None:
    heard = listener.wishes(text)
    assert {w.replace("-director", "-person") for w in heard} == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("something subtitled and serious", {"-language=English!", "+mood=serious~"}),
        ("a foreign film", {"-language=English!"}),
        ("no foreign films", {"+language=English!"}),
        ("no subtitles", {"+language=English!"}),
        ("where do I start with Japanese cinema?", {"+language=Japanese!"}),
        ("women-led action", {"+keyword=female protagonist~", "+genre=Action!"}),
        ("in a perfect world a French comedy", {"+language=French~", "+genre=Comedy~"}),
        ("my nephew, 7, is staying over", {"suit<=0"}),
        ("just watched Drive and WOW", {"like:drive-2011"}),
        ("just watched Drive", {"seen:drive-2011"}),
    ],
)
def test_films_from_elsewhere_and_other_asides(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("can you bin the third", {"reject:inception-2010"}),
        ("one and three I've seen", {"seen:alien-1979", "seen:inception-2010"}),
        ("one and a half hours", {"runtime=80..100~"}),
        ("the second, but made this century", {"like:blade-runner-1982", "year>=2001!"}),
        ("nah, where are the women", set()),
        ("seen Alien, didn't think much of it", {"dislike:alien-1979"}),
    ],
)
def test_pointing_at_what_is_shown(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text, on_show(listener)) == meant


@pytest.mark.parametrize(
    ("text", "wish", "meant"),
    [
        ("make it 90 minutes", "runtime<=120!", {"runtime<=90!"}),
        ("make it 90 minutes", "+genre=Comedy!", {"runtime=80..100~"}),
        ("it's for me now, not the kids", "suit<=8", {"retract:certificate"}),
    ],
)
def test_a_figure_takes_the_place_of_a_limit(listener: Listener, text: str, wish: str, meant: set[str]) -> None:
    assert listener.wishes(text, on_show(listener, wish)) == meant


@pytest.mark.parametrize(
    ("text", "field", "about"),
    [
        ("and the runtime?", "runtime", ("alien-1979",)),
        ("director?", "director", ("alien-1979",)),
        ("are Alien and Prometheus connected", "compare", ("alien-1979", "prometheus-2012")),
        ("did Scorsese direct Casino?", "director", ("casino-1995",)),
    ],
)
def test_questions_by_the_name_of_a_facet(listener: Listener, text: str, field: str, about: tuple[str, ...]) -> None:
    question = listener.hear(text, on_show(listener, focus="alien-1979")).question
    assert question is not None
    assert (question.field.replace("person", "director"), question.about) == (field, about)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Spielberg's E.T.", {"like:e-t-the-extra-terrestrial-1982"}),
        ("I loved E.T. and Jaws", {"like:e-t-the-extra-terrestrial-1982", "like:jaws-1975"}),
        ("Kubrick's 2001", {"like:2001-a-space-odyssey-1968"}),
        ("Spielberg's films", {"+director=Steven Spielberg!"}),
        ("I loved Cast Away with Tom Hanks", {"like:cast-away-2000"}),
        ("something like Heat with Al Pacino", {"like:heat-1995", "+cast=Al Pacino~"}),
        ("as funny as Airplane! please", {"like:airplane-1980"}),
        ("as soon as possible", set()),
        ("any war film but Saving Private Ryan", {"+genre=War!", "reject:saving-private-ryan-1998"}),
        ("a war film but shorter than Titanic", {"+genre=War!", "runtime<=193!"}),
    ],
)
def test_titles_by_whose_they_are(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "I really liked Uncle Buck",
        "I loved Identity Thief",
        "I really enjoyed The Lake House",
        "Fifty Shades of Grey isn't something I would watch",
        "I have not yet seen Ingrid Goes West (2017)",
        "my friend, in her late 50's, is coming over",
        "I saw it in a drive in last year",
        "Gone in 60 Seconds was a good one",
        "ok, I heard it was pretty funny",
        "I will have to check that one out if it's hilarious",
        "Titanic is an absolute classic, though I never finished it",
        "hello again, I've come back",
        "sweet!",
        "my train's in two hours",
    ],
)
def test_names_dates_and_praise_are_no_wishes(listener: Listener, text: str) -> None:
    wished = {w for w in listener.wishes(text) if not w.startswith(("like:", "seen:", "dislike:"))}
    assert wished == set()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a film with Meagan Good", {"+cast=Meagan Good!", "+person=Meagan Good!"}),
        ("something about identity", {"+keyword=identity~"}),
        ("a Studio Ghibli film", {"+keyword=studio ghibli~"}),
        ("from the late 50's", {"year=1956..1959!"}),
        ("from the last year", {"year>=2025!"}),
        ("a classic", {"year<=1985~"}),
        ("something that is short", {"runtime<=95~"}),
        ("it has to be funny", {"+mood=funny~", "+mood=funny!"}),
        ("something sweet", {"+mood=sweet~"}),
        ("two hours at most", {"runtime<=120!"}),
    ],
)
def test_the_neighbours_of_names_and_dates_still_are(listener: Listener, text: str, meant: set[str]) -> None:
    heard = listener.wishes(text)
    assert {w.split("<=")[0] for w in heard} & {w.split("<=")[0] for w in meant}


@pytest.mark.parametrize(
    ("asked", "text", "meant"),
    [
        ("Is there a film that you dislike?", "Titanic", {"dislike:titanic-1997"}),
        ("Is there a film that you like or dislike?", "Titanic", {"like:titanic-1997"}),
        ("Which film did you like?", "Titanic", {"like:titanic-1997"}),
    ],
)
def test_an_answer_takes_its_side_from_the_question(listener: Listener, asked: str, text: str, meant: set[str]) -> None:
    context = DialogueContext(turn=2, window=(("assistant", asked),))
    assert listener.wishes(text, context) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a whodunnit set on a train", {"+genre=Mystery!", "+keyword=train~"}),
        ("something to watch on a train", set()),
        ("musicals give me a headache", {"-genre=Musical!"}),
        ("something that will keep me on the edge of my seat", {"+mood=suspenseful~"}),
        ("under 90 minutes would be even better", {"runtime<=89~"}),
        ("without dying of embarrassment", set()),
        ("without dinosaurs", {"-keyword=dinosaurs!"}),
        ("a comedy with a bit of a twist", {"+genre=Comedy!", "+about=twist~"}),
        ("there are no age restrictions", {"retract:certificate"}),
    ],
)
def test_more_odds_and_ends_of_talk(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


def test_a_reference_may_go_on_and_a_refusal_may_be_for_tonight(listener: Listener) -> None:
    assert listener.wishes("I liked the second when I saw it", on_show(listener)) == {"like:blade-runner-1982"}
    assert listener.wishes("not tonight", on_show(listener, focus="alien-1979")) == {"reject:alien-1979"}
    question = listener.hear("what's scarier, The Exorcist or The Omen?").question
    assert question is not None
    assert question.field == "compare"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I'm scared of spiders so none of those", {"-keyword=spider!"}),
        ("no musicals unless it's animated", {"-genre=Musical!"}),
        ("comedy > drama", {"+genre=Comedy!"}),
        ("a western, or failing that a war film", {"+genre=War|Western!"}),
        ("rated PG, no higher", {"suit<=8"}),
        ("rated PG", {"+certificate=PG!"}),
        ("I need cheering up after a breakup", {"+mood=feel-good~"}),
        ("a film about a breakup", {"+keyword=breakup~"}),
        ("a period drama", {"+genre=History!", "+genre=Drama!"}),
        ("something with explosions and no brain required", {"+about=explosions~"}),
    ],
)
def test_exceptions_and_second_choices(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


def test_words_in_a_list_each_say_one_thing(listener: Listener) -> None:
    assert {w.split("=")[0].rstrip("<>") for w in listener.wishes("funny, short, recent")} == {
        "+mood",
        "runtime",
        "year",
    }


@pytest.mark.parametrize(
    ("text", "wish", "meant"),
    [
        ("horror's fine by me now", "-genre=Horror!", {"retract:genre=Horror"}),
        ("Hanks isn't essential", "+cast=Tom Hanks!", {"soften:cast=Tom Hanks"}),
        ("longer than two hours is fine too", "runtime<=120!", {"retract:runtime"}),
        ("longer than two hours", "year<=1990!", {"runtime>=121!"}),
        ("these but in French", "year<=1990!", {"+language=French!"}),
    ],
)
def test_what_stood_is_loosened(listener: Listener, text: str, wish: str, meant: set[str]) -> None:
    assert listener.wishes(text, on_show(listener, wish)) == meant


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("has the first one got Sigourney Weaver in it", "person"),
        ("how old is Metropolis", "year"),
        ("is it in black and white?", "keyword"),
    ],
)
def test_questions_about_what_an_item_has(listener: Listener, text: str, field: str) -> None:
    question = listener.hear(text, on_show(listener, focus="alien-1979")).question
    assert question is not None
    assert question.field == field


def test_what_else_did_they_make(listener: Listener) -> None:
    context = on_show(listener, focus="blade-runner-1982")
    assert listener.wishes("what else did he direct?", context) == {"+director=Ridley Scott!"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I loved Jennifer Lawrence and hated Saw", {"+person=Jennifer Lawrence~", "dislike:saw-2004"}),
        ("I hated Horror", {"-genre=Horror!"}),
        ("I saw her and hated it", set()),
    ],
)
def test_a_name_after_a_judgement_is_a_title_if_it_can_be(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


def test_going_for_an_item_takes_it_and_for_a_kind_wishes_for_it(listener: Listener) -> None:
    assert listener.wishes("I'd go for Alien", on_show(listener)) == {"accept:alien-1979"}
    assert listener.wishes("I'd go for a comedy", on_show(listener)) == {"+genre=Comedy!"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a thriller from any year but 2020", {"+genre=Thriller!", "-year=2020..2020!"}),
        ("a thriller but from 2020", {"+genre=Thriller!", "year=2020..2020!"}),
        ("two hour limit, no exceptions", {"runtime<=120!"}),
        ("give me weird", {"+mood=weird~"}),
        ("show me more", set()),
    ],
)
def test_all_but_one_and_no_exceptions(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "wishes", "meant"),
    [
        ("seen 1 and 2", (), {"seen:alien-1979", "seen:blade-runner-1982"}),
        ("something newer than those", (), {"year>=2011!"}),
        ("something older than those", (), {"year<=1978!"}),
        ("the comedy part isn't important", ("+genre=Comedy!",), {"soften:genre=Comedy"}),
        ("not necessarily Tom Hanks", ("+cast=Tom Hanks!",), {"retract:person=Tom Hanks"}),
        ("she's scared of witches", (), {"-keyword=witch|witches!"}),
        ("she's scared", (), set()),
    ],
)
def test_against_what_is_shown_or_wished(
    listener: Listener, text: str, wishes: tuple[str, ...], meant: set[str]
) -> None:
    assert listener.wishes(text, on_show(listener, *wishes)) == meant


@pytest.mark.parametrize(
    ("text", "field"),
    [("is Coraline for kids?", "suitable"), ("hmm, Inception or Blade Runner?", "compare")],
)
def test_short_questions(listener: Listener, text: str, field: str) -> None:
    question = listener.hear(text).question
    assert question is not None
    assert question.field == field
