"""The page with the embedded model: few, because they run weights."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parley.agent.api import Agent
from parley.ui.web import launch
from tests.browser.conftest import Visit


@pytest.mark.llm
def test_the_embedded_model_answers_in_the_page(
    visit: Callable[..., Visit], tmp_path_factory: pytest.TempPathFactory
) -> None:
    said: list[str] = []
    with Agent.open(home=tmp_path_factory.mktemp("home"), model="embedded") as agent:
        page = launch(agent, port=0, models=("embedded", "none"), ready=said.append)
        try:
            ana = visit(said[0])
            ana.say("hello there")
            ana.say("something like Alien, but older than 1980")
            assert ana.titles
            years = [int(year) for year in ana.page.locator("#past .card h3 .year").all_inner_texts()]
            assert all(year < 1980 for year in years)
            assert (ana.errors, ana.foreign) == ([], [])
        finally:
            page.close(verbose=False)
