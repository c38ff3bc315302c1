"""Supervised training: batches planned ahead from a seed, so that a run cut off and resumed ends the same."""

from __future__ import annotations

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from parley.agent.tuning.examples import Example
from parley.agent.tuning.losses import supervised_loss
from parley.agent.tuning.student import Student, TuningError, pad_rows, padded

Tell = Callable[[dict[str, Any]], None]
"""Told of every step: step, steps, loss, rate, tokens, tokens_per_second, seconds."""


class TrainSettings(BaseModel):
    """How to train."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: float = Field(default=2.0, gt=0)
    tokens: int | None = Field(default=None, ge=1)
    """Stop after so many tokens (read and written, padding left out), if that comes before the epochs do."""
    batch_tokens: int = Field(default=1536, ge=32)
    """Tokens of one step, padding included."""
    longest: int = Field(default=320, ge=32)
    """Examples of more tokens are left out."""
    rate: float = Field(default=4e-4, gt=0)
    """Highest learning rate: it rises over `warm_up`, then falls to a twentieth along a cosine."""
    warm_up: float = Field(default=0.04, ge=0, lt=1)
    """Share of the steps."""
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of a gradient."""
    length_power: float = Field(default=0.5, ge=0, le=1)
    """See `losses.supervised_loss`."""
    seed: int = 0
    save_every_s: float = Field(default=600.0, gt=0)
    """Seconds between checkpoints."""


class TrainReport(BaseModel):
    """What a run did and cost."""

    model_config = ConfigDict(frozen=True)

    steps: int
    units: int
    """Examples or pairs."""
    left_out: int
    """Too long."""
    tokens: int
    """Read and written over all steps, without padding."""
    target_tokens: int
    seconds: float
    """Of training, over all parts of a resumed run; loading and saving left out."""
    first_loss: float
    """Mean over the first twentieth of the steps."""
    last_loss: float
    """Mean over the last twentieth."""
    device: str
    threads: int

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0


