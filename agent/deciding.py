"""Ask or recommend: the expected gain of a question against the cost of a turn.

Every live candidate has a probability of being what the person wants, from renown and from their
taste. Showing the best k now succeeds with the sum of their probabilities. A question whose answer is v
narrows the candidates to those with v first; its expected success is the sum over answers of the best k
within each. A success one turn later is worth less than one now: the question pays if its discounted
success is still the larger, and the discount grows with what the person has already told us. Choosing
the question by what it tells goes back to Rashid et al., "Getting to Know You", IUI 2002; pricing the
turn is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.agent.messages import Elicitation
from parley.tools.items import Catalog
from parley.tools.toolbox import Workbench

MAX_OPTIONS = 5
NO_PREFERENCE = "No preference"


class AskPolicy(BaseModel):
    """When a question is worth a turn."""

    model_config = ConfigDict(frozen=True)

    turn_cost: float = 0.5
    """The share of its worth that a success loses by coming a turn later."""
    per_wish: float = 0.12
    """How much dearer a turn gets with each wish already standing: people want items, not forms."""
    after_refusal: float = 0.5
    """What is left of the cost when the person has just turned a whole slate down: another costs a turn as well."""
    max_in_row: int = 2
    max_once_underway: int = 1
    """Questions of ours in a session once anything is wished."""
    slate_size: int = 5
    sharpness: float = 10.0
    """How strongly renown and taste concentrate the belief; in nats across the whole scale."""
    least_covered: float = 0.55
    """The share of belief that the options of a question must cover: a question most have no answer to is none."""
    doubt: float = 0.6
    """What a slate turned down leaves of it: what we thought likeliest was not it."""


class QuestionValue(BaseModel):
    """One possible question and what it is worth."""

    model_config = ConfigDict(frozen=True)

    facet: str
    values: tuple[str, ...]
    now: float
    """The probability that the best slate without asking holds what is wanted."""
    after: float
    """The same, expected over the answers to this question."""
    bits: float
    """Expected information about which item it is, in bits."""


def belief(
    bench: Workbench, *, sharpness: float = 10.0, leaning: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """(n_items,) the probability of each catalogue item being what is wanted; 0 where ruled out.

    Args:
        leaning: (n_items,) float64 factors, what the soft wishes make of each item; None: there are none.
    """
    allowed = bench.allowed()
    score = bench.popularity.astype(np.float64)
    if bench.taste.reactions:
        raw = bench.recommender.fold_in(bench.taste)
        known = {item_id: row for row, item_id in enumerate(bench.recommender.item_ids)}
        order = np.argsort(np.argsort(raw)) / max(1, len(raw) - 1)
        taste = np.array([order[known[i.item_id]] if i.item_id in known else 0.0 for i in bench.catalog])
        score = 0.4 * score + taste
    weight = np.where(allowed, np.exp(sharpness * score), 0.0)
    if leaning is not None:
        weight = weight * leaning
    total = float(weight.sum())
    return weight / total if total > 0 else weight


def value_questions(
    bench: Workbench,
    asked: Sequence[str],
    standing: Sequence[str],
    policy: AskPolicy,
    leaning: NDArray[np.float64] | None = None,
) -> list[QuestionValue]:
    """Every question worth considering, best first. Somebody none of the options fits has no answer to give.

    Args:
        asked: facets already asked about in this session.
        standing: facets with an active wish.
    """
    p = belief(bench, sharpness=policy.sharpness, leaning=leaning)
    now = _best(p, policy.slate_size)
    best_now = np.argsort(-p, kind="stable")[: policy.slate_size]
    found = []
    for facet, options in _splits(bench.catalog, p):
        if facet in asked or facet in standing or len(options) < 2:
            continue
        after, entropy, covered = 0.0, 0.0, np.zeros(len(p), dtype=bool)
        for _, mask in options:
            inside = np.where(mask & ~covered, p, 0.0)
            share = float(inside.sum())
            covered |= mask
            after += _best(inside, policy.slate_size)
            entropy -= share * np.log2(share) if share > 0 else 0.0
        rest = np.where(covered, 0.0, p)
        if 1.0 - float(rest.sum()) < policy.least_covered:
            continue
        after += float(rest[best_now].sum())
        share = float(rest.sum())
        entropy -= share * np.log2(share) if share > 0 else 0.0
        found.append(
            QuestionValue(facet=facet, values=tuple(v for v, _ in options), now=now, after=after, bits=entropy)
        )
    return sorted(found, key=lambda q: -q.after)


def choose_question(
    bench: Workbench,
    *,
    asked: Sequence[str],
    asked_in_row: int,
    standing: Sequence[str],
    wishes: int,
    policy: AskPolicy,
    turned_down: bool = False,
    leaning: NDArray[np.float64] | None = None,
) -> Elicitation | None:
    """The question that pays, or None: then recommending now is the better move.

    Args:
        asked: facets already asked about in this session.
        asked_in_row: questions since the last slate.
        standing: facets with an active wish.
        wishes: how many wishes stand that narrow the choice.
        turned_down: the person has just refused a whole slate.
        leaning: what the soft wishes make of each item, see `belief`.
    """
    cost = policy.turn_cost * (policy.after_refusal if turned_down else 1.0)
    discount = 1.0 - cost - policy.per_wish * wishes
    if asked_in_row >= policy.max_in_row or discount <= 0 or (wishes and len(asked) >= policy.max_once_underway):
        return None
    if turned_down:
        policy = policy.model_copy(update={"sharpness": policy.doubt * policy.sharpness})
    questions = value_questions(bench, asked, standing, policy, leaning)
    if not questions or discount * questions[0].after <= questions[0].now:
        return None
    return ask_about(questions[0].facet, questions[0].values, bench.catalog)


def ask_about(facet: str, values: Sequence[str], catalog: Catalog) -> Elicitation:
    """The question in the domain's words, with quick replies."""
    domain = catalog.domain
    info = domain.kinds.get(facet) or domain.roles.get(facet) or domain.numbers.get(facet)
    text = (info.ask if info else "") or f"Any {domain.label(facet)} in particular?"
    return Elicitation(text=text, facet=facet, options=(*values, NO_PREFERENCE), values=(*values, ""))


