"""One person waiting: first token of a staged turn, prompt speed, ranking a list."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

import numpy as np
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from parley.agent.llm.engine.formats import LEAST_AGREEMENT, MOST_KL, PASSAGES, compare, probe
from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import embedded_path
from parley.evals.bench.llm_common import (
    ROLES,
    TITLES,
    BenchResult,
    as_openai,
    cpu,
    median_ms,
    open_peer,
    utterances,
)

REPLY_TOKENS = 24

LETTERS = "ABCDEFGHIJKLMNOPQRST"


def ttft_staged_turn(chat: LlamaCppChat, *, turns: int = 10, seed: int = 0) -> BenchResult:
    """CPU time to the reply's first token, from turn 2 on, while three roles take turns at the model."""
    peer = open_peer()
    said = utterances(turns, seed)
    history: list[BaseMessage] = []
    ours, theirs, whole, answer = [], [], 0, ""
    chat._runner.engine.clear()
    for number, text in enumerate(said):
        for role in ("understand", "user", "reply"):
            messages = [SystemMessage(ROLES[role]), *history, HumanMessage(text)]
            spent, written = _first_piece(chat, messages)
            peer_spent = _first_peer_piece(peer, messages)
            if role == "reply":
                whole += bool(written)
                answer = written
                if number:
                    ours.append(spent)
                    theirs.append(peer_spent)
        history += [HumanMessage(text), AIMessage(answer)]
    peer.close()
    reply = [SystemMessage(ROLES["reply"]), *history, HumanMessage("Thanks, which one first?")]
    same = _same_continuation(chat, reply)
    return BenchResult(
        name="ttft_staged_turn",
        ours=median_ms(ours),
        peer=median_ms(theirs),
        unit="CPU-ms to first token",
        ratio=statistics.median(theirs) / statistics.median(ours),
        aim="15",
        guard=f"first token found in {whole} of {turns} turns; text with kept prefix = without: {same}",
        guard_ok=whole == turns and same,
        note="whole history in every prompt; peer: one-slot prompt cache, Q4_1",
    )


def prefill_format(chat: LlamaCppChat) -> BenchResult:
    """Prompt tokens a CPU second at 512 tokens, chosen format against the shipped one."""
    choice = chat._runner.choice
    text = (" ".join(PASSAGES)) * 4
    speeds: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(3):
        for name, path in (("ours", choice.path), ("peer", str(embedded_path()))):
            speeds[name].append(_prompt_speed(path, text, choice.threads))
    reference, _ = probe(embedded_path(), choice.threads)
    chosen, _ = probe(choice.path, choice.threads)
    kl, agreement = compare(reference, chosen)
    ours, peer = max(speeds["ours"]), max(speeds["peer"])
    return BenchResult(
        name="prefill_format",
        ours=ours,
        peer=peer,
        unit="prompt tokens per CPU-s",
        ratio=ours / peer,
        aim="4",
        guard=f"KL {kl:.4f} <= {MOST_KL}, top-1 {agreement:.3f} >= {LEAST_AGREEMENT} ({len(reference)} tokens)",
        guard_ok=kl <= MOST_KL and agreement >= LEAST_AGREEMENT,
        note=f"{choice.format} against the shipped Q4_1: format choice, not code",
    )


def rank20_latency(chat: LlamaCppChat, *, lists: int = 12, seed: int = 2) -> BenchResult:
    """CPU time to order 20 candidates: letters scored in one pass against a permutation written out."""
    peer = open_peer()
    reference = LlamaCppChat(path=chat._runner.choice.path, model_id="reference", context_size=2048).open()
    draw = random.Random(seed)
    ours, theirs, order = [], [], []
    told = 0
    for number in range(lists + 1):
        liked, shown = draw.sample(TITLES, 10), draw.sample(TITLES, 20)
        prompt = _ranking_prompt(liked, shown)
        options = [f" {letter}" for letter in LETTERS]
        spent, scores = cpu(lambda p=prompt, o=options: chat.score(p, o))  # type: ignore[misc]
        peer_spent, answer = cpu(lambda a=liked, b=shown: _permutation(peer, a, b))  # type: ignore[misc]
        if number == 0:
            continue
        ours.append(spent)
        theirs.append(peer_spent)
        told += len(set(answer) & set(LETTERS))
        order.append(_rank_correlation(scores, reference.score(prompt, options)))
    peer.close()
    reference.close()
    worst = min(order)
    return BenchResult(
        name="rank20_latency",
        ours=median_ms(ours),
        peer=median_ms(theirs),
        unit="CPU-ms per list of 20",
        ratio=statistics.median(theirs) / statistics.median(ours),
        aim="8",
        guard=f"rank correlation with the plain runner's scores, worst list {worst:.3f} >= 0.98",
        guard_ok=worst >= 0.98,
        note="peer: permutation generation, shipped Q4_1",
        details={"letters the peer named, mean of 20": round(told / lists, 1)},
    )


