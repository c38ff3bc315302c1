"""A grammar of utterances whose rules carry their meaning: text and edits come out of one expansion.

Rules stand in text files (`phrases/*.txt`):

    [ask]                               a rule: one alternative a line; "3* ..." counts three times
    (can|could) you <recommend>         (a|b|) is a choice, <name> another rule
    [np]
    {+m~} {+g!}                         a slot: what a filler says of it, and the edit it makes
    forget {retract:kf}                 a slot behind another verb
    surprise me => surprise             an edit that no slot makes; @t in it is the item that slot t named

    == shown | reject                   what follows is said with these acts in this context
    not {reject:n}

`<np~>` softens every wish of what it expands, `<np!>` hardens it and `<np@turn>` sets how long it holds. Slots are
filled by an object with `fill(name, rng)`, so the grammar knows no catalogue.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import NamedTuple, Protocol


class Filled(NamedTuple):
    """What stands in a slot."""

    text: str
    """As people say it."""
    values: tuple[str, ...] = ()
    """What comes behind the sign, in the notation without firmness: "genre=Comedy", '"Alien"', "year<=1989"."""
    title: str = ""
    """The id of the item it names, if it names one."""


class Filler(Protocol):
    """Fills slots for one utterance; the same value is never given twice."""

    def fill(self, name: str, rng: random.Random) -> Filled | None:
        """A filling, or None where this context has none."""
        ...


class Said(NamedTuple):
    """One utterance and what it means."""

    text: str
    edits: tuple[str, ...]
    titles: tuple[str, ...]
    """Ids of the items it names."""


class Intent(NamedTuple):
    """A top rule: said in a context, with these acts."""

    context: str
    acts: tuple[str, ...]
    text: str
    key: str
    """Names the template for splits: file, section and line."""


class GrammarError(ValueError):
    """A phrase file that is not in the form above; the message names file and line."""


@dataclass
class Grammar:
    """The rules of one or more phrase files."""

    rules: Mapping[str, Sequence[str]]
    intents: Sequence[Intent]
    _by_context: dict[str, list[Intent]] = field(default_factory=dict)

    @classmethod
    def read(cls, *names: str) -> Grammar:
        """The grammar of phrase files of this package, e.g. ("words", "understand").

        Raises:
            GrammarError: a line outside any section, or a rule used and not there.
        """
        rules: dict[str, list[str]] = {}
        intents: list[Intent] = []
        for name in names:
            text = (files("parley.agent.tuning") / "phrases" / f"{name}.txt").read_text("utf-8")
            _read_file(name, text, rules, intents)
        grammar = cls(rules, intents)
        for intent in intents:
            grammar._by_context.setdefault(intent.context, []).append(intent)
        grammar._check()
        return grammar

    def in_context(self, context: str) -> Sequence[Intent]:
        """The top rules of one context."""
        return self._by_context.get(context, [])

    @property
    def contexts(self) -> tuple[str, ...]:
        """Every context there are top rules for."""
        return tuple(self._by_context)

    def say(self, text: str, filler: Filler, rng: random.Random) -> Said | None:
        """Expand a rule's text; None where a slot cannot be filled here."""
        expansion = _Expansion(self, filler, rng)
        spoken = expansion.expand(text, "", "")
        if spoken is None:
            return None
        spoken = re.sub(r"\s+", " ", spoken).strip()
        spoken = re.sub(r" ([,.!?])", r"\1", spoken)
        return Said(_with_articles(spoken), tuple(expansion.edits), tuple(expansion.titles))

    def _check(self) -> None:
        for text in (*(t for lines in self.rules.values() for t in lines), *(i.text for i in self.intents)):
            for used in _RULE.findall(text):
                if used[0] not in self.rules:
                    raise GrammarError(f"no rule [{used[0]}] that {text!r} uses")


_RULE = re.compile(r"<([a-z_0-9]+)([!~]?)(@turn|@standing)?>")
_SLOT = re.compile(r"\{(?P<verb>[+-]|or \+|[a-z]+:)?(?P<name>[a-z_0-9]+)(?P<firm>[!~]?)(?P<scope>@turn|@standing)?\}")
_CHOICE = re.compile(r"\(([^()]*)\)")
_TOKEN = re.compile(rf"{_RULE.pattern}|{_SLOT.pattern}")


