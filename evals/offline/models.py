"""The contestants of `parley eval offline`: a name, a recommender, what its tuning tries, what tuning chose.

`tuned.json` holds the winners by data set and protocol, picked on validation targets only, by
`parley eval offline --data NAME --model ... --tune`; a name without an entry uses the settings its tuning starts from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TUNED = Path(__file__).with_name("tuned.json")
Settings = dict[str, Any]


class OfflineError(ValueError):
    """An offline evaluation that cannot be run; the message names the mend."""


@dataclass(frozen=True)
class Contestant:
    """A recommender as the table shows it."""

    kind: str
    """Its name in the registry of recommenders."""
    start: Mapping[str, Any] = field(default_factory=dict)
    """Settings where tuning starts, and what an untuned contestant uses."""
    axes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """What tuning tries, one setting at a time, the others kept at the best so far."""
    text_start: bool = False
    """Start the item embeddings from the titles' text vectors."""
    members: tuple[str, ...] = ()
    """Contestants a blend mixes, each as tuned; tuning fits the weights."""
    refit: bool = True
    """False: the model that validation saw is the one tested, as papers about trained networks do; it then reads
    the validation item as the newest of the history, but was not trained on it."""


_SASREC: Settings = {"dim": 64, "layers": 1, "heads": 1, "dropout": 0.2, "length": 50, "epochs": 20}
_PEER_ALS = {"regularization": (1.0, 10.0, 50.0), "alpha": (1.0, 5.0), "factors": (64, 128)}
_DECAY = (3.0, 5.0, 8.0, 10.0, 20.0)

MODELS: Mapping[str, Contestant] = {
    "popularity": Contestant("popularity"),
    "itemknn": Contestant(
        "itemknn",
        {"decay": 5.0, "neighbours": 200, "shrink": 50.0},
        {"decay": (*_DECAY, None), "neighbours": (50, 100, 200), "shrink": (10.0, 50.0, 100.0)},
    ),
    "ease-plain": Contestant(
        "ease", {"decay": None, "regularisation": 400.0}, {"regularisation": (50.0, 100.0, 200.0, 400.0, 800.0)}
    ),
    "ease-decayed": Contestant(
        "ease",
        {"decay": 10.0, "regularisation": 400.0},
        {"decay": _DECAY, "regularisation": (50.0, 100.0, 200.0, 400.0, 800.0)},
    ),
    "ease": Contestant(
        "ease",
        {"decay": 10.0, "locality": 10.0, "regularisation": 50.0},
        {"decay": _DECAY, "locality": (10.0, 20.0, 40.0), "regularisation": (25.0, 50.0, 100.0, 200.0)},
    ),
    "als": Contestant(
        "als",
        {"decay": None, "factors": 64, "regularisation": 10.0},
        {"regularisation": (1.0, 10.0, 50.0), "factors": (64, 128), "decay": (None, 20.0, 10.0, 5.0)},
    ),
    "bpr": Contestant(
        "bpr",
        {"decay": None, "fold_regularisation": 10.0, "iterations": 100},
        {"iterations": (100, 300), "fold_regularisation": (1.0, 10.0, 50.0), "decay": (None, 20.0, 5.0)},
    ),
    "nextitem": Contestant(
        "nextitem",
        {"decays": (1.5, 10.0), "horizon": 1.0, "regularisation": 300.0},
        {
            "decays": ((1.5, 10.0), (2.0, 20.0), (4.0, 30.0), (0.8, 3.0, 15.0)),
            "horizon": (1.0, 3.0, 10.0),
            "regularisation": (30.0, 100.0, 300.0, 1000.0),
        },
    ),
    "blend": Contestant("blend", members=("nextitem", "ease")),
    "blend-sasrec": Contestant("blend", members=("nextitem", "ease", "sasrec")),
    "sasrec": Contestant("sasrec", _SASREC, refit=False),
    "sasrec-gsasrec": Contestant("sasrec", _SASREC | {"loss": "gsasrec"}, refit=False),
    "sasrec-sampled": Contestant("sasrec", _SASREC | {"loss": "sampled"}, refit=False),
    "sasrec-random": Contestant("sasrec", _SASREC | {"start": "random"}, refit=False),
    "sasrec-text": Contestant("sasrec", _SASREC, text_start=True, refit=False),
    "implicit-als": Contestant(
        "implicit-als", {"factors": 64, "regularization": 10.0, "alpha": 1.0, "iterations": 15}, _PEER_ALS
    ),
    "implicit-cosine": Contestant("implicit-cosine", {"K": 200}, {"K": (20, 50, 100, 200, 400)}),
}


def contestant(name: str) -> Contestant:
    """The contestant of this name; any other recommender of the registry competes with its defaults."""
    if name in MODELS:
        return MODELS[name]
    from parley.tools.recommenders import RecommenderError, recommender_class

    try:
        recommender_class(name)
    except RecommenderError as error:
        raise OfflineError(f"no model {name!r}; known: {', '.join(MODELS)}") from error
    return Contestant(name)


def read_tuned(data: str, protocol: str, name: str, path: Path = TUNED) -> Settings:
    """What tuning chose, or where tuning would start."""
    table = _read(path)
    chosen = table.get(data, {}).get(protocol, {}).get(name)
    if chosen is not None:
        return dict(chosen)
    return start_settings(data, protocol, name, path)


def start_settings(data: str, protocol: str, name: str, path: Path = TUNED) -> Settings:
    """Where tuning starts; for a blend its members as tuned, in equal parts."""
    members = contestant(name).members
    if members:
        return blend_settings(data, protocol, name, [1 / len(members)] * len(members), path)
    return dict(contestant(name).start)


def blend_settings(data: str, protocol: str, name: str, weights: Sequence[float], path: Path = TUNED) -> Settings:
    """A blend of its members, each as tuned, with these weights; a member of weight 0 is left out."""
    members = [
        {"kind": contestant(member).kind, "config": read_tuned(data, protocol, member, path), "weight": weight}
        for member, weight in zip(contestant(name).members, weights, strict=True)
        if weight > 0
    ]
    return {"members": members}


def write_tuned(data: str, protocol: str, name: str, settings: Settings, path: Path = TUNED) -> None:
    """Keep what tuning chose."""
    table = _read(path)
    table.setdefault(data, {}).setdefault(protocol, {})[name] = settings
    part = path.with_name(f".{path.name}.part")
    part.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", "utf-8")
    part.replace(path)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        table = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise OfflineError(f"{str(path)!r} is not JSON; delete it and tune again") from error
    if not isinstance(table, dict):
        raise OfflineError(f"{str(path)!r} is not a table of settings; delete it and tune again")
    return table
