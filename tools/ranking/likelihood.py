"""Likelihood: how probable the model finds a title after the history.

Length normalised, so that long titles are not punished. With `pmi`, the log-probability of the same title
after a neutral opening is taken off, so that famous or plain titles are not preferred whatever was said:
what is left is the (length normalised) pointwise mutual information of history and title.

Sources: Brown et al., GPT-3, arXiv:2005.14165 section 2.4 (normalising by an answer context); Holtzman et al.,
"Surface Form Competition", EMNLP 2021, arXiv:2104.08315 (domain-conditional PMI).
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.tools.candidates import Candidate
from parley.tools.ranking.language import Describe, History, Scorer, item_line, keep_order, order_by, tell_history
from parley.tools.seams import RankedList, RankRequest


class LikelihoodRanker:
    """Orders candidates by log P(title | history) per token, less that of the title alone if `pmi`."""

    def __init__(
        self, model: Scorer, describe: Describe, *, pmi: bool = False, history: History = "sequential",
        noun: str = "film",
    ) -> None:  # fmt: skip
        self.model = model
        self.describe = describe
        self.pmi = pmi
        self.history: History = history
        self.noun = noun
        self.name = "likelihood-pmi" if pmi else "likelihood"
        self._alone: dict[str, float] = {}

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        if len(candidates) < 2:
            return keep_order(candidates)
        lines = [" " + item_line(self.describe, c.item_id) for c in candidates]
        ending = f"The next {self.noun} I will love is:"
        told = tell_history(request, self.describe, self.history)
        found = self.model.score(f"{told}\n{ending}".lstrip(), lines)
        calls = 1
        if self.pmi:
            unknown = [line for line in dict.fromkeys(lines) if line not in self._alone]
            if unknown:
                self._alone.update(zip(unknown, self.model.score(ending, unknown), strict=True))
                calls += 1
            found = [score - self._alone[line] for score, line in zip(found, lines, strict=True)]
        return order_by(candidates, {c.item_id: s for c, s in zip(candidates, found, strict=True)}, calls=calls)