class _Expansion:
    """One utterance being made."""

    def __init__(self, grammar: Grammar, filler: Filler, rng: random.Random) -> None:
        self.grammar, self.filler, self.rng = grammar, filler, rng
        self.edits: list[str] = []
        self.titles: list[str] = []
        self._named: dict[str, str] = {}

    def expand(self, text: str, firm: str, scope: str) -> str | None:
        text, _, effect = text.partition(" => ")
        while choice := _CHOICE.search(text):
            picked = self.rng.choice(choice[1].split("|"))
            text = text[: choice.start()] + picked + text[choice.end() :]
        parts, at = [], 0
        for token in _TOKEN.finditer(text):
            parts.append(text[at : token.start()])
            at = token.end()
            spoken = self._token(token, firm, scope)
            if spoken is None:
                return None
            parts.append(spoken)
        for edit in filter(None, effect.split("; ")):
            made = re.sub(r"@([a-z_0-9]+)(?=[,)!~;]|$)", lambda m: self._named.get(m[1], "?"), edit.strip())
            self.edits.append(_governed(made, firm, scope))
        return "".join((*parts, text[at:]))

    def _token(self, token: re.Match[str], firm: str, scope: str) -> str | None:
        if token[1]:
            lines = self.grammar.rules[token[1]]
            return self.expand(self.rng.choice(lines), firm or token[2], scope or token[3] or "")
        filled = self.filler.fill(token["name"], self.rng)
        if filled is None:
            return None
        if filled.title:
            self.titles.append(filled.title)
        if filled.values:
            self._named[token["name"]] = filled.values[0]
        if token["verb"]:
            held = scope or token["scope"] or ""
            self.edits += [_edit(token["verb"], value, firm or token["firm"], held) for value in filled.values]
        return filled.text


def _edit(verb: str, value: str, firm: str, held: str) -> str:
    """A slot's edit. A number is wanted without a sign; a wanted value may say itself that it only counts ("...~")."""
    if verb.endswith(":"):
        return f"{verb}{value}"
    if value.startswith("suit"):
        return value + held
    bare = value.rstrip("~")
    sign = verb if not re.match(r"(?:year|runtime)\b", value) else "-" if verb == "-" else ""
    soft = (bare != value and verb != "-") or value.startswith("about=")
    return f"{sign}{bare}{'~' if soft else firm}{held}"


def _governed(edit: str, firm: str, scope: str) -> str:
    """An edit written out in a rule, under what the rule's user asks of it."""
    if not re.match(r"[+-]|(?:year|runtime|suit)\b", edit):
        return edit
    if firm and edit[-1] in "!~":
        edit = edit[:-1] + firm
    return edit + scope


def _with_articles(text: str) -> str:
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU]|18\b|8\d?\b|11\b)(?!one\b|uni|us[eu]|eu)", r"\1n ", text)
    return re.sub(r"\b([Aa])n (?=[bcdfghjklmnpqrstvwxyz])(?!hour|hr\b|r[ -]rated|honest)", r"\1 ", text)


def _read_file(name: str, text: str, rules: dict[str, list[str]], intents: list[Intent]) -> None:
    rule: list[str] | None = None
    head: tuple[str, tuple[str, ...]] | None = None
    section = line_in_section = 0
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if found := re.fullmatch(r"\[([a-z_0-9]+)\]", line):
            rule, head = rules.setdefault(found[1], []), None
        elif line.startswith("== "):
            context, _, acts = line[3:].partition("|")
            head, rule = (context.strip(), tuple(a.strip() for a in acts.split(",") if a.strip())), None
            section, line_in_section = section + 1, 0
        elif rule is not None or head is not None:
            times, said = re.match(r"(?:(\d+)\* )?(.*)", line).groups()  # type: ignore[union-attr]
            if rule is not None:
                rule += [said] * int(times or 1)
            elif head is not None:
                line_in_section += 1
                key = f"{name}-{section}-{line_in_section}"
                intents += [Intent(head[0], head[1], said, key)] * int(times or 1)
        else:
            raise GrammarError(f"{name}.txt, line {number}: {line!r} stands under no [rule] and no == context")
