"""Years, lengths, ages and places in a list as people say them, each with what it means in the notation."""

from __future__ import annotations

import random

from parley.agent.tuning.data_grammar import Filled

_DECADES = {1930: "thirties", 1940: "forties", 1950: "fifties", 1960: "sixties", 1970: "seventies", 1980: "eighties",
            1990: "nineties", 2000: "2000s", 2010: "2010s", 2020: "2020s"}  # fmt: skip
_SPELT = {60: "an hour", 90: "an hour and a half", 120: "two hours", 150: "two and a half hours", 180: "three hours"}
_PLACES = ("first", "second", "third", "fourth", "fifth")
_SHORT_PLACES = ("1st", "2nd", "3rd", "4th", "5th")


def year(rng: random.Random, style: str) -> Filled:
    """A wish about the year: behind the noun ("from the 80s", "before 1990"), or a decade before it ("80s")."""
    decade = rng.choice([d for d in _DECADES for _ in range(3 if 1970 <= d <= 2010 else 1)])
    if style == "decade":
        said = rng.choice(_decade_words(decade))
        return Filled(said, (f"year={decade}..{decade + 9}",))
    return rng.choice((_in_decade, _in_decade, _before, _after, _between, _in_year, _part))(rng, decade)


def _decade_words(decade: int) -> list[str]:
    if decade >= 2000:
        return [f"{decade}s"]
    short = str(decade)[2:]
    return [f"{short}s", f"{short}'s", f"{decade}s", _DECADES[decade], f"{short}s", f"'{short}s"]


def _in_decade(rng: random.Random, decade: int) -> Filled:
    said = rng.choice(_decade_words(decade))
    lead = rng.choice(("from the", "from the", "made in the", "out of the", "in the", "of the"))
    return Filled(f"{lead} {said}", (f"year={decade}..{decade + 9}",))


def _before(rng: random.Random, decade: int) -> Filled:
    edge = decade + rng.choice((0, 0, 5, rng.randrange(10)))
    if rng.random() < 0.25:
        said = rng.choice(_decade_words(decade))
        return Filled(f"{rng.choice(('from before', 'before', 'older than'))} the {said}", (f"year<={decade - 1}",))
    strict, loose = (
        ("before", "older than", "pre", "from before", "made before"),
        ("from {} or earlier", "no newer than {}"),
    )
    if rng.random() < 0.8:
        lead = rng.choice(strict)
        return Filled(f"pre-{edge}" if lead == "pre" else f"{lead} {edge}", (f"year<={edge - 1}",))
    return Filled(rng.choice(loose).format(edge), (f"year<={edge}",))


def _after(rng: random.Random, decade: int) -> Filled:
    edge = min(decade + rng.choice((0, 0, 5, rng.randrange(10))), 2023)
    if rng.random() < 0.7:
        lead = rng.choice(
            ("after {}", "newer than {}", "from after {}", "made after {}", "post-{}", "more recent than {}")
        )
        return Filled(lead.format(edge), (f"year>={edge + 1}",))
    lead = rng.choice(
        ("from {} on", "since {}", "{} or newer", "from {} onwards", "no older than {}", "nothing before {}")
    )
    return Filled(lead.format(edge), (f"year>={edge}",))


def _between(rng: random.Random, decade: int) -> Filled:
    low = decade + rng.randrange(10)
    high = min(low + rng.randrange(2, 16), 2025)
    lead = rng.choice(("between {} and {}", "from {} to {}", "{}-{}", "made between {} and {}", "from {} until {}"))
    return Filled(lead.format(low, high), (f"year={low}..{high}",))


def _in_year(rng: random.Random, decade: int) -> Filled:
    one = min(decade + rng.randrange(10), 2025)
    return Filled(rng.choice((f"from {one}", f"made in {one}", f"that came out in {one}")), (f"year={one}",))


def _part(rng: random.Random, decade: int) -> Filled:
    part, low, high = rng.choice((("early", 0, 3), ("mid", 3, 6), ("late", 6, 9)))
    said = rng.choice(_decade_words(decade))
    return Filled(f"from the {part} {said}", (f"year={decade + low}..{decade + high}",))


