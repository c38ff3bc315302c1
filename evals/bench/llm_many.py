"""Many conversations: dialogues per core-hour, identity with one at a time, no leak over ten thousand requests."""

from __future__ import annotations

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.owner import conversation
from parley.agent.llm.schemas import bounded
from parley.evals.bench.llm_common import (
    ROLES,
    TITLES,
    BenchResult,
    Intent,
    as_openai,
    cpu,
    open_peer,
    stage,
    utterances,
)

PAIRS = 5
"""Turn pairs of a dialogue: understand, reply, the simulated user."""
REPLY_TOKENS, USER_TOKENS, INTENT_TOKENS = 40, 24, 48


def sim_dialogues_per_core_hour(
    chat: LlamaCppChat, *, dialogues: int = 32, peer_dialogues: int = 3, checked: int = 8
) -> BenchResult:
    """Five-turn dialogues per core-hour, 16 at once, against a loop over llama-cpp-python's own object."""
    play(chat, 10_000)
    spent, transcripts = cpu(lambda: together(chat, range(dialogues)))
    alone = {seed: play(chat, seed) for seed in range(checked)}
    peer = open_peer()
    peer_spent, _ = cpu(lambda: [_peer_dialogue(peer, seed) for seed in range(peer_dialogues)] and None)
    peer.close()
    same, total, json_same, json_total = agreement(chat, alone, transcripts)
    ours, theirs = dialogues / spent * 3600, peer_dialogues / peer_spent * 3600
    share = same / max(1, total)
    return BenchResult(
        name="sim_dialogues_per_core_hour",
        ours=ours,
        peer=theirs,
        unit="dialogues per core-hour",
        ratio=ours / theirs,
        aim="10",
        guard=f"tokens as one at a time {share:.3f} >= 0.95; JSON equal {json_same}/{json_total}",
        guard_ok=share >= 0.95 and json_same == json_total,
        note="reproducible engine (F16), 16 at once; peer: one slot, GBNF, Q4_1",
        details={"dialogues": dialogues, "at once": 16},
    )


def engine_identity(chat: LlamaCppChat, *, conversations: int = 64) -> BenchResult:
    """At temperature 0, 64 conversations at once against the same one at a time; and nobody sees another's word."""
    canary = {seed: f"{random.Random(seed + 999).choice(TITLES)} {seed * 7919 + 13}" for seed in range(conversations)}
    crowd = together(chat, range(conversations), pairs=2, canary=canary, workers=64)
    chat._runner.engine.clear()
    alone = {seed: play(chat, seed, pairs=2, canary=canary) for seed in range(conversations)}
    same, total, json_same, json_total = agreement(chat, alone, crowd)
    numbers = {seed: text.rsplit(" ", 1)[1] for seed, text in canary.items()}
    leaks = sum(
        numbers[other] in "".join(t for _, t in crowd[seed])
        for seed in crowd
        for other in numbers
        if other != seed and len(numbers[other]) > 3
    )
    share = same / max(1, total)
    return BenchResult(
        name="engine_identity",
        ours=share,
        peer=1.0,
        unit="share of tokens equal",
        ratio=share,
        aim="0.95, every JSON, no leak",
        guard=f"JSON equal {json_same}/{json_total}; canaries seen by others {leaks}",
        guard_ok=leaks == 0 and share >= 0.95 and json_same == json_total,
        details={"conversations": conversations, "tokens": total},
    )


def engine_soak(chat: LlamaCppChat, *, requests: int = 10_000) -> BenchResult:
    """Ten thousand requests by 16 threads: memory, sequences, threads and open files stay flat."""
    draw = random.Random(7)
    texts = utterances(400, 5)

    def one(number: int) -> int:
        with conversation(f"user {number % 97}"):
            kind = number % 10
            messages = stage("understand", texts[number % len(texts)])
            if kind == 0:
                return len("".join(chat.stream_text(messages, max_tokens=4)))
            if kind == 1:
                stream = chat.stream_text(messages, max_tokens=200)
                next(stream, "")
                stream.close()  # type: ignore[attr-defined]
                return 1
            return len(chat.score(messages, ["A", "B"]))

    failures = 0
    with ThreadPoolExecutor(16) as pool:
        warm = list(pool.map(one, [draw.randrange(requests) for _ in range(500)]))
        before, first = _resources(chat), time.process_time()
        for number in range(0, requests, 500):
            failures += sum(not v for v in pool.map(one, range(number, number + 500)))
        spent = time.process_time() - first
    after = _resources(chat)
    grown = after["rss_mb"] - before["rss_mb"]
    flat = grown < 30 and after["files"] <= before["files"] and after["threads"] <= before["threads"] + 1
    whole = after["sequences"] == chat._runner.engine._context.size.sequences
    return BenchResult(
        name="engine_soak",
        ours=spent / requests * 1000,
        peer=spent / requests * 1000,
        unit="CPU-ms per request",
        ratio=1.0,
        aim="flat",
        guard=f"memory {grown:+.1f} MB, files {before['files']:.0f} to {after['files']:.0f}, threads "
        f"{before['threads']:.0f} to {after['threads']:.0f}, sequences accounted for {after['sequences']:.0f} of "
        f"{chat._runner.engine._context.size.sequences}; failures {failures}",
        guard_ok=flat and whole and failures == 0 and bool(warm),
        details={"requests": requests},
    )


