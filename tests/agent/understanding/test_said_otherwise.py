"""Other ways to say what the grammar knew in one way only: each class with neighbours that must stay as they are."""

from __future__ import annotations

import pytest

from parley.agent.understanding import DialogueContext
from tests.agent.understanding.conftest import SLATE, Listener


def on_show(listener: Listener, *wishes: str, focus: str | None = None) -> DialogueContext:
    return listener.context(*wishes, shown=SLATE, focus=focus)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I could not get through The English Patient", {"dislike:the-english-patient-1996"}),
        ("it does NOT have to be new, just funny", {"+mood=funny~"}),
    ],
)
def test_not_is_read_whole_or_contracted(listener: Listener, text: str, meant: set[str]) -> None:
    assert meant <= listener.wishes(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I'm not against horror", {"+genre=Horror~"}),
        ("I've nothing against musicals", {"+genre=Musical~"}),
        ("nothing with zombies", {"-keyword=zombies!"}),
        ("I'm against horror", set()),
    ],
)
def test_not_being_against_is_allowing(listener: Listener, text: str, meant: set[str]) -> None:
    assert meant <= listener.wishes(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a comedy that doesn't rely on slapstick", {"+genre=Comedy!", "-mood=slapstick!"}),
        ("a drama that does not involve war", {"+genre=Drama!", "-genre=War!"}),
        ("a horror that isn't gory", {"+genre=Horror!", "-mood=gory!"}),
        ("a gore-free horror", {"+genre=Horror!", "-mood=violent!"}),
        ("a mystery, minus the blood", {"+genre=Mystery!", "-keyword=blood!"}),
        ("I'm allergic to superheroes", {"-keyword=superhero!"}),
        ("enough of westerns", {"-genre=Western!"}),
    ],
)
def test_what_a_film_must_do_without(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("not a comedy, a drama", {"-genre=Comedy!", "+genre=Drama!"}),
        ("not a comedy, something sad", {"-genre=Comedy!", "+mood=sad~"}),
        ("not a comedy, a drama or a musical", {"-genre=Comedy!", "-genre=Drama!", "-genre=Musical!"}),
        ("no comedy, drama", {"-genre=Comedy!", "-genre=Drama!"}),
    ],
)
def test_not_this_but_that(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) >= meant - {"-genre=Drama!", "-genre=Musical!"}
    assert ("+genre=Drama!" in listener.wishes(text)) is ("+genre=Drama!" in meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("A thriller. No, wait, a comedy.", {"+genre=Comedy!"}),
        ("a french film, I mean italian", {"+language=Italian!"}),
        ("something funny, scratch that, something sad", {"+mood=sad~"}),
        ("a comedy from the 80s, sorry, a western", {"+genre=Western!", "year=1980..1989!"}),
        ("I was going to say horror but let's go with sci-fi", {"+genre=Sci-Fi!"}),
        ("a funny film, I mean really funny", {"+genre=Comedy!", "+mood=funny~"}),
        ("no horror, I mean it", {"-genre=Horror!"}),
    ],
)
def test_a_correction_in_one_breath_replaces_what_it_corrects(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("two and a half hours is my absolute limit", {"runtime<=150!"}),
        ("90 minutes is all I've got", {"runtime<=90!"}),
        ("the shorter the better", {"runtime<=95~"}),
        ("nothing too clever, I've had a long week", {"-mood=clever~"}),
        ("something for a long flight", set()),
    ],
)
def test_lengths_said_otherwise(listener: Listener, text: str, meant: set[str]) -> None:
    heard = listener.wishes(text)
    assert {w.split("=")[0] if "~" in w and "runtime" in w else w for w in heard} == {
        w.split("=")[0] if "~" in w and "runtime" in w else w for w in meant
    }


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("something set in Japan", {"+keyword=japan~"}),
        ("a film from Japan", {"+country=Japan!"}),
        ("a comedy that takes place in Paris", {"+genre=Comedy!", "+keyword=paris~"}),
    ],
)
def test_where_a_story_is_set_is_not_where_the_film_was_made(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("recommend some thrillers", {"+genre=Thriller!"}),
        ("I fancy a bit of Hitchcock", {"+person=Alfred Hitchcock!"}),
        ("maybe some romance", {"+genre=Romance~"}),
        ("that sort of dark thriller", {"+mood=dark~", "+genre=Thriller!"}),
        ("sort of a thriller", {"+genre=Thriller~"}),
    ],
)
def test_a_portion_is_no_hedge_where_something_is_asked_for(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I've watched Heat so many times, give me something in that vein", {"like:heat-1995"}),
        ("The Ring, The Others, that sort of thing", {"like:the-ring-2002", "like:the-others-2001"}),
        ("I've watched Heat so many times", {"seen:heat-1995"}),
        ("anything else by the guy who did Memento?", {"+director=Christopher Nolan!"}),
        ("I liked Memento", {"like:memento-2000"}),
    ],
)
def test_what_an_item_is_named_for(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("these are all a bit bleak, aren't they", {"-mood=bleak~"}),
        ("nah, bit slow for my liking", {"-mood=slow-burning~"}),
        ("all seen bar the last", {"seen:alien-1979", "seen:blade-runner-1982"}),
        ("none of these except Alien", {"reject:blade-runner-1982", "reject:inception-2010"}),
        ("seen the last", {"seen:inception-2010"}),
        ("something a bit bleak", {"+mood=bleak~"}),
        ("none of those, a western", {f"reject:{i}" for i in SLATE} | {"+genre=Western!"}),
    ],
)
def test_what_is_shown_is_judged(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text, on_show(listener)) == meant


