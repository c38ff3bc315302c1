"""What can be checked of an answer without a teacher: does it parse, are the constraints right, is it grounded?

A check gives a score from 0 to 1 and says why. It judges against things outside the model: the notation's reader, the reply's
verifier, the plan's schema, the options that had to be named, and what the product understands of a simulated user's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from pydantic import ValidationError

from parley.agent.planning.drafts import DraftPlan, DraftTool
from parley.agent.reply.verify import Verifier
from parley.agent.tuning.examples import Example, Role
from parley.agent.tuning.notation import Meaning, MeaningReader, write_edit, write_meaning
from parley.agent.understanding import DialogueContext, Understander
from parley.tools.items import Catalog
from parley.tools.linking import Linker


class Checked(NamedTuple):
    """How good an answer is, and why."""

    score: float
    """0 (useless) to 1 (nothing wrong with it)."""
    reason: str = ""


Check = Callable[[Example, str], Checked]


class Checks:
    """One check for each role, over one catalogue."""

    def __init__(self, catalog: Catalog, linker: Linker) -> None:
        self.catalog = catalog
        self.reader = MeaningReader(catalog, linker)
        self.understander = Understander(catalog, linker)
        self.verifier = Verifier(catalog)
        self._by_label = {item.label: item.item_id for item in catalog}
        self._checks: Mapping[Role, Check] = {
            "understand": self._understanding, "reply": self._reply, "rank": self._letter, "simulate": self._seeker,
            "plan": self._plan, "question": self._question,
        }  # fmt: skip

    def check(self, example: Example, answer: str) -> Checked:
        """Judge an answer to an example's prompt."""
        return self._checks[example.role](example, answer.strip()) if answer.strip() else Checked(0.0, "empty")

    def _understanding(self, example: Example, answer: str) -> Checked:
        slate = self.slate(example.prompt)
        gold, found = self.reader.read(example.target, slate), self.reader.read(answer, slate)
        if not found.acts:
            return Checked(0.0, "no acts")
        if found.bad and found.bad != gold.bad:
            return Checked(0.0, f"not in the notation: {found.bad[0]!r}")
        acts = _f1({*gold.acts}, {*found.acts})
        if example.open:
            return Checked(acts, "" if acts == 1 else "acts")
        edits = _f1(self._parts(gold, slate), self._parts(found, slate))
        score = 0.3 * acts + 0.7 * edits
        return Checked(score, "" if score == 1 else f"acts {acts:.2f}, edits {edits:.2f}")

    def _parts(self, meaning: Meaning, slate: list[str]) -> set[str]:
        whole = write_meaning(meaning.model_copy(update={"acts": ()}), self.catalog, slate)
        return {p for p in whole.removeprefix(" | ").split("; ") if p} | {*meaning.bad}

    def slate(self, prompt: str) -> list[str]:
        """Ids of what a prompt says was shown; a title the catalogue does not hold stays as it is."""
        shown = next((line for line in prompt.splitlines() if line.startswith("shown: ")), "")
        titles = re.findall(r"#\d+ (.*?)(?=; #\d|$)", shown)
        return [hit.item_id if (hit := self.reader.linker.resolve_title(t)) is not None else t for t in titles]

    def _reply(self, example: Example, answer: str) -> Checked:
        labels = re.findall(r"^- (.*? \(\d{4}\)): ", example.prompt, re.M)
        ids = [self._by_label[label] for label in labels if label in self._by_label]
        wish = example.prompt.splitlines()[0].removeprefix("Wish: ")
        verdict = self.verifier.verify(answer, ids, phrases=[wish])
        wrong = [p for p in verdict.problems if p.wrong]
        if wrong:
            return Checked(0.0, f"{wrong[0].kind}: {wrong[0].text}: {wrong[0].reason}")
        named = len({*verdict.named}) / max(1, len(ids))
        vague = 0.5 ** len(verdict.problems)
        return Checked(named * vague, "" if named * vague == 1 else f"names {named:.2f}, {len(verdict.problems)} cut")

    def _letter(self, example: Example, answer: str) -> Checked:
        return Checked(float(answer == example.target), "" if answer == example.target else "another letter")

    def _plan(self, example: Example, answer: str) -> Checked:
        try:
            plan = DraftPlan.model_validate_json(answer)
        except ValidationError as error:
            return Checked(0.0, f"no plan: {error.errors()[0]['msg']}")
        if any(step.tool is DraftTool.SEARCH and not step.query.strip() for step in plan.steps):
            return Checked(0.2, "a search without words")
        gold = DraftPlan.model_validate(json.loads(example.target))
        tools = _f1({s.tool for s in gold.steps}, {s.tool for s in plan.steps})
        return Checked(0.3 + 0.7 * tools, "" if tools == 1 else f"tools {tools:.2f}")

    def _question(self, example: Example, answer: str) -> Checked:
        options = next(line for line in example.prompt.splitlines() if line.startswith("options: "))
        wanted = options.removeprefix("options: ").split(", ")
        named = sum(o.casefold() in answer.casefold() for o in wanted) / len(wanted)
        one = answer.count("?") == 1
        return Checked(named * (1.0 if one else 0.5), "" if named == 1 and one else f"names {named:.2f}")

    def _seeker(self, example: Example, answer: str) -> Checked:
        """Would the product understand from these words what was to be let out?"""
        said = next(line for line in example.prompt.splitlines() if line.startswith("say: ")).removeprefix("say: ")
        gold = {loosely(write_edit(e, self.catalog)) for e in self.reader.read(said).edits}
        asked = next((line for line in example.prompt.splitlines() if line.startswith("we: ")), "we: ")[4:]
        context = DialogueContext(window=(("assistant", asked),) if asked else ())
        found = {loosely(write_edit(e, self.catalog)) for e in self.understander.understand(answer, context).edits}
        score = _f1(gold, found)
        return Checked(score, "" if score == 1 else f"understood {sorted(found)}")


def loosely(edit: str) -> str:
    """Without firmness, duration and role; a theme by its words."""
    bare = re.sub(r"[!~]|@\w+", "", edit)
    bare = re.sub(r"^((?:or )?[+-])(?:person|cast|director)=", r"\1person=", bare)
    return re.sub(r"^([+-])keyword=", r"\1about=", bare).lower()


def _f1(gold: AbstractSet[str], found: AbstractSet[str]) -> float:
    total = len(gold) + len(found)
    return 2 * len(gold & found) / total if total else 1.0
