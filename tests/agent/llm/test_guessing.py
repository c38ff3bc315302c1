"""Guessed tokens are kept only where they would have been chosen: on a context of paper, with and without guesses."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from parley.agent.llm.engine import jobs
from parley.agent.llm.engine.automaton import AutomatonStore
from parley.agent.llm.engine.jobs import END, Job
from parley.agent.llm.engine.loop import Engine
from parley.agent.llm.engine.native import ContextSize
from parley.agent.llm.runner import Request
from parley.agent.llm.seam import ModelError
from tests.agent.llm.test_automaton import tokenize, vocabulary


class Wish(BaseModel):
    kind: Literal["genre", "person", "year"]
    value: str = Field(max_length=8)
    tags: list[Literal["dark", "dreamy"]] = Field(max_length=2)


class PaperContext:
    """Logits are a fixed function of what a sequence holds, so any batching must give the same text."""

    def __init__(self) -> None:
        self.size = ContextSize(cells=4096, sequences=8)
        self.weights = SimpleNamespace(vocabulary=SimpleNamespace(ends=frozenset({len(vocabulary())})))
        self.held: dict[int, list[int]] = {}

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        wanted: Sequence[bool],
        *,
        prompts: bool = False,
    ) -> NDArray[np.float32]:
        rows = []
        for token, position, sequence, want in zip(tokens, positions, sequences, wanted, strict=True):
            held = self.held.setdefault(sequence, [])
            assert len(held) == position
            held.append(token)
            if want:
                draw = np.random.default_rng([len(held), *held[-3:]])
                rows.append(draw.normal(size=len(vocabulary()) + 1).astype(np.float32))
        return np.array(rows, np.float32)

    def copy(self, source: int, target: int, length: int) -> None:
        self.held[target] = self.held.get(source, [])[:length]

    def cut(self, sequence: int, length: int) -> None:
        self.held[sequence] = self.held.get(sequence, [])[:length]

    def save(self, sequence: int) -> NDArray[np.uint8]:
        return np.array(self.held[sequence], np.int32).view(np.uint8)

    def restore(self, data: NDArray[np.uint8], sequence: int) -> bool:
        self.held[sequence] = data.view(np.int32).tolist()
        return True

    def close(self) -> None:
        self.held.clear()


def write(engine: Engine, store: AutomatonStore, number: int) -> list[int]:
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    request = Request([1, 2, number % 5], 60, json_schema=Wish.model_json_schema(), owner=f"user {number}")
    engine.submit(Job(request, inbox.put, automaton=store.compile("wish", Wish.model_json_schema())))
    found: list[int] = []
    while (item := inbox.get(timeout=240)) is not END:
        assert isinstance(item, int), item
        found.append(item)
    return found


def write_all(monkeypatch: pytest.MonkeyPatch, *, guessing: bool) -> tuple[list[list[int]], Engine]:
    if not guessing:
        monkeypatch.setattr(jobs.Job, "guess", lambda self, most, *, sure: None)
    store = AutomatonStore(vocabulary(), frozenset(), tokenize)
    engine = Engine(PaperContext())  # type: ignore[arg-type]
    found = [write(engine, store, number) for number in range(20)]
    engine.close()
    return found, engine


def test_a_request_that_fails_while_it_is_taken_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    context = PaperContext()

    def fail(source: int, target: int, length: int) -> None:
        raise ModelError("no cells")

    store = AutomatonStore(vocabulary(), frozenset(), tokenize)
    engine = Engine(context)  # type: ignore[arg-type]
    write(engine, store, 1)
    monkeypatch.setattr(context, "copy", fail)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    engine.submit(Job(Request([1, 2, 1], 8, owner="user 1"), inbox.put))

    assert "no cells" in str(inbox.get(timeout=240))
    engine.close()


def test_guessing_changes_the_steps_and_never_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    guessed, quick = write_all(monkeypatch, guessing=True)
    plain, slow = write_all(monkeypatch, guessing=False)

    assert guessed == plain
    assert quick.guessed_right > 0
    assert quick.steps < slow.steps
    pieces = vocabulary()
    for tokens in guessed:
        Wish.model_validate_json(b"".join(pieces[t] for t in tokens))
