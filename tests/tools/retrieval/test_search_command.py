"""`parley search` and `parley index`: what they print, and that a mistake is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.tools.items import Catalog
from parley.ui.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("heist", "--filter", '{"gnre": "Crime"}'), "no facet 'gnre' in this catalogue; known: genre, mood"),
        (("heist", "--filter", "{"), "write it like"),
        (("heist", "--filter", '{"year": ["x"]}'), "'year' is a number"),
        (("heist", "--catalog", "no-such"), "no catalogue 'no-such'; use films, a folder"),
        (("  ",), "nothing to look for"),
        (("heist", "--k", "0"), "--k 0: ask for 1 to 1000 items"),
    ],
)
def test_a_mistake_ends_with_2_and_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "search", *arguments, "--home", str(tmp_path))

    assert code == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.llm
def test_a_search_gives_json_lines_that_meet_the_filter(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wanted = '{"year": {"lte": 1980}, "genre": {"none": ["Horror"]}}'

    code, out, _ = run(
        capsys, "search", "a con that surprises", "--filter", wanted, "--k", "5", "--json", "--home", str(tmp_path)
    )

    rows = [json.loads(line) for line in out.splitlines()]
    films = Catalog.films()
    assert code == 0
    assert len(rows) == 5
    for row in rows:
        assert set(row) == {"item_id", "title", "year", "score", "sources"}
        assert row["year"] <= 1980
        assert "Horror" not in films[row["item_id"]].values("genre")
        assert row["sources"]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


@pytest.mark.llm
def test_conditions_alone_list_the_well_known_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = run(
        capsys, "search", "", "--filter", '{"genre": ["Western"]}', "--k", "3", "--json", "--home", str(tmp_path)
    )

    assert "dances-with-wolves-1990" in [json.loads(line)["item_id"] for line in out.splitlines()]


@pytest.mark.llm
def test_the_index_is_kept_and_rebuilt_on_demand(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    told = [
        json.loads(run(capsys, "index", *extra, "--json", "--home", str(tmp_path))[1])
        for extra in ((), (), ("--rebuild",))
    ]

    assert [(row["vectors"], row["store"]) for row in told] == [
        ("shipped", "built"),
        ("kept", "kept"),
        ("shipped", "built"),
    ]
