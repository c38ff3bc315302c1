from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from parley.agent.ledger import Ledger
from parley.agent.messages import Understanding
from parley.agent.understanding import DialogueContext, Understander
from parley.evals.nlu.notation import read_ledger
from parley.evals.nlu.wishes import written
from parley.tools.items import Catalog
from parley.tools.linking import Linker

SLATE = ("alien-1979", "blade-runner-1982", "inception-2010")


class Listener:
    """Says things to the understanding and reads back what it understood, in the notation."""

    def __init__(self) -> None:
        self.catalog = Catalog.films()
        self.understander = Understander(self.catalog, Linker.for_catalog(self.catalog), this_year=lambda: 2026)

    def context(self, *wishes: str, shown: Sequence[str] = (), focus: str | None = None) -> DialogueContext:
        ledger = read_ledger(wishes, self.catalog) if wishes else Ledger()
        return DialogueContext(ledger=ledger, turn=3, slate=tuple(shown), shown=tuple(shown), focus=focus)

    def hear(self, text: str, context: DialogueContext | None = None) -> Understanding:
        return self.understander.understand(text, context or DialogueContext())

    def wishes(self, text: str, context: DialogueContext | None = None) -> set[str]:
        return set(written(self.hear(text, context), self.catalog))


@pytest.fixture(scope="session")
def listener() -> Listener:
    return Listener()


@pytest.fixture
def wishes(listener: Listener) -> Callable[..., set[str]]:
    return listener.wishes