# --- inside -------------------------------------------------------------------------------


def _first_piece(chat: LlamaCppChat, messages: list[BaseMessage]) -> tuple[float, str]:
    """CPU seconds to the first piece, and the whole answer."""
    began = time.process_time()
    stream = chat.stream_text(messages, max_tokens=REPLY_TOKENS)
    first = next(stream, "")
    spent = time.process_time() - began
    return spent, first + "".join(stream)


def _first_peer_piece(peer: Any, messages: list[BaseMessage]) -> float:
    began, spent = time.process_time(), 0.0
    for event in peer.create_chat_completion(
        as_openai(messages), max_tokens=REPLY_TOKENS, temperature=0.0, stream=True
    ):
        if not spent and event["choices"][0]["delta"].get("content"):
            spent = time.process_time() - began
    return spent


def _same_continuation(chat: LlamaCppChat, messages: list[BaseMessage]) -> bool:
    kept = "".join(chat.stream_text(messages, max_tokens=16))
    chat._runner.engine.clear()
    fresh = "".join(chat.stream_text(messages, max_tokens=16))
    return kept == fresh


def _prompt_speed(path: str, text: str, threads: int) -> float:
    from parley.agent.llm.engine.native import ContextSize, NativeContext, Weights

    weights = Weights(path)
    context = NativeContext(weights, ContextSize(cells=1024, sequences=2, batch=512), threads)
    tokens = weights.vocabulary.tokenize(text)[:512]
    wanted = [False] * (len(tokens) - 1) + [True]
    context.decode(tokens[:8], range(8), [0] * 8, wanted[-8:])
    context.clear()
    spent, _ = cpu(lambda: context.decode(tokens, range(len(tokens)), [0] * len(tokens), wanted))
    context.close()
    weights.close()
    return len(tokens) / spent


def _ranking_prompt(liked: list[str], shown: list[str]) -> list[BaseMessage]:
    lines = "\n".join(f"{letter}. {title}" for letter, title in zip(LETTERS, shown, strict=True))
    return [
        SystemMessage("You rank films for a person by what the person liked."),
        HumanMessage(f"Liked: {', '.join(liked)}.\nFilms:\n{lines}\nWhich film fits best? Answer with its letter."),
    ]


def _permutation(peer: Any, liked: list[str], shown: list[str]) -> list[str]:
    """RankGPT's way (Sun et al., EMNLP 2023): the model writes the whole order."""
    lines = "\n".join(f"[{letter}] {title}" for letter, title in zip(LETTERS, shown, strict=True))
    messages = [
        {"role": "system", "content": "You rank films for a person by what the person liked."},
        {
            "role": "user",
            "content": f"Liked: {', '.join(liked)}.\nFilms:\n{lines}\nRank all {len(shown)} films, best first. "
            "Answer only with letters, in the form [A] > [B] > [C].",
        },
    ]
    answer = peer.create_chat_completion(messages, max_tokens=80, temperature=0.0)
    return [c for c in answer["choices"][0]["message"]["content"] if c in LETTERS]


def _rank_correlation(left: list[float], right: list[float]) -> float:
    """Spearman's rho."""
    a, b = np.argsort(np.argsort(left)), np.argsort(np.argsort(right))
    return float(np.corrcoef(a, b)[0, 1])
