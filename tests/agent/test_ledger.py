"""The ledger's rules, one test for each."""

from __future__ import annotations

from parley.agent.ledger import (
    ITEM,
    EditAction,
    Hardness,
    Ledger,
    LedgerEdit,
    Polarity,
    Scope,
    Stance,
    Status,
    Wish,
    filter_of,
)
from parley.agent.wish_words import say_condition
from parley.tools.films import FILM_DOMAIN
from parley.tools.items import Item

HARD, SOFT, AVOID = Hardness.HARD, Hardness.SOFT, Polarity.AVOID


def want(facet: str, value: str = "", **more: object) -> LedgerEdit:
    flags = {k: more.pop(k) for k in ("alternative", "replaces") if k in more}
    return LedgerEdit(wish=Wish(facet=facet, value=value, **more), **flags)  # type: ignore[arg-type]


def take_back(facet: str, value: str = "") -> LedgerEdit:
    return LedgerEdit(action=EditAction.RETRACT, wish=Wish(facet=facet, value=value, words="forget it"))


def said(*turns: list[LedgerEdit]) -> Ledger:
    ledger = Ledger()
    for number, edits in enumerate(turns, 1):
        ledger = ledger.begin_turn(number).apply(edits, turn=number)
    return ledger


def active(ledger: Ledger) -> list[tuple[str, str]]:
    return [(w.facet, w.value) for w in ledger.active]


def test_every_wish_keeps_its_turn_and_its_words() -> None:
    ledger = said([want("genre", "Comedy", words="a comedy")], [want("year", lte=1989, words="older than 1990")])

    assert [(w.turn, w.words) for w in ledger] == [(1, "a comedy"), (2, "older than 1990")]


def test_a_later_bound_on_the_same_side_overrides_the_earlier_one() -> None:
    ledger = said([want("year", lte=1989, hardness=HARD)], [want("year", lte=1979, hardness=HARD)])

    assert [w.lte for w in ledger.active] == [1979]
    assert ledger.wishes[0].status is Status.OVERRIDDEN
    assert ledger.wishes[0].ended_by == ledger.wishes[1].wish_id


def test_bounds_on_both_sides_that_leave_room_hold_together() -> None:
    ledger = said([want("year", gte=1971, hardness=HARD)], [want("year", lte=1989, hardness=HARD)])

    assert filter_of(ledger.active).root["year"].model_dump()["gte"] == 1971
    assert filter_of(ledger.active).root["year"].lte == 1989


def test_bounds_that_leave_no_room_give_way_to_the_later_one() -> None:
    ledger = said([want("year", lte=1989, hardness=HARD)], [want("year", gte=2000, hardness=HARD)])

    assert [(w.gte, w.lte) for w in ledger.active] == [(2000, None)]


def test_a_soft_bound_within_a_hard_one_leaves_the_hard_one_in_force() -> None:
    ledger = said([want("runtime", lte=120, hardness=HARD), want("runtime", lte=90, hardness=SOFT)])

    assert ledger.hard_filter().root["runtime"].lte == 120
    assert len(ledger.active) == 2


def test_wanting_what_was_avoided_overrides_it() -> None:
    ledger = said([want("genre", "Horror", polarity=AVOID)], [want("genre", "Horror")])

    assert [w.polarity for w in ledger.active] == [Polarity.WANT]


def test_wanted_values_of_one_facet_must_all_be_met_unless_they_are_alternatives() -> None:
    both = said([want("genre", "Sci-Fi", hardness=HARD), want("genre", "Horror", hardness=HARD)])
    either = said([want("genre", "Comedy", hardness=HARD), want("genre", "Drama", alternative=True)])

    assert both.hard_filter().root["genre"].all == ("Sci-Fi", "Horror")
    assert either.hard_filter().root["genre"].any == ("Comedy", "Drama")


def test_a_later_or_joins_the_earlier_wish_and_stays_as_firm() -> None:
    ledger = said([want("cast", "Harrison Ford", hardness=HARD)], [want("cast", "Tom Hanks", alternative=True)])

    assert len(ledger.active) == 1
    assert ledger.active[0].values == ("Harrison Ford", "Tom Hanks")
    assert ledger.active[0].hardness is HARD


def test_taking_back_one_alternative_leaves_the_other() -> None:
    ledger = said([want("genre", "Comedy"), want("genre", "Drama", alternative=True)], [take_back("genre", "Comedy")])

    assert active(ledger) == [("genre", "Drama")]


def test_a_new_choice_of_alternatives_takes_the_place_of_the_old() -> None:
    ledger = said(
        [want("genre", "Comedy"), want("genre", "Drama", alternative=True)],
        [want("genre", "Crime", any_of=("Thriller",))],
    )

    assert [w.values for w in ledger.active] == [("Crime", "Thriller")]