class Masters:
    """fp32 copies of the adapter's weights with their optimiser; the copies are what is trained."""

    def __init__(self, weights: Sequence[torch.nn.Parameter], rate: float) -> None:
        self.weights = list(weights)
        self.copies = [torch.nn.Parameter(w.detach().float().clone()) for w in self.weights]
        self.optimizer = torch.optim.AdamW(self.copies, lr=rate, weight_decay=0.0, betas=(0.9, 0.98), foreach=True)

    def step(self, rate: float, clip: float) -> None:
        """Apply the gradients that lie on the bf16 weights, and clear them."""
        for copy, weight in zip(self.copies, self.weights, strict=True):
            copy.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.copies, clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.push()

    def push(self) -> None:
        """The copies' values into the weights that compute."""
        with torch.no_grad():
            for copy, weight in zip(self.copies, self.weights, strict=True):
                weight.copy_(copy)

    def state(self) -> dict[str, Any]:
        return {"copies": [c.detach() for c in self.copies], "optimizer": self.optimizer.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            for copy, value in zip(self.copies, state["copies"], strict=True):
                copy.copy_(value)
        self.optimizer.load_state_dict(state["optimizer"])
        self.push()


class Task(Protocol):
    """What a run learns: units (an example, a pair) and the loss of a few of them."""

    lengths: list[int]
    """Tokens of each unit."""
    left_out: int
    """Units that were too long."""

    def loss(self, batch: Sequence[int]) -> Step:
        """The loss of the units with these numbers, and its cost."""
        ...

    def told(self) -> Any:
        """What makes this task the same as another: goes into the checkpoint as JSON's hash."""
        ...


class Step(NamedTuple):
    """One batch."""

    loss: Tensor
    tokens: int
    """Read and written, without padding."""
    target_tokens: int


class ExampleTask:
    """Supervised: write the targets of examples."""

    def __init__(self, student: Student, examples: Sequence[Example], settings: TrainSettings) -> None:
        """Raises: TuningError: no example is short enough."""
        encoded = [student.encode(e.role, e.prompt, e.target, open_end=e.open) for e in examples]
        kept = [n for n, (read, write) in enumerate(encoded) if len(read) + len(write) <= settings.longest]
        if not kept:
            raise TuningError(f"no example of {len(examples)} has at most {settings.longest} tokens; raise `longest`")
        self.student, self.length_power = student, settings.length_power
        self.rows = [encoded[n] for n in kept]
        self.weights = [examples[n].weight for n in kept]
        self.lengths = [len(read) + len(write) for read, write in self.rows]
        self.left_out = len(examples) - len(kept)

    def loss(self, batch: Sequence[int]) -> Step:
        device = self.student.device
        inputs, labels = pad_rows([self.rows[n] for n in batch], self.student.end)
        weights = torch.tensor([self.weights[n] for n in batch], device=device)
        found, rows = self.student.target_log_probabilities(inputs.to(device), labels.to(device))
        loss = supervised_loss(found, rows, weights, length_power=self.length_power)
        return Step(loss, sum(self.lengths[n] for n in batch), len(found))

    def told(self) -> Any:
        return [self.rows, self.weights]


def train(
    student: Student,
    task: Task,
    settings: TrainSettings,
    out: Path,
    *,
    tell: Tell = lambda _: None,
    at_checkpoint: Callable[[Path], None] = lambda _: None,
    stop_after: int | None = None,
) -> TrainReport:
    """Train the student's adapter and write it to `out`; a run that was cut off there goes on where it was.

    Args:
        student: with a fresh adapter, or one to train further.
        task: what to learn.
        settings: how; a run can be resumed only with the same.
        out: folder for the adapter and, while it runs, its checkpoint.
        tell: told of every step.
        at_checkpoint: called with the folder after each checkpoint.
        stop_after: stop at this step as if cut off (the checkpoint stays).

    Raises:
        TuningError: a checkpoint of another run lies in `out`.
    """
    run = _Run(student, task, settings, out)
    run.resume()
    saved = time.monotonic()
    while run.step < len(run.plan) and run.step != stop_after:
        tell(run.advance())
        if time.monotonic() - saved > settings.save_every_s:
            run.save()
            at_checkpoint(out)
            saved = time.monotonic()
    run.save()
    if run.step < len(run.plan):
        return run.report()
    (out / CHECKPOINT).unlink()
    report = run.report()
    (out / "report.json").write_text(json.dumps(report.model_dump() | {"settings": settings.model_dump()}, indent=1))
    return report


CHECKPOINT = "checkpoint.pt"


class _Run:
    """One training run: the plan of its batches and where it stands."""

    def __init__(self, student: Student, task: Task, settings: TrainSettings, out: Path) -> None:
        self.student, self.task, self.settings, self.out = student, task, settings, out
        self.plan = plan_batches(task.lengths, settings)
        self.masters = Masters(student.weights, settings.rate)
        self.step, self.tokens, self.target_tokens, self.seconds = 0, 0, 0, 0.0
        self.losses: list[float] = []
        told = [settings.model_dump(), student.settings.model_dump(), task.told(), self.plan]
        self.fingerprint = hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def advance(self) -> dict[str, Any]:
        """One step."""
        started = time.perf_counter()
        rate = rate_at(self.step, len(self.plan), self.settings)
        done = self.task.loss(self.plan[self.step])
        done.loss.backward()  # type: ignore[no-untyped-call]
        self.masters.step(rate, self.settings.clip)
        self.step += 1
        self.tokens += done.tokens
        self.target_tokens += done.target_tokens
        self.losses.append(done.loss.item())
        self.seconds += time.perf_counter() - started
        return {
            "step": self.step, "steps": len(self.plan), "loss": self.losses[-1], "rate": rate, "tokens": self.tokens,
            "seconds": self.seconds, "tokens_per_second": self.tokens / self.seconds,
        }  # fmt: skip

    def save(self) -> None:
        """The adapter, and what it takes to go on from here. A cut while writing leaves the one before."""
        self.student.save_adapter(self.out)
        state = self.masters.state() | {
            "plan": self.fingerprint, "step": self.step, "tokens": self.tokens, "losses": self.losses,
            "target_tokens": self.target_tokens, "seconds": self.seconds,
        }  # fmt: skip
        torch.save(state, self.out / f"{CHECKPOINT}.new")
        (self.out / f"{CHECKPOINT}.new").replace(self.out / CHECKPOINT)

    def resume(self) -> None:
        """Take up a checkpoint of this very run, if there is one."""
        path = self.out / CHECKPOINT
        if not path.is_file():
            return
        state = torch.load(path, weights_only=True)
        if state["plan"] != self.fingerprint:
            raise TuningError(
                f"{str(self.out)!r} holds a checkpoint of a run with other data or settings; "
                "give the same again, or another --out"
            )
        self.masters.restore(state)
        self.step, self.tokens, self.losses = state["step"], state["tokens"], state["losses"]
        self.target_tokens, self.seconds = state["target_tokens"], state["seconds"]

    def report(self) -> TrainReport:
        few = max(1, len(self.losses) // 20)
        return TrainReport(
            steps=self.step, units=len(self.task.lengths), left_out=self.task.left_out, tokens=self.tokens,
            target_tokens=self.target_tokens, seconds=round(self.seconds, 1),
            first_loss=sum(self.losses[:few]) / few, last_loss=sum(self.losses[-few:]) / few,
            device=str(self.student.device), threads=torch.get_num_threads(),
        )  # fmt: skip


def plan_batches(lengths: Sequence[int], settings: TrainSettings) -> list[list[int]]:
    """Which examples each step sees: rows of like length together, batches in random order, anew every epoch."""
    rng = random.Random(settings.seed)
    plan: list[list[int]] = []
    total = 0
    whole, part = divmod(settings.epochs, 1)
    for epoch in range(int(whole) + (part > 0)):
        order = list(range(len(lengths)))
        rng.shuffle(order)
        if epoch == int(whole):
            order = order[: max(1, round(part * len(order)))]
        batches = _batches_of(order, lengths, settings.batch_tokens, rng)
        for batch in batches:
            plan.append(batch)
            total += sum(lengths[n] for n in batch)
            if settings.tokens is not None and total >= settings.tokens:
                return plan
    return plan


def _batches_of(order: Sequence[int], lengths: Sequence[int], room: int, rng: random.Random) -> list[list[int]]:
    batches: list[list[int]] = []
    batch: list[int] = []
    for n in sorted(order, key=lambda n: padded(lengths[n])):  # stable: equal widths stay shuffled
        width = padded(lengths[n])
        if batch and (len(batch) + 1) * width > room:
            batches.append(batch)
            batch = []
        batch.append(n)
    batches.append(batch)
    rng.shuffle(batches)
    return batches


def rate_at(step: int, steps: int, settings: TrainSettings) -> float:
    """The learning rate of a step."""
    rising = max(1.0, settings.warm_up * steps)
    if step < rising:
        return settings.rate * (step + 1) / rising
    done = (step - rising) / max(1.0, steps - rising)
    return settings.rate * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