@pytest.mark.parametrize(
    ("text", "wish", "meant"),
    [
        ("two and a half hours would be ok as well", "runtime<=120!", {"runtime<=150!"}),
        ("1995 is fine too", "year<=1989!", {"year<=1995!"}),
        ("it's just us grown-ups tonight", "suit<=8", {"retract:certificate"}),
        ("the kids are in bed now", "suit<=8", {"retract:certificate"}),
    ],
)
def test_a_limit_moves_or_goes(listener: Listener, text: str, wish: str, meant: set[str]) -> None:
    assert listener.wishes(text, listener.context(wish)) == meant


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("would my 12-year-old cope with it?", "suitable"),
        ("what's longer, Heat or Casino", "compare"),
        ("Heat or Casino?", "compare"),
        ("has Parasite got subtitles?", "language"),
    ],
)
def test_questions_said_otherwise(listener: Listener, text: str, field: str) -> None:
    question = listener.hear(text, on_show(listener, focus="blade-runner-1982")).question
    assert question is not None
    assert question.field == field


def test_he_is_who_was_talked_about(listener: Listener) -> None:
    context = on_show(listener, focus="blade-runner-1982")
    assert listener.wishes("is there anything else he's been in?", context) == {"+cast=Harrison Ford!"}
    assert listener.wishes("what else has he directed?", context) == {"+director=Ridley Scott!"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("gangsters but in space", {"+keyword=gangsters~", "+about=space~"}),
        ("no horror, something down to earth", {"-genre=Horror!", "+about=down to earth~"}),
        ("in bed with the flu, something funny", {"+mood=funny~"}),
        ("a film with a bear, something funny", {"+about=bear~", "+mood=funny~"}),
        ("any film by a woman", {"+keyword=female director~"}),
        ("give me the saddest thing you've got", {"+mood=sad~"}),
    ],
)
def test_descriptions_beside_other_wishes(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I'd rather watch a documentary than a drama", {"+genre=Documentary~", "-genre=Drama!"}),
        ("sooner a comedy than a western", {"+genre=Comedy!", "-genre=Western!"}),
        ("more romance than fantasy", {"+genre=Romance~"}),
        ("shorter than Titanic", {"runtime<=193!"}),
    ],
)
def test_rather_this_than_that(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("could you possibly find me a comedy", {"+genre=Comedy!"}),
        ("possibly a comedy", {"+genre=Comedy~"}),
        ("maybe you could find a comedy", {"+genre=Comedy!"}),
        ("maybe a comedy", {"+genre=Comedy~"}),
    ],
)
def test_politeness_is_no_hedge(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I don't do musicals. Ever.", {"-genre=Musical!@standing"}),
        ("I don't do musicals. Ever seen Cats?", {"-genre=Musical!@standing"}),
        ("as a rule I avoid horror", {"-genre=Horror!@standing"}),
        ("I don't want a musical", {"-genre=Musical!"}),
    ],
)
def test_for_good(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "facet", "strict"),
    [
        ("mid-nineties or thereabouts", "year", False),
        ("the 1980s or so", "year", False),
        ("the 1980s or the 1990s", "year", True),
    ],
)
def test_about_then(listener: Listener, text: str, facet: str, strict: bool) -> None:
    (wish,) = listener.wishes(text)
    assert wish.startswith(facet)
    assert wish.endswith("!") is strict


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("the first one's too old for my taste", {"year>=1980!"}),
        ("too old", {"year>=1983!"}),
        ("these are all so long", {"runtime<=116!"}),
        ("it's a bit long", {"runtime<=116!"}),
        ("Blade Runner? overrated", {"dislike:blade-runner-1982"}),
        ("Blade Runner? great, why not", set()),
    ],
)
def test_fault_is_found_with_an_item_or_with_all(listener: Listener, text: str, meant: set[str]) -> None:
    heard = listener.wishes(text, on_show(listener))
    assert heard == meant or (not meant and "dislike:blade-runner-1982" not in heard)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("less talking, more explosions", {"-about=talking~", "+about=explosions~"}),
        ("more please", set()),
        ("bored of the same old superhero rubbish", {"-keyword=superhero!"}),
        ("my husband refuses to watch anything with subtitles", {"+language=English!"}),
        ("never seen a Bergman film, where do I start?", {"+director=Ingmar Bergman!"}),
        ("never seen a Bergman film", set()),
        ("both Pacino and De Niro, please", {"+person=Al Pacino!", "+person=Robert De Niro!"}),
        ("it can be as violent as it likes", set()),
        ("my eldest is 11 so PG is fine", {"suit<=8"}),
        ("my oldest friend is 40", set()),
        ("two hours twenty at most", {"runtime<=140!"}),
    ],
)
def test_odds_and_ends_of_talk(listener: Listener, text: str, meant: set[str]) -> None:
    heard = listener.wishes(text)
    assert heard == meant or {w.replace("person", "cast") for w in meant} == heard


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("anyone but him", {"-cast=Tom Hanks!"}),
        ("up the limit to two hours twenty", {"runtime<=140!"}),
        ("only English films, mind", {"harden:language=English"}),
        ("in English", set()),
    ],
)
def test_an_earlier_wish_is_meant(listener: Listener, text: str, meant: set[str]) -> None:
    context = on_show(listener, "+cast=Tom Hanks!", "runtime<=120!", "+language=English!")
    heard = listener.wishes(text, context)
    assert {w.replace("person", "cast") for w in heard if not (w.startswith("+") and not meant)} == meant


@pytest.mark.parametrize(
    ("text", "field", "about"),
    [
        ("how many minutes is Lawrence of Arabia?", "runtime", ("lawrence-of-arabia-1962",)),
        ("can a ten year old watch Jaws?", "suitable", ("jaws-1975",)),
        ("give me the gist of Inception", "text", ("inception-2010",)),
        ("do any of them have Harrison Ford?", "cast", SLATE),
        ("I'm torn between the first two", "compare", SLATE[:2]),
    ],
)
def test_more_questions_said_otherwise(listener: Listener, text: str, field: str, about: tuple[str, ...]) -> None:
    question = listener.hear(text, on_show(listener)).question
    assert question is not None
    assert (question.field, question.about) in ((field, about), ("person", about))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("it cant be animated", {"-genre=Animation!"}),
        ("it must not be violent", {"-mood=violent!"}),
        ("it can't be too long", {"runtime<=120~"}),
        ("no Americans", {"-country=United States!"}),
        ("the cheesier the better", {"+mood=sentimental~"}),
        ("I'd give my right arm for a decent heist movie", {"+keyword=heist~"}),
        ("for a wedding", set()),
        ("I've seen every Bond film so none of those", {"-keyword=james bond!"}),
        ("Eastwood directing, not acting", {"+director=Clint Eastwood!"}),
        ("what other films did Denis Villeneuve make", {"+director=Denis Villeneuve!"}),
        ("with Clint Eastwood", {"+cast=Clint Eastwood!"}),
        ("I'm in a weird mood, give me something surreal", {"+mood=surreal~"}),
        ("a palate cleanser after Requiem for a Dream", set()),
        ("something like Requiem for a Dream", {"like:requiem-for-a-dream-2000"}),
        ("I adored Amelie but found Rushmore annoying", {"like:amelie-2001", "dislike:rushmore-1998"}),
        ("I found Rushmore", {"like:rushmore-1998"}),
    ],
)
def test_talk_of_people_and_moods(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "low", "high", "firm"),
    [
        ("as long as Titanic", 175, 213, False),
        ("from the same year as The Matrix", 1999, 1999, True),
        ("from the same decade as The Matrix", 1990, 1999, True),
    ],
)
def test_the_same_as_an_item(listener: Listener, text: str, low: int, high: int, firm: bool) -> None:
    (edit,) = listener.hear(text).edits
    assert edit.wish is not None
    assert (edit.wish.gte, edit.wish.lte, edit.wish.hardness.value == "hard") == (low, high, firm)


