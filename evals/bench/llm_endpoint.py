"""A slow server kept busy: the endpoint scheduler against a thread pool of thirty (tau2-bench's way)."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from langchain_core.messages import HumanMessage

from parley.agent.llm.endpoint import EndpointChat
from parley.evals.bench.llm_common import BenchResult


class SlowServer:
    """An OpenAI-compatible server on loopback that answers everything after a fixed time.

    Counts how many requests it had in hand, integrated over time: the truth about how full the slots were.
    """

    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.port = 0
        self.busy = self.served = 0
        self.slot_seconds = 0.0
        self._since = time.monotonic()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> SlowServer:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._handle, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def _change(self, by: int) -> None:
        now = time.monotonic()
        self.slot_seconds += self.busy * (now - self._since)
        self._since = now
        self.busy += by

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                size = next(
                    (
                        int(line.split(b":")[1])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length")
                    ),
                    0,
                )
                await reader.readexactly(size)
                self._change(+1)
                await asyncio.sleep(self.latency_s)
                self._change(-1)
                self.served += 1
                writer.write(_answer())
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()


def endpoint_efficiency(*, dialogues: int = 500, turns: int = 5, latency_s: float = 0.4) -> BenchResult:
    """Share of 64 slots kept full while 500 dialogues of five calls run."""
    ours = _run(dialogues, turns, latency_s, workers=64 * 2, in_flight=64)
    peer = _run(dialogues, turns, latency_s, workers=30, in_flight=64)
    return BenchResult(
        name="endpoint_efficiency",
        ours=100 * ours["share"],
        peer=100 * peer["share"],
        unit="% of 64 slots busy",
        ratio=ours["share"] / peer["share"],
        aim="98 %",
        guard=f"{dialogues * turns} calls, answered {ours['served']:.0f}; never over 64: peak {ours['peak']:.0f}",
        guard_ok=ours["served"] == dialogues * turns and ours["peak"] <= 64,
        note=f"loopback server, {latency_s * 1000:.0f} ms an answer; peer: 30 threads",
        details={
            "seconds": round(ours["seconds"], 2),
            "seconds of the peer": round(peer["seconds"], 2),
            "tokens per dialogue": round(ours["tokens"] / dialogues, 1),
        },
    )


def _run(dialogues: int, turns: int, latency_s: float, *, workers: int, in_flight: int) -> dict[str, float]:
    with SlowServer(latency_s) as server:
        chat = EndpointChat(
            name_on_server="m", base_url=server.url, model_id="openai:m", max_in_flight=in_flight, context_size=4096
        )

        def talk(number: int) -> None:
            for turn in range(turns):
                chat.invoke([HumanMessage(f"Dialogue {number}, turn {turn}: a film, please.")], max_tokens=16)

        began = time.monotonic()
        with ThreadPoolExecutor(workers) as pool:
            pending = [pool.submit(talk, number) for number in range(dialogues)]
            _wait_until_half_empty(pending, workers)
            steady, served = time.monotonic() - began, server.slot_seconds
            for future in pending:
                future.result()
        seconds = time.monotonic() - began
        found = {
            "share": served / (64 * steady),
            "served": float(server.served),
            "seconds": seconds,
            "peak": float(chat.slots.peak),
            "tokens": float(chat.usage().tokens_in + chat.usage().tokens_out),
        }
        chat.close()
    return found


def _wait_until_half_empty(pending: list[Any], workers: int) -> None:
    """Until fewer dialogues are left than would keep every worker busy: the tail measures nothing."""
    while sum(not f.done() for f in pending) > workers:
        time.sleep(0.02)


def _answer() -> bytes:
    whole = {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "A quiet film."}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 24, "completion_tokens": 7},
    }
    body = json.dumps(whole).encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )
