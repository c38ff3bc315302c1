"""Training on preferences: better and worse answers to the same prompt, from checks instead of a teacher.

The reference of DPO, IPO and KTO is the model as it was when the run began: its log-probabilities are computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from parley.agent.tuning import losses
from parley.agent.tuning.examples import Preference
from parley.agent.tuning.student import Student, TuningError, pad_rows
from parley.agent.tuning.train import Step

LossName = Literal["dpo", "ipo", "kto", "orpo", "simpo"]
BETAS: dict[LossName, float] = {"dpo": 0.1, "ipo": 0.1, "kto": 0.1, "orpo": 0.1, "simpo": 2.0}
"""The papers' usual settings."""


class PreferenceSettings(BaseModel):
    """Which loss, and how firm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loss: LossName = "dpo"
    beta: float | None = Field(default=None, gt=0)
    """See `losses`; None is the loss's usual one."""
    supervised: float = Field(default=0.0, ge=0)
    """Weight of the chosen answers' negative log-likelihood a token, beside the loss; keeps answers likely."""
    longest: int = Field(default=320, ge=32)
    """Pairs with an answer of more tokens, prompt and all, are left out."""

    @property
    def strength(self) -> float:
        return self.beta if self.beta is not None else BETAS[self.loss]


class PairTask:
    """Prefer the chosen answers of pairs."""

    def __init__(self, student: Student, pairs: Sequence[Preference], settings: PreferenceSettings) -> None:
        """Raises: TuningError: no pair is short enough."""
        self.student, self.settings = student, settings
        chosen = [student.encode(p.role, p.prompt, p.chosen) for p in pairs]
        rejected = [student.encode(p.role, p.prompt, p.rejected) for p in pairs]
        kept = [
            n
            for n, rows in enumerate(zip(chosen, rejected, strict=True))
            if all(len(read) + len(write) <= settings.longest for read, write in rows)
        ]
        if not kept:
            raise TuningError(f"no pair of {len(pairs)} has at most {settings.longest} tokens; raise `longest`")
        self.chosen, self.rejected = [chosen[n] for n in kept], [rejected[n] for n in kept]
        self.left_out = len(pairs) - len(kept)
        self.lengths = [sum(map(len, a)) + sum(map(len, b)) for a, b in zip(self.chosen, self.rejected, strict=True)]
        self.before: Tensor | None = self._reference() if settings.loss in ("dpo", "ipo", "kto") else None

    def told(self) -> Any:
        return [self.chosen, self.rejected, self.settings.model_dump()]

    def loss(self, batch: Sequence[int]) -> Step:
        good, bad, lengths = self.log_probabilities(batch)
        loss = self._loss(batch, good, bad, lengths)
        if self.settings.supervised:
            loss = loss - self.settings.supervised * (good / lengths[0]).mean()
        return Step(loss, sum(self.lengths[n] for n in batch), int(lengths.sum()))

    def log_probabilities(self, batch: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """log P of the chosen and of the rejected answers, (P,) each, and their lengths, (2, P)."""
        rows = [self.chosen[n] for n in batch] + [self.rejected[n] for n in batch]
        found = self._summed(rows)  # (2P,)
        lengths = torch.tensor([float(len(write)) for _, write in rows], device=found.device).view(2, -1)
        return found[: len(batch)], found[len(batch) :], lengths

    def _summed(self, rows: Sequence[tuple[list[int], list[int]]]) -> Tensor:
        """(B,) log P of each row's written tokens."""
        inputs, labels = pad_rows(rows, self.student.end)
        device = self.student.device
        picked, places = self.student.target_log_probabilities(inputs.to(device), labels.to(device))
        return torch.zeros(len(rows), device=device).index_add(0, places, picked)

    def _loss(self, batch: Sequence[int], good: Tensor, bad: Tensor, lengths: Tensor) -> Tensor:
        name, beta = self.settings.loss, self.settings.strength
        if name == "orpo":
            return losses.orpo_loss(good, bad, lengths[0], lengths[1], beta=beta)
        if name == "simpo":
            return losses.simpo_loss(good, bad, lengths[0], lengths[1], beta=beta)
        assert self.before is not None
        before = self.before[:, list(batch)].to(good)  # (3, P)
        if name == "dpo":
            return losses.dpo_loss(good, bad, before[0], before[1], beta=beta)
        if name == "ipo":
            return losses.ipo_loss(good, bad, before[0], before[1], beta=beta)
        gain = torch.cat([good - before[0], bad - before[1]])
        desirable = torch.arange(len(gain), device=gain.device) < len(good)
        with torch.no_grad():
            drift = losses.kto_drift(self._summed([self._mismatched(n) for n in batch]) - before[2])
        return losses.kto_loss(gain, desirable, drift, beta=beta)

    def _mismatched(self, n: int) -> tuple[list[int], list[int]]:
        """The next pair's chosen answer under this pair's prompt: KTO's estimate of how far the model has moved."""
        return self.chosen[n][0], self.chosen[(n + 1) % len(self.chosen)][1]

    @torch.no_grad()
    def _reference(self, size: int = 8) -> Tensor:
        """(3, n) log P before training: of chosen and rejected answers, and (for KTO) of mismatched ones."""
        parts = []
        for start in range(0, len(self.lengths), size):
            batch = range(start, min(start + size, len(self.lengths)))
            good, bad, _ = self.log_probabilities(batch)
            other = torch.zeros_like(good)
            if self.settings.loss == "kto":
                other = self._summed([self._mismatched(n) for n in batch])
            parts.append(torch.stack([good, bad, other]))
        return torch.cat(parts, dim=1)

    @torch.no_grad()
    def accuracy(self, size: int = 8) -> float:
        """Share of pairs whose chosen answer is likelier, a token, than the rejected one."""
        right = 0
        for start in range(0, len(self.lengths), size):
            good, bad, lengths = self.log_probabilities(range(start, min(start + size, len(self.lengths))))
            right += int((good / lengths[0] > bad / lengths[1]).sum())
        return right / len(self.lengths)
