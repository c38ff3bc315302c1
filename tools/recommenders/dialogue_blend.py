"""Weighing the evidence: a linear score plus a small network, fitted list-wise on sampled items.

The loss is the log-probability of the recommended items among all, estimated with the items the prior
finds hard and a weighted random sample of the rest. Training is in torch; what it leaves is NumPy.

Source: Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach" (ListNet), ICML
2007; Bengio & Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural
Probabilistic Language Model", 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
CLIP = 6.0
"""Standardised evidence beyond this many deviations says no more."""


@dataclass(frozen=True)
class Sample:
    """One context's items to learn from."""

    features: Floats
    """(m, n_features)."""
    log_weight: Floats
    """(m,) log of how many items each stands for; -1e9 for padding."""
    targets: Floats
    """(m,) how often each was recommended."""


def draw(
    features: Floats, prior: Floats, targets: Sequence[int], allowed: NDArray[np.bool_], rng: np.random.Generator,
    *, hard: int = 150, easy: int = 350,
) -> Sample:  # fmt: skip
    """The targets, the `hard` items the prior ranks highest and `easy` random others, padded to one size.

    Args:
        features: (n_items, n_features).
        prior: (n_items,) higher is harder to tell from a target.
        allowed: (n_items,) items that may be recommended; every target is.
    """
    hard = min(hard, int(allowed.sum()))
    size = hard + easy + 32
    near = np.argpartition(-np.where(allowed, prior, -np.inf), hard - 1)[:hard]
    near = np.union1d(near, np.asarray(targets, dtype=np.int64))
    rest = allowed.copy()
    rest[near] = False
    others = np.flatnonzero(rest)
    taken = rng.choice(others, min(easy, len(others)), replace=False)
    rows = np.concatenate([near, taken])[:size]
    weight = np.full(size, -1e9, np.float32)
    weight[: len(near)] = 0.0
    weight[len(near) : len(rows)] = np.log(max(1, len(others)) / max(1, len(taken)))
    table = np.zeros((size, features.shape[1]), np.float32)
    table[: len(rows)] = features[rows]
    hits = np.zeros(size, np.float32)
    for target in targets:
        hits[np.flatnonzero(rows == target)] += 1
    return Sample(table, weight, hits)


@dataclass(frozen=True)
class Blend:
    """score = linear(x) + small network(x), averaged over members; x standardised and clipped."""

    centre: Floats
    scale: Floats
    members: tuple[dict[str, Floats], ...]

    def score(self, features: Floats) -> Floats:
        """(..., n_features) to (...): higher is better, comparable within a context only."""
        x = np.clip((features - self.centre) / self.scale, -CLIP, CLIP)
        total = np.zeros(x.shape[:-1], np.float32)
        for m in self.members:
            total += x @ m["linear"]
            if "first" in m:
                total += gelu(x @ m["first"].T + m["bias"]) @ m["second"]
        return np.asarray(total / len(self.members), dtype=np.float32)


def gelu(x: Floats) -> Floats:
    """The tanh form of the Gaussian error linear unit."""
    return np.asarray(0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x))), dtype=np.float32)


def fit_blend(
    samples: Sequence[Sample], *, hidden: int = 32, members: int = 3, epochs: int = 6, seed: int = 0,
    learning_rate: float = 5e-3, weight_decay: float = 0.3, batch: int = 64,
) -> Blend:  # fmt: skip
    """Fit `members` networks from different seeds; `hidden` 0 leaves the linear part alone."""
    import torch

    features = np.stack([s.features for s in samples])
    weight = np.stack([s.log_weight for s in samples])
    real = features[weight > -1e8]
    centre, scale = real.mean(axis=0), real.std(axis=0) + 1e-6
    x = torch.from_numpy(np.clip((features - centre) / scale, -CLIP, CLIP).astype(np.float32))
    w, y = torch.from_numpy(weight), torch.from_numpy(np.stack([s.targets for s in samples]))
    found = [_fit_one(x, w, y, hidden, epochs, seed + k, learning_rate, weight_decay, batch) for k in range(members)]
    return Blend(centre.astype(np.float32), scale.astype(np.float32), tuple(found))


def _fit_one(
    x: Any, w: Any, y: Any, hidden: int, epochs: int, seed: int, rate: float, decay: float, batch: int
) -> dict[str, Floats]:
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(seed)
    n, _, width = x.shape
    linear = nn.Parameter(torch.zeros(width))
    first = nn.Parameter((torch.rand(max(1, hidden), width, generator=generator) * 2 - 1) / width**0.5)
    bias = nn.Parameter(torch.zeros(max(1, hidden)))
    second = nn.Parameter(torch.zeros(max(1, hidden)))
    parts = [linear, first, bias, second] if hidden else [linear]
    optimiser = torch.optim.AdamW(parts, lr=rate, weight_decay=decay)
    steps = epochs * -(-n // batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(epochs):
        order = torch.randperm(n, generator=generator)
        for rows in torch.split(order, batch):
            score = x[rows] @ linear + w[rows]
            if hidden:
                inner = nn.functional.gelu(x[rows] @ first.T + bias, approximate="tanh")
                score = score + inner @ second
            loss = -(torch.log_softmax(score, 1) * y[rows]).sum() / y[rows].sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    kept = {"linear": linear, **({"first": first, "bias": bias, "second": second} if hidden else {})}
    return {name: value.detach().numpy().copy() for name, value in kept.items()}
