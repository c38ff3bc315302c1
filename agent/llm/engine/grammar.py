"""JSON Schema -> a recursive transition network over bytes: which byte may come next, at any point of a document.

The documents are those `model_dump_json` writes: no spaces, properties in the schema's order, none left out.
Rules call each other (so recursive schemas work); strings carry a counter instead of a state per length.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parley.agent.llm.engine.patterns import Part, integer_between, number_between, pattern_parts
from parley.agent.llm.engine.trie import TEXT
from parley.agent.llm.schemas import LONGEST_LIST, LONGEST_STRING
from parley.agent.llm.seam import ModelError

ENTER, CARRY, CONSUME, CLOSE = range(4)
"""What a byte does to a string's counter: starts it, keeps it, uses one character, ends it (if long enough)."""

LONG_RUN = 6
"""Repetitions beyond which a counter is cheaper than a node for each."""

LONGEST_MAP = 8
"""Entries of an object with free keys."""


def byteset(*ranges: tuple[int, int]) -> int:
    """A set of bytes as a 256-bit number."""
    bits = 0
    for low, high in ranges:
        bits |= ((1 << (high - low + 1)) - 1) << low
    return bits


def one(byte: int) -> int:
    return 1 << byte


@dataclass
class Node:
    """A place in a rule."""

    edges: list[tuple[int, int, int]] = field(default_factory=list)
    """(set of bytes, next node, what it does to the counter)."""
    calls: list[tuple[int, int]] = field(default_factory=list)
    """(rule to run, node to return to)."""
    jumps: list[int] = field(default_factory=list)
    """Nodes reached without reading."""
    end: bool = False
    """The rule ends here."""
    limits: tuple[int, int] = (0, 0)
    """For a run: fewest and most characters."""
    run: int = 0
    """What a run is made of: `TEXT`, a set of bytes, or 0 where the node is none."""
    leave: int = -1
    """Where a run goes on without reading, once long enough."""


