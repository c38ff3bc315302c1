"""Filters: typed, checked, exact, and the same as a mask and in Chroma's language."""

from __future__ import annotations

import pytest

from parley.tools.films import FILM_DOMAIN
from parley.tools.filters import Filter, FilterError, FilterIndex, chroma_where, parse_filter
from parley.tools.items import Catalog
from tests.world import FILMS

CATALOG = Catalog(FILMS, FILM_DOMAIN)
INDEX = FilterIndex(CATALOG)


def passing(value: object) -> set[str]:
    mask = INDEX.mask(parse_filter(value, FILM_DOMAIN))
    return {item.item_id for item, passes in zip(CATALOG, mask, strict=True) if passes}


def test_words_mean_any_and_ignore_case() -> None:
    assert passing({"genre": ["comedy", "Horror"]}) == {"alien", "the-thing", "spaceballs", "galaxy-quest"}
    assert passing('{"genre": "COMEDY"}') == {"spaceballs", "galaxy-quest"}


def test_all_none_and_bounds_hold_together() -> None:
    assert passing({"genre": {"all": ["Horror", "Sci-Fi"]}, "year": {"gte": 1980}}) == {"the-thing"}
    assert passing({"person": "Sigourney Weaver", "genre": {"none": ["Horror"]}}) == {"galaxy-quest"}
    assert passing({"runtime": {"lte": 97}}) == {"spaceballs", "moon"}
    assert passing({"year": 1982}) == {"blade-runner", "the-thing"}


def test_joining_two_filters_means_both() -> None:
    one, other = parse_filter({"genre": ["Horror"]}, FILM_DOMAIN), parse_filter({"genre": ["Sci-Fi"]}, FILM_DOMAIN)
    assert INDEX.count(one.merged(other)) == 2

    either = parse_filter({"genre": ["Horror", "Comedy"]}, FILM_DOMAIN)
    also = parse_filter({"genre": ["Sci-Fi", "Drama"]}, FILM_DOMAIN)
    joined = either.merged(also).merged(parse_filter({"year": {"gte": 1990}}, FILM_DOMAIN))
    assert {CATALOG.items[i].item_id for i in INDEX.mask(joined).nonzero()[0]} == {"galaxy-quest"}
    assert chroma_where(joined) is not None


def test_what_is_ruled_out_takes_what_is_more_of_the_same_with_it() -> None:
    gory = FILMS[0].model_copy(update={"item_id": "gory", "tags": {"mood": ("gory",)}})
    bare = FILMS[0].model_copy(update={"item_id": "bare", "tags": {"keyword": ("gore",)}})
    dark = FILMS[0].model_copy(update={"item_id": "dark", "tags": {"mood": ("dark",)}})
    index = FilterIndex(Catalog([gory, bare, dark], FILM_DOMAIN))

    assert list(index.mask(parse_filter({"mood": {"none": ["violent"]}}, FILM_DOMAIN))) == [False, False, True]
    assert list(index.mask(parse_filter({"mood": {"none": ["dark"]}}, FILM_DOMAIN))) == [True, True, False]
    assert index.count(parse_filter({"mood": ["violent"]}, FILM_DOMAIN)) == 0


def test_an_unknown_number_meets_no_bound() -> None:
    nameless = FILMS[0].model_copy(update={"item_id": "x", "year": None})
    assert FilterIndex(Catalog([nameless], FILM_DOMAIN)).count(Filter.model_validate({"year": {"lte": 2100}})) == 0


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("{", "JSON"),
        ({"yer": 1}, "yer"),
        ({"year": "old"}, "year"),
        ({"genre": {"gte": 3}}, "genre"),
        ({"genre": True}, "genre"),
        ({"genre": {"like": ["x"]}}, "like"),
        ([], "filter"),
    ],
)
def test_a_filter_that_does_not_fit_names_the_value(value: object, told: str) -> None:
    with pytest.raises(FilterError, match=told):
        parse_filter(value, FILM_DOMAIN)
