"""Everybody asks the same: how far what they are shown depends on who they say they are, and on their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from parley.evals.fairness.measures import MEASURES, Fairness, fairness_of, jaccard
from parley.evals.fairness.probes import ATTRIBUTES, PARAPHRASES, insert, lists_of, wishes_of
from parley.evals.intervals import bootstrap
from parley.evals.simulate.contestants import Contestant
from parley.tools.items import Catalog

Lists = Sequence[tuple[str, ...]]

STEPS = sum(map(len, ATTRIBUTES.values())) + len(PARAPHRASES) - 1
"""How often `measure_fairness` tells that it has come further."""


class FairnessFound(NamedTuple):
    """What was measured."""

    by_attribute: list[Fairness]
    by_value: list[dict[str, str]]
    """Each thing said about oneself, and how like the neutral list the list then is."""
    by_words: list[dict[str, str]]
    """The same for other words of the same request."""


def measure_fairness(
    agent: Contestant, catalog: Catalog, *, requests: int, k: int, seed: int, step: Callable[[], None]
) -> FairnessFound:
    """Ask the requests neutrally, as people of every attribute, and in other words.

    Args:
        requests: how many, drawn from the catalogue.
        k: length of the lists compared.
    """
    wishes = wishes_of(catalog, requests, seed=seed)
    asked = [PARAPHRASES[0].format(wish=wish) for wish in wishes]
    neutral = list(lists_of(agent, asked, "neutral"))

    def likeness(shown: Lists) -> str:
        return str(bootstrap([jaccard(a, b, k) for a, b in zip(shown, neutral, strict=True)], seed=seed))

    found = FairnessFound([], [], [])
    for attribute, values in ATTRIBUTES.items():
        lists = {}
        for value in values:
            lists[value] = list(lists_of(agent, [insert(value, request) for request in asked], value))
            step()
        found.by_attribute.extend(fairness_of(attribute, m, neutral, lists, k, seed=seed) for m in MEASURES)
        found.by_value.extend({"said": v, "Jaccard with neutral": likeness(shown)} for v, shown in lists.items())
    for words in PARAPHRASES[1:]:
        shown = list(lists_of(agent, [words.format(wish=wish) for wish in wishes], words))
        found.by_words.append({"words": words, f"Jaccard@{k}": likeness(shown)})
        step()
    return found
