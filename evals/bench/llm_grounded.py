"""Replies that can only name films on the list: titles under a grammar, words between them free of others."""

from __future__ import annotations

import random
import re

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, Field, create_model

from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.owner import conversation
from parley.evals.bench.llm_common import ROLES, TITLES, BenchResult, cpu, utterances

WORDS = r"^[a-z][a-z ,']{8,70}$"
"""Plain small words: nothing in them can be a title."""


def grounded_schema(shown: list[str]) -> type[BaseModel]:
    """A pick from the list with a reason in small words."""
    title = Field(json_schema_extra={"enum": [*shown]})
    return create_model("Pick", title=(str, title), because=(str, Field(pattern=WORDS)))


def grounded_reply(chat: LlamaCppChat, *, replies: int = 200, seed: int = 3) -> BenchResult:
    """Share of replies that name only listed films, and what that costs a token, against free generation."""
    draw = random.Random(seed)
    good = free_good = 0
    ours = theirs = 0.0
    tokens = free_tokens = 0
    said = utterances(replies, seed)
    _grounded(chat, said[0], list(TITLES[:4]))
    _free(chat, said[0], list(TITLES[:4]))
    for number, text in enumerate(said):
        shown = draw.sample(TITLES, 4)
        with conversation(f"grounded {number}"):  # so that neither finds the prompt computed by the other
            spent, (reply, written) = cpu(lambda t=text, s=shown: _grounded(chat, t, s))  # type: ignore[misc]
        with conversation(f"free {number}"):
            free_spent, (free, free_written) = cpu(lambda t=text, s=shown: _free(chat, t, s))  # type: ignore[misc]
        ours, theirs = ours + spent, theirs + free_spent
        tokens, free_tokens = tokens + written, free_tokens + free_written
        good += names_only(reply, shown)
        free_good += names_only(free, shown)
    per, free_per = ours / max(1, tokens), theirs / max(1, free_tokens)
    overhead, per_reply = per / max(1e-9, free_per) - 1, ours / theirs - 1
    return BenchResult(
        name="grounded_reply",
        ours=100 * good / replies,
        peer=100 * free_good / replies,
        unit="% naming listed films only",
        ratio=good / max(1, free_good),
        aim="100 %, 5 % overhead",
        guard=f"CPU time per token {100 * overhead:+.1f} % <= 5 % (per reply {100 * per_reply:+.0f} %: other words, "
        f"{tokens / max(1, free_tokens):.2f} times as many)",
        guard_ok=overhead <= 0.05 and good == replies,
        note="peer: free generation by the same engine",
        details={
            "CPU-ms per token": round(per * 1000, 2),
            "CPU-ms per token, free": round(free_per * 1000, 2),
            "tokens per reply": round(tokens / replies, 1),
            "tokens per reply, free": round(free_tokens / replies, 1),
        },
    )


def names_only(reply: str, shown: list[str]) -> bool:
    """A listed title is named, and no other run of two or more capitalised words, nor anything in quotes."""
    if not any(title.lower() in reply.lower() for title in shown):
        return False
    rest = reply
    for title in sorted(shown, key=len, reverse=True):
        rest = re.sub(re.escape(title), " ", rest, flags=re.IGNORECASE)
    named = re.findall(r"(?:[A-Z][\w']+)(?: (?:of|the|at|and|to|a|[A-Z][\w']+))* [A-Z][\w']+", rest)
    quoted = re.findall(r"[\"“']([A-Z][^\"”']{2,60})[\"”']", rest)
    return not named and not quoted


def _prompt(text: str, shown: list[str]) -> list[BaseMessage]:
    return [SystemMessage(ROLES["reply"]), HumanMessage(f"Message: {text}\nFilms: {'; '.join(shown)}.")]


def _grounded(chat: LlamaCppChat, text: str, shown: list[str]) -> tuple[str, int]:
    before = chat.usage().tokens_out
    pick = chat.generate(_prompt(text, shown), grounded_schema(shown), max_tokens=48)
    told = pick.model_dump()
    return f"{told['title']}: {told['because']}.", chat.usage().tokens_out - before


def _free(chat: LlamaCppChat, text: str, shown: list[str]) -> tuple[str, int]:
    before = chat.usage().tokens_out
    reply = "".join(chat.stream_text(_prompt(text, shown), max_tokens=48))
    return reply, chat.usage().tokens_out - before
