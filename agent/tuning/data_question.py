"""Examples of asking: a facet and the answers on offer, and one question that names them all."""

from __future__ import annotations

import random
from collections.abc import Iterator

from parley.agent.tuning.data_grammar import Grammar
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.data_understand import UnderstandingMaker
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import question_prompt

_YEARS = (
    "before 1970",
    "the 1970s",
    "the 1980s",
    "the 1990s",
    "the 2000s",
    "the 2010s",
    "after 2015",
    "older than 1990",
)
_LENGTHS = ("under 90 minutes", "about two hours", "under two hours", "longer than two hours", "any length")


def question_examples(maker: UnderstandingMaker, count: int, seed: int) -> Iterator[Example]:
    """`count` different examples; the same for the same seed and catalogue."""
    rng = random.Random(f"question-{seed}")
    grammar = Grammar.read("questions")
    seen: set[str] = set()
    while len(seen) < count:
        facet = rng.choice(grammar.contexts)
        options = _options(facet, maker.words, rng)
        if len(options) < 2:
            continue
        intent = rng.choice(grammar.in_context(facet))
        kept = maker.draw_wishes(rng, 2) if rng.random() < 0.4 else ()
        prompt = question_prompt(facet, options, kept)
        if prompt not in seen:
            seen.add(prompt)
            named = f"{', '.join(options[:-1])} or {options[-1]}"
            target = intent.text.replace("{o}", named)
            yield Example(
                role="question", prompt=prompt, target=target[:1].upper() + target[1:], group=f"template:{intent.key}",
                source="generated",
            )  # fmt: skip


def _options(facet: str, words: Lexicon, rng: random.Random) -> list[str]:
    count = rng.choice((2, 3, 3, 4))
    if facet == "year":
        return rng.sample(_YEARS, min(count, 3))
    if facet == "runtime":
        return rng.sample(_LENGTHS, 2)
    if facet == "item":
        return _namesakes(words, rng)
    held = {v.lower() if facet == "genre" else v: items for v, items in words.catalog.vocabulary[facet].items()}
    often = [value for value, items in held.items() if len(items) >= 4] or list(held)
    return rng.sample(often, min(count, len(often)))


def _namesakes(words: Lexicon, rng: random.Random) -> list[str]:
    """Films of one name, or of names that begin alike."""
    by_start: dict[str, list[str]] = {}
    for item in words.catalog:
        by_start.setdefault(" ".join(item.title.split()[:2]).rstrip(":"), []).append(item.label)
    alike = [labels for labels in by_start.values() if len(labels) > 1]
    labels = rng.choice(alike)
    return rng.sample(labels, min(len(labels), 3))
