"""The engine: many conversations at once, none sees another, all stop when told, JSON always valid."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from pydantic import BaseModel, Field

from parley.agent.llm.engine.formats import LEAST_AGREEMENT, MOST_KL
from parley.agent.llm.engine.native import ContextSize
from parley.agent.llm.engine.prefix import PUBLIC, PrefixStore
from parley.agent.llm.engine.runner import EngineRunner
from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import embedded_path
from parley.agent.llm.owner import conversation
from parley.agent.llm.seam import ModelError, ModelTimeout

ROLE = "You help people choose films. You answer in one short sentence and never invent a title."


class Wish(BaseModel):
    genre: str = Field(max_length=20)
    year: int | None = Field(default=None, ge=1900, le=2030)
    likes: list[str] = Field(default=[], max_length=3)


class Liking(BaseModel):
    """No numbers: llama.cpp's grammar knows no bounds for them."""

    act: Literal["ask", "like", "dislike", "thank"]
    genre: str = Field(max_length=16)
    likes: list[str] = Field(max_length=2)


def ask(text: str) -> list[BaseMessage]:
    return [SystemMessage(ROLE), HumanMessage(text)]


def say(model: LlamaCppChat, text: str, max_tokens: int) -> str:
    return "".join(model.stream_text(ask(text), max_tokens=max_tokens))


# --- the prefix store, on a context of paper ----------------------------------------------


