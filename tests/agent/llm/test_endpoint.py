"""Endpoints: a faulty server on loopback, and llama-cpp-python's own server with the embedded model."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from parley.agent.llm.breaker import Breaker, Slots, with_retries
from parley.agent.llm.endpoint import EndpointChat
from parley.agent.llm.loading import embedded_path, load_model
from parley.agent.llm.seam import ModelError, ModelTimeout
from parley.agent.llm.transport import HttpFailure

ASK = [HumanMessage("Which film?")]


class Film(BaseModel):
    title: str
    year: int


class Server(ThreadingHTTPServer):
    """Plays a list of faults, then answers well. Remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[Callable[[Handler], None]] = []
        self.asked: list[dict[str, Any]] = []
        self.content = '{"title":"Alien","year":1979}'
        self.delay_s = 0.0
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self.reply(200, {"data": [{"id": "m", "max_model_len": 1234}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        if self.server.faults:
            self.server.faults.pop(0)(self)
            return
        time.sleep(self.server.delay_s)
        usage = {"prompt_tokens": 5, "completion_tokens": 3}
        if body.get("stream"):
            self.begin_stream()
            for piece in self.server.content.split(" "):
                self.event({"choices": [{"delta": {"content": piece + " "}}]})
            self.event({"choices": [], "usage": usage})
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True
            return
        choice: dict[str, Any] = {"message": {"content": self.server.content}, "finish_reason": "stop"}
        if body.get("logprobs"):
            top = [{"token": "B", "logprob": -0.1}, {"token": "A", "logprob": -2.0}, {"token": "x", "logprob": -3.0}]
            choice["logprobs"] = {"content": [{"top_logprobs": top}]}
        self.reply(200, {"choices": [choice], "usage": usage})

    def begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()

    def event(self, value: Any) -> None:
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()

    def reply(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def status(code: int) -> Callable[[Handler], None]:
    return lambda handler: handler.reply(code, {"error": {"message": f"fault {code}"}})


def hang(handler: Handler) -> None:
    handler.server.over.wait()


def reset(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def break_off(handler: Handler) -> None:
    handler.begin_stream()
    handler.event({"choices": [{"delta": {"content": "half"}}]})
    handler.wfile.write(b'data: {"error": {"message": "out of memory"}}\n\n')
    handler.close_connection = True


def drip(handler: Handler) -> None:
    handler.begin_stream()
    with suppress(OSError):  # the client hangs up
        while not handler.server.over.wait(0.05):
            handler.event({"choices": [{"delta": {"content": "x"}}]})


@pytest.fixture
def server(real_models: None) -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield running
        running.over.set()
        running.shutdown()


def chat(server: Server, **options: Any) -> EndpointChat:
    return EndpointChat(name_on_server="m", base_url=server.url, model_id="openai:m", **options)


@pytest.mark.net
class TestFaults:
    def test_text_streams_and_is_counted(self, server: Server) -> None:
        server.content = "a quiet film"
        model = chat(server)

        assert list(model.stream_text(ASK)) == ["a ", "quiet ", "film "]
        assert (model.usage().tokens_in, model.usage().tokens_out) == (5, 3)

    def test_transient_faults_are_tried_again_and_shown_once(self, server: Server) -> None:
        server.content = "fine"
        server.faults = [status(429), status(503), reset]

        assert "".join(chat(server).stream_text(ASK)) == "fine "
        assert len(server.asked) == 4

    def test_a_plain_refusal_is_told_at_once(self, server: Server) -> None:
        server.faults = [status(401)]

        with pytest.raises(ModelError, match=r"401.*OPENAI_API_KEY"):
            list(chat(server).stream_text(ASK))
        assert len(server.asked) == 1

    @pytest.mark.parametrize("fault", [hang, drip])
    def test_a_slow_server_costs_no_more_than_the_time_given(self, server: Server, fault: Any) -> None:
        server.faults = [fault]

        with pytest.raises(ModelTimeout):  # the server would go on for ever
            list(chat(server).stream_text(ASK, timeout_s=0.5))

    def test_a_stream_that_breaks_off_is_an_error_and_not_repeated(self, server: Server) -> None:
        server.faults = [break_off]
        shown = []

        with pytest.raises(ModelError, match="out of memory"):
            shown.extend(chat(server).stream_text(ASK))
        assert len(server.asked) == 1

    def test_the_breaker_opens_after_five_failures_and_lets_one_try_later(self, server: Server) -> None:
        model = chat(server, max_retries=0)
        now = [0.0]
        model._breaker = Breaker(after=5, cool_down_s=10, clock=lambda: now[0])
        server.faults = [status(500)] * 5
        for _ in range(5):
            with pytest.raises(ModelError, match="500"):
                list(model.stream_text(ASK))

        with pytest.raises(ModelError, match="failed 5 times in a row"):
            list(model.stream_text(ASK))
        assert len(server.asked) == 5
        now[0] = 11.0
        assert "".join(model.stream_text(ASK))

    def test_json_is_asked_in_ever_plainer_ways_and_always_validated(self, server: Server) -> None:
        server.faults = [status(400), status(400)]
        model = chat(server)

        assert model.generate(ASK, Film) == Film(title="Alien", year=1979)
        kinds = [asked.get("response_format", {}).get("type") for asked in server.asked]
        assert kinds == ["json_schema", "json_object", None]
        assert "JSON schema" in server.asked[2]["messages"][0]["content"]
        model.generate(ASK, Film)
        assert "response_format" not in server.asked[3]

    def test_nonsense_instead_of_json_is_a_model_error(self, server: Server) -> None:
        server.content = "I would rather not."

        with pytest.raises(ModelError, match="no valid Film"):
            chat(server).generate(ASK, Film)

    def test_letters_are_scored_by_the_first_token(self, server: Server) -> None:
        scores = chat(server).score(ASK, ["A", "B", "C"])

        assert scores == [-2.0, -0.1, -4.0]

    def test_no_more_calls_are_in_flight_than_allowed(self, server: Server) -> None:
        server.delay_s = 0.05
        model = chat(server, max_in_flight=3)
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(lambda _: model.invoke(ASK), range(24)))

        assert model.slots.peak == 3

    def test_checking_takes_the_context_size_and_knows_the_models(self, server: Server) -> None:
        assert load_model(f"openai:m@{server.url}").context_size == 1234
        with pytest.raises(ModelError, match="does not serve 'other'; it has m"):
            load_model(f"openai:other@{server.url}")

    def test_nobody_at_home_is_one_line(self, real_models: None) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(ModelError, match="cannot reach"):
            load_model(f"openai:m@http://127.0.0.1:{port}/v1")


def test_retry_after_is_honoured_within_the_deadline() -> None:
    tries: list[float] = []

    def attempt() -> str:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise HttpFailure("busy", 429, retry_after_s=0.1)
        return "ok"

    assert with_retries(attempt, retries=2, deadline=time.monotonic() + 600) == "ok"
    assert tries[1] - tries[0] >= 0.1


def test_waiting_for_a_slot_ends_at_the_deadline() -> None:
    slots = Slots(1)
    slots.acquire(time.monotonic() + 600)

    with pytest.raises(ModelTimeout):
        slots.acquire(time.monotonic() + 0.05)


@pytest.mark.net
@pytest.mark.llm
@pytest.mark.full
def test_llama_cpp_pythons_own_server_serves_text_json_and_scores(real_models: None) -> None:
    pytest.importorskip("starlette_context", reason="needs llama-cpp-python[server]")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(embedded_path()), "--port", str(port)]
    command += ["--n_ctx", "1024", "--n_threads", "1", "--model_alias", "smol", "--logits_all", "true"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            model = _when_ready(f"openai:smol@http://127.0.0.1:{port}/v1", process)
            assert "".join(model.stream_text(ASK, max_tokens=8))
            assert model.usage().tokens_out > 0
            assert isinstance(model.generate(ASK, Film, max_tokens=60), Film)
            with pytest.raises(ModelError, match="use letters"):  # its echoed log-probabilities are off by one
                model.score("The capital of France is", [" Paris", " London"])
        finally:
            process.terminate()


def _when_ready(spec: str, process: subprocess.Popen[bytes]) -> Any:
    deadline = time.monotonic() + 240
    while True:
        try:
            return load_model(spec)
        except ModelError:
            assert process.poll() is None, "the server ended"
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
