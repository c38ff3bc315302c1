"""The film catalogue Parley ships with, and the words of its domain. The only film code in `tools`."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel

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
        "runtime": NumberInfo(
            label="running time", unit="min", more="longer", less="shorter", ask="How long may it be?"
        ),
    },
)


class FilmRecord(BaseModel):
    """One line of films.jsonl."""

    item_id: str
    title: str
    original_title: str | None
    year: int
    directors: tuple[str, ...]
    cast: tuple[str, ...]
    genres: tuple[str, ...]
    keywords: tuple[str, ...]
    mood: tuple[str, ...]
    language: str
    country: str
    certificate: str
    runtime_min: float
    """Minutes."""
    synopsis: str
    imdb_id: str | None
    movielens_id: int | None

    def as_item(self) -> Item:
        links = {"imdb": self.imdb_id, "movielens": self.movielens_id}
        return Item(
            item_id=self.item_id,
            title=self.title,
            aliases=(self.original_title,) if self.original_title else (),
            year=self.year,
            people={"director": self.directors, "cast": self.cast},
            tags={
                "genre": self.genres,
                "mood": self.mood,
                "keyword": self.keywords,
                "language": (self.language,),
                "country": (self.country,),
                "certificate": (self.certificate,),
            },
            numbers={"runtime": self.runtime_min},
            text=self.synopsis,
            links={name: str(value) for name, value in links.items() if value is not None},
        )


@lru_cache(maxsize=1)
def load_films() -> Catalog:
    """The shipped film catalogue, read once."""
    return Catalog(
        (FilmRecord.model_validate(r).as_item() for r in read_json_lines(packaged_file("films.jsonl"))), FILM_DOMAIN
    )
