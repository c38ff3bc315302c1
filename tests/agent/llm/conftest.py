"""The embedded model, loaded once for this folder; tests that use it are marked `llm`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import EMBEDDED_ID, embedded_path


@pytest.fixture(scope="session")
def embedded() -> Iterator[LlamaCppChat]:
    before = os.environ.pop("PARLEY_NO_REAL_MODEL", None)
    chat = LlamaCppChat(path=str(embedded_path()), model_id=EMBEDDED_ID, context_size=2048).open()
    if before is not None:
        os.environ["PARLEY_NO_REAL_MODEL"] = before
    yield chat
    chat.close()


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaCppChat]:
    """The embedded model on the engine, in the format chosen here (`PARLEY_TEST_HOME` keeps it between runs)."""
    home = os.environ.get("PARLEY_TEST_HOME") or str(tmp_path_factory.mktemp("home"))
    before = os.environ.pop("PARLEY_NO_REAL_MODEL", None)
    path = str(embedded_path())
    chat = LlamaCppChat(path=path, model_id=EMBEDDED_ID, context_size=2048, backend="engine", home=home).open()
    if before is not None:
        os.environ["PARLEY_NO_REAL_MODEL"] = before
    yield chat
    chat.close()


@pytest.fixture
def real_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that really call a model."""
    monkeypatch.delenv("PARLEY_NO_REAL_MODEL", raising=False)
