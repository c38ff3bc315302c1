"""JSON schemas made fit for a small model, and llama.cpp's own grammar of them."""

from __future__ import annotations

import re
from typing import Any

from parley.agent.llm.chat import dump_json

LONGEST_STRING = 120
"""Characters of a string whose schema sets no limit."""

LONGEST_LIST = 12
"""Items of a list whose schema sets no limit."""


def bounded(schema: Any) -> Any:
    """The schema with every property required and a length on every string and list that has none.

    A small model leaves out what it may, and repeats itself for ever where nothing stops it.
    """
    if isinstance(schema, list):
        return [bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    known = {key: value if key in ("const", "enum", "default") else bounded(value) for key, value in schema.items()}
    if known.get("type") == "string" and not {"enum", "const", "pattern", "format"} & known.keys():
        known.setdefault("maxLength", max(LONGEST_STRING, known.get("minLength", 0)))
    if "properties" in known:
        known["required"] = list(known["properties"])
    if known.get("type") == "array":
        known.setdefault("maxItems", max(LONGEST_LIST, known.get("minItems", 0)))
    return known


def compact_grammar(schema: Any) -> Any:
    """llama.cpp's own grammar for a schema, held to what `model_dump_json` writes: every property, no spaces."""
    from llama_cpp import LlamaGrammar
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    text = json_schema_to_gbnf(dump_json(bounded(schema)))
    return LlamaGrammar.from_string(re.sub(r"(?m)^space ::= .*$", 'space ::= ""', text), verbose=False)
