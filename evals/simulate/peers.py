"""Agents that are not ours, by a spec: an OpenAI-compatible endpoint, a Python callable, a CRS behind HTTP.

| spec | what it is |
|---|---|
| `openai:NAME@URL` | a model behind an OpenAI-compatible server, told to recommend five titles |
| `python:package.module:function` | `function(said)` with (role, text) pairs, oldest first; returns text, or a mapping with `reply` and `slate` |
| `crs-http:URL` | POST {"context": [text, ...], "message": text} -> {"response": text}, as UserSimCRS calls iEvaLM's recommenders |
| `moviebot:URL` | POST {"entry": [{"messaging": [{"message": {"text"}, "sender": {"id"}}]}]} -> {"message": {"text"}}, as DialogueKit calls IAI MovieBot |

What they recommend is what their text names, unless a callable gives item ids.
"""  # noqa: E501

from __future__ import annotations

import importlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from parley.agent.api import Agent
from parley.evals.simulate.contestants import Contestant, TextContestant, model_alone
from parley.evals.simulate.records import AgentReply
from parley.evals.simulate.seam import SimulationError

FORMS = "openai:NAME@URL, python:package.module:function, crs-http:URL, moviebot:URL"
TIMEOUT_S = 60.0
Answer = Callable[[Sequence[tuple[str, str]]], Any]


class PeerError(RuntimeError):
    """A peer that does not answer as its form says; the message names its address and what came."""


def peer_name(spec: str) -> str:
    """How a table calls it.

    Raises:
        SimulationError: the spec is of no known form.
    """
    kind, _, rest = spec.partition(":")
    if kind not in ("openai", "python", "crs-http", "moviebot") or not rest:
        raise SimulationError(f"no agent {spec!r}; an agent that is not ours is one of: {FORMS}")
    return spec.partition("@")[0] if kind == "openai" else spec


def open_peer(spec: str, agent: Agent, *, size: int = 5) -> Contestant:
    """The contestant behind a spec.

    Args:
        agent: whose catalogue and linker find the titles in a peer's text.

    Raises:
        SimulationError: the spec is of no known form, or names no callable.
        ModelError: the endpoint cannot be used.
    """
    name = peer_name(spec)
    kind, _, rest = spec.partition(":")
    if kind == "openai":
        from parley.agent.llm.loading import load_model

        return model_alone(load_model(spec, seed=agent.parts.services.seed), agent, size=size, name=name)
    linker = agent.parts.services.linker

    def named(text: str) -> list[str]:
        return [title.item_id for title in linker.link_titles(text)]

    if kind == "moviebot":
        return MovieBotContestant(name, rest, named, size=size)
    answer = import_answer(rest) if kind == "python" else _over_http(rest)
    return CallableContestant(name, answer, named, size=size)


def import_answer(path: str) -> Answer:
    """`package.module:function`.

    Raises:
        SimulationError: there is no such module, or nothing to call in it.
    """
    module, _, function = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise SimulationError(f"python:{path}: {error}; write python:package.module:function") from error
    if not callable(found):
        raise SimulationError(f"python:{path} is no function but a {type(found).__name__}")
    return found  # type: ignore[no-any-return]


class CallableContestant(TextContestant):
    """A text contestant whose callable may also give its slate as item ids."""

    def __init__(self, name: str, answer: Answer, find_named: Callable[[str], list[str]], *, size: int = 5) -> None:
        super().__init__(name, answer, find_named, size=size)
        self._given: dict[str, tuple[str, ...]] = {}

    def reply(self, conversation: str, message: str) -> AgentReply:
        said = super().reply(conversation, message)
        given = self._given.pop(conversation, None)
        return said if given is None else said.model_copy(update={"slate": given[: self._size]})

    def ask(self, conversation: str, said: Sequence[tuple[str, str]]) -> str:
        answer = self._answer(said)
        if isinstance(answer, str):
            return answer
        if isinstance(answer, Mapping) and isinstance(answer.get("reply"), str):
            if "slate" in answer:
                self._given[conversation] = tuple(str(item_id) for item_id in answer["slate"])
            return str(answer["reply"])
        raise PeerError(f"{self.name} returned {type(answer).__name__}; return text, or a mapping with reply and slate")


class MovieBotContestant(TextContestant):
    """A CRS that keeps the conversation itself, by the sender's id; greeted with /start, left with /exit."""

    def __init__(self, name: str, url: str, find_named: Callable[[str], list[str]], *, size: int = 5) -> None:
        super().__init__(name, lambda said: "", find_named, size=size)
        self._url = url

    def begin(self, conversation: str) -> None:
        super().begin(conversation)
        self._send(conversation, "/start")

    def ask(self, conversation: str, said: Sequence[tuple[str, str]]) -> str:
        return self._send(conversation, said[-1][1])

    def end(self, conversation: str) -> None:
        super().end(conversation)
        with suppress(PeerError):  # the conversation is over, whether it hears so or not
            self._send(conversation, "/exit")

    def _send(self, conversation: str, text: str) -> str:
        message = {"message": {"text": text}, "sender": {"id": conversation}}
        return _text_in(post_json(self._url, {"entry": [{"messaging": [message]}]}), ("message", "text"), self._url)


def _over_http(url: str) -> Answer:
    def answer(said: Sequence[tuple[str, str]]) -> str:
        body = {"context": [text for _, text in said], "message": said[-1][1]}
        return _text_in(post_json(url, body), ("response",), url)

    return answer


def post_json(url: str, body: Mapping[str, Any], *, timeout_s: float = TIMEOUT_S) -> Any:
    """The JSON that comes back.

    Raises:
        PeerError: no answer in time, an error status, or no JSON.
    """
    if not url.startswith(("http://", "https://")):
        raise PeerError(f"{url!r} is no http address")
    asked = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )  # fmt: skip
    try:
        with urllib.request.urlopen(asked, timeout=timeout_s) as answer:
            return json.loads(answer.read().decode("utf-8"))
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        raise PeerError(f"{url} does not answer ({error})") from error
    except ValueError as error:
        raise PeerError(f"{url} answered no JSON") from error


def _text_in(found: Any, path: Sequence[str], url: str) -> str:
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, str):
        raise PeerError(f"{url} answered without {'.'.join(path)}")
    return found
