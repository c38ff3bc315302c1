"""Faults done to a whole agent on purpose: killed, crowded, stopped, and given models that are sick.

Each function does one kind of harm and returns what was found, so that the tests run a few cases and
`parley bench faults` runs them all. The cases are T1, T3, T11 and T13 to T16 of our list of faults.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict, PrivateAttr

from parley.agent.api import Agent
from parley.agent.ledger import Ledger
from parley.agent.llm.breaker import Breaker
from parley.agent.llm.chat import Call, TextChat
from parley.agent.llm.metering import MeteredModel
from parley.agent.llm.scripted import ScriptedModel
from parley.agent.messages import Turn, Understanding
from parley.agent.planning import PlanningTools, PlanRequest, validate_plan
from parley.agent.reply import Replier
from parley.agent.state import TurnBudget
from parley.tools.toolbox import Toolbox

SLOW_ANSWER = (
    '{"thought": "look further", "done": false, "tool": "popular", "query": "", "steps": [{"tool": "popular"}]}'
)


class SickModel(TextChat):
    """A model with one fault.

    Faults: `hang` (never answers, whatever time it was given), `trickle` (a word, then silence), `reset`
    (the connection breaks in the middle), `raise`, `refuse` (a server's 429), `endless` (never stops),
    `slow` (a word every `pause_s`; the answer is a valid action that wants another tool).
    """

    model_id: str = "sick"
    fault: str = "hang"
    pause_s: float = 0.01
    _cured: Any = PrivateAttr(default_factory=threading.Event)

    def cure(self) -> None:
        """Let every hanging call end."""
        self._cured.set()

    def _pieces(self, call: Call) -> Iterator[str]:
        call.tokens_in = sum(self.count_tokens(m.text) for m in call.messages)
        match self.fault:
            case "hang":
                self._cured.wait()
            case "trickle":
                yield "Well"
                self._cured.wait()
            case "reset":
                yield from ('{"steps": [', '{"tool": "sea')
                raise ConnectionResetError(104, "Connection reset by peer")
            case "raise":
                raise RuntimeError("illegal memory access in the model's kernel")
            case "refuse":
                raise OSError("429 Too Many Requests")
            case "endless":
                while not self._cured.is_set():
                    call.tokens_out += 1
                    yield " more"
            case "slow":
                for word in SLOW_ANSWER.split(" "):
                    if self._cured.wait(self.pause_s):
                        return
                    call.tokens_out += 1
                    yield f"{word} "

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        for _ in self._pieces(Call([], 8)):
            pass
        return [0.0 for _ in options]

    def count_tokens(self, text: str) -> int:
        return len(text.split())


FAULTS = ("hang", "trickle", "reset", "raise", "refuse", "endless")


def with_model(agent: Agent, model: Any, *, planner: str, budget: TurnBudget | None = None) -> None:
    """Give an open agent a model that plans with `planner` and words the replies too."""
    services = agent.parts.services
    metered = MeteredModel(model, breaker=Breaker(after=5, cool_down_s=3600.0))
    changed = replace(
        services, model=metered, planner=planner, budget=budget or TurnBudget(),
        replier=Replier(services.catalog, model=metered, prose="model"),
    )  # fmt: skip
    agent.parts = replace(agent.parts, services=changed)


# Sick models (T11, T13, T14)


def spoil(seed: int) -> str:
    """One malformed output of a model; the seed picks the kind and the details."""
    rng = random.Random(seed)
    step = '{"tool": "search", "query": "ice"}'
    good = f'{{"thought": "a", "done": false, "tool": "search", "query": "ice", "steps": [{step}]}}'
    word = rng.choice(["ice", "é", "😀", "\u202e", "\ud800", "\x00", "'; DROP TABLE", "<|im_end|>", "{{", "\\"])
    kinds: list[Callable[[], str]] = [
        lambda: good[: rng.randrange(len(good))],
        lambda: f"```json\n{good[: rng.randrange(20, len(good))]}\n",
        lambda: '{"steps": [], "steps": [{"tool": "search", "tool": "popular", "query": 1}], "steps": "no"}',
        lambda: f'{{"steps": [{{"tool": {rng.randrange(9)}, "query": [{rng.random()}]}}], "done": "maybe"}}',
        lambda: f'{{"steps": [{{"tool": "delete_{rng.randrange(99)}", "query": "{word}"}}]}}',
        lambda: (
            f'{{"steps": [{{"tool": "similar", "item_ids": ["nowhere-{rng.randrange(99)}"]}}, {{"tool": "search"}}]}}'
        ),
        lambda: f'{{"steps": [{{"tool": "search", "query": "{word * rng.randrange(1, 60)}"}}]}}',
        lambda: f'{{"steps": [{{"tool": "search", "query": "{"x" * 1_000_000}"}}]}}',
        lambda: rng.choice(["", " ", "\n\n", "null", "[]", "{}", "0", '"text"', "NaN", "\ufeff{}"]),
        lambda: (word + " ") * rng.randrange(100, 3000),
        lambda: "[" * rng.randrange(1, 5000),
        lambda: f"Sure! I would watch Nonexistent Film {rng.randrange(99)} ({rng.randrange(1900, 2100)}). {word}",
    ]
    return kinds[seed % len(kinds)]()


@dataclass
class Spoiled:
    """What became of malformed outputs."""

    outputs: int = 0
    plans: int = 0
    valid: int = 0
    replies: int = 0
    good_replies: int = 0
    most_calls: int = 0
    """The most model calls any one plan made."""


def feed_malformed(agent: Agent, outputs: int, *, seed: int = 0) -> Spoiled:
    """Every strategy plans, and the reply is worded, with a model whose every answer is the same malformed text."""
    found = Spoiled(outputs=outputs)
    services = agent.parts.services
    toolbox = Toolbox()
    for number in range(outputs):
        text = spoil(seed + number)
        user = f"m{number}"
        for name, strategy in services.strategies.items():
            script = ScriptedModel([text], repeat_last=True)
            context = agent.context(user=user)
            tools = PlanningTools(
                services.catalog, toolbox, context.workbench({"ledger": Ledger()}), MeteredModel(script)
            )
            request = PlanRequest(message="something scary", ledger=Ledger(), understanding=Understanding())
            plan = strategy.plan(request, tools)
            found.plans += 1
            found.valid += bool(validate_plan(plan, toolbox)) and plan.strategy == name
            found.most_calls = max(found.most_calls, len(script.calls))
        with_model(agent, ScriptedModel([text], repeat_last=True), planner="direct")
        turn = agent.chat("surprise me", user=user)
        found.replies += 1
        found.good_replies += is_useful(turn)
    return found


def is_useful(turn: Turn) -> bool:
    """A slate, and words that name what is on it."""
    return bool(turn.slate) and all(item.title in turn.reply for item in turn.slate)


@dataclass
class Sickness:
    """Turns under one fault of the model."""

    fault: str
    turns: int = 0
    useful: int = 0
    slowest_s: float = 0.0
    most_calls: int = 0
    most_tokens: int = 0
    most_tools: int = 0
    doubled: int = 0
    """Replies that say a line twice."""


def suffer(agent: Agent, fault: str, *, turns: int, planner: str, budget: TurnBudget) -> Sickness:
    """Turns whose model has a fault; each must end in a useful answer in its time."""
    found = Sickness(fault)
    model = SickModel(fault=fault)
    with_model(agent, model, planner=planner, budget=budget)
    try:
        for number in range(turns):
            started = time.perf_counter()
            turn = agent.chat("surprise me", user=f"{fault}-{planner}-{number}")
            found.slowest_s = max(found.slowest_s, time.perf_counter() - started)
            lines = [line for line in turn.reply.splitlines() if line.strip()]
            found.turns += 1
            found.useful += is_useful(turn)
            found.doubled += len(lines) != len(set(lines))
            found.most_calls = max(found.most_calls, turn.model_calls)
            found.most_tokens = max(found.most_tokens, sum(turn.tokens.values()))
            found.most_tools = max(found.most_tools, len(turn.plan))
    finally:
        model.cure()
    return found


# One session under stress (T3, T15, T16)


@dataclass
class Crowd:
    """What became of messages sent to one session at once."""

    sent: int
    kept: int
    in_order: bool
    """Turn numbers without gaps, and each sender's messages in the order sent."""


def crowd(agent: Agent, *, threads: int, messages: int, user: str = "crowd") -> Crowd:
    """`threads` senders share `messages` messages to one session."""
    share = messages // threads

    def send(sender: int) -> None:
        for number in range(share):
            agent.chat(f"a film from after {1900 + number}, said sender {sender}", user=user, session="one")

    senders = [threading.Thread(target=send, args=(sender,)) for sender in range(threads)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    history = agent.history(user=user, session="one")
    said = [turn.user_message for turn in history]
    ordered = [turn.turn for turn in history] == list(range(1, len(history) + 1))
    for sender in range(threads):
        mine = [text for text in said if text.endswith(f"sender {sender}")]
        ordered = ordered and mine == sorted(mine)
    return Crowd(sent=share * threads, kept=len(set(said)) if len(set(said)) == len(said) else -1, in_order=ordered)


@dataclass
class Stops:
    """Turns stopped at random moments."""

    times: int = 0
    slowest_s: float = 0.0
    """From Stop to the end of the turn."""
    kept: int = 0
    next_turns_ok: int = 0


def stop_at_random(agent: Agent, *, times: int, seed: int = 0, user: str = "stopper") -> Stops:
    """Press Stop at a random moment of a slow turn, then take another turn."""
    rng, found = random.Random(seed), Stops()
    slow = SickModel(fault="slow", pause_s=0.01)
    with_model(agent, slow, planner="react")
    started = time.perf_counter()
    agent.chat("surprise me", user=user)
    length = time.perf_counter() - started
    for number in range(times):
        with_model(agent, slow, planner="react")
        turns: list[Turn] = []
        worker = threading.Thread(target=lambda kept=turns: kept.append(agent.chat("surprise me", user=user)))
        worker.start()
        time.sleep(rng.uniform(0.0, length))
        while not agent.stop(user=user) and worker.is_alive():
            time.sleep(0.001)  # the turn has not begun: nothing to stop yet
        pressed = time.perf_counter()
        worker.join()
        found.slowest_s = max(found.slowest_s, time.perf_counter() - pressed)
        found.times += 1
        with_model(agent, ScriptedModel([]), planner="direct")
        found.next_turns_ok += is_useful(agent.chat("surprise me", user=user))
        found.kept = len(agent.history(user=user))
        if number % 10 == 9:
            agent.forget_session(user=user, session="main")
            found.kept = 0
    return found


ODD = (
    "😀🎬",
    "\u202eesrever",
    "a\x00b",
    "z\u200bw",
    "שלום",
    "مرحبا",
    "Ω" * 40,
    "<|im_start|>system",
    "{{x}}",
    "' OR 1=1",
)
SAID = (
    "something like {title}", "not {title}, I have seen it", "older than {year}", "after {year} please", "the third",
    "why the first one?", "shorter", "with {person}", "no horror", "compare the first two", "show me more", "yes",
    "actually no, forget that", "who directed the second one?", "just for tonight something silly", "{odd}",
    "I don't care about the year",
)  # fmt: skip


@dataclass
class Histories:
    """Random conversations, and the longest prompt a model was given in them."""

    histories: int = 0
    turns: int = 0
    empty_replies: int = 0
    longest_prompt_bytes: int = 0


def talk_at_random(agent: Agent, *, histories: int, length: int = 6, seed: int = 0, planner: str = "tot") -> Histories:
    """Random conversations in which a model plans and words replies; it notes the longest prompt."""
    rng, found = random.Random(seed), Histories()

    def note(messages: list[BaseMessage]) -> str:
        found.longest_prompt_bytes = max(found.longest_prompt_bytes, sum(len(m.text.encode()) for m in messages))
        return '{"steps": [{"tool": "search", "query": "' + rng.choice(ODD)[:60].replace("\x00", "") + '"}]}'

    with_model(agent, ScriptedModel(note), planner=planner)
    for number in range(histories):
        user = f"random-{seed}-{number}"
        agent.begin_session(user=user, session="main", incognito=True)
        for _ in range(rng.randint(1, length)):
            reply = agent.chat(random_message(agent, rng), user=user).reply
            found.turns += 1
            found.empty_replies += not reply.strip()
        found.histories += 1
    return found


def random_message(agent: Agent, rng: random.Random) -> str:
    """One to three things people say, or garbage, about the catalogue at hand."""
    items = agent.catalog.items
    parts = []
    for _ in range(rng.randint(1, 3)):
        item = rng.choice(items)
        people = [name for names in item.people.values() for name in names] or ["nobody"]
        said = rng.choice(SAID)
        parts.append(said.format(title=item.title, year=item.year, person=rng.choice(people), odd=rng.choice(ODD)))
    return ", ".join(parts)


class Figures(BaseModel):
    """One row of the table: what was done, how often, and what came of it."""

    model_config = ConfigDict(frozen=True)

    fault: str
    cases: int
    passed: int
    worst: str
    limit: str
