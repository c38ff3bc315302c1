"""Whom does the agent serve worse: people who want little known items, and people of whom nothing is known?

The popularity gap compares people who want items of the better and of the lesser known half. The cold-user gap lets the
same people ask once with their likes and once without any, so that nothing else differs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from parley.evals.intervals import Estimate, bootstrap, paired_difference
from parley.evals.simulate.records import Frozen, Persona, Scorer
from parley.evals.simulate.run import Bench, RunSettings, simulate_session


class Gap(Frozen):
    """One agent, two groups of people, one score."""

    agent: str
    gap: str
    better: str
    """The group expected to be served better."""
    better_score: Estimate
    worse_score: Estimate
    difference: Estimate


def cold(persona: Persona) -> Persona:
    """The same person with nothing known of them, and nothing to name."""
    return persona.model_copy(update={"history": (), "slice": "cold"})


def gaps_of(
    agents: Sequence[str],
    personas: Sequence[Persona],
    bench: Bench,
    scorer: Scorer,
    *,
    turns: int = 5,
    seed: int = 1,
    done: Callable[[], None] = lambda: None,
) -> list[Gap]:
    """Both gaps of every agent; `personas` have the slices "known" and "niche"."""
    found = []
    for agent in agents:
        settings = RunSettings(agent, "agenda", turns, seed)

        def play(people: Sequence[Persona], settings: RunSettings = settings) -> list[float]:
            values = []
            for persona in people:
                values.append(scorer(simulate_session(persona, bench, settings)).value)
                done()
            return values

        warm, without = play(personas), play([cold(p) for p in personas])
        known = [v for v, p in zip(warm, personas, strict=True) if p.slice == "known"]
        niche = [v for v, p in zip(warm, personas, strict=True) if p.slice == "niche"]
        found += [
            _gap(agent, "popularity", "known items", known, niche, unpaired_difference(known, niche, seed=seed), seed),
            _gap(agent, "cold user", "likes known", warm, without, paired_difference(warm, without, seed=seed), seed),
        ]
    return found


def unpaired_difference(a: Sequence[float], b: Sequence[float], *, seed: int = 0, samples: int = 2000) -> Estimate:
    """The difference of two means with its 95 % bootstrap interval, each group resampled by itself; nan is left out."""
    x, y = (values[~np.isnan(values)] for values in (np.asarray(a, dtype=float), np.asarray(b, dtype=float)))
    rng = np.random.default_rng(seed)
    drawn = [
        x[rng.integers(0, len(x), len(x))].mean() - y[rng.integers(0, len(y), len(y))].mean() for _ in range(samples)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(mean=float(x.mean() - y.mean()), low=float(low), high=float(high), n=len(x) + len(y))


def _gap(
    agent: str, gap: str, better: str, a: Sequence[float], b: Sequence[float], difference: Estimate, seed: int
) -> Gap:
    return Gap(
        agent=agent,
        gap=gap,
        better=better,
        better_score=bootstrap(a, seed=seed),
        worse_score=bootstrap(b, seed=seed),
        difference=difference,
    )
