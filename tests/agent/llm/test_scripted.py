"""The seam without weights: schemas, streaming, tools and usage as LangChain expects them."""

from __future__ import annotations

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import BaseModel

from parley.agent.llm import ChatModel, ModelError, NoModel, ScriptedModel, load_model
from parley.agent.llm.llamacpp import LlamaCppChat


class Film(BaseModel):
    title: str
    year: int | None = None
    moods: list[str] = []


ASK = [HumanMessage("Which film?")]


def test_a_scripted_model_is_a_chat_model_of_the_seam() -> None:
    assert isinstance(ScriptedModel(["x"]), ChatModel)
    assert isinstance(ScriptedModel(["x"]), BaseChatModel)


def test_answers_come_from_the_queue_in_order_and_its_end_is_told() -> None:
    model = ScriptedModel(["one", "two"])

    assert [model.invoke("a").text, "".join(model.stream_text(ASK))] == ["one", "two"]
    with pytest.raises(ModelError, match="no answer left for its call 3"):
        model.invoke("b")


def test_a_schema_is_filled_from_a_dict_a_model_or_a_cut_document() -> None:
    model = ScriptedModel([{"title": "Alien", "year": 1979}, Film(title="Heat"), '{"title":"Ra', "no JSON"])

    assert model.generate(ASK, Film) == Film(title="Alien", year=1979)
    assert model.generate(ASK, Film) == Film(title="Heat")
    assert model.generate(ASK, Film) == Film(title="Ra")
    with pytest.raises(ModelError, match="no valid Film"):
        model.generate(ASK, Film)


def test_closing_a_stream_stops_the_model_and_still_counts_what_was_written() -> None:
    model = ScriptedModel(["a b c d e f"])
    stream = model.stream_text(ASK)

    assert next(stream) == "a"
    stream.close()  # type: ignore[attr-defined]

    assert model.usage().tokens_out == 1
    assert model.usage().calls == 1


def test_usage_adds_up_over_calls_and_spans_subtract() -> None:
    model = ScriptedModel(["one two", "three"])
    before = model.usage()
    model.invoke("x y z")
    middle = model.usage()
    model.invoke("x")

    assert (middle - before).tokens_in == 3
    assert (model.usage() - middle).tokens_out == 1


def test_tools_are_called_through_json_and_a_reply_stays_text() -> None:
    @tool
    def search(query: str) -> str:
        """Search films."""
        return query

    model = ScriptedModel([{"tool": "search", "arguments": {"query": "heist"}}, {"reply": "Hello"}])
    bound = model.bind_tools([search])

    call = bound.invoke("a heist film")
    assert isinstance(call, AIMessage)
    assert call.tool_calls[0]["name"] == "search"
    assert call.tool_calls[0]["args"] == {"query": "heist"}
    assert bound.invoke("hi").text == "Hello"
    assert "search(query): Search films." in model.calls[0][0].text
    with pytest.raises(ValueError, match="names no tool"):
        model.bind_tools([search], tool_choice="fly")


async def test_the_async_road_gives_the_same_text() -> None:
    model = ScriptedModel(["one two three"] * 2)

    assert (await model.ainvoke("x")).text == "one two three"
    assert "".join([chunk.text async for chunk in model.astream("x")]) == "one two three"


def test_without_a_model_every_call_says_so() -> None:
    model = load_model("none")

    assert isinstance(model, NoModel)
    for act in (
        lambda: model.generate(ASK, Film),
        lambda: model.score("x", ["a"]),
        lambda: list(model.stream_text(ASK)),
    ):
        with pytest.raises(ModelError, match="no model is loaded"):
            act()


def test_real_models_refuse_to_work_while_the_switch_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_NO_REAL_MODEL", "1")

    for spec in ("embedded", "openai:x@http://127.0.0.1:9/v1", "llamacpp:/nowhere.gguf"):
        with pytest.raises(ModelError, match="PARLEY_NO_REAL_MODEL"):
            load_model(spec)


@pytest.mark.parametrize("spec", ["", "gpt", "openai:x", "openai:@http://h", "llamacpp:", "openai:x@ftp://h/v1"])
def test_a_malformed_spec_is_one_clear_line(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARLEY_NO_REAL_MODEL", raising=False)
    with pytest.raises(ModelError) as caught:
        load_model(spec)
    assert "\n" not in str(caught.value)


def test_a_system_message_and_an_image_are_told_apart() -> None:
    model = LlamaCppChat(path="/nowhere.gguf")
    image = HumanMessage([{"type": "image_url", "image_url": {"url": "x"}}])

    from parley.agent.llm.chat import plain

    assert plain([SystemMessage("s")]) == [{"role": "system", "content": "s"}]
    with pytest.raises(ModelError, match="image_url"):
        plain([image])
    model.close()


class TestScriptedIsAStandardChatModel(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ScriptedModel

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {}


class TestLlamaCppIsAStandardChatModel(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return LlamaCppChat

    @property
    def chat_model_params(self) -> dict[str, object]:
        return {"path": "/nowhere.gguf"}
