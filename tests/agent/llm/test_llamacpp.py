"""The embedded model through the plain runner: the reference for everything faster."""

from __future__ import annotations

import contextlib
import math
import random
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from pydantic import BaseModel

from parley.agent.llm.gguf import check_gguf, read_header
from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import embedded_path, load_model
from parley.agent.llm.seam import ModelError, ModelTimeout

ASK = [SystemMessage("You help people choose films."), HumanMessage("Name one film.")]


class Wish(BaseModel):
    genre: str
    year: int | None = None
    likes: list[str] = []


def write_gguf(path: Path, *, architecture: str = "llama", magic: bytes = b"GGUF", version: int = 3) -> Path:
    """A header with one key and one tensor that the file does not hold."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    key = text("general.architecture") + struct.pack("<I", 8) + text(architecture)
    tensor = text("token_embd.weight") + struct.pack("<I", 1) + struct.pack("<Q", 1024) + struct.pack("<IQ", 0, 0)
    path.write_bytes(magic + struct.pack("<IQQ", version, 1, 1) + key + tensor)
    return path


def test_the_header_of_the_embedded_model_names_its_architecture() -> None:
    header = check_gguf(embedded_path())

    assert header.architecture == "llama"
    assert len(header.tensors) == 272


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda p: p, "is cut off"),
        (lambda p: write_gguf(p, magic=b"GGML"), "does not begin with GGUF"),
        (lambda p: write_gguf(p, version=9), "version 9"),
        (lambda p: p.write_bytes(p.read_bytes()[:40]), "middle of its header"),
        (lambda p: p.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 1)), "claims"),
        (lambda p: p.write_bytes(b""), "middle of its header"),
        (lambda p: p.unlink(), "no model file"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, damage: object, reason: str) -> None:
    path = write_gguf(tmp_path / "m.gguf")
    damage(path)  # type: ignore[operator]

    with pytest.raises(ModelError, match=reason) as caught:
        check_gguf(path)
    assert "\n" not in str(caught.value)


def test_random_damage_to_a_header_never_ends_in_anything_but_a_model_error(tmp_path: Path) -> None:
    good = write_gguf(tmp_path / "m.gguf").read_bytes()
    draw = random.Random(3)
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(draw.randint(1, 4)):
            bad[draw.randrange(len(bad))] = draw.randrange(256)
        (tmp_path / "x.gguf").write_bytes(bytes(bad[: draw.randint(4, len(bad))]))
        with contextlib.suppress(ModelError):
            read_header(tmp_path / "x.gguf")


@pytest.mark.llm
@pytest.mark.parametrize("kind", ["truncated", "unknown architecture", "scrambled"])
def test_what_only_llama_cpp_can_see_is_seen_in_a_child_process(tmp_path: Path, kind: str, real_models: None) -> None:
    data = bytearray(embedded_path().read_bytes())
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "unknown architecture":
        at = data.index(b"llama", data.index(b"general.architecture"))
        data[at : at + 5] = b"llamo"
    else:
        at = data.index(b"blk.3.attn_q.weight")
        data[at : at + 4] = b"xxxx"
    path = tmp_path / "m.gguf"
    path.write_bytes(data)

    with pytest.raises(ModelError) as caught:
        load_model(f"llamacpp:{path}")
    assert "m.gguf" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.llm
def test_the_same_question_gives_the_same_answer_and_reuses_its_prefix(
    embedded: LlamaCppChat, real_models: None
) -> None:
    first = "".join(embedded.stream_text(ASK, max_tokens=20))
    before = embedded.usage()
    second = "".join(embedded.stream_text(ASK, max_tokens=20))
    spent = embedded.usage() - before

    assert first == second
    assert spent.tokens_reused == spent.tokens_in - 1


@pytest.mark.llm
def test_a_stop_string_ends_the_answer_before_it(embedded: LlamaCppChat, real_models: None) -> None:
    whole = "".join(embedded.stream_text(ASK, max_tokens=20))
    word = whole.split()[2]

    assert "".join(embedded.stream_text(ASK, max_tokens=20, stop=[word])) == whole[: whole.index(word)]


@pytest.mark.llm
def test_a_schema_is_always_filled_or_refused(embedded: LlamaCppChat, real_models: None) -> None:
    wish = embedded.generate([HumanMessage("I want a horror film from 1980. JSON:")], Wish, max_tokens=80)

    assert isinstance(wish, Wish)
    with pytest.raises(ModelError, match="cut at 2 tokens"):
        embedded.generate([HumanMessage("I want a horror film.")], Wish, max_tokens=2)


@pytest.mark.llm
def test_scores_are_log_probabilities_of_the_options(embedded: LlamaCppChat, real_models: None) -> None:
    paris, london = embedded.score("The capital of France is", [" Paris", " London"])
    raw = embedded.score("The capital of France is", [" Paris, of course"], normalise=False)[0]
    mean = embedded.score("The capital of France is", [" Paris, of course"])[0]

    assert london < paris < 0
    assert math.isclose(raw, mean * embedded.count_tokens(" Paris, of course"), rel_tol=1e-6)
    vocabulary = embedded.vocabulary
    letters = embedded.score(ASK, [vocabulary.text([t]) for t in range(300, 400)], normalise=False)
    assert sum(map(math.exp, letters)) < 1


@pytest.mark.llm
def test_a_score_before_a_stream_does_not_change_the_stream(embedded: LlamaCppChat, real_models: None) -> None:
    plain = "".join(embedded.stream_text(ASK, max_tokens=12))
    embedded.score(ASK, ["A", "Blade Runner"])

    assert "".join(embedded.stream_text(ASK, max_tokens=12)) == plain


@pytest.mark.llm
def test_a_call_without_time_ends_soon_and_the_next_one_works(embedded: LlamaCppChat, real_models: None) -> None:
    said: list[str] = []
    with pytest.raises(ModelTimeout):
        said.extend(embedded.stream_text([HumanMessage("Tell a long story. " * 100)], max_tokens=900, timeout_s=0.2))

    assert len(said) < 450, "it ended long before the whole was written"
    assert "".join(embedded.stream_text(ASK, max_tokens=5))


@pytest.mark.llm
def test_a_stream_left_open_gives_its_thread_an_error_and_not_a_deadlock(
    embedded: LlamaCppChat, real_models: None
) -> None:
    stream = embedded.stream_text(ASK, max_tokens=20)
    next(stream)

    with pytest.raises(ModelError, match="still streaming"):
        embedded.score("a", ["b"])
    stream.close()  # type: ignore[attr-defined]
    assert embedded.score("a", ["b"])


@pytest.mark.llm
def test_prompts_of_any_length_and_script_stay_inside_the_context(embedded: LlamaCppChat, real_models: None) -> None:
    draw = random.Random(0)
    odd = ["\0", "\ud800", "\u200b\u200f", "👩‍👩‍👧", "مرحبا", "<|im_end|>", "你好", "e\u0301"]
    for _ in range(100):
        text = "".join(draw.choice([*odd, "film ", "x"]) for _ in range(draw.choice([3, 300, 8000])))
        history = [draw.choice([HumanMessage, AIMessage])(text[: draw.randint(0, len(text))]) for _ in range(6)]
        kept = embedded.fit_messages([*ASK[:1], *history, HumanMessage(text)], 100)
        assert len(embedded._tokens(kept)) <= embedded.context_size - 100


@pytest.mark.llm
def test_eight_threads_get_what_one_would_have_got(embedded: LlamaCppChat, real_models: None) -> None:
    questions = [[HumanMessage(f"Say the number {i}.")] for i in range(8)]
    alone = ["".join(embedded.stream_text(q, max_tokens=6)) for q in questions]
    found: list[str] = [""] * 8

    def ask(i: int) -> None:
        found[i] = "".join(embedded.stream_text(questions[i], max_tokens=6))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == alone


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
class TestLlamaCppPassesTheIntegrationSuite(ChatModelIntegrationTests):
    @pytest.fixture
    def model(self, request: pytest.FixtureRequest, embedded: LlamaCppChat) -> Iterator[BaseChatModel]:
        """The model that is open already; one of its own, closed again, where a test asks for other settings."""
        wanted = getattr(request, "param", None)
        if not wanted:
            yield embedded
            return
        own = LlamaCppChat.model_validate({**self.chat_model_params, **wanted})
        yield own
        own.close()

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return LlamaCppChat

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"path": str(embedded_path()), "model_id": "embedded"}

    @property
    def supports_model_override(self) -> bool:
        return False