# --- one dialogue -------------------------------------------------------------------------


def play(
    chat: LlamaCppChat, seed: int, *, pairs: int = PAIRS, canary: dict[int, str] | None = None
) -> list[tuple[str, str]]:
    """A dialogue of adviser and simulated user: (kind, text) in order; `kind` is json, reply or user."""
    said = utterances(1, seed)[0]
    if canary:
        said += f" My code word is {canary[seed]}."
    told: list[tuple[str, str]] = []
    with conversation(f"dialogue {seed}"):
        for turn in range(pairs):
            intent = chat.generate(stage("understand", said), Intent, max_tokens=INTENT_TOKENS)
            told.append(("json", intent.model_dump_json()))
            reply = "".join(chat.stream_text(_reply_prompt(seed, turn, said), max_tokens=REPLY_TOKENS))
            told.append(("reply", reply))
            said = "".join(chat.stream_text(_user_prompt(seed, reply), max_tokens=USER_TOKENS))
            told.append(("user", said))
    return told


def together(
    chat: LlamaCppChat,
    seeds: range,
    *,
    pairs: int = PAIRS,
    canary: dict[int, str] | None = None,
    workers: int = 16,
) -> dict[int, list[tuple[str, str]]]:
    """Dialogues side by side, one thread each."""
    with ThreadPoolExecutor(workers) as pool:
        return dict(zip(seeds, pool.map(lambda s: play(chat, s, pairs=pairs, canary=canary), seeds), strict=True))


def agreement(
    chat: LlamaCppChat, left: dict[int, list[tuple[str, str]]], right: dict[int, list[tuple[str, str]]]
) -> tuple[int, int, int, int]:
    """Equal tokens, tokens, equal JSON documents, JSON documents, by place in the transcript."""
    same = total = json_same = json_total = 0
    for seed, lines in left.items():
        for (kind, mine), (_, theirs) in zip(lines, right[seed], strict=True):
            a, b = chat.vocabulary.tokenize(mine), chat.vocabulary.tokenize(theirs)
            total += max(len(a), len(b))
            same += sum(x == y for x, y in zip(a, b, strict=False))
            if kind == "json":
                json_total += 1
                json_same += mine == theirs
    return same, total, json_same, json_total


def _reply_prompt(seed: int, turn: int, said: str) -> list[BaseMessage]:
    shown = random.Random(seed * 31 + turn).sample(TITLES, 8)
    return [SystemMessage(ROLES["reply"]), HumanMessage(f"Message: {said}\nFilms: {'; '.join(shown)}.")]


def _user_prompt(seed: int, reply: str) -> list[BaseMessage]:
    return [SystemMessage(ROLES["user"]), HumanMessage(reply or "What would you like?")]


def _peer_dialogue(peer: Any, seed: int) -> str:
    kind = {"type": "json_object", "schema": bounded(Intent.model_json_schema())}
    said = utterances(1, seed)[0]

    def ask(messages: list[BaseMessage], max_tokens: int, **more: Any) -> str:
        answer = peer.create_chat_completion(as_openai(messages), max_tokens=max_tokens, temperature=0.0, **more)
        return str(answer["choices"][0]["message"]["content"])

    for turn in range(PAIRS):
        ask(stage("understand", said), INTENT_TOKENS, response_format=kind)
        reply = ask(_reply_prompt(seed, turn, said), REPLY_TOKENS)
        said = ask(_user_prompt(seed, reply), USER_TOKENS)
    return said


def _resources(chat: LlamaCppChat) -> dict[str, float]:
    engine = chat._runner.engine
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:  # a job is told its end a moment before its sequence is put away
        if not engine.stats()["active"] and _sequences(engine) == engine._context.size.sequences:
            break
        time.sleep(0.05)
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    files = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    return {
        "rss_mb": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "files": float(files),
        "threads": float(threading.active_count()),
        "sequences": float(_sequences(engine)),
    }


def _sequences(engine: Any) -> int:
    """Sequences that are free or hold a kept prefix: all of them when nobody is at work."""
    return int(engine.stats()["spare_sequences"]) + sum(e.sequence is not None for e in engine._store._entries)
