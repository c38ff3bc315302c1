"""Ties what a person writes to the catalogue: titles, people, genres, moods and other values."""

from parley.tools.linking.lexicon import Lexicon
from parley.tools.linking.linker import Linked, Linker
from parley.tools.linking.people import LinkedValue
from parley.tools.linking.titles import LinkedTitle

__all__ = ["Lexicon", "Linked", "LinkedTitle", "LinkedValue", "Linker"]
