"""What fills the slots of the phrase grammar: films and their attributes, said as people say them.

One `Lexicon` for a catalogue; one `SceneFiller` for an utterance in its context. A filling's values are in the notation
of `parley.agent.tuning.notation`. Film words live here and in `phrases/`; the grammar knows none.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cached_property

from parley.agent.tuning.data_grammar import Filled
from parley.agent.tuning.data_numbers import age, length_of, place, runtime, year
from parley.agent.understanding.numbers import NumberReader
from parley.tools.items import Catalog, Item
from parley.tools.linking import Linker

_GENRES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Comedy": (("comedy", "comedies", "comedy"),),
    "Drama": (("drama", "dramas", "drama"), ("drama", "dramas", "dramatic")),
    "Action": (("action movie", "action movies", "action"), ("action flick", "action films", "action")),
    "Adventure": (("adventure film", "adventure movies", "adventure"), ("adventure", "adventure films", "adventure")),
    "Thriller": (("thriller", "thrillers", "thriller"), ("suspense thriller", "thrillers", "thriller")),
    "Romance": (("romance", "romances", "romance"), ("love story", "love stories", "romance"),
                ("romance movie", "romance movies", "romance")),
    "Crime": (("crime movie", "crime films", "crime"), ("gangster film", "gangster movies", "crime")),
    "Sci-Fi": (("sci-fi", "sci-fi movies", "sci-fi"), ("scifi flick", "scifi films", "scifi"),
               ("science fiction film", "science fiction", "science fiction"), ("sci fi movie", "sci fi", "sci fi")),
    "Fantasy": (("fantasy film", "fantasy movies", "fantasy"), ("fantasy", "fantasies", "fantasy")),
    "Family": (("family movie", "family films", "family"),),
    "Mystery": (("mystery", "mysteries", "mystery"), ("whodunit", "whodunits", "mystery"),
                ("murder mystery", "murder mysteries", "mystery")),
    "Horror": (("horror movie", "horror films", "horror"), ("horror", "horrors", "horror"),
               ("slasher", "slashers", "horror"), ("horror flick", "horror flicks", "horror")),
    "Animation": (("animated film", "animated movies", "animated"), ("cartoon", "cartoons", "animated"),
                  ("animation", "animations", "animated")),
    "Biography": (("biopic", "biopics", "biographical"), ("biographical film", "biographies", "biographical")),
    "War": (("war movie", "war films", "war"),),
    "Musical": (("musical", "musicals", "musical"),),
    "History": (("historical film", "history movies", "historical"), ("period drama", "period pieces", "historical")),
    "Sport": (("sports movie", "sports films", "sports"), ("sport film", "sports movies", "sports")),
    "Music": (("music film", "music movies", "music"), ("concert film", "concert films", "music")),
    "Western": (("western", "westerns", "western"), ("cowboy movie", "cowboy films", "western")),
    "Documentary": (("documentary", "documentaries", "documentary"), ("docu", "docs", "documentary")),
    "Film-Noir": (("film noir", "noirs", "noir"), ("noir", "film noirs", "noir")),
}  # fmt: skip
"""Genre to its words: singular, plural, before a noun."""
_TWO_GENRES = (
    (("Comedy", "Romance"), ("romantic comedy", "romcom", "rom com", "rom-com"), ("romantic comedies", "romcoms")),
    (("Action", "Comedy"), ("action comedy",), ("action comedies",)),
    (("Comedy", "Drama"), ("dramedy", "comedy drama"), ("dramedies",)),
    (("Crime", "Drama"), ("crime drama",), ("crime dramas",)),
    (("Comedy", "Horror"), ("horror comedy",), ("horror comedies",)),
    (("Sci-Fi", "Thriller"), ("sci-fi thriller",), ("sci-fi thrillers",)),
    (("Action", "Thriller"), ("action thriller",), ("action thrillers",)),
    (("Crime", "Thriller"), ("crime thriller",), ("crime thrillers",)),
    (("Drama", "War"), ("war drama",), ("war dramas",)),
    (("Adventure", "Fantasy"), ("fantasy adventure",), ("fantasy adventures",)),
)
_MOODS: dict[str, tuple[str, ...]] = {
    "funny": ("funny", "hilarious", "humorous", "really funny"), "scary": ("scary", "spooky", "terrifying", "creepy"),
    "violent": ("violent", "gory", "bloody", "brutal"), "sad": ("sad", "heartbreaking"), "dark": ("dark", "gloomy"),
    "feel-good": ("feel-good", "feelgood", "feel good", "cheerful"), "romantic": ("romantic",),
    "cerebral": ("cerebral", "thought-provoking", "intellectual", "brainy"), "suspenseful": ("suspenseful",),
    "heartwarming": ("heartwarming", "heart-warming", "wholesome"), "lighthearted": ("lighthearted", "light-hearted"),
    "mind-bending": ("mind-bending", "trippy", "mind bending"), "inspiring": ("inspiring", "inspirational"),
    "quirky": ("quirky", "offbeat", "weird"), "silly": ("silly", "goofy", "dumb"), "tense": ("tense", "nail-biting"),
    "moving": ("moving", "touching"), "raunchy": ("raunchy", "vulgar"), "disturbing": ("disturbing", "messed up"),
    "uplifting": ("uplifting", "positive"), "bleak": ("bleak", "depressing"), "fast-paced": ("fast-paced", "fast paced"),
    "sentimental": ("sentimental", "cheesy", "corny", "sappy"), "slow-burning": ("slow-burning", "slow burn"),
}  # fmt: skip
"""Mood to the words people use for it; other moods are said as the catalogue says them."""
_LANGUAGES = ("French", "Japanese", "Spanish", "Italian", "German", "Korean", "Cantonese", "Mandarin", "Hindi", "Swedish",
              "Danish", "Persian", "Russian", "Portuguese", "Polish", "Arabic", "English")  # fmt: skip
_COUNTRIES = {
    "United Kingdom": ("british", "uk"), "United States": ("american",), "Australia": ("australian", "aussie"),
    "India": ("indian",), "Ireland": ("irish",), "Canada": ("canadian",), "Mexico": ("mexican",),
    "Brazil": ("brazilian",), "Argentina": ("argentinian",), "New Zealand": (), "South Africa": ("south african",),
    "Hong Kong": (), "Iran": (), "Spain": (), "France": (), "Japan": (), "Italy": (), "South Korea": (),
    "Germany": (), "Sweden": (), "Denmark": (), "China": (),
}  # fmt: skip
_FACETS = {
    "genre": ("genre", "kind", "type"), "mood": ("mood", "vibe", "tone"), "year": ("year", "decade", "age", "era"),
    "runtime": ("length", "running time", "runtime"), "language": ("language",), "country": ("country",),
    "director": ("director",), "cast": ("cast", "actor", "actors"),
}  # fmt: skip
"""Facet to its everyday names."""
_PLAIN_THEME = re.compile(r"[a-z][a-z' -]{3,28}")


class Lexicon:
    """The words of one catalogue."""

    def __init__(self, catalog: Catalog, linker: Linker, *, this_year: int = 2026) -> None:
        self.catalog = catalog
        self.numbers = NumberReader(catalog, this_year)
        self.linker = linker

    @cached_property
    def titles(self) -> tuple[Item, ...]:
        """Films that their bare title names."""
        found = ((item, self.linker.resolve_title(item.title)) for item in self.catalog)
        return tuple(item for item, hit in found if hit is not None and hit.item_id == item.item_id)

    @cached_property
    def moods(self) -> tuple[tuple[str, str], ...]:
        """(word, mood), each mood as often as people ask for it."""
        held = self.catalog.vocabulary["mood"]
        common = [(w, w if w in held else mood) for mood, words in _MOODS.items() if mood in held for w in words]
        said = {w for w, _ in common}
        others = [(m, m) for m, items in held.items() if m not in said and len(items) >= 8]
        return tuple(common * 3 + others)

    @cached_property
    def genres(self) -> tuple[tuple[str, str, str, str], ...]:
        """(genre, singular, plural, before a noun)."""
        held = self.catalog.vocabulary["genre"]
        return tuple((g, *words) for g, table in _GENRES.items() if g in held for words in table)

    def people(self, role: str) -> tuple[str, ...]:
        """Names in one role, the busier ones more often."""
        held = self.catalog.vocabulary[role].items()
        return tuple(name for name, items in held for _ in range(min(4, len(items) // 2)))

    @cached_property
    def cast(self) -> tuple[str, ...]:
        return self.people("cast")

    @cached_property
    def directors(self) -> tuple[str, ...]:
        return self.people("director")

    @cached_property
    def themes(self) -> tuple[str, ...]:
        """Things films are about: keywords in plain words, the common ones more often."""
        held = self.catalog.vocabulary["keyword"].items()
        return tuple(
            word
            for word, items in held
            for _ in range(min(3, len(items)))
            if _PLAIN_THEME.fullmatch(word) and not word.startswith(("based on", "black and"))
        )


class SceneFiller:
    """Fills slots in one context: never the same value twice, slots about a slate or ledger only where there is one.

    Args:
        slate: what was shown, in order.
        kept: wishes in force, in the notation.
    """

    def __init__(self, words: Lexicon, slate: Sequence[Item] = (), kept: Sequence[str] = ()) -> None:
        self.words, self.slate, self.kept = words, slate, kept
        self._used: set[str] = {w.lower() for k in kept for w in re.findall(r"=([^!~@]+)", k)}
        self._placed: set[int] = set()

    def fill(self, name: str, rng: random.Random) -> Filled | None:
        """See `parley.agent.tuning.data_grammar.Filler`."""
        base = name.rstrip("0123456789")
        for _ in range(8):
            filled: Filled | None = getattr(self, f"_fill_{base}")(rng)  # the phrase files name the slots
            if filled is None:
                return None
            fresh = {v.lower() for v in (filled.title, *(x.split("=", 1)[-1] for x in filled.values)) if v}
            if not fresh & self._used or base in ("kv", "kf", "all"):
                self._used |= fresh
                return filled
        return None

    # --- films ----------------------------------------------------------------------------------------------

    def _fill_t(self, rng: random.Random) -> Filled:
        item = rng.choice(self.words.titles)
        shown = next((n for n, other in enumerate(self.slate, 1) if other.item_id == item.item_id), 0)
        return Filled(self._title(item, rng), (f"#{shown}" if shown else f'"{item.title}"',), item.item_id)

    def _fill_s(self, rng: random.Random) -> Filled | None:
        """A film of the slate, by its title."""
        if not self.slate:
            return None
        place_of = rng.randrange(len(self.slate))
        if place_of in self._placed:
            return None
        self._placed.add(place_of)
        item = self.slate[place_of]
        return Filled(self._title(item, rng), (f"#{place_of + 1}",), "")

    def _fill_n(self, rng: random.Random) -> Filled | None:
        """A film of the slate, by its place: "the second one"."""
        if len(self.slate) < 2:
            return None
        number = rng.randrange(len(self.slate))
        if number in self._placed:
            return None
        self._placed.add(number)
        return Filled(place(number, len(self.slate), rng), (f"#{number + 1}",))

    def _fill_it(self, rng: random.Random) -> Filled | None:
        if len(self.slate) != 1:
            return None
        return Filled(rng.choice(("it", "that", "that one", "this one", "this")), ("#1",))

    def _fill_all(self, rng: random.Random) -> Filled | None:
        if len(self.slate) < 2:
            return None
        word = rng.choice(("them", "these", "those"))
        return Filled(word, tuple(f"#{n}" for n in range(1, len(self.slate) + 1)))

    def _title(self, item: Item, rng: random.Random) -> str:
        title = item.title
        if title.startswith("The ") and rng.random() < 0.25:
            short = title[4:]
            hit = self.words.linker.resolve_title(short)
            title = short if hit is not None and hit.item_id == item.item_id else title
        if item.year is not None and rng.random() < 0.12:
            return f"{title} ({item.year})"
        return title

    # --- attributes -----------------------------------------------------------------------------------------

    def _genre(self, rng: random.Random, column: int) -> Filled:
        genre, *said = rng.choice(self.words.genres)
        return Filled(said[column], (f"genre={genre}",))

    def _fill_g(self, rng: random.Random) -> Filled:
        if rng.random() < 0.12:
            genres, singular, _ = rng.choice(_TWO_GENRES)
            return Filled(rng.choice(singular), tuple(f"genre={g}" for g in genres))
        return self._genre(rng, 0)

    def _fill_gg(self, rng: random.Random) -> Filled:
        if rng.random() < 0.12:
            genres, _, plural = rng.choice(_TWO_GENRES)
            return Filled(rng.choice(plural), tuple(f"genre={g}" for g in genres))
        return self._genre(rng, 1)

    def _fill_gs(self, rng: random.Random) -> Filled:
        """One genre, plural."""
        return self._genre(rng, 1)

    def _fill_gone(self, rng: random.Random) -> Filled:
        """One genre, singular."""
        return self._genre(rng, 0)

    def _fill_ga(self, rng: random.Random) -> Filled:
        return self._genre(rng, 2)

    def _fill_geither(self, rng: random.Random) -> Filled:
        """Either of two genres: "a comedy or a thriller"."""
        (a, *first), (b, *second) = rng.sample(self.words.genres, 2)
        if a == b:
            return self._genre(rng, 0)
        column = rng.choice((0, 0, 1, 2))
        joint = " or a " if column == 0 and rng.random() < 0.5 else rng.choice((" or ", "/")) if column else " or "
        return Filled(f"{first[column]}{joint}{second[column]}", (f"genre={'|'.join(sorted((a, b)))}",))

    def _fill_m(self, rng: random.Random) -> Filled:
        word, mood = rng.choice(self.words.moods)
        return Filled(word, (f"mood={mood}",))

    def _fill_p(self, rng: random.Random) -> Filled:
        name = rng.choice(self.words.cast)
        return Filled(name, (f"cast={name}",))

    def _fill_peither(self, rng: random.Random) -> Filled:
        a, b = rng.choice(self.words.cast), rng.choice(self.words.cast)
        return Filled(f"{a} or {b}", (f"cast={'|'.join(sorted({a, b}))}",))

    def _fill_d(self, rng: random.Random) -> Filled:
        name = rng.choice(self.words.directors)
        return Filled(name, (f"director={name}",))

    def _fill_who(self, rng: random.Random) -> Filled:
        """Anybody, the role not said."""
        name = rng.choice(self.words.cast if rng.random() < 0.7 else self.words.directors)
        return Filled(name, (f"person={name}",))

    def _fill_theme(self, rng: random.Random) -> Filled:
        word = rng.choice(self.words.themes)
        return Filled(word, (f"about={word}",))

    def _fill_lang(self, rng: random.Random) -> Filled:
        name = rng.choice(_LANGUAGES)
        return Filled(name, (f"language={name}",))

    def _fill_land(self, rng: random.Random) -> Filled:
        """A country by its name."""
        name = rng.choice(tuple(_COUNTRIES))
        said = {"United Kingdom": "the UK", "United States": "the US"}.get(name, name)
        return Filled(said, (f"country={name}",))

    def _fill_from(self, rng: random.Random) -> Filled:
        """A country before a noun."""
        name, words = rng.choice([(n, w) for n, w in _COUNTRIES.items() if w])
        return Filled(rng.choice(words), (f"country={name}",))

    def _fill_cert(self, rng: random.Random) -> Filled:
        name, suits = rng.choice((("PG-13", 13), ("PG", 8), ("G", 0), ("pg13", 13), ("pg", 8)))
        return Filled(name, (f"suit<={suits}",))

    # --- numbers ---------------------------------------------------------------------------------------------

    def _fill_year(self, rng: random.Random) -> Filled:
        return year(rng, "after")

    def _fill_decade(self, rng: random.Random) -> Filled:
        return year(rng, "decade")

    def _fill_era(self, rng: random.Random) -> Filled:
        """Old or recent, before a noun; counted as the product counts it."""
        return self._vague(rng, ("old", "classic", "older", "vintage", "recent", "modern", "new", "newish", "recent"))

    def _fill_size(self, rng: random.Random) -> Filled:
        return self._vague(rng, ("short", "quick", "long", "short"))

    def _fill_nottoo(self, rng: random.Random) -> Filled:
        return self._vague(rng, ("not too long", "not too old", "not too short", "not too recent", "not too long"))

    def _vague(self, rng: random.Random, words: Sequence[str]) -> Filled:
        word = rng.choice(tuple(words))
        bounds = self.words.numbers.read({"older": "old", "newish": "new"}.get(word, word))
        bound = bounds[0]
        side = f">={bound.gte:g}" if bound.gte is not None else f"<={bound.lte:g}"
        return Filled(word, (f"{bound.facet}{side}~",))

    def _fill_run(self, rng: random.Random) -> Filled:
        return runtime(rng)

    def _fill_kids(self, rng: random.Random) -> Filled:
        return age(rng)

    def _fill_oldest(self, rng: random.Random) -> Filled:
        """A year by itself, in figures."""
        edge = str(rng.choice((1970, 1980, 1985, 1990, 1995, 2000, 2005, 2010)))
        return Filled(edge, (edge,))

    def _fill_longest(self, rng: random.Random) -> Filled:
        minutes = rng.choice((90, 100, 110, 120))
        return Filled(length_of(rng, minutes), (str(minutes),))

    def _fill_count(self, rng: random.Random) -> Filled:
        number = rng.choice((1, 2, 3, 4, 5))
        word = rng.choice((("one", "two", "three", "four", "five")[number - 1], str(number)))
        return Filled(word, (str(number),))

    # --- wishes in force --------------------------------------------------------------------------------------

    def _fill_kf(self, rng: random.Random) -> Filled | None:
        """The everyday name of a facet there is a wish about."""
        facets = [f for k in self.kept if (f := re.split(r"[<>=]", k.lstrip("+-"))[0]) in _FACETS]
        if not facets:
            return None
        facet = rng.choice(facets)
        return Filled(rng.choice(_FACETS[facet]), (facet,))

    def _fill_kv(self, rng: random.Random) -> Filled | None:
        """A value that is wished for."""
        return self._kept_value(rng, "+")

    def _fill_kno(self, rng: random.Random) -> Filled | None:
        """A value that is ruled out."""
        return self._kept_value(rng, "-")

    def _kept_value(self, rng: random.Random, sign: str) -> Filled | None:
        pattern = re.compile(rf"\{sign}(genre|mood|language|director|cast)=([^|!~@]+)[!~]")
        found = [m for k in self.kept if (m := pattern.fullmatch(k))]
        if not found:
            return None
        facet, value = rng.choice(found).groups()
        said = value
        if facet == "genre":
            said = rng.choice([w[3] for w in self.words.genres if w[0] == value] or [value.lower()])
        return Filled(said, (f"{facet}={value}",))
