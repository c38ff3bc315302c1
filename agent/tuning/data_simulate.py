"""Examples for the user simulator: what to let out, and how a person says it. The inverse of understanding."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from parley.agent.tuning.data_noise import roughen
from parley.agent.tuning.data_understand import Drawn, UnderstandingMaker
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import simulate_prompt

_SPOKEN = re.compile(r"[+-]|(?:or|like|dislike|seen|reject|accept)\b|(?:year|runtime|suit)(?:[<>]=|=|<=)")
"""Edits that a simulated user has something to say about."""


def simulation_examples(maker: UnderstandingMaker, count: int, seed: int) -> Iterator[Example]:
    """`count` different examples; the same for the same seed and catalogue."""
    rng = random.Random(f"simulate-{seed}")
    seen: set[str] = set()
    while len(seen) < count:
        drawn = maker.draw(rng)
        if drawn is None or drawn.scene.kept or not drawn.said.edits:
            continue
        if not all(_SPOKEN.match(e) for e in drawn.said.edits) or _counts_places(drawn):
            continue
        example = _as_example(drawn, rng)
        if example.prompt not in seen:
            seen.add(example.prompt)
            yield example


def _counts_places(drawn: Drawn) -> bool:
    """Is a film meant by its place in a list, which the simulator's prompt does not show?"""
    several = len(drawn.scene.slate) > 1
    return (
        several
        and any("#" in e and f":#{e[-1]}" in e for e in drawn.said.edits)
        and not any(item.title in drawn.said.text for item in drawn.scene.slate)
    )


def _as_example(drawn: Drawn, rng: random.Random) -> Example:
    slate = drawn.scene.slate
    disclose = [re.sub(r"#(\d+)", lambda m: f'"{slate[int(m[1]) - 1].title}"', e) for e in drawn.said.edits]
    return Example(
        role="simulate",
        prompt=simulate_prompt(disclose, act=drawn.acts[0], previous=drawn.scene.previous),
        target=roughen(drawn.said.text, rng),
        group=drawn.group,
        source="generated",
    )
