"""Agents that are not ours, over loopback: a model's server, two CRS forms, a callable; and what a run may cost."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from parley.agent.api import Agent
from parley.evals.simulate.benches import pick_agents
from parley.evals.simulate.budget import Budget, BudgetReached, Prices
from parley.evals.simulate.contestants import Contestant
from parley.evals.simulate.peers import PeerError, open_peer, peer_name, post_json
from parley.evals.simulate.records import AgentReply
from parley.evals.simulate.run import Bench, RunSettings, players, run_sessions, simulate_session
from parley.evals.simulate.seam import SimulationError
from tests.evals.sim_world import SPACE, people
from tests.world import World

ALIEN = next(item for item in SPACE if item.title == "Alien")


@contextmanager
def server(answer: Callable[[str, Any], Any]) -> Iterator[str]:
    """A loopback server: POST path and body to a JSON answer, or a stream of events as text; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made = answer(self.path, body)
            stream = isinstance(made, str)
            said = made.encode() if isinstance(made, str) else json.dumps(made).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream" if stream else "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}"
    finally:
        running.shutdown()
        running.server_close()


def wants_alien(agent: Contestant) -> Any:
    persona = people(1)[0].model_copy(update={"targets": (ALIEN.item_id,), "history": ()})
    return simulate_session(persona, Bench({agent.name: agent}, SPACE), RunSettings(agent.name, "agenda", 3, 1))


def test_an_openai_compatible_server_is_a_contestant_whose_tokens_count(
    space_films: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_NO_REAL_MODEL")
    seen: list[Any] = []

    def answer(path: str, body: Any) -> Any:
        seen.append((path, body))
        piece = {"choices": [{"index": 0, "delta": {"content": "Try Alien or Gravity."}, "finish_reason": None}]}
        last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        return f"data: {json.dumps(piece)}\n\ndata: {json.dumps(last)}\n\ndata: [DONE]\n\n"

    with server(answer) as url:
        agent = open_peer(f"openai:m@{url}/v1", space_films.agent)
        session = wants_alien(agent)

    assert agent.name == "openai:m"
    assert session.ended_by == "accepted", session.error
    assert session.turns[0].answer.tokens > session.turns[0].answer.tokens_out > 0
    assert any("chat/completions" in path for path, _ in seen)


def test_a_crs_that_takes_context_and_message_is_a_contestant(space_films: World) -> None:
    seen: list[Any] = []

    def answer(path: str, body: Any) -> Any:
        seen.append(body)
        return {"response": "What about Alien?" if len(body["context"]) > 1 else "Tell me more."}

    with server(answer) as url:
        session = wants_alien(open_peer(f"crs-http:{url}", space_films.agent))

    assert session.ended_by == "accepted"
    assert [len(body["context"]) for body in seen] == [1, 3]
    assert seen[1]["message"] == seen[1]["context"][-1]


def test_a_moviebot_is_greeted_heard_and_left(space_films: World) -> None:
    said: list[tuple[str, str]] = []

    def answer(path: str, body: Any) -> Any:
        message = body["entry"][0]["messaging"][0]
        said.append((message["sender"]["id"], message["message"]["text"]))
        return {"message": {"text": "I recommend Alien.", "intent": "RECOMMEND"}}

    with server(answer) as url:
        session = wants_alien(open_peer(f"moviebot:{url}", space_films.agent))

    assert session.ended_by == "accepted"
    assert [text for _, text in said] == ["/start", session.turns[0].said, "/exit"]
    assert len({sender for sender, _ in said}) == 1


def answer_with_ids(said: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {"reply": "This one.", "slate": [ALIEN.item_id]}


def test_a_callable_is_a_contestant_and_may_give_item_ids(space_films: World) -> None:
    session = wants_alien(open_peer("python:tests.evals.test_sim_peers:answer_with_ids", space_films.agent))

    assert session.ended_by == "accepted"
    assert session.turns[0].answer.slate == (ALIEN.item_id,)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("siri", "no agent 'siri'; an agent that is not ours is one of: openai:NAME@URL"),
        ("crs-http:", "no agent 'crs-http:'"),
        ("python:tests.evals.nowhere:f", "python:tests.evals.nowhere:f: No module"),
        ("python:tests.evals.test_sim_peers:ALIEN", "no function but a Item"),
    ],
)
def test_a_spec_that_names_nothing_is_refused_in_one_line(spec: str, told: str, space_films: World) -> None:
    with pytest.raises(SimulationError) as error:
        open_peer(spec, space_films.agent)

    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_peer_that_is_not_there_or_talks_nonsense_has_failed_and_the_run_goes_on(space_films: World) -> None:
    with server(lambda path, body: {"text": "no such form"}) as url:
        nonsense = wants_alien(open_peer(f"crs-http:{url}", space_films.agent))
    gone = wants_alien(open_peer(f"moviebot:{url}", space_films.agent))

    assert nonsense.ended_by == gone.ended_by == "agent_error"
    assert "answered without response" in nonsense.error
    assert "does not answer" in gone.error
    with pytest.raises(PeerError, match="no http address"):
        post_json("file:///etc/hosts", {})


