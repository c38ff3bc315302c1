"""The contestants of `parley eval offline`: a name, a recommender, what its tuning tries, what tuning chose.

`tuned.json` holds the winners by data set and protocol, picked on validation targets only, by
`parley eval offline --data NAME --model ... --tune`; a name without an entry uses the settings its tuning starts from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
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


_SASREC: Settings = {"dim": 64, "layers": 2, "dropout": 0.2, "length": 50, "epochs": 60}
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
            "decays": ((1.5, 10.0), (2.0, 20.0), (4.0, 30.0)),
            "horizon": (1.0, 3.0, 10.0),
            "regularisation": (30.0, 100.0, 300.0, 1000.0),
        },
    ),
    "blend": Contestant("blend"),
    "sasrec": Contestant("sasrec", _SASREC),
    "sasrec-gsasrec": Contestant("sasrec", _SASREC | {"loss": "gsasrec"}),
    "sasrec-text": Contestant("sasrec", _SASREC, text_start=True),
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
    if name == "blend":
        return blend_settings(data, protocol, path=path)
    return dict(contestant(name).start)


def tuning_axes(data: str, protocol: str, name: str, path: Path = TUNED) -> Mapping[str, tuple[Any, ...]]:
    """What tuning tries; a blend mixes its members as tuned before."""
    if name != "blend":
        return contestant(name).axes
    shares = (0.1, 0.3, 0.5, 0.7, 0.9)
    return {"members": tuple(blend_settings(data, protocol, share=s, path=path)["members"] for s in shares)}


def blend_settings(data: str, protocol: str, *, share: float = 0.5, path: Path = TUNED) -> Settings:
    """A blend of nextitem (`share`) and ease (the rest), each as tuned."""
    members = [
        {"kind": kind, "config": read_tuned(data, protocol, kind, path), "weight": round(weight, 6)}
        for kind, weight in (("nextitem", share), ("ease", 1 - share))
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
