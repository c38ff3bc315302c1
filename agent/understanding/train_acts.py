"""Train the act classifier that ships: hand labels of ReDial turns and generated utterances, nothing else.

    PARLEY_DATA_MIRROR=... python -m parley.agent.understanding.train_acts [--seed 0] [--out agent/data]

ReDial (Li et al., NeurIPS 2018) is CC BY 4.0; the labels in `labels/redial_acts.jsonl` were made for this project and
name turns by dialogue and turn only. No label of IARD is used, and no dialogue that IARD labels.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from parley.agent.acts import DialogueAct
from parley.agent.understanding.acts import ActClassifier, Evidence, names_of, vector
from parley.agent.understanding.history import context_of
from parley.agent.understanding.say_acts import generate
from parley.agent.understanding.understander import Understander
from parley.tools.items import Catalog

Example = tuple[Evidence, tuple[DialogueAct, ...], float]
"""(what the classifier sees, the acts, weight)."""
LABEL_WEIGHT = 6.0
"""How much a hand-labelled turn counts beside a generated one."""
COMMONEST = {"w": 6000, "c": 9000, "p": 700, "f": 100, "k": 200}
"""Features kept of each family, the most frequent first."""
WEIGHT = {"f": 0.7, "k": 0.5}
"""What a flag and a cue count beside a family of words: the smaller, the more they are held back by the penalty."""


class TrainingError(ValueError):
    """Data for training that is not there; the message says the mend."""


def redial_turns(path: Path) -> dict[tuple[str, int], tuple[list[tuple[str, str]], str]]:
    """(dialogue, first turn) to (messages before, utterance), consecutive messages of one person joined."""
    turns: dict[tuple[str, int], tuple[list[tuple[str, str]], str]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            dialogue = json.loads(line)
            names = dialogue["movieMentions"] or {}
            before: list[tuple[str, str]] = []
            for role, first, text in _joined(dialogue, names):
                if role == "user":
                    turns[(dialogue["conversationId"], first)] = (list(before), text)
                before.append((role, text))
    return turns


def _joined(dialogue: dict[str, Any], names: dict[str, str]) -> list[tuple[str, int, str]]:
    joined: list[tuple[str, int, str]] = []
    for message in dialogue["messages"]:
        role = "user" if message["senderWorkerId"] == dialogue["initiatorWorkerId"] else "assistant"
        text = re.sub(r"@(\d+)", lambda m: " ".join((names.get(m.group(1)) or "that movie").split()), message["text"])
        if joined and joined[-1][0] == role:
            joined[-1] = (role, joined[-1][1], f"{joined[-1][2]} {text}")
        else:
            joined.append((role, message["turn_id"], text))
    return joined


def labelled_examples(understander: Understander, mirror: Path) -> list[Example]:
    """The hand-labelled turns as the classifier sees them.

    Raises:
        TrainingError: the corpus is not in the mirror.
    """
    path = mirror / "redial" / "valid_linked.jsonl.gz"
    if not path.is_file():
        raise TrainingError(
            f"no ReDial in {str(mirror)!r}: set PARLEY_DATA_MIRROR to a folder with redial/valid_linked.jsonl.gz"
        )
    turns = redial_turns(path)
    examples: list[Example] = []
    lines = (Path(str(files("parley.agent.understanding"))) / "labels" / "redial_acts.jsonl").read_text("utf-8")
    for line in lines.splitlines():
        row = json.loads(line)
        before, text = turns[(row["dialogue"], row["turn"])]
        evidence = understander.evidence(text, context_of(before, understander, replay=False))
        examples.append((evidence, by_definition([DialogueAct(a) for a in row["acts"]]), LABEL_WEIGHT))
    return examples


def by_definition(acts: Sequence[DialogueAct]) -> tuple[DialogueAct, ...]:
    """No `neutral` beside `accept`: neutral is who "does not indicate her/his preference" (Cai & Chen, table 2)."""
    return tuple(a for a in acts if a is not DialogueAct.NEUTRAL or DialogueAct.ACCEPT not in acts)


def generated_examples(understander: Understander, seed: int, count: int = 2500) -> list[Example]:
    """Generated utterances as the classifier sees them."""
    examples: list[Example] = []
    for said in generate(understander.catalog, random.Random(seed), count):
        context = context_of(said.before, understander, replay=False)
        examples.append((understander.evidence(said.text, context), by_definition(said.acts), 1.0))
    return examples


def fit(examples: Sequence[Example], *, seed: int = 0, strength: float = 0.5, threshold: float = 0.36) -> ActClassifier:
    """Fit one-vs-rest logistic regressions; deterministic for a seed.

    Args:
        examples: at least two acts among them.
        seed: for the solver.
        strength: inverse of the L2 penalty.
        threshold: probability above which an act is given.
    """
    from sklearn.linear_model import LogisticRegression

    named = [Counter(names_of(e)) for e, _, _ in examples]
    features, idf = vocabulary_of(named)
    rows = csr_rows([vector(evidence, features, idf) for evidence, _, _ in examples], len(features))
    held = {a for _, acts, _ in examples for a in acts}
    acts = [a for a in DialogueAct if a in held]
    weights, bias = np.zeros((len(acts), len(features)), np.float32), np.zeros(len(acts), np.float32)
    sample_weight = np.array([w for _, _, w in examples])
    for row, act in enumerate(acts):
        target = np.array([act in labels for _, labels, _ in examples])
        model = LogisticRegression(C=strength, max_iter=400, random_state=seed).fit(rows, target, sample_weight)
        weights[row], bias[row] = model.coef_[0], model.intercept_[0]
    thresholds = np.full(len(acts), threshold, np.float32)
    return ActClassifier(features, acts, weights, bias, idf, thresholds)


def csr_rows(vectors: Sequence[Mapping[int, float]], width: int) -> Any:
    """(n, width) sparse float64 rows: few of the thousands of features occur in one utterance."""
    from scipy.sparse import csr_matrix

    starts = np.cumsum([0, *(len(v) for v in vectors)])
    columns = [column for v in vectors for column in v]
    values = [value for v in vectors for value in v.values()]
    return csr_matrix((values, columns, starts), shape=(len(vectors), width), dtype=np.float64)


def vocabulary_of(named: Sequence[Counter[str]]) -> tuple[dict[str, int], np.ndarray[Any, np.dtype[np.float32]]]:
    """The commonest features of each family and their inverse document frequencies."""
    documents = Counter(name for counts in named for name in counts)
    kept: list[str] = []
    for family, most in COMMONEST.items():
        own = [(n, name) for name, n in documents.items() if name[0] == family and (n >= 3 or family in WEIGHT)]
        kept += [name for _, name in sorted(own, key=lambda pair: (-pair[0], pair[1]))[:most]]
    features = {name: column for column, name in enumerate(kept)}
    idf = [WEIGHT[n[0]] if n[0] in WEIGHT else np.log((1 + len(named)) / (1 + documents[n])) + 1 for n in kept]
    return features, np.array(idf, dtype=np.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write the weights."""
    from parley.tools.linking import Linker

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(str(files("parley.agent"))) / "data")
    options = parser.parse_args(arguments)
    mirror = Path(os.environ.get("PARLEY_DATA_MIRROR", ""))
    catalog = Catalog.films()
    understander = Understander(catalog, Linker.for_catalog(catalog))
    examples = labelled_examples(understander, mirror) + generated_examples(understander, options.seed)
    classifier = fit(examples, seed=options.seed)
    classifier.save(options.out)
    size = sum((options.out / name).stat().st_size for name in ("acts.safetensors", "acts.json"))
    print(f"{len(examples)} examples, {len(classifier.features)} features, {size / 1e6:.2f} MB in {options.out}")


if __name__ == "__main__":
    main()