def test_peers_stand_before_the_champion_of_the_table() -> None:
    assert pick_agents("random,parley", "none", ["openai:m@http://x/v1"]) == ["random", "openai:m", "parley"]
    assert peer_name("moviebot:http://x") == "moviebot:http://x"


class Talker:
    """Costs ten tokens a turn, two of them written."""

    name = "talker"

    def begin(self, conversation: str) -> None: ...

    def reply(self, conversation: str, message: str) -> AgentReply:
        return AgentReply(reply="no", slate=("nothing",), tokens=10, tokens_out=2)

    def end(self, conversation: str) -> None: ...


@contextmanager
def talker_bench() -> Iterator[Bench]:
    yield Bench({"talker": Talker()}, SPACE)


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_run_stops_at_its_limit_and_with_more_goes_on_to_the_same_bytes(tmp_path: Path, at_once: int) -> None:
    settings = RunSettings("talker", "agenda", 2, 1)
    file = "sessions-talker-agenda-1.jsonl"
    with players(talker_bench, at_once=at_once) as play:
        run_sessions(people(6), play, settings, tmp_path / "whole")
        with pytest.raises(BudgetReached, match=r"stopped after 60 tokens \(--max-tokens 50\)"):
            run_sessions(people(6), play, settings, tmp_path / "cut", budget=Budget(max_tokens=50))
        assert len((tmp_path / "cut" / file).read_text().splitlines()) == 1 + 3
        with pytest.raises(BudgetReached):
            run_sessions(people(6), play, settings, tmp_path / "cut", budget=Budget(max_tokens=50))
        run_sessions(people(6), play, settings, tmp_path / "cut", budget=Budget(max_tokens=500))

    assert (tmp_path / "cut" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_a_cost_is_tokens_times_prices_and_is_held_to(tmp_path: Path) -> None:
    prices = Prices(tokens_in=100.0, tokens_out=1000.0)
    budget = Budget(max_cost=0.005, prices=prices)
    with players(talker_bench) as play, pytest.raises(BudgetReached, match=r"--max-cost 0\.005"):
        run_sessions(people(6), play, RunSettings("talker", "agenda", 2, 1), tmp_path, budget=budget)
    first = simulate_session(people(1)[0], Bench({"talker": Talker()}, SPACE), RunSettings("talker", "agenda", 2, 1))

    assert prices.of(first) == pytest.approx(2 * (8 * 100.0 + 2 * 1000.0) / 1e6)


def test_nobody_pays_for_an_agent_of_ours_without_a_model(space_films: World) -> None:
    assert isinstance(space_films.agent, Agent)
    turn = space_films.agent.chat("a space film", user="u", session="s")

    assert sum(turn.tokens.values()) == 0
