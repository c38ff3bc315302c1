"""Shared fixtures. Unmarked tests may not load a real model, and nobody's own home is touched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.world import World, open_world


@pytest.fixture(autouse=True)
def _no_real_model_unless_marked(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Only tests marked `llm` may run weights; every test has a home of its own."""
    if request.node.get_closest_marker("llm") is None:
        monkeypatch.setenv("PARLEY_NO_REAL_MODEL", "1")
    else:
        monkeypatch.delenv("PARLEY_NO_REAL_MODEL", raising=False)
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))


@pytest.fixture
def data_mirror() -> Path:
    """The folder of development corpora; tests that need it are left out without it."""
    mirror = os.environ.get("PARLEY_DATA_MIRROR", "")
    if not mirror or not Path(mirror).is_dir():
        pytest.skip("needs the development corpora: set PARLEY_DATA_MIRROR to a folder that holds them")
    return Path(mirror)


@pytest.fixture
def space_films(tmp_path: Path) -> Iterator[World]:
    """Eight films, two tastes, no weights: small enough to see the right answer."""
    with open_world(tmp_path / "world") as world:
        yield world
