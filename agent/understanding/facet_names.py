"""What people call the facets of a catalogue: "length" is the running time, "era" the year, "the actors" the cast."""

from __future__ import annotations

from parley.agent.understanding.spans import ROLE_WORDS
from parley.tools.items import PERSON, YEAR, Domain


def facet_words(domain: Domain) -> dict[str, str]:
    """Everyday names of facets to facets: "length" to "runtime", "era" to "year"."""
    table: dict[str, str] = {}
    for facet in domain.facets():
        for word in (facet, domain.label(facet).lower()):
            table.setdefault(word, facet)
            table.setdefault(word + "s", facet)
    extra = {
        YEAR: "year decade era date age period release release date when it was made how old|how old it is|the "
        "year|time period|years",
        "genre": "kind|type|category|kinds|types|genres|sort",
        "certificate": "rating|age rating|age limit|ratings|certification",
        "mood": "mood|tone|vibe|atmosphere|feel",
        "keyword": "theme|topic|subject|setting",
        PERSON: "actor|actors|actress|people|stars|who is in it|who's in it|cast|who stars",
    }
    extra[YEAR] = (
        "year|decade|era|date|age|period|release date|release year|when it was made|how old it is|how old|time period"
    )
    for facet, words in extra.items():
        if facet in domain.facets():
            for word in words.split("|"):
                table.setdefault(word, facet)
    for facet, info in domain.numbers.items():
        if info.unit in ("min", "minutes", "h", "hours"):
            for word in (
                "length",
                "duration",
                "runtime",
                "how long",
                "how long it is",
                "time limit",
                "run time",
                "time",
            ):
                table.setdefault(word, facet)
    for word, role in ROLE_WORDS.items():
        if role in domain.roles:
            table.setdefault(word, role)
    return table
