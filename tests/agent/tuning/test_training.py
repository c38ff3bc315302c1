"""Training on a model of two layers: it learns, repeats itself to the bit, resumes, and the quick modules agree."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from parley.agent.tuning.examples import Preference
from parley.agent.tuning.prefer import LossName, PairTask, PreferenceSettings
from parley.agent.tuning.student import Student, TuningError, pad_rows
from parley.agent.tuning.train import ExampleTask, TrainReport, TrainSettings, plan_batches, rate_at, train
from tests.agent.tuning.tiny import tiny_examples, tiny_student

SETTINGS = TrainSettings(epochs=3, rate=5e-3, batch_tokens=512, seed=1)


def run(
    folder: Path, *, settings: TrainSettings = SETTINGS, stop_after: int | None = None
) -> tuple[Student, TrainReport]:
    student = tiny_student()
    return student, train(
        student, ExampleTask(student, tiny_examples(), settings), settings, folder, stop_after=stop_after
    )


def test_training_lowers_the_loss_and_says_what_it_cost(tmp_path: Path) -> None:
    student, report = run(tmp_path, settings=SETTINGS.model_copy(update={"epochs": 12.0}))

    assert report.last_loss < 0.8 * report.first_loss
    assert report.units == 24
    assert report.tokens == 12 * sum(ExampleTask(student, tiny_examples(), SETTINGS).lengths)
    assert report.tokens_per_second > 0


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a")[0], run(tmp_path / "b")[0]

    assert all(torch.equal(a, b) for a, b in zip(first.weights, second.weights, strict=True))


def test_a_run_cut_off_and_resumed_ends_in_the_same_weights(tmp_path: Path) -> None:
    whole, _ = run(tmp_path / "whole")
    run(tmp_path / "cut", stop_after=4)
    resumed, report = run(tmp_path / "cut")

    assert all(torch.equal(a, b) for a, b in zip(whole.weights, resumed.weights, strict=True))
    assert report.steps > 4
    assert not (tmp_path / "cut" / "checkpoint.pt").exists()


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    run(tmp_path, stop_after=2)

    with pytest.raises(TuningError, match="other data or settings"):
        run(tmp_path, settings=SETTINGS.model_copy(update={"rate": 1e-4}))


def test_a_saved_adapter_can_be_taken_up_by_another_student(tmp_path: Path) -> None:
    student, _ = run(tmp_path)
    other = tiny_student(seed=0)
    other.load_adapter(tmp_path)

    assert all(torch.equal(a, b) for a, b in zip(student.weights, other.weights, strict=True))
    with pytest.raises(TuningError, match="another size"):
        tiny_student(rank=2).load_adapter(tmp_path)


def test_nothing_short_enough_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match="at most 32 tokens"):
        ExampleTask(tiny_student(), tiny_examples(), TrainSettings(longest=32))


def test_padding_changes_nothing() -> None:
    student = tiny_student()
    short, long = ([5, 6, 7], [8, 9]), ([5] * 20, [9, 9])
    alone, _ = student.target_log_probabilities(*pad_rows([short], student.end))
    beside, rows = student.target_log_probabilities(*pad_rows([short, long], student.end))

    assert torch.allclose(alone, beside[rows == 0], atol=1e-5)


def test_the_quick_modules_compute_what_the_stock_ones_do_and_so_do_their_gradients() -> None:
    found = []
    for fused in (False, True):
        student = tiny_student(fused=fused)
        with torch.no_grad():
            for number, weight in enumerate(student.weights):
                weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)) * 0.1)
        tokens, labels = pad_rows([([3, 4, 5, 6], [7, 8, 9]), ([1] * 20, [2] * 5)], student.end)
        picked, _ = student.target_log_probabilities(tokens, labels)
        picked.mean().backward()  # type: ignore[no-untyped-call]
        found.append((picked.detach(), [w.grad for w in student.weights]))

    assert torch.allclose(found[0][0], found[1][0], atol=1e-5)
    for plain, quick in zip(found[0][1], found[1][1], strict=True):
        assert plain is not None
        assert quick is not None
        assert plain.abs().max() > 0
        assert torch.allclose(plain, quick, atol=1e-6)


def test_every_example_comes_once_an_epoch_and_rows_of_like_length_go_together() -> None:
    lengths = [10] * 30 + [100] * 6
    plan = plan_batches(lengths, TrainSettings(epochs=1, batch_tokens=320))

    assert sorted(n for batch in plan for n in batch) == list(range(36))
    assert all(len({lengths[n] for n in batch}) == 1 for batch in plan if max(lengths[n] for n in batch) == 10)


def test_a_budget_of_tokens_ends_the_plan() -> None:
    plan = plan_batches([50] * 100, TrainSettings(epochs=9, tokens=2000, batch_tokens=500))

    assert 2000 <= sum(50 * len(batch) for batch in plan) < 2500


def test_the_rate_rises_then_falls_to_a_twentieth() -> None:
    settings = TrainSettings(rate=1.0, warm_up=0.1)

    assert rate_at(0, 100, settings) == pytest.approx(0.1)
    assert rate_at(10, 100, settings) == pytest.approx(1.0)
    assert rate_at(100, 100, settings) == pytest.approx(0.05)


def pairs() -> list[Preference]:
    return [
        Preference(
            role="question", prompt=f"ask: {n}", chosen="which genre?", rejected="no idea at all", group=f"g:{n}"
        )
        for n in range(12)
    ]


@pytest.mark.parametrize("loss", ["dpo", "ipo", "kto", "orpo", "simpo"])
def test_every_preference_loss_makes_the_better_answer_likelier(tmp_path: Path, loss: LossName) -> None:
    student = tiny_student()
    task = PairTask(student, pairs(), PreferenceSettings(loss=loss))
    before = [float(a - b) for a, b in zip(*task.log_probabilities(range(12))[:2], strict=True)]
    train(student, task, TrainSettings(epochs=6, rate=5e-3, batch_tokens=1024), tmp_path)
    after = [float(a - b) for a, b in zip(*task.log_probabilities(range(12))[:2], strict=True)]

    assert sum(after) > sum(before) + 12 * 0.5
