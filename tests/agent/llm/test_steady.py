"""A steady context: bitwise the same logits whatever else is computed, forgotten and kept beside a sequence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from parley.agent.llm.engine.native import ContextSize, NativeContext, Weights
from parley.agent.llm.loading import embedded_path

TEXT = "A keeper of an old lighthouse finds a radio that plays the news of the following day, and asks nobody why. " * 8


@pytest.fixture(scope="module")
def steady() -> Iterator[NativeContext]:
    weights = Weights(embedded_path())
    context = NativeContext(weights, ContextSize(cells=1024, sequences=64, batch=64, steady=True), 1)
    yield context
    context.close()
    weights.close()


def read(context: NativeContext, *, company: bool) -> NDArray[np.float32]:
    """Logits after every token of the text, read in pieces; others come and go meanwhile."""
    context.clear()
    draw = np.random.default_rng(3)
    tokens = context.weights.vocabulary.tokenize(TEXT)
    rows, other = [], 1
    for start in range(0, len(tokens), 5):
        piece = tokens[start : start + 5]
        if company:
            length = int(draw.integers(1, 20))
            context.decode([7] * length, range(length), [other] * length, [False] * length)
            if draw.random() < 0.7:
                context.cut(other, int(draw.integers(0, length)))
            if draw.random() < 0.5:
                context.cut(int(draw.integers(1, other + 1)), 0)
            other += 1
        found = context.decode(piece, range(start, start + len(piece)), [0] * len(piece), [True] * len(piece))
        assert found is not None
        rows.append(found.copy())
    return np.concatenate(rows)


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
def test_company_changes_no_bit(steady: NativeContext) -> None:
    np.testing.assert_array_equal(read(steady, company=True), read(steady, company=False))


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
def test_a_token_alone_is_computed_as_in_company(steady: NativeContext) -> None:
    steady.clear()
    steady.decode([11, 12, 13], [0, 1, 2], [0, 0, 0], [False] * 3)
    steady.copy(0, 1, 3)
    alone = steady.decode([14], [3], [0], [True])
    assert alone is not None
    kept = alone.copy()
    steady.copy(0, 2, 3)
    crowd = steady.decode([14, 20], [3, 3], [1, 2], [True] * 2)
    assert crowd is not None
    np.testing.assert_array_equal(crowd[0], kept[0])


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
def test_cells_used_once_are_free_again_when_nothing_else_is(steady: NativeContext) -> None:
    steady.clear()
    for number in range(40):  # 2,400 tokens through 1,024 cells
        found = steady.decode([7] * 60, range(60), [number % 20] * 60, [False] * 60)
        assert found is not None
        steady.cut(number % 20, 0)
    assert steady.left <= 0
    steady.clear()
    assert steady.left == 1024
