"""Messages in another language, or in none: told by a handful of small words each, so that we can say what we read."""

from __future__ import annotations

import re
import unicodedata

_SMALL_WORDS = {
    "en": "i you we the a an and or with without for not no want like is are me my please something some any what which film "
    "films movie movies good to of in on have do can find show give it this that",
    "de": "ich du wir ein eine einen einem der das und oder mit ohne für nicht kein keine bitte suche möchte will hast gibt etwas "
    "gerne über ist sind mir zu auf danke was wie welche empfehlen kannst",
    "fr": "je tu nous vous un une des le la les et ou avec sans pour pas cherche veux voudrais avez quelque chose sur est sont moi "
    "dans du bonjour merci que qui film quel quelle s'il plaît",
    "es": "yo tú un una unos el la los las y o con sin para no quiero busco algo sobre es son me por favor película películas hola "
    "gracias que qué de del puedes",
    "it": "io un una uno il lo la gli le e o con senza per non voglio vorrei cerco qualcosa su è sono mi di del ciao grazie che film "
    "puoi consigliarmi",
    "pt": "eu um uma o a os as e ou com sem para não quero procuro algo sobre é são me por favor filme filmes olá obrigado que do da",
    "nl": "ik een de het en of met zonder voor niet geen zoek wil graag iets over is zijn mij heb je dank hallo wat welke",
}
_WORDS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}


def is_foreign(text: str) -> bool:
    """Is most of it the small words of another language, or writing in other letters than ours?"""
    words = set(re.findall(r"[^\W\d_][^\W\d_']*", text.casefold()))
    letters = [c for c in text if c.isalpha()]
    if letters and sum("LATIN" in unicodedata.name(c, "") for c in letters) < len(letters) / 2:
        return True
    found = {language: len(words & known) for language, known in _WORDS.items()}
    english = found.pop("en")
    most = max(found.values())
    return most >= 2 and most > english + 1 and 3 * most >= len(words)


def is_wordless(text: str) -> bool:
    """Nothing but pictures: "🎬🍿"."""
    return not any(c.isalnum() for c in text) and any(unicodedata.category(c) == "So" for c in text)