class _ValueTable:
    """Values of one facet by the items that have them, as a sparse matrix: all their shares in one product."""

    def __init__(self, values: Mapping[str, Sequence[int]], n_items: int) -> None:
        from scipy.sparse import csr_matrix

        self.values = tuple(values)
        rows = np.concatenate([np.asarray(r, dtype=np.int64) for r in values.values()] or [np.zeros(0, np.int64)])
        starts = np.cumsum([0, *(len(r) for r in values.values())])
        self.has = csr_matrix((np.ones(len(rows)), rows, starts), shape=(len(values), n_items))

    def parting(self, p: NDArray[np.float64]) -> list[tuple[str, NDArray[np.bool_]]]:
        """One by one the value that covers most belief not yet covered, so that options hardly overlap."""
        left, options = p.copy(), list[tuple[str, NDArray[np.bool_]]]()
        open_values = np.ones(len(self.values), dtype=bool)
        while len(options) < MAX_OPTIONS and open_values.any():
            shares = np.where(open_values, self.has @ left, -1.0)
            best = int(shares.argmax())
            open_values[best] = False
            if shares[best] < 0.02:
                break
            if shares[best] > 0.9:  # nearly everything has it: the answer would say nothing
                continue
            mask = np.zeros(len(p), dtype=bool)
            mask[self.has.indices[self.has.indptr[best] : self.has.indptr[best + 1]]] = True
            options.append((self.values[best], mask))
            left[mask] = 0.0
        return options


_tables: WeakKeyDictionary[Catalog, dict[str, _ValueTable]] = WeakKeyDictionary()


def _splits(catalog: Catalog, p: NDArray[np.float64]) -> list[tuple[str, list[tuple[str, NDArray[np.bool_]]]]]:
    """Askable facets, each with the values that part the belief best."""
    if catalog not in _tables:
        askable = [facet for facet, info in catalog.domain.kinds.items() if info.ask]
        _tables[catalog] = {f: _ValueTable(catalog.vocabulary.get(f, {}), len(catalog)) for f in askable}
    return [(facet, table.parting(p)) for facet, table in _tables[catalog].items()]


def _best(p: NDArray[np.float64], k: int) -> float:
    if len(p) <= k:
        return float(p.sum())
    return float(np.partition(p, -k)[-k:].sum())
