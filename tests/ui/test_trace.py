"""A session's turns are told, exported, and run again to the same candidates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.agent.trace import TurnTrace, tell_story
from parley.ui.cli import main
from tests.world import World


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_a_trace_is_replayed_to_the_same_candidates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ("I loved Alien", "older than 1990 please", "who directed the first one?")
    assert (
        run("chat", "--model", "none", "--user", "ana", "--json", *(p for text in said for p in ("--say", text))) == 0
    )
    capsys.readouterr()
    assert run("trace", "--user", "ana", "--json") == 0
    trace = tmp_path / "session.jsonl"
    trace.write_text(capsys.readouterr().out, "utf-8")

    assert run("replay", str(trace), "--json") == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["same"] for row in rows] == [True, True, True]


def test_a_replay_says_what_came_out_differently(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("chat", "--model", "none", "--user", "ana", "--say", "a western") == 0
    capsys.readouterr()
    assert run("trace", "--user", "ana", "--json") == 0
    changed = json.loads(capsys.readouterr().out) | {"message": "a musical"}
    trace = tmp_path / "changed.jsonl"
    trace.write_text(json.dumps(changed), "utf-8")

    assert run("replay", str(trace)) == 2
    assert "different" in capsys.readouterr().out


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("a", b"hello"), ("b", b"\xff\xfe"), ("c", b""), ("d", b'{"turn": 1}')):
        path = tmp_path / name
        path.write_bytes(content)
        assert run("replay", str(path)) == 2
        assert "trace" in capsys.readouterr().err


def test_the_story_tells_every_step_and_what_it_cost(space_films: World) -> None:
    space_films.play("Something like Alien, please.", "older than 1981 please")
    trace = space_films.agent.traces(user="ana")[-1]

    story = "\n".join(tell_story(trace, space_films.agent.catalog))

    assert TurnTrace.model_validate_json(trace.model_dump_json()) == trace
    for words in ("Heard:", "Changed in the ledger: before 1981", "Decided to recommend", "Ranked", "Took "):
        assert words in story
    assert all(step.step_id and step.tool for step in trace.steps)
