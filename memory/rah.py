"""The learning loop: perceive, learn, act, critic, reflect. Keep what predicts, drop what does not.

After RAH! RecSys-Assistant-Human (Shu et al., arXiv:2308.09904), with arithmetic where the paper has
five LLM roles: *perceive* turns a reaction into the attributes of its item; *learn* makes a tentative
statement of every attribute; *act* predicts reactions from the statements, and learning goes on from
what the prediction got wrong; the *critic* holds reactions out and asks how much doubt serves this
user, and of each statement whether it made those reactions more likely; *reflect* keeps those that did.

Runs in the background over one user's reactions; it takes milliseconds, no model call and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from parley.memory.statements import ITEM, Evidence, Kind, Source, Statement, Status

if TYPE_CHECKING:
    from parley.memory.store import MemoryStore

Attribute = tuple[str, str]
"""(facet, value)."""
Attributes = Callable[[str], Sequence[Attribute]]
"""What an item is like, by its id."""
Expect = Callable[[str], float]
"""The chance, in (0, 1), that anyone at all likes the item."""
Floats = NDArray[np.float64]


class LoopConfig(BaseModel):
    """How the loop learns. How the defaults were chosen is told in `docs/results/memory.md`."""

    model_config = ConfigDict(frozen=True)

    doubt: float = Field(default=12.0, gt=0)
    """Reactions' worth of doubt about every attribute: how hard weights are drawn to 0."""
    doubts: tuple[float, ...] = (6.0, 12.0, 25.0, 50.0)
    """What the critic may choose instead."""
    reluctance: float = 2.0
    """Nats another doubt must gain over held-out reactions to be chosen."""
    least: int = Field(default=2, ge=1)
    """Reactions an attribute needs before anything is said of it."""
    steps: int = Field(default=6, ge=1)
    """Times learning and acting alternate."""
    folds: int = Field(default=5, ge=2)
    """Parts the critic holds out in turn."""
    margin: float = 0.0
    """Nats a statement must gain over all held-out reactions to be kept."""
    one_pass_trust: float = 0.75
    """Factor on all weights when attributes are learned once, each for itself, so that together they overshoot."""


class Hypothesis(BaseModel):
    """A statement on trial: what liking or disliking an attribute does to the odds of liking an item."""

    model_config = ConfigDict(frozen=True)

    facet: str
    value: str
    weight: float
    """Added to the log-odds of liking; negative: dislikes it."""
    supports: int
    """Reactions that point its way."""
    objections: int
    gain: float = 0.0
    """Nats by which it made held-out reactions more likely, as the critic saw it."""
    kept: bool = True

    @property
    def worth(self) -> float:
        """How much it says over all it was seen in: the weight, more for what was met often."""
        return abs(self.weight) * float(np.sqrt(self.supports + self.objections))


class LearnedTaste(BaseModel):
    """What the loop came to."""

    model_config = ConfigDict(frozen=True)

    hypotheses: tuple[Hypothesis, ...] = ()
    bias: float = 0.0
    """How much more this user likes things than others do, in log-odds."""
    trust: float = 1.0
    """Factor on all weights."""
    doubt: float = 0.0
    """What the critic settled on for this user."""
    critic_gain: float = 0.0
    """Nats a held-out reaction became more likely by, against no statement at all; 0 without a critic."""

    def predict(self, item_id: str, attributes: Attributes, expect: Expect) -> float:
        """*Act*: the log-odds that the user likes the item."""
        weights = {(h.facet, h.value): h.weight for h in self.hypotheses if h.kept}
        return _logit(expect(item_id)) + self.bias + self.trust * sum(
            weights.get(attribute, 0.0) for attribute in dict.fromkeys(attributes(item_id))
        )  # fmt: skip


def learn_taste(
    reactions: Sequence[tuple[str, bool]],
    attributes: Attributes,
    expect: Expect,
    *,
    config: LoopConfig = LoopConfig(),  # noqa: B008  frozen
    critic: bool = True,
    prune: bool = True,
    seed: int = 0,
) -> LearnedTaste:
    """The loop over one user's reactions.

    Args:
        reactions: (item_id, liked).
        attributes: what items are like.
        expect: how anyone likes items; statements only say where this user differs.
        config: settings.
        critic: False: one pass, every attribute for itself, everything believed.
        prune: keep only what the critic saw predicting; False: keep every statement.
        seed: for the critic's folds.
    """
    if not reactions:
        return LearnedTaste()
    names, incidence, liked, prior = _perceive(reactions, attributes, expect, config.least)
    every, no_gains = np.ones(len(names), dtype=bool), np.zeros(len(names))
    if not critic or len(reactions) < 2 * config.folds:
        bias = _bias(liked, prior)
        weights = _learn_once(incidence, liked, prior + bias, config.doubt)
        found = _hypotheses(names, incidence, liked, weights, no_gains, every)
        return LearnedTaste(hypotheses=found, bias=bias, trust=config.one_pass_trust, doubt=config.doubt)
    folds = np.random.default_rng(seed).permutation(len(reactions)) % config.folds
    judged = {doubt: _critic(incidence, liked, prior, folds, doubt, config) for doubt in config.doubts}
    judged.setdefault(config.doubt, _critic(incidence, liked, prior, folds, config.doubt, config))
    best = max(judged, key=lambda doubt: judged[doubt][0] + (config.reluctance if doubt == config.doubt else 0.0))
    gain, gains = judged[best]
    kept = gains > config.margin if prune else every
    bias, weights = _learn_and_act(incidence, liked, prior, best, kept, config.steps)
    found = _hypotheses(names, incidence, liked, weights, gains, kept)
    return LearnedTaste(hypotheses=found, bias=bias, doubt=best, critic_gain=gain / len(reactions))


