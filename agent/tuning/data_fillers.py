"""What fills the slots of the phrase grammar in one context: films, their attributes, what was shown, what stands.

A filling's values are in the notation of `parley.agent.tuning.notation`, without firmness unless the words have one of their own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from parley.agent.tuning.data_grammar import Filled
from parley.agent.tuning.data_lexicon import COUNTRIES, FACETS, LANGUAGES, TWO_GENRES, Lexicon
from parley.agent.tuning.data_numbers import age, length_of, place, runtime, year
from parley.tools.items import Item


class SceneFiller:
    """Fills slots in one context: never the same value twice, slots about a slate or ledger only where there is one.

    Args:
        slate: what was shown, in order.
        kept: wishes in force, in the notation.
        facet: what our question was about.
        options: the answers it offered, as the catalogue spells them.
    """

    def __init__(
        self, words: Lexicon, slate: Sequence[Item] = (), kept: Sequence[str] = (), facet: str = "",
        options: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.words, self.slate, self.kept, self.facet, self.options = words, slate, kept, facet, options
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
            if not fresh & self._used or base in ("kv", "kf", "kno", "all"):
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

    def _fill_two(self, rng: random.Random) -> Filled | None:
        """Two neighbours on the slate: "the first two", "both"."""
        count = len(self.slate)
        if count < 2 or self._placed:
            return None
        first = rng.choice((0, count - 2))
        said = (
            rng.choice(("both", "both of them", "these two"))
            if count == 2
            else "the first two"
            if not first
            else "the last two"
        )
        self._placed |= {first, first + 1}
        return Filled(said, (f"#{first + 1}", f"#{first + 2}"))

    def _fill_rest(self, rng: random.Random) -> Filled | None:
        """All of the slate but the film placed before: "the others"."""
        left = [n for n in range(len(self.slate)) if n not in self._placed]
        if len(self._placed) != 1 or not left:
            return None
        self._placed |= {*left}
        said = ("the other", "the other one") if len(left) == 1 else ("the others", "the rest", "the other ones")
        return Filled(rng.choice(said), tuple(f"#{n + 1}" for n in left))

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
            genres, singular, _ = rng.choice(TWO_GENRES)
            return Filled(rng.choice(singular), tuple(f"genre={g}" for g in genres))
        return self._genre(rng, 0)

    def _fill_gg(self, rng: random.Random) -> Filled:
        if rng.random() < 0.12:
            genres, _, plural = rng.choice(TWO_GENRES)
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
        name = rng.choice(LANGUAGES)
        return Filled(name, (f"language={name}",))

    def _fill_land(self, rng: random.Random) -> Filled:
        """A country by its name."""
        name = rng.choice(tuple(COUNTRIES))
        said = {"United Kingdom": "the UK", "United States": "the US"}.get(name, name)
        return Filled(said, (f"country={name}",))

    def _fill_from(self, rng: random.Random) -> Filled:
        """A country before a noun."""
        name, words = rng.choice([(n, w) for n, w in COUNTRIES.items() if w])
        return Filled(rng.choice(words), (f"country={name}",))

    def _fill_rated(self, rng: random.Random) -> Filled:
        """A certificate by itself, not as a limit."""
        name = rng.choice(("R", "PG-13", "PG", "G"))
        return Filled(rng.choice((f"rated {name}", f"{name}-rated", f"{name} rated")), (f"certificate={name}",))

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

    def _fill_teen(self, rng: random.Random) -> Filled:
        """An age by itself, in figures."""
        years = str(rng.randint(4, 15))
        return Filled(years, (years,))

    def _fill_longest(self, rng: random.Random) -> Filled:
        minutes = rng.choice((90, 100, 110, 120))
        return Filled(length_of(rng, minutes), (str(minutes),))

    def _fill_count(self, rng: random.Random) -> Filled:
        number = rng.choice((1, 2, 3, 4, 5))
        word = rng.choice((("one", "two", "three", "four", "five")[number - 1], str(number)))
        return Filled(word, (str(number),))

    # --- what our question offered -----------------------------------------------------------------------------

    def _fill_o(self, rng: random.Random) -> Filled | None:
        """One of the answers on offer, in its own words."""
        if not self.options:
            return None
        value = rng.choice(self.options)
        return Filled(value.lower() if self.facet == "genre" else value, (self._offered(value),))

    def _fill_former(self, rng: random.Random) -> Filled | None:
        """One of two answers, by its place."""
        if len(self.options) != 2:
            return None
        place_of = rng.randrange(2)
        said = (("the first", "the former", "the first one"), ("the second", "the latter", "the second one"))[place_of]
        return Filled(rng.choice(said), (self._offered(self.options[place_of]),))

    def _fill_eitherone(self, rng: random.Random) -> Filled | None:
        """Both answers of two."""
        if len(self.options) != 2:
            return None
        return Filled(
            rng.choice(("both", "either", "both are fine", "either one")),
            (self._offered("|".join(sorted(self.options))),),
        )

    def _offered(self, value: str) -> str:
        """An answer in the notation; of moods it only counts, as everywhere."""
        return f"{self.facet}={value}" + ("~" if self.facet == "mood" else "")

    # --- wishes in force --------------------------------------------------------------------------------------

    def _fill_kf(self, rng: random.Random) -> Filled | None:
        """The everyday name of a facet there is a wish about."""
        facets = [f for k in self.kept if (f := re.split(r"[<>=]", k.lstrip("+-"))[0]) in FACETS]
        if not facets:
            return None
        facet = rng.choice(facets)
        return Filled(rng.choice(FACETS[facet]), (facet,))

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
