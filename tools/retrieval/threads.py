"""One BLAS thread while a question is answered.

The products of one question take microseconds to milliseconds. A pool of threads spins between them, and on a machine
with other work each product then waits a scheduler's turn: measured on two busy cores, 8 ms a product instead of 1.
Sources run side by side instead (`hybrid.py`).
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_blas_thread() -> AbstractContextManager[Any]:
    """NumPy's products run on one thread inside; of questions asked at once, the first to enter decides."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
