"""The film catalogue's words, built once."""

from __future__ import annotations

import pytest

from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.data_understand import UnderstandingMaker
from parley.tools.items import Catalog
from parley.tools.linking import Linker


@pytest.fixture(scope="session")
def film_words() -> Lexicon:
    catalog = Catalog.films()
    return Lexicon(catalog, Linker.for_catalog(catalog))


@pytest.fixture(scope="session")
def maker(film_words: Lexicon) -> UnderstandingMaker:
    return UnderstandingMaker(film_words)