def runtime(rng: random.Random) -> Filled:
    """A wish about the length, behind the noun."""
    minutes = rng.choice((80, 90, 90, 100, 105, 110, 120, 120, 120, 130, 140, 150, 180))
    said = length_of(rng, minutes)
    kind = rng.random()
    if kind < 0.45:
        lead = rng.choice(("under {}", "less than {}", "shorter than {}", "below {}", "that's under {}"))
        return Filled(lead.format(said), (f"runtime<={minutes - 1}",))
    if kind < 0.7:
        lead = rng.choice(("{} max", "{} tops", "no longer than {}", "at most {}", "not more than {}", "nothing over {}",
                           "not over {}", "{} or less", "up to {}"))  # fmt: skip
        return Filled(lead.format(said), (f"runtime<={minutes}",))
    if kind < 0.82:
        lead = rng.choice(("over {}", "more than {}", "longer than {}"))
        return Filled(lead.format(said), (f"runtime>={minutes + 1}",))
    if kind < 0.9:
        return Filled(
            rng.choice(("at least {}", "no shorter than {}", "{} or more")).format(said), (f"runtime>={minutes}",)
        )
    room = max(10.0, 0.1 * minutes)
    lead = rng.choice(("around {}", "about {}", "roughly {}", "{} or so"))
    return Filled(lead.format(said), (f"runtime={minutes - room:g}..{minutes + room:g}~",))


def length_of(rng: random.Random, minutes: int) -> str:
    """A number of minutes as people say it."""
    ways = [f"{minutes} minutes", f"{minutes} min", f"{minutes} mins"]
    if minutes in _SPELT:
        ways += [_SPELT[minutes], _SPELT[minutes]]
    if minutes % 60 == 0:
        ways += [f"{minutes // 60} hours", f"{minutes // 60}h", f"{minutes // 60} hrs"]
    if minutes > 60 and minutes % 60:
        ways += [
            f"{minutes // 60}h{minutes % 60:02d}",
            f"{minutes // 60} hour{'s' if minutes >= 120 else ''} {minutes % 60}",
        ]
    if minutes % 30 == 0 and minutes % 60:
        ways += [f"{minutes / 60:g} hours"]
    return rng.choice(ways)


def age(rng: random.Random) -> Filled:
    """Who it must suit: "for my 6 year old"."""
    years = rng.choice((3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
    number = rng.choice((str(years), str(years), _NUMBERS[years]))
    child = rng.choice(("son", "daughter", "kid", "nephew", "niece", "little one", "grandson"))
    said = rng.choice(
        (
            f"for my {number} year old", f"for a {number} year old", f"with my {number}-year-old",
            f"for my {number} year old {child}", f"suitable for a {number} year old", f"for my {child}, {number}",
            f"ok for a {years}yo", f"fit for {number} year olds", f"for my {child} who is {number}",
            f"for kids aged {number}", f"that a {number} year old can watch", f"my {number} yr old can see",
        )
    )  # fmt: skip
    if rng.random() < 0.3:
        return Filled(rng.choice(("for the kids", "for kids", "for my kids", "for the whole family", "for the children",
                                  "kid friendly", "that my kids can watch", "suitable for children")), ("suit<=10",))  # fmt: skip
    return Filled(said, (f"suit<={years}",))


_NUMBERS = {3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven",
            12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen"}  # fmt: skip


def place(number: int, of: int, rng: random.Random) -> str:
    """A place in a list, counted from 0: "the second one", "number 2", "the last one"."""
    ways = [f"the {_PLACES[number]} one", f"the {_PLACES[number]}", f"number {number + 1}", f"the {_SHORT_PLACES[number]} one",
            f"#{number + 1}", f"the {_PLACES[number]} film"]  # fmt: skip
    if number == of - 1:
        ways += ["the last one", "the last", "the last one"]
    if of == 3 and number == 1:
        ways.append("the middle one")
    return rng.choice(ways)
