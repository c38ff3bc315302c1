"""The words of the film catalogue as people say them: genres, moods, languages, countries, people, themes.

Film words live here and in `phrases/`; the grammar and the fillers know none. Values are in the catalogue's own spelling.
"""

from __future__ import annotations

import re
from functools import cached_property

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
TWO_GENRES = (
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
LANGUAGES = ("French", "Japanese", "Spanish", "Italian", "German", "Korean", "Cantonese", "Mandarin", "Hindi", "Swedish",
              "Danish", "Persian", "Russian", "Portuguese", "Polish", "Arabic", "English")  # fmt: skip
COUNTRIES = {
    "United Kingdom": ("british", "uk"), "United States": ("american",), "Australia": ("australian", "aussie"),
    "India": ("indian",), "Ireland": ("irish",), "Canada": ("canadian",), "Mexico": ("mexican",),
    "Brazil": ("brazilian",), "Argentina": ("argentinian",), "New Zealand": (), "South Africa": ("south african",),
    "Hong Kong": (), "Iran": (), "Spain": (), "France": (), "Japan": (), "Italy": (), "South Korea": (),
    "Germany": (), "Sweden": (), "Denmark": (), "China": (),
}  # fmt: skip
FACETS = {
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
