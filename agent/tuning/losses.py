"""Losses for tuning: supervised, and on preferences. All take log-probabilities and return one number to minimise.

The papers, in the order of the functions: DPO (Rafailov et al., NeurIPS 2023, arXiv:2305.18290), with label smoothing
as in conservative DPO (Mitchell 2023); IPO (Azar et al., AISTATS 2024, arXiv:2310.12036); KTO (Ethayarajh et al., ICML
2024, arXiv:2402.01306); ORPO (Hong et al., EMNLP 2024, arXiv:2403.07691); SimPO (Meng et al., NeurIPS 2024,
arXiv:2405.14734). The tests check each against a case worked by hand and against what it reduces to.

In all of them `chosen` and `rejected` are (P,) float: log P of the whole answer, summed over its tokens, under the
model that learns; `*_before` the same under the reference, without gradient; `beta` says how firmly to stay near it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu


def supervised_loss(log_probabilities: Tensor, rows: Tensor, weights: Tensor, *, length_power: float = 0.5) -> Tensor:
    """Weighted negative log-likelihood of target tokens.

    Args:
        log_probabilities: (M,) of every target token of a batch.
        rows: (M,) int64, the example each token belongs to.
        weights: (B,) of the examples.
        length_power: 0 counts every token the same (long answers rule), 1 every example the same.
    """
    lengths = torch.bincount(rows, minlength=len(weights)).clamp(min=1).to(log_probabilities)  # (B,)
    share = (weights.to(log_probabilities) / lengths**length_power)[rows]  # (M,)
    return -(share * log_probabilities).sum() / share.sum()


def margin(chosen: Tensor, rejected: Tensor, chosen_before: Tensor, rejected_before: Tensor) -> Tensor:
    """(P,) how much more the model prefers the chosen answer than the reference does, in nats."""
    return (chosen - chosen_before) - (rejected - rejected_before)


def dpo_loss(
    chosen: Tensor, rejected: Tensor, chosen_before: Tensor, rejected_before: Tensor, *, beta: float = 0.1,
    smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Direct preference optimisation; `smoothing` is the chance that a pair is the wrong way round."""
    lead = beta * margin(chosen, rejected, chosen_before, rejected_before)
    return (-(1 - smoothing) * logsigmoid(lead) - smoothing * logsigmoid(-lead)).mean()


def ipo_loss(
    chosen: Tensor, rejected: Tensor, chosen_before: Tensor, rejected_before: Tensor, *, beta: float = 0.1
) -> Tensor:
    """Identity preference optimisation: the margin is drawn to 1 / (2 beta), and no further."""
    return ((margin(chosen, rejected, chosen_before, rejected_before) - 1 / (2 * beta)) ** 2).mean()


def kto_loss(
    gain: Tensor, desirable: Tensor, drift: Tensor, *, beta: float = 0.1, like: float = 1.0, dislike: float = 1.0
) -> Tensor:
    """Kahneman-Tversky optimisation, on single answers marked good or bad.

    Args:
        gain: (N,) log P minus that of the reference.
        desirable: (N,) bool.
        drift: () estimate of KL(model, reference), see `kto_drift`; a constant to the gradient.
        beta: risk aversion.
        like: weight of good answers.
        dislike: weight of bad ones.
    """
    away = beta * (gain - drift.detach())
    value = torch.where(desirable, torch.sigmoid(away), torch.sigmoid(-away))
    weight = torch.where(desirable, torch.full_like(gain, like), torch.full_like(gain, dislike))
    return (weight * (1 - value)).mean()


def kto_drift(mismatched_gain: Tensor) -> Tensor:
    """() estimate of the KL divergence: the mean gain of answers under other answers' prompts, at least 0."""
    return relu(mismatched_gain.detach().mean())


def orpo_loss(
    chosen: Tensor, rejected: Tensor, chosen_length: Tensor, rejected_length: Tensor, *, beta: float = 0.1
) -> Tensor:
    """Odds-ratio preference optimisation: likelihood of the chosen answer plus beta times the log odds ratio's loss.

    Needs no reference. Odds are of the mean probability of a token, as in the paper.
    """
    good, bad = chosen / chosen_length, rejected / rejected_length  # (P,) mean log P of a token
    odds = (good - bad) - (torch.log1p(-good.exp().clamp(max=1 - 1e-6)) - torch.log1p(-bad.exp().clamp(max=1 - 1e-6)))
    return (-good - beta * logsigmoid(odds)).mean()


def simpo_loss(
    chosen: Tensor, rejected: Tensor, chosen_length: Tensor, rejected_length: Tensor, *, beta: float = 2.0,
    target_margin: float = 1.0,
) -> Tensor:  # fmt: skip
    """Simple preference optimisation: mean log P a token, with a margin, and no reference."""
    return -logsigmoid(beta * (chosen / chosen_length - rejected / rejected_length) - target_margin).mean()
