"""Watching a study: what is told, in order, with what the agent never sees."""

from __future__ import annotations

from pathlib import Path

from parley.evals.simulate.records import SessionRecord
from parley.evals.simulate.run import RunSettings, players, run_sessions
from parley.evals.simulate.scorers import hit_at
from parley.evals.simulate.watch import Answered, Begun, Ended, Moment, Said, WatchedBench
from tests.evals.sim_world import people, space_bench


def watch(folder: Path, agent: str) -> tuple[list[SessionRecord], list[Moment]]:
    """Everybody against one agent, watched."""
    told: list[Moment] = []
    bench = WatchedBench(space_bench, {p.persona_id: p for p in people(4)}, told.append)
    with players(bench) as play:
        sessions = run_sessions(
            people(4),
            play,
            RunSettings(agent, "agenda", 3, 1),
            folder,
            done=lambda session: bench.tell_end(session, hit_at(5, 3)),
        )
    return sessions, told


def test_a_watcher_is_told_every_line_in_order_and_the_verdict(tmp_path: Path) -> None:
    sessions, told = watch(tmp_path, "parley")

    for session in sessions:
        begun, *lines, ended = [told.pop(0) for _ in range(2 * len(session.turns) + 2)]
        assert isinstance(begun, Begun)
        assert [named.item_id for named in begun.wants] == list(session.persona.targets)
        said, answered = lines[0::2], lines[1::2]
        assert [line.text for line in said if isinstance(line, Said)] == [turn.said for turn in session.turns]
        shown = [tuple(named.item_id for named in line.slate) for line in answered if isinstance(line, Answered)]
        assert shown == [turn.answer.slate for turn in session.turns]
        assert isinstance(ended, Ended)
        assert (ended.persona, ended.ended_by) == (session.persona.persona_id, session.ended_by)
        assert ended.score == hit_at(5, 3)(session).value
    assert told == []


def test_only_the_watcher_sees_which_title_is_wanted(tmp_path: Path) -> None:
    _, told = watch(tmp_path, "list")

    wanted = ""
    for line in told:
        if isinstance(line, Begun):
            wanted = line.wants[0].label.rpartition(" (")[0]
        assert not isinstance(line, Said) or wanted not in line.text
    assert any(named.is_target for line in told if isinstance(line, Answered) for named in line.slate)


def test_a_watched_run_writes_the_bytes_of_an_unwatched_one(tmp_path: Path) -> None:
    watch(tmp_path / "watched", "parley")
    with players(space_bench) as play:
        run_sessions(people(4), play, RunSettings("parley", "agenda", 3, 1), tmp_path / "alone")

    name = "sessions-parley-agenda-1.jsonl"
    assert (tmp_path / "watched" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
