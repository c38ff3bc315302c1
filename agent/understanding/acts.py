"""Dialogue acts of an utterance: what the grammar is sure of, and a small trained classifier for the rest.

The classifier is a one-vs-rest logistic regression on words, word pairs and character n-grams of the utterance, words
of our last message, the grammar's evidence, and small counts (`act_cues`). Its weights are safetensors and a JSON
vocabulary.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.agent.acts import DialogueAct
from parley.agent.ledger import ABOUT, ITEM, EditAction, LedgerEdit, Polarity
from parley.agent.messages import Question
from parley.agent.understanding import social
from parley.agent.understanding.act_cues import cue_names, cues_of
from parley.agent.understanding.reading import Reading


@dataclass(frozen=True)
class Evidence:
    """What the grammar found that tells acts."""

    text: str
    """The utterance, lower case, named things masked."""
    previous: str
    """Our last message, lower case."""
    flags: frozenset[str]
    """Names of what was found: "wish", "stance:seen", "question", "first", ..."""
    cues: Mapping[str, int] = field(default_factory=dict)
    """Small counts by name: see `act_cues.cues_of`."""

    @classmethod
    def of(
        cls,
        reading: Reading,
        edits: Sequence[LedgerEdit],
        question: Question | None,
        *,
        asks_opinion: bool,
        answered: bool,
        topic: str,
    ) -> Evidence:
        """Gather the evidence of one reading."""
        low, context = reading.low, reading.context
        previous = next((text.lower() for role, text in reversed(context.window) if role != "user"), "")
        wishes = [e.wish for e in edits if e.wish is not None and e.wish.facet != ITEM and e.action is EditAction.ADD]
        stances = {e.wish.stance for e in edits if e.wish is not None and e.wish.stance is not None}
        on_slate = {e.wish.value for e in edits if e.wish and e.wish.facet == ITEM} & {*context.shown, *context.slate}
        flags = {
            "wish": bool(wishes),
            "avoid": any(w.polarity is Polarity.AVOID for w in wishes),
            "about": any(w.facet == ABOUT for w in wishes),
            "change": any(e.action in (EditAction.RETRACT, EditAction.SOFTEN, EditAction.HARDEN) for e in edits),
            "reset": any(e.action is EditAction.RESET for e in edits),
            "question": question is not None,
            "compare": question is not None and question.field == "compare",
            "opinion": asks_opinion,
            "answered": answered,
            "asked": context.elicitation is not None or previous.rstrip().endswith("?"),
            "first": not context.shown and not context.ledger.active,
            "shown": bool(context.shown or context.slate),
            "more": social.asks_for_more(low),
            "request": bool(_REQUEST.search(low)),
            "similar": bool(_SIMILAR.search(reading.masked)),
            "thanks": social.says_thanks(low),
            "bye": social.says_bye(low),
            "greets": social.greets(low),
            "item": any(not i.is_pronoun for i in reading.items),
            "value": bool(reading.values or reading.bounds),
            "unseen": bool(_UNSEEN.search(low)),
            "on_slate": bool(on_slate),
            "surprise": social.asks_for_surprise(low),
            f"topic:{topic}": True,
        }
        flags |= {f"stance:{s.value}": True for s in stances}
        found = frozenset(name for name, there in flags.items() if there)
        return cls(reading.masked, previous, found, cues_of(reading))


_REQUEST = re.compile(
    r"\b(?:recommend|suggest|looking for|look for|in the mood for|find me|show me|give me|what should|can "
    r"you|could you|do you know|do you have|are there|is there|any good|i want|i need|i'd like|i would "
    r"like|help me|something|what about|how about|searching for)\b"
)
_SIMILAR = re.compile(
    r"\b(?:like (?:this|that|those|these|\ue000)|similar|more like|along the lines|in the vein|same "
    r"(?:kind|vibe|style))"
)
_UNSEEN = re.compile(r"\b(?:haven't|have not|never|not) (?:\w+ )?(?:seen|watched|heard)\b")


def rule_acts(evidence: Evidence) -> tuple[DialogueAct, ...]:
    """The acts the grammar alone would say."""
    f, acts = evidence.flags, []
    if "topic:abuse" in f or "topic:off_topic" in f:
        return (DialogueAct.OTHER,)
    shown = "shown" in f
    if "reset" in f:
        acts.append(DialogueAct.STOP)
    if "stance:seen" in f or (f & {"stance:like", "stance:dislike"} and "on_slate" in f):
        acts.append(DialogueAct.SEEN)
    if "stance:accept" in f:
        acts.append(DialogueAct.ACCEPT)
    if f & {"stance:reject"} or ("stance:dislike" in f and "on_slate" in f):
        acts.append(DialogueAct.REJECT)
    if "compare" in f:
        acts.append(DialogueAct.COMPARE)
    if "opinion" in f:
        acts.append(DialogueAct.ASK_OPINION)
    elif "question" in f and "compare" not in f:
        acts.append(DialogueAct.INQUIRE)
    if "more" in f and shown:
        acts.append(DialogueAct.CONTINUE)
    if "answered" in f:
        acts.append(DialogueAct.ANSWER)
    if "wish" in f or "change" in f:
        if not shown:
            acts.append(DialogueAct.ANSWER if "asked" in f and "request" not in f else DialogueAct.PROVIDE_PREFERENCE)
        else:
            acts.append(DialogueAct.CRITIQUE_FEATURE if "avoid" in f else DialogueAct.ADD_CONSTRAINT)
    elif f & {"stance:like", "stance:dislike"} and "on_slate" not in f:
        acts.append(DialogueAct.PROVIDE_PREFERENCE)
    if ("request" in f and not shown and "question" not in f) or ("surprise" in f and "answered" not in f):
        acts.append(DialogueAct.REQUEST)
    if "similar" in f and shown and "item" in f:
        acts.append(DialogueAct.COMPARE)
    if "bye" in f:
        acts.append(DialogueAct.END)
    if "unseen" in f and not acts:
        acts.append(DialogueAct.NEUTRAL)
    if not acts or (f & {"thanks", "greets"} and len(acts) == 0):
        acts.append(DialogueAct.OTHER)
    return tuple(dict.fromkeys(acts))


class ActClassifier:
    """One-vs-rest logistic regression over named features.

    Args:
        features: feature name to column.
        acts: the act of each row.
        weights: (n_acts, n_features) float32.
        bias: (n_acts,) float32.
        idf: (n_features,) float32, what each feature's count is multiplied by.
        thresholds: (n_acts,) probabilities above which an act is given.
    """

    def __init__(
        self,
        features: Mapping[str, int],
        acts: Sequence[DialogueAct],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        idf: NDArray[np.float32],
        thresholds: NDArray[np.float32],
    ) -> None:
        self.features, self.acts = dict(features), tuple(acts)
        self.weights, self.bias, self.idf, self.thresholds = weights, bias, idf, thresholds

    @classmethod
    def shipped(cls) -> ActClassifier | None:
        """The classifier that comes with the package; None if it was not built."""
        folder = Path(str(files("parley.agent") / "data"))
        return load_classifier(folder) if (folder / "acts.json").is_file() else None

    def probabilities(self, evidence: Evidence) -> dict[DialogueAct, float]:
        """P(act) for each act, independent of each other."""
        row = vector(evidence, self.features, self.idf)
        score = self.bias.copy()
        for column, value in row.items():
            score += value * self.weights[:, column]
        return {act: float(p) for act, p in zip(self.acts, 1 / (1 + np.exp(-score)), strict=True)}

    def predict(self, evidence: Evidence) -> tuple[DialogueAct, ...]:
        """The acts above their thresholds, or the likeliest one; likeliest first."""
        rated = self.probabilities(evidence)
        margin = {a: rated[a] - t for a, t in zip(self.acts, self.thresholds, strict=True)}
        chosen = [a for a in self.acts if margin[a] >= 0] or [max(self.acts, key=lambda a: margin[a])]
        return tuple(sorted(chosen, key=lambda a: -rated[a]))

    def save(self, folder: Path) -> None:
        """Write `acts.safetensors` and `acts.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        from safetensors.numpy import save_file

        arrays = {
            "weights": self.weights.astype(np.float16),
            "bias": self.bias,
            "idf": self.idf.astype(np.float16),
            "thresholds": self.thresholds,
        }
        save_file(arrays, folder / "acts.safetensors")
        (folder / "acts.safetensors").chmod(0o644)
        names = sorted(self.features, key=lambda name: self.features[name])
        payload = {"acts": [a.value for a in self.acts], "features": names}
        (folder / "acts.json").write_text(json.dumps(payload, ensure_ascii=False, separators=(",", ":")), "utf-8")


@lru_cache(maxsize=4)
def load_classifier(folder: Path) -> ActClassifier:
    """Read what `ActClassifier.save` wrote."""
    payload = json.loads((folder / "acts.json").read_text("utf-8"))
    from safetensors.numpy import load_file

    arrays = load_file(folder / "acts.safetensors")
    kept = {name: arrays[name].astype(np.float32) for name in ("weights", "bias", "idf", "thresholds")}
    features = {name: n for n, name in enumerate(payload["features"])}
    return ActClassifier(features, [DialogueAct(a) for a in payload["acts"]], **kept)


def names_of(evidence: Evidence) -> list[str]:
    """Features of an utterance: w: words and pairs, c: character n-grams, p: words of our last message, f: flags, k: cues."""
    text = re.sub("\ue000+", "ITEM", evidence.text)
    text = re.sub("[\ue001\ue003]+", "VALUE", re.sub("\ue002+", "NUMBER", text))
    words = re.findall(r"[\w']+|[?!]", text)
    names = [f"w:{w}" for w in words] + [f"w:{a} {b}" for a, b in zip(["<s>", *words], [*words, "</s>"], strict=True)]
    squeezed = re.sub(r"\s+", " ", f" {text} ")
    names += [f"c:{squeezed[i : i + n]}" for n in (3, 4, 5) for i in range(len(squeezed) - n + 1)]
    names += [f"p:{w}" for w in set(re.findall(r"[a-z']+|[?]", evidence.previous))]
    names += [f"f:{flag}" for flag in evidence.flags]
    return names + [f"k:{name}" for name in cue_names(evidence.cues)]


def vector(evidence: Evidence, features: Mapping[str, int], idf: NDArray[np.float32]) -> dict[int, float]:
    """Column to value: log counts times idf, each family of features scaled to length 1, but flags and cues as they are."""
    families: dict[str, dict[int, float]] = {}
    for name, count in Counter(names_of(evidence)).items():
        column = features.get(name)
        if column is not None:
            families.setdefault(name[0], {})[column] = (1 + float(np.log(count))) * float(idf[column])
    row: dict[int, float] = {}
    for family, values in families.items():
        length = 1.0 if family in "fk" else float(np.sqrt(sum(v * v for v in values.values()))) or 1.0
        row |= {column: value / length for column, value in values.items()}
    return row


CERTAIN = {
    "stance:accept": DialogueAct.ACCEPT, "compare": DialogueAct.COMPARE, "reset": DialogueAct.STOP,
    "bye": DialogueAct.END, "answered": DialogueAct.ANSWER,
}  # fmt: skip


def acts_of(evidence: Evidence, classifier: ActClassifier | None) -> tuple[tuple[DialogueAct, ...], str]:
    """(the acts, who decided): the classifier's, with what the grammar is certain of added."""
    rules = rule_acts(evidence)
    if classifier is None or {"topic:abuse", "topic:off_topic"} & evidence.flags:
        return rules, "rules"
    acts = list(classifier.predict(evidence))
    if acts == [DialogueAct.OTHER] and evidence.flags & {"wish", "question", "change"}:
        acts = list(rules)
    acts += [act for flag, act in CERTAIN.items() if flag in evidence.flags and act not in acts]
    return tuple(acts), "classifier"


__all__ = ["ActClassifier", "Evidence", "acts_of", "rule_acts"]
