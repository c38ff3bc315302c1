"""Preference data without a teacher: a model's own answers, ordered by what can be checked of them.

`prefer_checked` pairs the best and the worst of several samples. `keep_right` is the outer loop of STaR (Zelikman et al.,
NeurIPS 2022, arXiv:2203.14465): answers the model got right by itself become training data, and where every sample was wrong the
known answer stands in for it ("rationalisation" with no rationale to write).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from parley.agent.tuning.data_checks import Checked, Checks
from parley.agent.tuning.examples import Example, Preference

Sampler = Callable[[Example, int], list[str]]
"""(example, how many) to as many answers of a model to its prompt."""


def prefer_checked(
    examples: Iterable[Example], sample: Sampler, checks: Checks, *, n: int = 4, margin: float = 0.25
) -> Iterator[Preference]:
    """The best and the worst answer to each prompt, where they differ enough.

    Where no sample is flawless the known answer is the better one, so that a pair never teaches a fault.

    Args:
        n: samples for each prompt.
        margin: how far apart the two scores must be, 0 to 1; also the weight's lower end.
    """
    for example in examples:
        judged = judge(example, sample(example, n), checks)
        if not judged:
            continue
        (best, better), (worst, worse) = judged[0], judged[-1]
        own = better.score == 1.0
        chosen, gap = (best, better.score - worse.score) if own else (example.target, 1.0 - worse.score)
        if gap >= margin and chosen.strip() != worst.strip():
            yield Preference(
                role=example.role, prompt=example.prompt, chosen=chosen, rejected=worst, weight=round(gap, 3),
                group=example.group, source="sampled" if own else "known",
            )  # fmt: skip


def keep_right(
    examples: Iterable[Example], sample: Sampler, checks: Checks, *, n: int = 4, rationalise: bool = True
) -> Iterator[Example]:
    """Examples with an answer of the model's own that is flawless; with `rationalise` the known one where none is."""
    for example in examples:
        judged = judge(example, sample(example, n), checks)
        if judged and judged[0][1].score == 1.0:
            yield example.model_copy(update={"target": judged[0][0].strip(), "source": "sampled"})
        elif rationalise:
            yield example


def judge(example: Example, answers: Iterable[str], checks: Checks) -> list[tuple[str, Checked]]:
    """Different answers with what the check says of them, best first; of equals the shorter."""
    judged = [(a, checks.check(example, a)) for a in dict.fromkeys(a.strip() for a in answers) if a]
    return sorted(judged, key=lambda pair: (-pair[1].score, len(pair[0]), pair[0]))