def test_an_instead_ends_every_wish_for_the_facet() -> None:
    ledger = said([want("language", "French")], [want("language", "Spanish", replaces=True)])

    assert active(ledger) == [("language", "Spanish")]


def test_retracting_a_facet_takes_back_all_its_wishes_and_says_by_which_words() -> None:
    ledger = said([want("year", lte=1989), want("genre", "Comedy")], [take_back("year")])

    assert active(ledger) == [("genre", "Comedy")]
    assert (ledger.wishes[0].status, ledger.wishes[0].ended_by) == (Status.RETRACTED, "forget it")


def test_a_person_is_taken_back_in_whatever_role() -> None:
    assert active(said([want("cast", "Tom Hanks")], [take_back("person", "tom hanks")])) == []


def test_soften_and_harden_change_firmness_only() -> None:
    ledger = said([want("genre", "Comedy", hardness=HARD)])
    softer = ledger.apply([LedgerEdit(action=EditAction.SOFTEN, wish=Wish(facet="genre", value="Comedy"))], turn=2)
    harder = softer.apply([LedgerEdit(action=EditAction.HARDEN, wish=Wish(facet="genre"))], turn=3)

    assert [softer.active[0].hardness, harder.active[0].hardness] == [SOFT, HARD]
    assert not softer.hard_filter()


def test_starting_over_keeps_only_what_was_meant_to_stand() -> None:
    ledger = said([want("genre", "Horror", polarity=AVOID, scope=Scope.STANDING), want("year", lte=1989)])

    assert active(ledger.apply([LedgerEdit(action=EditAction.RESET)], turn=2)) == [("genre", "Horror")]


def test_a_wish_for_one_turn_ends_with_it_and_what_it_pushed_aside_returns() -> None:
    standing = want("genre", "Horror", polarity=AVOID, hardness=HARD, scope=Scope.STANDING)
    tonight = said([standing], [want("genre", "Horror", scope=Scope.TURN)])

    assert [w.polarity for w in tonight.active] == [Polarity.WANT]
    assert [w.polarity for w in tonight.begin_turn(3).active] == [AVOID]
    assert tonight.begin_turn(2) == tonight


def test_the_last_word_on_an_item_counts() -> None:
    ledger = said([want(ITEM, "alien", stance=Stance.LIKE)], [want(ITEM, "alien", stance=Stance.SEEN)])

    assert ledger.items(Stance.SEEN) == ("alien",)
    assert ledger.items(Stance.LIKE) == ()


def test_going_against_a_hard_wish_is_noticed() -> None:
    ledger = said([want("genre", "Horror", polarity=AVOID, hardness=HARD)])

    clash = ledger.contradiction([want("genre", "Horror")])

    assert clash is not None
    assert (clash.earlier.polarity, clash.later.polarity) == (AVOID, Polarity.WANT)


def test_changes_of_mind_are_no_contradictions() -> None:
    ledger = said([want("genre", "Horror", polarity=AVOID, hardness=HARD), want("year", lte=1989, hardness=HARD)])

    assert ledger.contradiction([take_back("genre", "Horror"), want("year", gte=2000)]) is None
    assert ledger.contradiction([want("genre", "Horror", scope=Scope.TURN)]) is None
    assert ledger.contradiction([want("genre", "Horror", replaces=True)]) is None


def test_two_bounds_in_one_breath_that_leave_no_room_are_a_contradiction() -> None:
    edits = [want("runtime", lte=90), want("runtime", gte=120)]

    assert Ledger().contradiction(edits) is not None


def test_of_several_avoided_values_wanting_one_lifts_only_that() -> None:
    unsuitable = want("certificate", "R", any_of=("PG-13",), polarity=AVOID, hardness=HARD)
    ledger = said([unsuitable], [want("certificate", "PG-13")])

    assert [(w.polarity, w.values) for w in ledger.active] == [(AVOID, ("R",)), (Polarity.WANT, ("PG-13",))]


def test_a_wish_can_be_checked_on_an_item() -> None:
    item = Item(item_id="x", title="X", year=1980, tags={"genre": ("Comedy",)})

    assert Wish(facet="genre", value="Drama", any_of=("comedy",)).is_met_by(item)
    assert Wish(facet="genre", value="Comedy", polarity=AVOID).is_met_by(item) is False
    assert Wish(facet="year", lte=1979).is_met_by(item) is False
    assert Wish(facet="runtime", lte=90).is_met_by(item) is False
    assert Wish(facet="about", value="heist").is_met_by(item) is None


def test_an_age_is_said_as_an_age() -> None:
    wish = Wish(facet="certificate", value="R", any_of=("PG-13", "NC-17"), polarity=AVOID)

    assert say_condition(wish, FILM_DOMAIN) == "suitable from age 8"
