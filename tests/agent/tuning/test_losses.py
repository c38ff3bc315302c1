"""Each loss against a case worked by hand and against what its paper says it reduces to."""

from __future__ import annotations

from math import exp, log

import pytest
import torch
from torch import Tensor

from parley.agent.tuning.losses import (
    dpo_loss,
    ipo_loss,
    kto_drift,
    kto_loss,
    orpo_loss,
    simpo_loss,
    supervised_loss,
)


def t(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x))


def test_dpo_is_the_logistic_loss_of_the_margin_over_the_reference() -> None:
    loss = dpo_loss(t(-1), t(-3), t(-2), t(-2), beta=0.5)  # margin (1) - (-1) = 2, times one half

    assert loss.item() == pytest.approx(log(1 + exp(-1)))


def test_dpo_at_its_reference_is_log_2_and_pulls_both_answers_by_half_of_beta() -> None:
    chosen, rejected = t(-4), t(-5)
    loss = dpo_loss(chosen, rejected, t(-4), t(-5), beta=0.3)
    loss.backward()  # type: ignore[no-untyped-call]

    assert loss.item() == pytest.approx(log(2))
    assert chosen.grad is not None
    assert chosen.grad.item() == pytest.approx(-0.3 / 2)
    assert rejected.grad is not None
    assert rejected.grad.item() == pytest.approx(0.3 / 2)


def test_conservative_dpo_with_pairs_as_often_wrong_as_right_wants_no_margin() -> None:
    chosen = t(-1)
    dpo_loss(chosen, t(-1), t(-1), t(-1), smoothing=0.5).backward()  # type: ignore[no-untyped-call]

    assert chosen.grad is not None
    assert chosen.grad.item() == pytest.approx(0)


def test_ipo_is_content_when_the_margin_is_one_over_two_beta() -> None:
    chosen = t(-1)
    loss = ipo_loss(chosen, t(-3), t(-2), t(-2), beta=0.25)  # margin 2 = 1 / (2 x 0.25)
    loss.backward()  # type: ignore[no-untyped-call]

    assert loss.item() == pytest.approx(0)
    assert chosen.grad is not None
    assert chosen.grad.item() == pytest.approx(0)


def test_ipo_punishes_too_large_a_margin_where_dpo_still_rewards_it() -> None:
    small, large = (t(-1), t(-3)), (t(-1), t(-9))
    at = (t(-2), t(-2))

    assert ipo_loss(*large, *at, beta=0.25) > ipo_loss(*small, *at, beta=0.25)
    assert dpo_loss(*large, *at) < dpo_loss(*small, *at)


def test_kto_at_the_reference_values_everything_at_one_half() -> None:
    loss = kto_loss(t(0, 0), torch.tensor([True, False]), t(0)[0])

    assert loss.item() == pytest.approx(0.5)


def test_kto_counts_gains_of_good_answers_and_losses_of_bad_ones() -> None:
    good, bad = torch.tensor([True]), torch.tensor([False])

    assert kto_loss(t(2), good, t(1)[0], beta=0.5).item() == pytest.approx(1 - sigmoid(0.5))
    assert kto_loss(t(2), bad, t(1)[0], beta=0.5).item() == pytest.approx(1 - sigmoid(-0.5))
    assert kto_loss(t(2), bad, t(1)[0], beta=0.5, dislike=3.0).item() == pytest.approx(3 * (1 - sigmoid(-0.5)))


def test_ktos_drift_is_never_negative_and_gets_no_gradient() -> None:
    gain = t(1, 3)
    drift = kto_drift(gain)

    assert drift.item() == pytest.approx(2)
    assert not drift.requires_grad
    assert kto_drift(t(-1, -3)).item() == 0


def test_orpo_adds_the_odds_ratio_to_the_likelihood() -> None:
    chosen, rejected = t(2 * log(1 / 2)), t(3 * log(1 / 4))  # mean probabilities 1/2 and 1/4: odds 1 and 1/3
    loss = orpo_loss(chosen, rejected, t(2), t(3), beta=0.1)

    assert loss.item() == pytest.approx(log(2) + 0.1 * log(1 + 1 / 3))


def test_orpo_without_its_preference_term_is_supervised_training() -> None:
    chosen, lengths = t(-3, -8), t(2, 4)
    loss = orpo_loss(chosen, t(-5, -5), lengths, t(2, 4), beta=0.0)

    assert loss.item() == pytest.approx((3 / 2 + 8 / 4) / 2)


def test_simpo_without_margin_is_dpo_with_a_reference_that_knows_nothing() -> None:
    chosen, rejected, length = t(-3), t(-7), t(4)
    simpo = simpo_loss(chosen, rejected, length, length, beta=2.0, target_margin=0.0)

    assert simpo.item() == pytest.approx(dpo_loss(chosen, rejected, t(-1), t(-1), beta=2.0 / 4).item())


def test_simpo_asks_for_its_margin() -> None:
    loss = simpo_loss(t(-2), t(-4), t(2), t(2), beta=1.0, target_margin=1.0)  # means -1 and -2

    assert loss.item() == pytest.approx(log(2))


def test_supervised_training_weighs_tokens_or_examples() -> None:
    found, rows = t(-1, -3, -8), torch.tensor([0, 0, 1])
    weights = torch.tensor([1.0, 1.0])

    assert supervised_loss(found, rows, weights, length_power=0).item() == pytest.approx((1 + 3 + 8) / 3)
    assert supervised_loss(found, rows, weights, length_power=1).item() == pytest.approx((2 + 8) / 2)


def test_a_weight_counts_an_example_as_often() -> None:
    found, rows = t(-1, -4), torch.tensor([0, 1])

    assert supervised_loss(found, rows, torch.tensor([3.0, 1.0])).item() == pytest.approx((3 * 1 + 4) / 4)
