"""The examples in the docs run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"


def examples(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / name).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(examples("embed.md"))))
def test_the_examples_of_the_embedding_guide_run(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(examples("embed.md")[number], f"embed.md example {number + 1}", "exec"), {"__name__": "example"})

    assert capsys.readouterr().out.strip()


def test_the_nodes_in_the_docs_are_the_nodes_of_the_graph() -> None:
    from parley.agent.graph import build_graph

    table = (DOCS / "how-a-turn-works.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert listed == [name for name in build_graph().nodes if name != "__start__"]
