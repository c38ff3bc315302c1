"""The film catalogue Parley ships with, and the words of its domain. The only film code in `tools`."""

from __future__ import annotations

from functools import lru_cache

from parley.tools.items import Catalog, Domain, Item, KindInfo, NumberInfo, packaged_file, read_json_lines

CERTIFICATE_AGES = {
    "G": 0, "TV-Y": 0, "TV-G": 0, "Approved": 8, "Passed": 8, "PG": 8, "TV-PG": 8,
    "PG-13": 13, "TV-14": 14, "Not Rated": 16, "R": 17, "NC-17": 18, "X": 18, "TV-MA": 17,
}  # fmt: skip

FILM_DOMAIN = Domain(
    name="films",
    noun="film",
    plural="films",
    verb="watch",
    past="watched",
    kinds={
        "genre": KindInfo(label="genre", phrase="{value}", ask="What kind of film are you in the mood for?"),
        "mood": KindInfo(label="mood", phrase="{value}", ask="What mood should it have?"),
        "keyword": KindInfo(label="theme", phrase="about {value}", ask="Which of these appeals to you?"),
        "language": KindInfo(label="language", phrase="in {value}", ask="Any language in particular?"),
        "country": KindInfo(label="country", phrase="from {value}"),
        "certificate": KindInfo(label="certificate", phrase="rated {value}", ages=CERTIFICATE_AGES),
    },
    roles={
        "director": KindInfo(label="director", phrase="directed by {value}"),
        "cast": KindInfo(label="cast", phrase="with {value}"),
    },
    numbers={
        "year": NumberInfo(label="year", more="newer", less="older", ask="Something recent, or a classic?"),
        "runtime": NumberInfo(label="running time", unit="min", more="longer", less="shorter", ask="How long may it be?"),
    },
)


def film_from_record(record: dict[str, object]) -> Item:
    """One line of films.jsonl as an `Item`."""
    field = record.get
    names = lambda key: tuple(str(v) for v in (field(key) or ()))  # noqa: E731
    one = lambda key: (str(field(key)),) if field(key) else ()  # noqa: E731
    runtime = field("runtime_min")
    return Item(
        item_id=str(record["item_id"]),
        title=str(record["title"]),
        aliases=one("original_title"),
        year=int(str(field("year"))) if field("year") else None,
        people={"director": names("directors"), "cast": names("cast")},
        tags={
            "genre": names("genres"), "mood": names("mood"), "keyword": names("keywords"),
            "language": one("language"), "country": one("country"), "certificate": one("certificate"),
        },
        numbers={"runtime": float(str(runtime))} if runtime else {},
        text=str(field("synopsis") or ""),
        links={k: str(v) for k, v in (("imdb", field("imdb_id")), ("movielens", field("movielens_id"))) if v},
    )  # fmt: skip


@lru_cache(maxsize=1)
def load_films() -> Catalog:
    """The shipped film catalogue, read once."""
    return Catalog((film_from_record(r) for r in read_json_lines(packaged_file("films.jsonl"))), FILM_DOMAIN)
