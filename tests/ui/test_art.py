"""Drawn covers: the same item the same picture, for any catalogue, and nothing of the item's text runs."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

import pytest

from parley.tools.items import Catalog, Item
from parley.ui.web.art import cover_uri, draw_cover, initials
from parley.ui.web.motifs import MOTIFS


def test_an_item_always_has_the_same_cover_and_another_item_another() -> None:
    films = Catalog.films()
    assert draw_cover(films[0]) == draw_cover(films[0].model_copy())
    assert len({draw_cover(item) for item in films.items[:200]}) == 200


def test_items_of_one_kind_share_a_motif_but_not_a_picture() -> None:
    one, two = (Item(item_id=name, title=name, tags={"genre": ("Western",)}) for name in ("a", "b"))
    assert draw_cover(one) != draw_cover(two)
    assert draw_cover(one).count("<") == draw_cover(two).count("<"), "the same figure with other measures"


def test_a_catalogue_of_unknown_words_or_none_gets_covers_too() -> None:
    for tags in ({"shelf": ("Gardening",)}, {}):
        ElementTree.fromstring(draw_cover(Item(item_id="x", title="Roses", tags=tags)))


@pytest.mark.parametrize("name", sorted(MOTIFS))
def test_every_motif_is_well_formed_and_small(name: str) -> None:
    svg = MOTIFS[name](random.Random(1), ("#000", "#111", "#222", "#333", "#444"))
    ElementTree.fromstring(f"<svg>{svg}</svg>")
    assert len(svg) < 8_000


def test_a_hostile_title_stays_text_inside_the_picture() -> None:
    item = Item(item_id="x", title="<script>alert(1)</script>", tags={"genre": ("<b>",)})
    svg = unquote(cover_uri(item).split(",", 1)[1])
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}
    assert "script" not in tags


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Alien", "A"), ("The Matrix", "M"), ("The Lives of Others", "LO"), ("Schindler's List", "SL"),
        ("2001: A Space Odyssey", "2S"), ("10", "10"), ("The", "T"), ("!!!", "!"), ("千と千尋", "千"),
    ],
)  # fmt: skip
def test_initials_stand_for_the_telling_words(title: str, expected: str) -> None:
    assert initials(title) == expected