class Grammar:
    """The network of one schema. `start` is its first node."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile.

        Raises:
            ModelError: the schema says something we cannot compile.
        """
        self.nodes: list[Node] = []
        self._root = schema
        self._rules: dict[str, int] = {}
        self.start = self._rule(schema)
        self.distance = self._shortest()

    # --- building -------------------------------------------------------------------------

    def _node(self, **options: Any) -> int:
        self.nodes.append(Node(**options))
        return len(self.nodes) - 1

    def _rule(self, schema: Any) -> int:
        """The first node of the rule for a (sub)schema; equal schemas share one."""
        key = json.dumps(schema, sort_keys=False, default=str)
        if key not in self._rules:
            start = self._rules[key] = self._node()
            self._fill(start, self._node(end=True), schema)
        return self._rules[key]

    def _fill(self, at: int, end: int, schema: Any) -> None:
        if schema is True or schema == {}:
            return self._any_value(at, end)
        if not isinstance(schema, Mapping):
            raise ModelError(f"schema {schema!r} cannot be compiled; use a JSON schema object")
        if "$ref" in schema:
            return self._call(at, end, self._resolve(schema["$ref"]))
        if "const" in schema or "enum" in schema:
            for value in [schema["const"]] if "const" in schema else schema["enum"]:
                self._literal(at, end, json.dumps(value, ensure_ascii=False, separators=(",", ":")))
            return None
        for key in ("anyOf", "oneOf"):
            if key in schema:
                for option in schema[key]:
                    self._call(at, end, option)
                return None
        if "allOf" in schema:
            merged: dict[str, Any] = {k: v for k, v in schema.items() if k != "allOf"}
            for part in schema["allOf"]:
                merged.update(self._resolve(part["$ref"]) if "$ref" in part else part)
            return self._call(at, end, merged)
        kinds = schema.get("type")
        if isinstance(kinds, list):
            for kind in kinds:
                self._call(at, end, {**schema, "type": kind})
            return None
        if kinds is None:
            kinds = "object" if "properties" in schema else "array" if "items" in schema else None
        builder = getattr(self, f"_{kinds}", None) if isinstance(kinds, str) else None
        if builder is None:
            if kinds is None:
                return self._any_value(at, end)
            raise ModelError(f"schema type {kinds!r} cannot be compiled")
        builder(at, end, schema)
        return None

    def _resolve(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise ModelError(f"schema reference {reference!r} points outside; use local definitions")
        target: Any = self._root
        for step in reference.lstrip("#/").split("/"):
            if step:
                step = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(target, Mapping) or step not in target:
                    raise ModelError(f"schema reference {reference!r} points to nothing")
                target = target[step]
        return target

    def _call(self, at: int, end: int, schema: Any) -> None:
        self.nodes[at].calls.append((self._rule(schema), end))

    def _literal(self, at: int, end: int, text: str) -> None:
        self._bytes(at, end, text.encode())

    def _bytes(self, at: int, end: int, data: bytes) -> None:
        if not data:
            self.nodes[at].jumps.append(end)
            return
        for byte in data[:-1]:
            following = self._node()
            self.nodes[at].edges.append((one(byte), following, ENTER))
            at = following
        self.nodes[at].edges.append((one(data[-1]), end, ENTER))

    def _after(self, at: int, text: str) -> int:
        end = self._node()
        self._literal(at, end, text)
        return end

    # --- types ----------------------------------------------------------------------------

    def _null(self, at: int, end: int, schema: Any) -> None:
        self._literal(at, end, "null")

    def _boolean(self, at: int, end: int, schema: Any) -> None:
        self._literal(at, end, "true")
        self._literal(at, end, "false")

    def _integer(self, at: int, end: int, schema: Mapping[str, Any]) -> None:
        low, high = schema.get("minimum"), schema.get("maximum")
        if "exclusiveMinimum" in schema:
            low = schema["exclusiveMinimum"] + 1
        if "exclusiveMaximum" in schema:
            high = schema["exclusiveMaximum"] - 1
        self._parts(at, end, integer_between(low, high))

    def _number(self, at: int, end: int, schema: Mapping[str, Any]) -> None:
        low, high = schema.get("minimum"), schema.get("maximum")
        open_low, open_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        self._parts(at, end, number_between(low, high, open_low, open_high))

    def _string(self, at: int, end: int, schema: Mapping[str, Any]) -> None:
        parts = pattern_parts(schema.get("pattern"), schema.get("format"))
        if parts is not None:
            opened = self._after(at, '"')
            closed = self._node()
            self._parts(opened, closed, parts)
            self._literal(closed, end, '"')
            return
        fewest = int(schema.get("minLength", 0))
        most = int(schema.get("maxLength", max(LONGEST_STRING, fewest)))
        self._string_body(at, end, fewest, most)

    def _string_body(self, at: int, end: int, fewest: int, most: int) -> None:
        """Quote, characters (UTF-8, or the short escapes), quote."""
        body = self._node(limits=(fewest, most), run=TEXT)
        self.nodes[at].edges.append((one(0x22), body, ENTER))
        edges = self.nodes[body].edges
        edges.append((byteset((0x20, 0x7E)) & ~one(0x22) & ~one(0x5C), body, CONSUME))
        escape = self._node()
        edges.append((one(0x5C), escape, CARRY))
        self.nodes[escape].edges.append((sum(one(b) for b in b'"\\/bfnrt'), body, CONSUME))
        last = self._node()
        self.nodes[last].edges.append((byteset((0x80, 0xBF)), body, CONSUME))
        middle = self._node()
        self.nodes[middle].edges.append((byteset((0x80, 0xBF)), last, CARRY))
        edges.append((byteset((0xC2, 0xDF)), last, CARRY))
        edges.append((byteset((0xE1, 0xEC), (0xEE, 0xEF)), middle, CARRY))
        for first, second, after in (
            (0xE0, (0xA0, 0xBF), last),
            (0xED, (0x80, 0x9F), last),
            (0xF0, (0x90, 0xBF), middle),
            (0xF4, (0x80, 0x8F), middle),
        ):
            node = self._node()
            edges.append((one(first), node, CARRY))
            self.nodes[node].edges.append((byteset(second), after, CARRY))
        four = self._node()
        edges.append((byteset((0xF1, 0xF3)), four, CARRY))
        self.nodes[four].edges.append((byteset((0x80, 0xBF)), middle, CARRY))
        edges.append((one(0x22), end, CLOSE))

    def _parts(self, at: int, end: int, options: Sequence[Sequence[Part]]) -> None:
        """Alternatives, each a sequence of (set of bytes, fewest, most)."""
        for sequence in options:
            here = at
            for bits, fewest, most in sequence:
                if most > LONG_RUN:
                    run = self._node(limits=(fewest, most), run=bits)
                    self.nodes[run].edges.append((bits, run, CONSUME))
                    self.nodes[here].jumps.append(run)
                    here = self.nodes[run].leave = self._node()
                    continue
                for _ in range(fewest):
                    following = self._node()
                    self.nodes[here].edges.append((bits, following, ENTER))
                    here = following
                skips = [here]
                for _ in range(most - fewest):
                    following = self._node()
                    self.nodes[here].edges.append((bits, following, ENTER))
                    here = following
                    skips.append(here)
                for skip in skips[:-1]:
                    self.nodes[skip].jumps.append(here)
            self.nodes[here].jumps.append(end)

    def _array(self, at: int, end: int, schema: Mapping[str, Any]) -> None:
        fixed = list(schema.get("prefixItems", []))
        items = schema.get("items", {} if not fixed else False)
        fewest = int(schema.get("minItems", len(fixed)))
        most = int(schema.get("maxItems", len(fixed) if items is False else max(LONGEST_LIST, fewest)))
        here = self._after(at, "[")
        for number in range(most):
            if number >= fewest:
                self._literal(here, end, "]")
            before = self._after(here, ",") if number else here
            here = self._node()
            self._call(before, here, fixed[number] if number < len(fixed) else items)
        self._literal(here, end, "]")

    def _object(self, at: int, end: int, schema: Mapping[str, Any]) -> None:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        free = schema.get("additionalProperties", "properties" not in schema)
        here = self._after(at, "{")
        for number, (name, value) in enumerate(properties.items()):
            label = json.dumps(name, ensure_ascii=False)
            before = self._after(here, f",{label}:" if number else f"{label}:")
            here = self._node()
            self._call(before, here, value)
        if not properties and free is not False:
            self._free_keys(here, end, free)
        self._literal(here, end, "}")

    def _free_keys(self, here: int, end: int, free: Any) -> None:
        for number in range(LONGEST_MAP):
            before = self._after(here, ",") if number else here
            key = self._node()
            self._call(before, key, {"type": "string", "minLength": 1, "maxLength": 40})
            here = self._node()
            self._call(self._after(key, ":"), here, {} if free is True else free)
            self._literal(here, end, "}")

    def _any_value(self, at: int, end: int) -> None:
        for kind in ("string", "number", "boolean", "null"):
            self._call(at, end, {"type": kind})
        for kind in ("object", "array"):
            self._call(at, end, {"type": kind})

    # --- the way out ----------------------------------------------------------------------

    def _shortest(self) -> list[int]:
        """(nodes,) bytes from each node to the end of its rule, at least."""
        far = 10**9
        distance = [0 if node.end else far for node in self.nodes]
        changed = True
        while changed:
            changed = False
            for index, node in enumerate(self.nodes):
                best = distance[index]
                for _, following, what in node.edges:
                    extra = node.limits[0] if what == CLOSE else 0
                    best = min(best, 1 + extra + distance[following])
                for rule, back in node.calls:
                    best = min(best, distance[rule] + distance[back])
                for jump in node.jumps:
                    best = min(best, distance[jump])
                if node.leave >= 0:
                    best = min(best, node.limits[0] + distance[node.leave])
                if best < distance[index]:
                    distance[index] = best
                    changed = True
        if distance[self.start] >= far:
            raise ModelError("the schema admits no document at all")
        return distance