def reflect_on(
    store: MemoryStore,
    user: str,
    attributes: Attributes,
    expect: Expect,
    now: datetime,
    *,
    config: LoopConfig = LoopConfig(),  # noqa: B008  frozen
    seed: int = 0,
    most: int = 12,
) -> list[Statement]:
    """Run the loop over what the user liked and disliked, and keep the weightiest statements in the profile.

    In the background: after a session, not in a turn. What the user said or corrected is left alone;
    an inferred taste that the critic rejects is marked `unproven` and steers nothing.

    Returns:
        The statements written; none without consent.
    """
    from parley.memory.store import Consent

    if store.consent(user) is not Consent.GRANTED:
        return []
    with store.lock:
        held = store.statements(user)
        opinions = [s for s in held if s.facet == ITEM and s.kind in (Kind.LIKE, Kind.DISLIKE, Kind.RATING)]
        told = [s for s in opinions if s.status is Status.ACTIVE]
        taste = learn_taste(
            [(s.value, s.polarity == "want") for s in told], attributes, expect, config=config, seed=seed
        )
        ranked = sorted((h for h in taste.hypotheses if h.kept and h.weight), key=lambda h: -h.worth)
        evidence = {s.value: s for s in told}
        held_by_id = {s.statement_id: s for s in held}
        proven = {}
        for hypothesis in ranked[:most]:
            statement = _statement(hypothesis, taste.trust, evidence, attributes, now)
            old = held_by_id.get(statement.statement_id)
            if old is None or _is_ours(old):
                proven[statement.statement_id] = statement
        fallen = [
            s.model_copy(update={"status": Status.UNPROVEN})
            for s in held
            if _is_ours(s) and s.is_believed and s.statement_id not in proven
        ]
        written = [s for s in (*proven.values(), *fallen) if s != held_by_id.get(s.statement_id)]
        return store.put_statements(user, written) if written else []


def _is_ours(statement: Statement) -> bool:
    """A taste that reflection wrote: inferred, on the evidence of items alone."""
    inferred = statement.kind is Kind.ATTRIBUTE_TASTE and statement.source is Source.INFERRED
    return inferred and all(e.item_id for e in statement.evidence)


def _perceive(
    reactions: Sequence[tuple[str, bool]], attributes: Attributes, expect: Expect, least: int
) -> tuple[list[Attribute], Floats, Floats, Floats]:
    """Attributes met often enough; (n, m) incidence; (n,) liked as 0 or 1; (n,) what anyone would do, log-odds."""
    each = [tuple(dict.fromkeys(attributes(item_id))) for item_id, _ in reactions]
    counts: dict[Attribute, int] = {}
    for found in each:
        for attribute in found:
            counts[attribute] = counts.get(attribute, 0) + 1
    names = [attribute for attribute, count in counts.items() if count >= least]
    columns = {attribute: index for index, attribute in enumerate(names)}
    incidence = np.zeros((len(reactions), len(names)))
    for row, found in enumerate(each):
        incidence[row, [columns[attribute] for attribute in found if attribute in columns]] = 1.0
    liked = np.array([float(is_liked) for _, is_liked in reactions])
    prior = np.array([_logit(expect(item_id)) for item_id, _ in reactions])
    return names, incidence, liked, prior


def _bias(liked: Floats, prior: Floats, doubt: float = 2.0) -> float:
    """The user's own generosity: Newton on one number, drawn to 0 by `doubt` reactions."""
    bias = 0.0
    for _ in range(8):
        chance = _chance(prior + bias)
        bias += float((liked - chance).sum() - doubt * 0.25 * bias) / float(
            (chance * (1 - chance)).sum() + doubt * 0.25
        )
    return bias


def _learn_once(incidence: Floats, liked: Floats, offset: Floats, doubt: float) -> Floats:
    """(m,) weights: for each attribute alone, one Newton step from 0 on how reactions differ from expected."""
    chance = _chance(offset)
    curve = incidence.T @ (chance * (1.0 - chance)) + doubt * 0.25
    return np.asarray(incidence.T @ (liked - chance) / curve, dtype=np.float64)


