"""Reads JSON a model wrote, mending what can be mended: fences, prose around it, an end cut off."""

from __future__ import annotations

import itertools
import json
from typing import Any

MAX_TRIES = 200
"""Ends tried before a cut document is given up."""
MAX_CHARACTERS = 100_000
"""Of a document that is not whole, no more than this is looked at."""


def parse_json(text: str) -> Any:
    """The JSON value in `text`; None if there is none.

    A document cut short keeps every finished member: `{"a":1,"b":["x","y` gives
    `{"a": 1, "b": ["x", "y"]}` (the text of a cut string stays), `{"a":1,"b"` gives `{"a": 1}`.
    """
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    whole = text.strip()
    for candidate in (whole, text[start:] if start >= 0 else ""):
        if not candidate:
            continue
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0]
        except (json.JSONDecodeError, RecursionError):
            pass
    return _complete(text[start : start + MAX_CHARACTERS]) if start >= 0 else None


def _complete(text: str) -> Any:
    """Close what is open, dropping from the end until it parses."""
    closers, in_string, escaped = _open_at_end(text)
    if in_string:
        tail = text.rstrip("\\") if escaped else text
        cut = tail.rfind("\\u")
        if cut >= 0 and len(tail) - cut < 6:
            tail = tail[:cut]
        value = _try(tail + '"' + closers)
        if value is not None:
            return value
    ends = (end for end in range(len(text), 0, -1) if text[end - 1] in ',{["}]0123456789el')
    for end in itertools.islice(ends, MAX_TRIES):
        piece = text[:end].rstrip().rstrip(",:")
        closers, in_string, _ = _open_at_end(piece)
        if not in_string and (value := _try(piece + closers)) is not None:
            return value
    return None


def _try(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except (json.JSONDecodeError, RecursionError):
        return None


def _open_at_end(text: str) -> tuple[str, bool, bool]:
    """What would close the open brackets; whether a string is open; whether it ends in a half escape."""
    stack: list[str] = []
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "{[":
            stack.append("}" if char == "{" else "]")
        elif char in "}]" and stack:
            stack.pop()
    return "".join(reversed(stack)), in_string, escaped