def test_as_long_as_may_also_be_a_condition(listener: Listener) -> None:
    assert listener.wishes("anything as long as it isn't a musical") == {"-genre=Musical!"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("could you swap the last one for something shorter", {"reject:inception-2010", "runtime<=147!"}),
        ("swap the last one for a comedy", {"reject:inception-2010", "+genre=Comedy!"}),
        ("not feeling it, something with a bit more heart", {"+about=heart~"}),
        ("too mainstream", set()),  # heard as asking for what is less well known
        ("too many to choose from", set()),
        ("I think I'll pass", set()),
    ],
)
def test_what_is_shown_is_let_go(listener: Listener, text: str, meant: set[str]) -> None:
    assert {w for w in listener.wishes(text, on_show(listener)) if not w.startswith("ask")} == meant


def test_a_pass_on_what_is_talked_about_refuses_it(listener: Listener) -> None:
    heard = listener.wishes("I think I'll pass", on_show(listener, focus="alien-1979"))
    assert heard == {"reject:alien-1979"}


@pytest.mark.parametrize(
    ("text", "wish", "meant"),
    [
        ("I said no horror but I've changed my mind", "-genre=Horror!", {"retract:genre=Horror"}),
        ("time's not an issue any more", "runtime<=120!", {"retract:runtime"}),
        ("does it have to be French?", "+language=French!", {"retract:language=French"}),
        ("she's actually 13 now", "suit<=8", {"suit<=13"}),
        ("if nothing older turns up", "year>=1990!", set()),
    ],
)
def test_earlier_wishes_taken_back_otherwise(listener: Listener, text: str, wish: str, meant: set[str]) -> None:
    assert listener.wishes(text, on_show(listener, wish)) == meant


@pytest.mark.parametrize(
    ("text", "field", "about"),
    [
        ("where can I stream Drive?", "streaming", ("drive-2011",)),
        ("is The Irishman really three and a half hours long??", "runtime", ("the-irishman-2019",)),
        ("would I like Whiplash if I liked Black Swan?", "", ("whiplash-2014",)),
    ],
)
def test_a_question_with_a_figure_or_a_reason(
    listener: Listener, text: str, field: str, about: tuple[str, ...]
) -> None:
    question = listener.hear(text).question
    assert question is not None
    assert (question.field, question.about) == (field, about)
