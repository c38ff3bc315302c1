"""`parley tune eval`: an adapter measured against the bare model, the rules and the act classifier, in one run."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.tuning.data_checks import Checks
from parley.agent.tuning.examples import ROLES, Example, load_examples
from parley.agent.tuning.reader import TunedReader, answer
from parley.agent.tuning.serving import open_bare, open_tuned
from parley.agent.understanding import Understander
from parley.evals.nlu.acts_eval import evidence_of
from parley.evals.nlu.dialogues import LabelledTurn, load_turns
from parley.evals.nlu.report import THIS_YEAR
from parley.evals.tuning.roles import as_rows, measure_roles, read_by_rules
from parley.evals.tuning.turns import measure_turns
from parley.evals.tuning.understanding import act_rows, measure_wishes, read_acts, understanding_systems
from parley.tools.items import Catalog
from parley.tools.linking import Linker

Tell = Callable[[str], None]
UNTUNED_SAMPLE = 40
"""Of what the bare model is asked: it answers at length and wrongly, and that shows soon."""


class EvalSettings(BaseModel):
    """What to measure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wishes: bool = True
    untuned: bool = True
    sample: int | None = Field(default=None, ge=1)
    """At most so many examples a role, and labelled turns in all (whole dialogues); None is everything."""
    seed: int = 0


def measure(
    adapter: Path,
    settings: EvalSettings,
    *,
    examples: Path | None = None,
    acts: Path | None = None,
    home: Path | None = None,
    tell: Tell = lambda _: None,
) -> dict[str, Any]:
    """The tables of an adapter: by role on held-out examples, exact wishes, dialogue acts.

    Args:
        adapter: GGUF.
        examples: held-out examples; None leaves the table out.
        acts: dialogues in IARD's form; None leaves the table out.
        home: where the engine keeps its faster format of the weights.

    Raises:
        ExampleError, LabelledDataError, ModelError: a file that is not there or not in its form.
    """
    catalog = Catalog.films()
    linker = Linker.for_catalog(catalog)
    understander = Understander(catalog, linker, this_year=lambda: THIS_YEAR)
    held = load_examples(examples) if examples is not None else []
    turns = load_turns(acts) if acts is not None else []
    models = {"tuned": open_tuned(adapter, home=home)}
    if settings.untuned:
        models["untuned"] = open_bare(home)
    report: dict[str, Any] = {"adapter": adapter.name, "seed": settings.seed}
    try:
        if held:
            checks = Checks(catalog, linker)
            report["roles"] = _roles(held, models, checks, settings, tell)
            report["turns"] = measure_turns(held, models["tuned"], checks, seed=settings.seed)
        readers = {name: TunedReader(model, catalog, linker) for name, model in models.items()}
        if settings.wishes:
            systems = understanding_systems(understander, {"tuned": readers["tuned"]})
            report["wishes"] = measure_wishes(systems, catalog, tell=tell)
        if turns:
            chosen = sample_dialogues(turns, settings.sample, settings.seed)
            told = {"tuned": read_acts(chosen, understander, readers["tuned"], tell=tell)}
            report["acts"] = act_rows(chosen, evidence_of(chosen, understander), understander, told, seed=settings.seed)
    finally:
        for model in models.values():
            model.close()
    return report


def _roles(
    held: Sequence[Example], models: dict[str, LlamaCppChat], checks: Checks, settings: EvalSettings, tell: Tell
) -> list[dict[str, Any]]:
    rows = []
    for name, model in models.items():
        most = settings.sample if name == "tuned" else min(UNTUNED_SAMPLE, settings.sample or UNTUNED_SAMPLE)
        asked = sample_roles(held, most, settings.seed)
        scores = measure_roles(asked, lambda e, m=model: answer(m, e), checks, seed=settings.seed, tell=tell)  # type: ignore[misc]
        rows += as_rows(name, scores)
    asked = sample_roles(held, settings.sample, settings.seed)
    own = [e for e in asked if e.role == "understand"]
    rows += as_rows("rules", measure_roles(own, lambda e: read_by_rules(e, checks), checks, seed=settings.seed))
    said = [e for e in asked if e.role == "simulate"]
    rows += as_rows("known answer", measure_roles(said, lambda e: e.target, checks, seed=settings.seed))
    return rows


def sample_roles(examples: Sequence[Example], most: int | None, seed: int) -> list[Example]:
    """At most so many examples of each role."""
    rng = random.Random(seed)
    found: list[Example] = []
    for role in ROLES:
        own = [e for e in examples if e.role == role]
        found += own if most is None else rng.sample(own, min(most, len(own)))
    return found


def sample_dialogues(turns: Sequence[LabelledTurn], most: int | None, seed: int) -> list[LabelledTurn]:
    """Whole dialogues in random order until so many turns are there."""
    names = sorted({t.dialogue for t in turns})
    random.Random(seed).shuffle(names)
    found: list[LabelledTurn] = []
    for name in names:
        if most is not None and len(found) >= most:
            break
        found += [t for t in turns if t.dialogue == name]
    return found