def _learn_and_act(
    incidence: Floats, liked: Floats, prior: Floats, doubt: float, kept: NDArray[np.bool_], steps: int
) -> tuple[float, Floats]:
    """Bias and (m,) weights after learning again and again from what acting got wrong.

    Ridge logistic regression by damped Newton steps along the diagonal: as an item has many attributes,
    each step is shortened by the root of how many, so that together they do not overshoot.
    """
    weights, bias = np.zeros(incidence.shape[1]), 0.0
    crowd = float(np.sqrt(np.maximum(incidence.sum(axis=1), 1.0).mean()))
    for _ in range(steps):
        bias = _bias(liked, prior + incidence @ weights)
        chance = _chance(prior + bias + incidence @ weights)
        slope = incidence.T @ (liked - chance) - doubt * 0.25 * weights
        curve = crowd * (incidence.T @ (chance * (1.0 - chance))) + doubt * 0.25
        weights = np.where(kept, weights + slope / curve, 0.0)
    return bias, np.asarray(weights, dtype=np.float64)


def _critic(
    incidence: Floats, liked: Floats, prior: Floats, folds: NDArray[Any], doubt: float, config: LoopConfig
) -> tuple[float, Floats]:
    """Judge statements on reactions they were not learned from.

    Returns:
        nats all of them gained together over none; (m,) nats each gained over its absence.
    """
    every = np.ones(incidence.shape[1], dtype=bool)
    together, each = 0.0, np.zeros(incidence.shape[1])
    for fold in range(config.folds):
        learn, judge = folds != fold, folds == fold
        bias, weights = _learn_and_act(incidence[learn], liked[learn], prior[learn], doubt, every, config.steps)
        shares = incidence[judge] * weights  # (n, m)
        truth, odds = liked[judge], prior[judge] + bias + shares.sum(axis=1)  # (n,)
        whole = _likelihood(odds, truth)
        alone = _likelihood(prior[judge] + _bias(liked[learn], prior[learn]), truth)
        without = _likelihood(odds[:, None] - shares, truth[:, None])  # (n, m)
        together += float((whole - alone).sum())
        each += (whole[:, None] - without).sum(axis=0)
    return together, each


def _hypotheses(
    names: Sequence[Attribute],
    incidence: Floats,
    liked: Floats,
    weights: Floats,
    gains: Floats,
    kept: NDArray[np.bool_],
) -> tuple[Hypothesis, ...]:
    likes = incidence.T @ liked
    dislikes = incidence.T @ (1.0 - liked)
    return tuple(
        Hypothesis(
            facet=facet, value=value, weight=float(weight), gain=float(gain), kept=bool(keep),
            supports=int(up if weight >= 0 else down), objections=int(down if weight >= 0 else up),
        )
        for (facet, value), weight, gain, keep, up, down in zip(
            names, weights, gains, kept, likes, dislikes, strict=True
        )
    )  # fmt: skip


def _statement(
    hypothesis: Hypothesis, trust: float, told: Mapping[str, Statement], attributes: Attributes, now: datetime
) -> Statement:
    mine = (hypothesis.facet, hypothesis.value)
    wants = hypothesis.weight >= 0
    evidence = [
        Evidence(
            session=s.evidence[-1].session if s.evidence else "", turn=s.evidence[-1].turn if s.evidence else 0,
            item_id=item_id, speaks_for=(s.polarity == "want") == wants, at=s.last_seen,
        )
        for item_id, s in told.items()
        if mine in attributes(item_id)
    ]  # fmt: skip
    total = hypothesis.supports + hypothesis.objections
    return Statement(
        kind=Kind.ATTRIBUTE_TASTE, facet=hypothesis.facet, value=hypothesis.value,
        polarity="want" if wants else "avoid", strength=min(1.0, abs(hypothesis.weight) * trust),
        confidence=(hypothesis.supports + 1.0) / (total + 2.0), evidence=tuple(evidence),
        supports=hypothesis.supports, objections=hypothesis.objections,
        first_seen=min((e.at for e in evidence if e.at), default=now),
        last_seen=max((e.at for e in evidence if e.at), default=now),
        source=Source.INFERRED,
    )  # fmt: skip


def _chance(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))), dtype=np.float64)


def _likelihood(odds: Floats, truth: Floats) -> Floats:
    """Log-likelihood of what happened, in nats."""
    return np.asarray(-np.logaddexp(0.0, np.where(truth > 0.5, -odds, odds)), dtype=np.float64)


def _logit(chance: float) -> float:
    bounded = min(max(chance, 1e-6), 1.0 - 1e-6)
    return float(np.log(bounded / (1.0 - bounded)))
