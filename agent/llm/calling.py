"""Tools for a model without native tool calls: told in words, asked for as JSON under a grammar."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolCallChunk, ToolMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from parley.agent.llm.repair import parse_json
from parley.agent.llm.seam import ModelError


def as_function(tool: dict[str, Any] | type | Callable[..., Any] | BaseTool) -> dict[str, Any]:
    """Name, description and JSON schema of a tool, whichever way it was given."""
    function = convert_to_openai_tool(tool)["function"]
    return {
        "name": function["name"],
        "description": function.get("description", ""),
        "parameters": function.get("parameters") or {"type": "object", "properties": {}},
    }


def normal_choice(choice: str | bool | Mapping[str, Any] | None, tools: Sequence[Mapping[str, Any]]) -> str | None:
    """ "auto", "any", "none" or a tool's name.

    Raises:
        ValueError: no tool of that name.
    """
    if choice in (None, False, "auto"):
        return None
    if choice in (True, "any", "required"):
        return "any"
    name = choice["function"]["name"] if isinstance(choice, Mapping) else str(choice)
    if name != "none" and name not in {t["name"] for t in tools}:
        raise ValueError(f"tool_choice {name!r} names no tool; bound: {sorted(t['name'] for t in tools)}")
    return name


def offered(tools: Sequence[Mapping[str, Any]], choice: str | None) -> list[dict[str, Any]]:
    """The tools the model may call under this choice. Tools bound elsewhere may be in OpenAI's shape."""
    flat = [dict(t.get("function", t)) for t in tools]
    if choice in (None, "auto", "any"):
        return flat
    return [t for t in flat if t["name"] == choice]


def union_schema(tools: Sequence[Mapping[str, Any]], *, may_reply: bool) -> dict[str, Any]:
    """JSON schema: one tool call, or (if allowed) a reply in words."""
    definitions: dict[str, Any] = {}
    options = []
    for tool in tools:
        parameters = dict(tool["parameters"])
        definitions.update(parameters.pop("$defs", {}))
        options.append(
            {
                "type": "object",
                "properties": {"tool": {"const": tool["name"]}, "arguments": parameters},
                "required": ["tool", "arguments"],
                "additionalProperties": False,
            }
        )
    if may_reply:
        options.append(
            {
                "type": "object",
                "properties": {"reply": {"type": "string"}},
                "required": ["reply"],
                "additionalProperties": False,
            }
        )
    schema: dict[str, Any] = {"anyOf": options} if len(options) > 1 else dict(options[0])
    return schema | ({"$defs": definitions} if definitions else {})


def with_instructions(
    messages: Sequence[BaseMessage], tools: Sequence[Mapping[str, Any]], choice: str | None
) -> list[BaseMessage]:
    """The messages with the tools described in the system message."""
    lines = [
        f"- {t['name']}({', '.join(t['parameters'].get('properties', {}))}): {t.get('description', '')}".rstrip(": ")
        for t in tools
    ]
    how = 'Call one with {"tool":NAME,"arguments":{...}}.'
    if choice in (None, "auto"):
        how += ' When the answer needs no tool, or a result is already there, write {"reply":TEXT}.'
    told = "You can use these tools:\n" + "\n".join(lines) + "\n" + how
    rest = list(messages)
    if rest and isinstance(rest[0], SystemMessage):
        told = f"{rest.pop(0).text}\n\n{told}"
    return [SystemMessage(told), *rest]


def read_calls(text: str) -> tuple[str, list[ToolCall]]:
    """The words and the tool calls in what the model wrote under `union_schema`."""
    value = parse_json(text)
    if isinstance(value, dict) and isinstance(value.get("tool"), str):
        arguments = value.get("arguments")
        return "", [
            ToolCall(
                name=value["tool"],
                args=arguments if isinstance(arguments, dict) else {},
                id=f"call_{uuid.uuid4().hex[:12]}",
                type="tool_call",
            )
        ]
    if isinstance(value, dict) and isinstance(value.get("reply"), str):
        return value["reply"], []
    return text, []


def chunks(calls: Sequence[ToolCall]) -> list[ToolCallChunk]:
    """Finished calls as the chunks LangChain streams."""
    return [
        ToolCallChunk(
            name=c["name"],
            args=json.dumps(c["args"], ensure_ascii=False),
            id=c["id"],
            index=i,
            type="tool_call_chunk",
        )
        for i, c in enumerate(calls)
    ]


def response_schema(response_format: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The JSON schema in an OpenAI `response_format`; None for plain text.

    Raises:
        ValueError: a type nobody knows.
    """
    if not response_format or response_format.get("type") == "text":
        return None
    if response_format.get("type") == "json_schema":
        inner = response_format["json_schema"]
        schema: Mapping[str, Any] = inner.get("schema", inner)
        return schema
    if response_format.get("type") == "json_object":
        return response_format.get("schema") or {"type": "object"}
    raise ValueError(
        f"response_format type {response_format.get('type')!r} is unknown; use json_schema, json_object or text"
    )


def in_words(message: BaseMessage) -> str:
    """A message's text; tool calls and results become words.

    Raises:
        ModelError: a part that is not text.
    """
    if isinstance(message, ToolMessage):
        failed = " (failed)" if message.status == "error" else ""
        return f"Result of {message.name or 'the tool'}{failed}: {_text(message)}"
    text = _text(message)
    if isinstance(message, AIMessage) and message.tool_calls:
        told = [
            json.dumps({"tool": c["name"], "arguments": c["args"]}, ensure_ascii=False, separators=(",", ":"))
            for c in message.tool_calls
        ]
        text = "\n".join(part for part in [text, *told] if part)
    return text


def _text(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = []
    for part in message.content:
        if isinstance(part, str):
            parts.append(part)
        elif part.get("type") == "text":
            parts.append(str(part.get("text", "")))
        elif part.get("type") in ("tool_use", "tool_call", "tool_call_chunk", "reasoning", "thinking"):
            continue
        elif part.get("type") == "tool_result":
            parts.append(str(part.get("content", "")))
        else:
            raise ModelError(f"a message holds a part of type {part.get('type')!r}; this model reads text only")
    return "\n".join(parts)
