"""JSON: what a parse costs against llama.cpp's grammar sampler, and whether each token is the one it would choose."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import ValidationError

from parley.agent.llm.chat import Call
from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.repair import parse_json
from parley.agent.llm.runner import Request
from parley.agent.llm.schemas import bounded, compact_grammar
from parley.evals.bench.llm_common import BenchResult, Intent, as_openai, cpu, open_peer, stage, utterances

MOST_TOKENS = 96

REFERENCE_UTTERANCES = 40
"""Of the utterances, those whose documents are followed by llama.cpp's grammar over the same weights (not timed)."""

ENOUGH = 400
"""Tokens in which every followed document ends by itself: a budget that closes it would choose otherwise."""

SAME, CLOSE = 0.95, 0.5
"""Least share of tokens that must be llama.cpp's own choice after the same text, and the most nats another one may lie
behind it. With plain attention in place of fused, llama.cpp's own documents keep .982, 0.38 nats at worst."""


class Unbounded(Intent):
    """The intent without bounds of numbers, of which llama.cpp's grammar knows nothing."""

    year: int | None


@dataclass
class Followed:
    """Documents token by token beside what llama.cpp's grammar would have chosen after the same text."""

    tokens: int = 0
    same: int = 0
    forbidden: int = 0
    """Tokens its grammar does not allow."""
    gaps: list[float] = field(default_factory=list)
    """By how many nats the other tokens lie behind its choice."""

    @property
    def share(self) -> float:
        return self.same / max(1, self.tokens)

    @property
    def holds(self) -> bool:
        return self.forbidden == 0 and self.share >= SAME and max(self.gaps, default=0.0) <= CLOSE


def intent_json(chat: LlamaCppChat, *, count: int = 200, seed: int = 1) -> BenchResult:
    """CPU time per valid parse of an intent, against llama.cpp's grammar sampler on the shipped file."""
    peer = open_peer()
    reference = LlamaCppChat(path=chat._runner.choice.path, model_id="reference", context_size=2048).open()
    kind = {"type": "json_object", "schema": bounded(Intent.model_json_schema())}
    ours, theirs, valid, peer_valid = 0.0, 0.0, 0, 0
    followed = Followed()
    chat.generate(stage("understand", "Hello"), Intent, max_tokens=MOST_TOKENS)
    for number, text in enumerate(utterances(count, seed)):
        messages = stage("understand", text)
        spent, found = cpu(lambda m=messages: chat.generate(m, Intent, max_tokens=MOST_TOKENS))  # type: ignore[misc]
        peer_spent, answer = cpu(
            lambda m=messages: peer.create_chat_completion(  # type: ignore[misc]
                as_openai(m), response_format=kind, max_tokens=MOST_TOKENS, temperature=0.0
            )
        )
        ours += spent
        theirs += peer_spent
        valid += isinstance(found, Intent)
        with contextlib.suppress(ValidationError):
            Intent.model_validate(parse_json(answer["choices"][0]["message"]["content"]))
            peer_valid += 1
        if number < REFERENCE_UTTERANCES:
            follow(chat, reference, messages, followed)
    peer.close()
    reference.close()
    per, peer_per = ours / max(1, valid), theirs / max(1, peer_valid)
    return BenchResult(
        name="intent_json",
        ours=per * 1000,
        peer=peer_per * 1000,
        unit="CPU-ms per valid parse",
        ratio=peer_per / per,
        aim="5",
        guard=f"valid {valid}/{count} (peer {peer_valid}/{count}); tokens that llama.cpp's grammar chooses after the "
        f"same text {followed.share:.3f} >= {SAME}, the others at most {max(followed.gaps, default=0.0):.2f} <= "
        f"{CLOSE} nats behind, forbidden {followed.forbidden}",
        guard_ok=valid == count and followed.holds,
        note="peer: response_format with schema, shipped Q4_1",
        details={"tokens followed": followed.tokens, "utterances": count},
    )


def follow(chat: LlamaCppChat, reference: LlamaCppChat, messages: Sequence[BaseMessage], told: Followed) -> None:
    """Write a document, and set each of its tokens beside the choice of llama.cpp's own grammar and plain runner.

    Whole documents say less: after one near tie decided by rounding, two greedy texts part for good.
    """
    schema = Unbounded.model_json_schema()
    request = chat._request(Call(messages, ENOUGH, json_schema=schema))
    written = list(chat._runner.run(request))
    for chosen, best, gap in _beside(reference, request.tokens, written, schema):
        told.tokens += 1
        told.same += chosen == best
        if gap == float("inf"):
            told.forbidden += 1
        elif chosen != best:
            told.gaps.append(gap)


def _beside(
    reference: LlamaCppChat, prompt: Sequence[int], written: Sequence[int], schema: Any
) -> list[tuple[int, int, float]]:
    """(token, llama.cpp's choice in its place, nats between the two) of each written token."""
    import llama_cpp
    from llama_cpp._internals import LlamaSampler, LlamaTokenDataArray

    runner = reference._runner
    llama = runner._llama
    sampler = LlamaSampler()
    sampler.add_grammar(llama._model, compact_grammar(schema))
    with runner._held(request := Request(list(prompt), 1)):
        runner._prefill(request, request.tokens)
        rows = runner._after(prompt[-1:], len(prompt) - 1) + runner._after(written[:-1], len(prompt))
    found = []
    shown = LlamaTokenDataArray(n_vocab=runner.vocabulary.size)
    for token, row in zip(written, rows, strict=True):
        shown.copy_logits(row.astype("float32"))
        llama_cpp.llama_sampler_apply(sampler.sampler, shown.candidates)
        logits = shown.candidates_data.logit[: shown.candidates.size]
        ids = shown.candidates_data.id[: shown.candidates.size]
        best = int(ids[logits.argmax()])
        mine = float(logits[ids == token].max(initial=float("-inf")))
        found.append((token, best, float(logits.max()) - mine))
        sampler.accept(token)
    return found
