"""Examples from the hand labels: real turns of ReDial, CCPE-M and LAPS with what their readers wrote of them.

The texts are read from PARLEY_DATA_MIRROR when the examples are built and stand in no file of this repository. ReDial's
`@number` becomes the film's name; what our message before named becomes the slate, so that "I loved it" can be #1.

Where a reader wrote `seen` for "haven't seen it" the act is `neutral`, as Cai & Chen's annotators have it (of 80 of IARD's
dialogues we looked at how they label that one phrase; no label of IARD is learned from).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from parley.agent.acts import DialogueAct
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import simulate_prompt, understand_prompt
from parley.agent.tuning.labelling import Label, Turn, read_labels, read_turns
from parley.agent.tuning.notation import MeaningReader, write_edit

_NAMED = re.compile(r"@(?P<number>\d+) <(?P<name>[^>]*)>")
_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")
_UNSEEN = re.compile(
    r"\b(?:haven'?t|have not|havent|hasn'?t|never|not|didn'?t|don'?t think i(?:'ve| have)?)(?: \w+){0,2} (?:seen|see|saw|watched|"
    r"heard|catch)\b|^(?:no|nope|nah)\b|\bi (?:haven'?t|have not|didn'?t)\b|\bunseen\b",
    re.I,
)
_ITEM = re.compile(r"(?P<verb>\w+):(?P<points>\^?)(?P<name>@\d+|\"[^\"]+\")")
_WISH = re.compile(r"(?P<sign>[+-])(?P<facet>\w+)=(?P<value>[^!~@]+)(?P<firm>[!~])(?P<scope>@\w+)?")
_TELLING = {DialogueAct.REQUEST, DialogueAct.ANSWER, DialogueAct.PROVIDE_PREFERENCE, DialogueAct.ADD_CONSTRAINT,
            DialogueAct.CRITIQUE_FEATURE, DialogueAct.REJECT, DialogueAct.SEEN, DialogueAct.COMPARE}  # fmt: skip
SOURCES = ("redial", "ccpe", "laps")


class LabelledTurns:
    """The labelled turns of the corpora in one mirror folder, as examples.

    Raises:
        LabelError: a corpus is not in the mirror.
    """

    def __init__(self, words: Lexicon, mirror: Path, labels: Sequence[Label] | None = None, *, seed: int = 0) -> None:
        self.words, self.seed = words, seed
        self.reader = MeaningReader(words.catalog, words.linker)
        by_key = {x.key: x for x in (read_labels() if labels is None else labels)}
        corpora = sorted({x.corpus for x in by_key.values()})
        turns = [t for corpus in corpora for t in read_turns(mirror, corpus) if t.key in by_key]
        self.turns = [(t, by_key[t.key]) for t in turns]

    def understanding(self) -> Iterator[Example]:
        """One example of understanding for every labelled turn that has a target."""
        held: dict[tuple[str, str], list[str]] = {}
        for turn, label in self.turns:
            kept = held.setdefault((turn.corpus, turn.dialogue), [])
            read = self._read(turn, label)
            yield read.understanding(kept)
            kept += [e for e in read.edits if e[:1] in "+-" or e.startswith(("year", "runtime"))]

    def simulation(self) -> Iterator[Example]:
        """What a seeker really said, from what they disclosed."""
        for turn, label in self.turns:
            read = self._read(turn, label)
            if read.edits and _TELLING & set(label.acts) and len(read.text) < 240:
                yield read.simulation()

    def _read(self, turn: Turn, label: Label) -> _ReadTurn:
        return _ReadTurn(self, turn, label, random.Random(f"{self.seed}-{turn.key}"))


class _ReadTurn:
    """One labelled turn with its names put in."""

    def __init__(self, source: LabelledTurns, turn: Turn, label: Label, rng: random.Random) -> None:
        self.source, self.turn, self.label, self.rng = source, turn, label, rng
        self._names: dict[str, str] = {}
        previous = turn.before[-1][1] if turn.before and turn.before[-1][0] == "assistant" else ""
        for text in (previous, turn.text, *(t for _, t in turn.before)):
            for found in _NAMED.finditer(text):
                self._names.setdefault(f"@{found['number']}", found["name"])
        self.slate = list(dict.fromkeys(self._title(f"@{m['number']}") for m in _NAMED.finditer(previous)))[:5]
        self.previous = self._spoken(previous)
        self.text = self._spoken(turn.text)
        self.mentions = False
        self.edits = [e for edit in label.edits if (e := self._edit(edit))]
        self.acts = self._acts()

    def understanding(self, kept: Sequence[str]) -> Example:
        """The turn as an example of understanding; `kept` are the wishes of the turns before it."""
        shown = self._as_kept(kept) if kept and self.rng.random() < 0.4 else ()
        asks = {DialogueAct.INQUIRE, DialogueAct.ASK_OPINION} & set(self.acts)
        return Example(
            role="understand",
            prompt=understand_prompt(self.text or "?", previous=self.previous, wishes=shown, slate=self.slate),
            target=", ".join(a.value for a in self.acts) + (" | " + "; ".join(self.edits) if self.edits else ""),
            group=self._group(),
            open=bool(asks) and not self.edits,  # the readers did not write which question it is
            source=self.turn.corpus,
        )

    def simulation(self) -> Example:
        """The turn as an example of a seeker's words."""
        said = [re.sub(r"#(\d+)", lambda m: f'"{self.slate[int(m[1]) - 1]}"', e) for e in self.edits]
        return Example(
            role="simulate",
            prompt=simulate_prompt(said, act=self.acts[0].value, previous=self.previous),
            target=self.text,
            group=self._group(),
            source=self.turn.corpus,
        )

    def _group(self) -> str:
        return f"dialogue:{self.turn.corpus}/{self.turn.dialogue.split('/')[0]}"

    def _acts(self) -> tuple[DialogueAct, ...]:
        acts = list(self.label.acts)
        has_seen = any(e.startswith(("seen:", "like:#", "dislike:#")) for e in self.edits)
        if DialogueAct.SEEN in acts and not has_seen and _UNSEEN.search(self.text.replace("’", "'")):
            acts.remove(DialogueAct.SEEN)
            acts = acts or [DialogueAct.NEUTRAL]
        return tuple(acts)

    def _title(self, name: str) -> str:
        """The catalogue's title of a film, or its name as the corpus has it, without the year."""
        bare = _YEAR.sub("", self._names.get(name, name.strip('"'))).strip() or name
        hit = self.source.words.linker.resolve_title(self._names.get(name, bare))
        return self.source.words.catalog[hit.item_id].title if hit is not None and hit.score > 0.9 else bare

    def _spoken(self, text: str) -> str:
        """The text with names for numbers, the year as often as people write it."""

        def named(match: re.Match[str]) -> str:
            name = " ".join(match["name"].split())
            return name if self.rng.random() < 0.15 else _YEAR.sub("", name)

        return " ".join(_NAMED.sub(named, text).split())

    # --- edits ------------------------------------------------------------------------------------------------

    def _edit(self, edit: str) -> str | None:
        """A reader's edit in the product's notation; None for what is no edit."""
        if item := _ITEM.fullmatch(edit):
            return self._about_item(item["verb"], item["name"])
        if edit.startswith("suit"):
            return re.sub(r"[!~]", "", edit)
        if (wish := _WISH.fullmatch(edit)) and wish["facet"] not in ("year", "runtime"):
            return self._wish(wish)
        return re.sub(r"^\+(?=year|runtime)", "", edit)  # a number is wanted without a sign

    def _about_item(self, verb: str, name: str) -> str | None:
        title = self._title(name)
        if verb == "mention":
            self.mentions = True
            return None
        if title not in self.slate and title.casefold() not in f"{self.previous} {self.text}".casefold():
            self.slate.append(title)  # named further back: the product has it as what was talked about last
        shown = self.slate.index(title) + 1 if title in self.slate else 0
        return f"{verb}:#{shown}" if shown else f'{verb}:"{title}"'.replace("'\"", '"')

    def _wish(self, wish: re.Match[str]) -> str:
        facet, scope = wish["facet"], wish["scope"] or ""
        values = [v.strip() for v in wish["value"].split("|") if v.strip()]
        known = (
            [self._known(facet, v) for v in values] if facet not in ("about", "person", "cast", "director") else values
        )
        if facet == "about" or not all(known):
            return f"{wish['sign']}about={' or '.join(values).lower()}~{scope}"
        return f"{wish['sign']}{facet}={'|'.join(dict.fromkeys(v for v in known if v))}{wish['firm']}{scope}"

    def _known(self, facet: str, value: str) -> str | None:
        """The catalogue's spelling of a value, or the value a person's word means."""
        held = {v.casefold(): v for v in self.source.words.catalog.vocabulary.get(facet, {})}
        if value.casefold() in held:
            return held[value.casefold()]
        hits = [v.value for v in self.source.words.linker.link_values(f"a {value} film") if v.facet == facet]
        return hits[0] if hits else None

    def _as_kept(self, kept: Sequence[str]) -> tuple[str, ...]:
        read = self.source.reader.read("; ".join(kept[-3:]))
        return tuple(write_edit(e, self.source.words.catalog) for e in read.edits)
