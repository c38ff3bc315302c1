"""Numbers between bounds and string patterns as sequences of byte sets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Part = tuple[int, int, int]
"""(set of bytes, fewest, most)."""

MOST_DIGITS = 15
REPEATS = 32
"""A repetition without end stops here."""


def _set(text: str) -> int:
    bits = 0
    for char in text:
        bits |= 1 << ord(char)
    return bits


DIGIT = _set("0123456789")
NONZERO = _set("123456789")
MINUS: Part = (_set("-"), 1, 1)
DOT: Part = (_set("."), 1, 1)


def integer_between(low: float | None, high: float | None) -> list[list[Part]]:
    """Alternatives for the decimal integers in [low, high]; None is no bound."""
    top = 10**MOST_DIGITS - 1
    least = -top if low is None else math.ceil(low)
    most = top if high is None else math.floor(high)
    options: list[list[Part]] = []
    if least < 0:
        options += [[MINUS, *rest] for rest in _natural(max(1, -min(most, -1)), -least)]
    if most >= 0:
        options += _natural(max(0, least), most)
    return options


def _natural(low: int, high: int) -> list[list[Part]]:
    """Alternatives for the integers in [low, high], both at least 0, without leading zeros."""
    options: list[list[Part]] = []
    if low == 0 and high >= 0:
        options.append([(_set("0"), 1, 1)])
        low = 1
    for digits in range(len(str(low)), len(str(high)) + 1):
        first, last = max(low, 10 ** (digits - 1)), min(high, 10**digits - 1)
        if first <= last:
            options += _same_length(str(first), str(last))
    return options


def _same_length(low: str, high: str) -> list[list[Part]]:
    """Alternatives for the numbers between two of equal length."""
    if not low:
        return [[]]
    rest = len(low) - 1
    if set(low[1:]) <= {"0"} and set(high[1:]) <= {"9"}:
        lead: Part = (_set("".join(map(str, range(int(low[0]), int(high[0]) + 1)))), 1, 1)
        return [[lead, *([(DIGIT, rest, rest)] if rest else [])]]
    if low[0] == high[0]:
        return [[(_set(low[0]), 1, 1), *tail] for tail in _same_length(low[1:], high[1:])]
    options = [[(_set(low[0]), 1, 1), *tail] for tail in _same_length(low[1:], "9" * rest)]
    for digit in range(int(low[0]) + 1, int(high[0])):
        options.append([(_set(str(digit)), 1, 1), (DIGIT, rest, rest)])
    return options + [[(_set(high[0]), 1, 1), *tail] for tail in _same_length("0" * rest, high[1:])]


def number_between(
    low: float | None, high: float | None, open_low: float | None, open_high: float | None
) -> list[list[Part]]:
    """Alternatives for decimal numbers in the bounds, with up to six decimals."""
    fraction: list[Part] = [DOT, (DIGIT, 1, 6)]
    floor = low if open_low is None else open_low if low is None else max(low, open_low)
    roof = high if open_high is None else open_high if high is None else min(high, open_high)
    options: list[list[Part]] = []
    whole_low = None if floor is None else math.floor(floor) + 1 if floor == open_low else math.ceil(floor)
    whole_high = None if roof is None else math.ceil(roof) - 1 if roof == open_high else math.floor(roof)
    if whole_low is None or whole_high is None or whole_low <= whole_high:
        options += integer_between(whole_low, whole_high)
    # k.ddd with k >= 0 lies in (k, k+1): inside when k >= floor and k+1 <= roof; -k.ddd mirrors it.
    first = 0 if floor is None else max(0, math.ceil(floor))
    last = None if roof is None else math.ceil(roof) - 1 if roof == math.floor(roof) else math.floor(roof) - 1
    if last is None or first <= last:
        nonzero = [DOT, (DIGIT, 0, 2), (NONZERO, 1, 1)] if floor is not None and open_low == floor else fraction
        options += [[*whole, *nonzero] for whole in integer_between(first, last)]
    if floor is None or floor <= -1:
        deepest = None if floor is None else math.floor(-floor) - 1
        nearest = 0 if roof is None or roof >= 0 else math.ceil(-roof)
        if deepest is None or nearest <= deepest:
            options += [[MINUS, *whole, *fraction] for whole in integer_between(nearest, deepest)]
    if not options and floor is not None and roof is not None:
        options += _inside_one(floor, roof)
    return options


def _inside_one(floor: float, roof: float) -> list[list[Part]]:
    """Bounds that hold no whole step: the decimals between them, to a thousandth."""
    scale = 1000
    values = range(math.floor(floor * scale) + 1, math.ceil(roof * scale))
    texts = [f"{v / scale:.3f}" for v in list(values)[:200]]
    return [[(_set(char), 1, 1) for char in text] for text in texts]


def pattern_parts(pattern: str | None, form: str | None) -> list[list[Part]] | None:
    """Alternatives for a string's pattern or format; None for a string without.

    Raises:
        ModelError: a pattern with something we cannot compile.
    """
    if form in _FORMATS:
        return _FORMATS[form]
    if pattern is None:
        return None
    from re import _parser  # type: ignore[attr-defined]

    from parley.agent.llm.seam import ModelError

    try:
        parsed = _parser.parse(pattern.removeprefix("^").removesuffix("$"))
        return _alternatives(list(parsed))
    except Exception as error:
        raise ModelError(f"pattern {pattern!r} cannot be compiled ({error}); use classes, groups and repeats") from None


def _alternatives(items: Sequence[Any]) -> list[list[Part]]:
    """A parsed expression as alternatives of sequences; small groups are multiplied out."""
    options: list[list[Part]] = [[]]
    for name, value in items:
        options = [[*head, *tail] for head in options for tail in _one_item(str(name), value)]
        if len(options) > 2000:
            raise ValueError("too many alternatives")
    return options


def _one_item(name: str, value: Any) -> list[list[Part]]:
    if name == "LITERAL":
        return [[(1 << byte, 1, 1) for byte in chr(value).encode()]]
    if name == "IN":
        return [[(_class(value), 1, 1)]]
    if name == "ANY":
        return [[(_class([("RANGE", (32, 126))]), 1, 1)]]
    if name == "SUBPATTERN":
        return _alternatives(list(value[-1]))
    if name == "BRANCH":
        return [option for branch in value[1] for option in _alternatives(list(branch))]
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        fewest, most, inner = int(value[0]), min(int(value[1]), max(int(value[0]), REPEATS)), list(value[2])
        once = _alternatives(inner)
        if len(once) == 1 and len(once[0]) == 1 and once[0][0][1:] == (1, 1):
            return [[(once[0][0][0], fewest, most)]]
        found: list[list[Part]] = []
        for count in range(fewest, min(most, fewest + 4) + 1):
            options: list[list[Part]] = [[]]
            for _ in range(count):
                options = [[*head, *tail] for head in options for tail in once]
            found += options
        return found
    if name == "AT":
        return [[]]
    raise ValueError(f"{name.lower()} is not supported")


def _class(items: Sequence[Any]) -> int:
    """A character class as bytes; ASCII without quote and backslash."""
    bits = 0
    negated = False
    words = {"CATEGORY_DIGIT": "0123456789", "CATEGORY_SPACE": " "}
    words["CATEGORY_WORD"] = "".join(c for c in map(chr, range(48, 123)) if c.isalnum() or c == "_")
    for name, value in items:
        kind = str(name)
        if kind == "NEGATE":
            negated = True
        elif kind == "LITERAL":
            bits |= 1 << value if value < 128 else 0
        elif kind == "RANGE":
            for code in range(value[0], min(value[1], 126) + 1):
                bits |= 1 << code
        elif kind == "CATEGORY" and str(value) in words:
            bits |= _set(words[str(value)])
        else:
            raise ValueError(f"{kind.lower()} in a class")
    printable = ((1 << 127) - 1) & ~((1 << 32) - 1) & ~_set('"\\')
    return (~bits if negated else bits) & printable


def _digits(count: int) -> Part:
    return (DIGIT, count, count)


def _lit(char: str) -> Part:
    return (_set(char), 1, 1)


_MONTHS: list[list[Part]] = [[_lit("0"), (NONZERO, 1, 1)], [_lit("1"), (_set("012"), 1, 1)]]
_DAYS: list[list[Part]] = [
    [_lit("0"), (NONZERO, 1, 1)],
    [_lit("1"), _digits(1)],
    [_lit("2"), (_set("012345678"), 1, 1)],
]
_YEAR: list[Part] = [(_set("12"), 1, 1), _digits(3)]
_DATE: list[list[Part]] = [[*_YEAR, _lit("-"), *m, _lit("-"), *d] for m in _MONTHS for d in _DAYS]
_HOURS: list[list[Part]] = [[(_set("01"), 1, 1), _digits(1)], [_lit("2"), (_set("0123"), 1, 1)]]
_SIXTY: list[Part] = [(_set("012345"), 1, 1), _digits(1)]
_TIME: list[list[Part]] = [[*h, _lit(":"), *_SIXTY, _lit(":"), *_SIXTY] for h in _HOURS]
_HEX = _set("0123456789abcdef")
_UUID: list[Part] = [
    (_HEX, 8, 8), _lit("-"), (_HEX, 4, 4), _lit("-"), (_HEX, 4, 4), _lit("-"), (_HEX, 4, 4), _lit("-"), (_HEX, 12, 12),
]  # fmt: skip
_FORMATS: dict[str | None, list[list[Part]]] = {
    "date": _DATE,
    "time": _TIME,
    "date-time": [[*d, _lit("T"), *t, _lit("Z")] for d in _DATE for t in _TIME],
    "uuid": [_UUID],
}