class Paper:
    """Sequences as lists, to see what the store does with them."""

    def __init__(self) -> None:
        self.held: dict[int, int] = {}

    def copy(self, source: int, target: int, length: int) -> None:
        self.held[target] = length

    def cut(self, sequence: int, length: int) -> None:
        self.held[sequence] = min(length, self.held.get(sequence, 0))

    def save(self, sequence: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        return np.zeros(self.held.get(sequence, 0), np.uint8)

    def restore(self, data: np.ndarray[tuple[int], np.dtype[np.uint8]], sequence: int) -> bool:
        self.held[sequence] = len(data)
        return True


def test_a_conversation_is_found_by_its_owner_only_and_instructions_by_all() -> None:
    store = PrefixStore(Paper(), [5, 6, 7])
    role, talk = list(range(40)), list(range(60))
    assert store.keep(0, role, PUBLIC, 0)
    assert store.keep(1, talk, "ana", 40)

    assert store.begin(2, [*talk, 99], "ana") == 60
    assert store.begin(3, [*talk, 99], "ben") == 40
    assert store.begin(4, talk, "ana") == 59
    assert store.forget("ana") == 1
    assert store.begin(2, [*talk, 99], "ana") == 40


def test_a_longer_conversation_replaces_its_beginning() -> None:
    spare: list[int] = []
    store = PrefixStore(Paper(), spare)
    store.keep(0, list(range(50)), "ana", 0)
    store.keep(1, list(range(80)), "ana", 50)

    assert spare == [0]
    assert store.stats().entries == 1


def test_what_is_pushed_out_is_saved_and_comes_back() -> None:
    paper, spare = Paper(), list[int]()
    store = PrefixStore(paper, spare, resident_tokens=100)
    paper.held[0] = paper.held[1] = 80
    store.keep(0, list(range(80)), "ana", 0)
    store.keep(1, list(range(1000, 1080)), "ben", 0)

    assert spare == [0]
    assert store.stats().saved_bytes == 80
    assert store.begin(2, [*range(80), 5], "ana") == 80


def test_saved_text_never_exceeds_its_limit() -> None:
    paper = Paper()
    store = PrefixStore(paper, [], resident_tokens=100, saved_bytes=200)
    for number in range(20):
        paper.held[number] = 80
        store.keep(number, list(range(number * 1000, number * 1000 + 80)), f"user {number}", 0)

    assert store.stats().saved_bytes <= 200
    assert store.stats().resident_tokens <= 100


# --- the real thing -----------------------------------------------------------------------


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
class TestEngine:
    def test_the_chosen_format_is_within_the_guard(self, engine: LlamaCppChat) -> None:
        choice = engine._runner.choice
        assert choice.kl.get(choice.format, 0.0) <= MOST_KL
        assert choice.agreement.get(choice.format, 1.0) >= LEAST_AGREEMENT

    def test_scores_agree_with_the_plain_runner(self, engine: LlamaCppChat, embedded: LlamaCppChat) -> None:
        options = [" Paris", " London", " Rome, of course", " a small town in the north"]
        prompt = "The capital of France is"

        assert np.allclose(engine.score(prompt, options), embedded.score(prompt, options), atol=0.35)

    def test_a_score_is_the_same_alone_and_in_a_crowd(self, engine: LlamaCppChat) -> None:
        options = ["A", "B", "The Matrix", "Blade Runner 2049"]
        alone = engine.score(ask("Which?"), options)
        with ThreadPoolExecutor(12) as pool:
            crowd = [pool.submit(engine.score, ask("Which?"), options) for _ in range(12)]
            texts = [pool.submit(say, engine, f"Hello {i}", 8) for i in range(8)]
            for future in crowd:
                assert np.allclose(future.result(), alone, atol=0.15)
            assert all(t.result() for t in texts)

    def test_every_schema_is_filled_within_any_budget_that_can_hold_it(self, engine: LlamaCppChat) -> None:
        for budget in (24, 32, 64, 200):
            wish = engine.generate(ask("A horror film from 1980, like Alien"), Wish, max_tokens=budget)
            assert isinstance(wish, Wish)
        with pytest.raises(ModelError, match="cut at 1 tokens"):
            engine.generate(ask("A horror film"), Wish, max_tokens=1)

    def test_random_sampling_is_valid_and_repeats_with_its_seed(self, engine: LlamaCppChat) -> None:
        def draw(seed: int) -> Wish:
            return engine.generate(ask("Anything"), Wish, max_tokens=60, temperature=1.5, seed=seed, timeout_s=280)

        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(draw, range(16)))
        assert len({w.model_dump_json() for w in found}) > 8
        assert draw(3) == draw(3)

    def test_json_is_what_llama_cpps_own_grammar_gives_but_for_ties(self, engine: LlamaCppChat) -> None:
        plain = LlamaCppChat(path=engine._runner.choice.path, model_id="plain", context_size=1024).open()
        wishes = ["A horror film like Alien", "Something funny", "I liked Heat and Ronin", "A western, please"]
        found = [engine.generate(ask(w), Liking, max_tokens=60) for w in wishes]
        wanted = [plain.generate(ask(w), Liking, max_tokens=60) for w in wishes]
        plain.close()
        slots = [
            getattr(f, k) == getattr(w, k) for f, w in zip(found, wanted, strict=True) for k in Liking.model_fields
        ]

        assert engine._runner.engine.stats()["guessed_right"] > 0
        assert sum(slots) >= 0.75 * len(slots)  # rounding decides some ties otherwise, and all that follows

    def test_a_second_turn_reuses_the_first_for_its_owner_and_only_the_role_for_others(
        self, engine: LlamaCppChat
    ) -> None:
        secret = "My secret word is zanzibar-oboe-17, and I love long documentaries about bridges."

        def reused(owner: str) -> int:
            before = engine.usage()
            with conversation(owner):
                "".join(engine.stream_text(ask(secret), max_tokens=2))
            return (engine.usage() - before).tokens_reused

        role = len(engine._tokens([SystemMessage(ROLE)]))
        first, second, other = reused("ana/1"), reused("ana/1"), reused("ben/1")

        assert first <= role
        assert second > role
        assert other <= role
        engine.forget("ana/1")
        assert reused("ana/1") <= role

    def test_stop_ends_the_work_at_once_a_hundred_times(self, engine: LlamaCppChat) -> None:
        draw, before = random.Random(4), engine._runner.engine.stats()["steps"]
        for _ in range(100):
            stream = engine.stream_text(ask("Tell me a very long story about the sea"), max_tokens=300)
            for _ in range(draw.randint(0, 3)):
                next(stream)
            stream.close()  # type: ignore[attr-defined]
        while engine._runner.engine.stats()["active"]:
            time.sleep(0.01)
        steps = engine._runner.engine.stats()["steps"] - before
        assert steps < 100 * 300 / 2, "those that were stopped are not written to their end"
        assert "".join(engine.stream_text(ask("Hello"), max_tokens=3))

    def test_a_deadline_is_kept_while_others_go_on(self, engine: LlamaCppChat) -> None:
        with ThreadPoolExecutor(2) as pool:
            slow = pool.submit(lambda: "".join(engine.stream_text(ask("Say something"), max_tokens=30)))
            said: list[str] = []
            with pytest.raises(ModelTimeout):
                said.extend(engine.stream_text(ask("long " * 900), max_tokens=900, timeout_s=0.1))
            assert len(said) < 450, "it ended long before the whole was written"
            assert slow.result()

    def test_eight_threads_times_twenty_five_calls(self, engine: LlamaCppChat) -> None:
        questions = [ask(f"Is {n} a lucky number?") for n in range(25)]
        alone = [engine.score(q, ["yes", "no"]) for q in questions]
        with ThreadPoolExecutor(8) as pool:
            for _, found in zip(range(200), pool.map(engine.score, questions * 8, [["yes", "no"]] * 200), strict=False):
                index = _ % 25
                assert np.allclose(found, alone[index], atol=0.15)

    async def test_coroutines_need_no_threads(self, engine: LlamaCppChat) -> None:
        before = threading.active_count()
        answers = await asyncio.gather(*(engine.ainvoke(ask(f"Hello {i}"), max_tokens=4) for i in range(24)))

        assert all(a.text for a in answers)
        assert threading.active_count() <= before + 1

    def test_a_full_queue_is_told_politely(self, engine: LlamaCppChat) -> None:
        from parley.agent.llm.engine.loop import Limits

        small = EngineRunner(
            engine._runner.weights, size=ContextSize(cells=1024, sequences=8), limits=Limits(active=1, waiting=2)
        )
        other = LlamaCppChat(path=engine.path, model_id="small", context_size=512)
        other._runner, other._vocabulary = small, engine.vocabulary
        failures: list[ModelError] = []

        def call() -> None:
            try:
                "".join(other.stream_text(ask("Hello"), max_tokens=20))
            except ModelError as error:
                failures.append(error)

        threads = [threading.Thread(target=call) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        small.engine.close()
        assert failures
        assert all("busy" in str(f) for f in failures)
        with pytest.raises(ModelError, match="has ended"):
            list(other.stream_text(ask("Hello"), max_tokens=2))

    def test_sequences_are_all_given_back(self, engine: LlamaCppChat) -> None:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda i: "".join(engine.stream_text(ask(f"Number {i}"), max_tokens=3)), range(60)))
            list(pool.map(lambda i: engine.score(ask(f"N {i}"), ["a", "two words", "x y z"]), range(40)))
        engine._runner.engine.clear()
        engine.score("a", ["b"])
        engine._runner.engine.clear()

        def given_back() -> bool:
            stats = engine._runner.engine.stats()
            return stats["spare_sequences"] == ContextSize().sequences and stats["prefixes"].entries == 0

        while not given_back():  # the engine clears in its own time; the test's own limit ends the wait
            time.sleep(0.02)


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
def test_a_damaged_expanded_file_is_made_again(tmp_path: Path, engine: LlamaCppChat) -> None:
    from parley.agent.llm.engine.formats import choose_format

    first = choose_format(embedded_path(), home=tmp_path, adapter=None, threads=1)
    if first.format == "shipped":
        pytest.skip("the shipped format is the fastest here")
    Path(first.path).write_bytes(b"rubbish")
    second = choose_format(embedded_path(), home=tmp_path, adapter=None, threads=1)

    assert Path(second.path).stat().st_size > 1_000_000


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
class TestEnginePassesTheIntegrationSuite(ChatModelIntegrationTests):
    @pytest.fixture(autouse=True)
    def _home(self, engine: LlamaCppChat) -> None:
        type(self).home = engine.home

    home: str | None = None

    @pytest.fixture
    def model(self, request: pytest.FixtureRequest, engine: LlamaCppChat) -> Iterator[BaseChatModel]:
        """The engine that is open already; one of its own, closed again, where a test asks for other settings."""
        wanted = getattr(request, "param", None)
        if not wanted:
            yield engine
            return
        own = LlamaCppChat.model_validate({**self.chat_model_params, **wanted})
        yield own
        own.close()

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return LlamaCppChat

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"path": str(embedded_path()), "model_id": "embedded", "backend": "engine", "home": self.home}

    @property
    def supports_model_override(self) -> bool:
        return False


@pytest.mark.llm
@pytest.mark.full
@pytest.mark.usefixtures("real_models")
def test_a_crowd_reads_like_one_at_a_time_when_reproducible(engine: LlamaCppChat) -> None:
    from parley.evals.bench.llm_many import engine_identity

    crowd = LlamaCppChat(
        path=engine.path, model_id="steady", backend="engine", home=engine.home, context_size=2048, reproducible=True
    ).open()
    found = engine_identity(crowd, conversations=6)
    crowd.close()

    assert found.guard_ok, found.guard
