"""Text into HTML, safely: everything a user, a catalogue or a model wrote passes through `esc`.

The page shows no markup of theirs at all. Markdown images and links are reduced to their words, so a
reply cannot make a browser fetch anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2060-\u2069\ufeff]")
_IMAGE = re.compile(r"!\[([^\]]*)\]\s*(?:\([^)]*\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\]]*)\]\s*(?:\([^)]*\)|\[[^\]]*\])")
_BULLET = re.compile(r"\s*[-\u2022*]\s+(.*)")
_EMPHASIS = re.compile(r"\*\*([^*\n]+)\*\*")

ICONS = {
    "like": "M12 20s-7-4.4-9.2-8.6C1 8 2.7 4.5 6.2 4.5c2.3 0 4 1.3 5.8 3.6 1.8-2.3 3.5-3.6 5.8-3.6 3.5 0 5.2 3.5 3.4 6.9C19 15.6 12 20 12 20Z",  # noqa: E501
    "dislike": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM5.8 5.8l12.4 12.4",
    "seen": "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12ZM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
    "cross": "M6 6l12 12M18 6L6 18",
    "check": "M4.5 12.5l5 5 10-11",
    "miss": "M5 12h14",
    "lock": "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    "plus": "M12 5v14M5 12h14",
    "bin": "M5 7h14M9 7V4.5h6V7M7 7l1 12.5h8L17 7",
    "edit": "M4 20h4L19.5 8.5l-4-4L4 16Z",
    "swap": "M4 8h14M14.5 4.5 18 8l-3.5 3.5M20 16H6M9.5 12.5 6 16l3.5 3.5",
    "more": "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
    "ghost": "M6 20V11a6 6 0 0 1 12 0v9l-3-2-3 2-3-2ZM9.7 11h.1M14.2 11h.1",
    "menu": "M4 7h16M4 12h16M4 17h10",
    "panel": "M4 5h16v14H4ZM14.5 5v14",
    "play": "M8 5.5v13l10.5-6.5Z",
    "stop": "M7 7h10v10H7Z",
    "page": "M6 3.5h8.5L18 7v13.5H6ZM9 11h6M9 14.5h6",
    "theme": "M12 3.5a8.5 8.5 0 1 0 0 17ZM12 3.5a8.5 8.5 0 0 1 0 17",
}

MARK = (
    '<svg class="mark" viewBox="0 0 48 48" aria-hidden="true"><path class="mark-a" d="M4 20a15 15 0 1 1 15 15H7.5'
    'c-1.9 0-2.6-1.5-1.6-2.8l1.9-2.5A15 15 0 0 1 4 20Z"/><path class="mark-b" d="M44 28a13 13 0 1 0-13 13h9.6c1.7 0 '
    '2.3-1.3 1.4-2.5l-1.4-2A13 13 0 0 0 44 28Z"/></svg>'
)


def esc(value: object) -> str:
    """Text for HTML, in an element or a quoted attribute; control and bidirectional marks are dropped."""
    return escape(_CONTROL.sub("", str(value)), quote=True)


def icon(name: str) -> str:
    """A 24-unit line icon; always beside words or an `aria-label`."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{ICONS[name]}"/></svg>'


def button(label: str, do: str, *, kind: str = "", title: str = "", inner: str = "", **data: object) -> str:
    """A button that sends `do` and its data to the server.

    Args:
        label: What it says, or with `inner` what a screen reader says.
        do: The action's name.
        kind: CSS classes.
        title: Shown on hover.
        inner: Trusted HTML instead of the label.
        data: Sent along; the values are escaped here.
    """
    attributes = "".join(
        f' {name.replace("_", "-")}="{esc(value)}"' if name.startswith("aria") else f' data-{name}="{esc(value)}"'
        for name, value in data.items()
    )
    spoken = f' aria-label="{esc(label)}"' if inner else ""
    hint = f' title="{esc(title)}"' if title else ""
    opening = f'<button type="button" class="{kind}" data-do="{esc(do)}"{attributes}{spoken}{hint}>'
    return f"{opening}{inner or esc(label)}</button>"


def plain(text: str) -> str:
    """Prose without markdown images, links and tags of any kind; the words stay."""
    return _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))


def prose(text: str, *, strong: Iterable[str] = ()) -> str:
    """Prose as paragraphs. Titles in `strong` stand out where the text names them."""
    shown = _EMPHASIS.sub(r"\1", esc(plain(text).strip()))
    titles = sorted({esc(title) for title in strong if len(title) > 3}, key=len, reverse=True)
    if titles:
        pattern = re.compile(r"(?<!\w)(" + "|".join(re.escape(title) for title in titles) + r")(?!\w)")
        shown = pattern.sub(r"<strong>\1</strong>", shown)
    return "".join(_block(block) for block in re.split(r"\n\s*\n", shown) if block.strip())


def _block(text: str) -> str:
    """One paragraph; its lines that begin with a dash or a bullet become a list."""
    parts: list[str] = []
    for line in text.strip().split("\n"):
        item = _BULLET.match(line)
        if item and parts and parts[-1].endswith("</ul>"):
            parts[-1] = f"{parts[-1][:-5]}<li>{item[1]}</li></ul>"
        elif item:
            parts.append(f'<ul class="list"><li>{item[1]}</li></ul>')
        elif parts and parts[-1].endswith("</p>"):
            parts[-1] = f"{parts[-1][:-4]}<br>{line}</p>"
        else:
            parts.append(f"<p>{line}</p>")
    return "".join(parts)


def say_number(value: float, unit: str) -> str:
    """A number with its unit; minutes as hours and minutes."""
    if unit == "min" and value >= 60:
        hours, minutes = divmod(round(value), 60)
        words = f"{hours} h {minutes} min" if minutes else f"{hours} h"
    else:
        words = f"{value:g} {unit}".strip()
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def join_words(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    listed = list(words)
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)
