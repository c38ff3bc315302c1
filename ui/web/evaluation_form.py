"""The form of an evaluation: what can be chosen, as HTML, and what was chosen, checked again here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from parley.evals.simulate.benches import NO_LLM, agent_names
from parley.evals.simulate.own_catalog import BY_TASTE
from parley.evals.simulate.seam import simulators
from parley.evals.simulate.sources import LOGS
from parley.evals.simulate.study import StudySettings
from parley.tools.items import Catalog
from parley.ui.web.evaluation import MOST_TURNS, MOST_USERS
from parley.ui.web.html import esc, icon

MODEL_WORDS = {"embedded": "Built in", NO_LLM: "None: rules only"}

_USERS: Mapping[str, str] = {
    "agenda": "Hint at what they want",
    "agenda:strict": "Give little of it away",
    "agenda:generous": "Tell all of it but the title",
    "target_free": "Have a taste, no title in mind",
    "adversarial": "Are difficult in many ways",
    "agent4rec": "Browse, rate, tire and leave",
    "ievalm-free": "Continue a real conversation",
    "ievalm-attribute": "Only answer questions",
}
_NEEDS: Mapping[str, str] = {"agent4rec": "agent4rec", "ievalm-free": "ievalm", "ievalm-attribute": "ievalm"}
"""Simulators whose people come from a data set, and its folder."""
_AGENTS: Mapping[str, str] = {
    "random": "Random", "untold popularity": "Most popular first", "popularity": "Most popular first, unseen",
    "parrot": "Parrot: names what you named", "recommender only": "Recommender alone",
    "no ledger": "Parley without its ledger", "no question": "Parley that never asks",
    "asks first": "Parley that asks first", "with memory": "Parley that knows them",
    "model alone": "The model alone", "no LLM": "Parley without its model", "parley": "Parley",
}  # fmt: skip
_CHOSEN = ("popularity", "recommender only", "parley")
_WITH_MODEL = frozenset(agent_names("embedded")) - frozenset(agent_names(NO_LLM))


class FormError(ValueError):
    """A choice that cannot be; the message names the value and the mend."""


def show_form(models: Sequence[str], own: Catalog | None = None) -> str:
    """The form. Its values come back by name; see `read_form`.

    Args:
        models: specs a visitor may choose among.
        own: the catalogue at hand if it is not the films.
    """
    picks = [(value, words) for value, words in user_choices(own).items()]
    boxes = "".join(_box(name) for name in agent_names("embedded" if models else NO_LLM))
    more = [_select("model", "Parley's model", [(m, MODEL_WORDS.get(m, m)) for m in models], NO_LLM)] if models else []
    logs = [("", "Drawn for this, need no data set"), *((name, name) for name in LOGS if _is_at_hand(name))]
    if len(logs) > 1 and own is None:
        more.append(_select("data", "Who they are", logs, ""))
    return (
        '<form class="trial" data-do="evaluate" novalidate><h2>Put it to the test</h2>'
        "<p>Simulated users talk to Parley and to its rivals. Each has a wish that only you can see, says part of it, "
        f"and takes what fits. Nothing of yours is used or changed.{_drawn_from(own)}</p>"
        f"{_select('users_who', 'Users who', picks, 'agenda')}"
        f'<div class="trio">{_number("users", "How many", 40, MOST_USERS)}{_number("turns", "Turns", 5, MOST_TURNS)}'
        f"{_number('seed', 'Seed', 1, 9999)}</div>{''.join(more)}"
        f"<fieldset><legend>Talk to</legend>{boxes}</fieldset>"
        f'<button type="submit" class="new">{icon("play")}<span>Run</span></button></form>'
    )


def user_choices(own: Catalog | None = None) -> dict[str, str]:
    """Kinds of users that can be played here: simulator, with rules after a colon, to words."""
    known = [name for name in simulators() if name in _USERS or ":" not in name]
    if own is not None:
        known = [name for name in known if name not in _NEEDS and (own.domain.kinds or name not in BY_TASTE)]
    found: dict[str, str] = {}
    for name in known:
        if _is_at_hand(_NEEDS.get(name, "")):
            found |= {value: words for value, words in _USERS.items() if value.partition(":")[0] == name}
            found.setdefault(name, name)
    return found


def read_form(values: Mapping[str, object], models: Sequence[str], own: Catalog | None = None) -> StudySettings:
    """The study asked for; which home an own catalogue lives in is for the caller to say.

    Raises:
        FormError: a value is not one of those offered.
    """
    users_who = _one_of(values, "users_who", user_choices(own), "agenda")
    model = _one_of(values, "model", (NO_LLM, *models), NO_LLM)
    data = _one_of(values, "data", ("", *LOGS) if own is None else ("",), "")
    offered = agent_names(model)
    asked = {name.strip() for name in str(values.get("agents") or "").split(",")}
    agents = [name for name in offered if name in asked]
    if not agents:
        raise FormError("nobody to talk to: choose at least one agent")
    simulator, _, rules = users_who.partition(":")
    return StudySettings(
        simulator=simulator,
        rules=rules,
        users=_whole(values, "users", "how many users", MOST_USERS),
        turns=_whole(values, "turns", "turns", MOST_TURNS),
        seed=_whole(values, "seed", "the seed", 9999),
        model=model,
        agents=",".join(agents) if len(agents) < len(offered) else "",
        data=data if simulator not in _NEEDS else "",
    )


def agent_words(name: str) -> str:
    """An agent as the page calls it."""
    return _AGENTS.get(name, name)


def _drawn_from(own: Catalog | None) -> str:
    """What must be said where the catalogue is not the films."""
    if own is None:
        return ""
    return (
        f" The users are drawn from these {len(own):,} {esc(own.domain.plural)}; users made from what people did "
        "with films cannot be played here."
    )


def _one_of(values: Mapping[str, object], name: str, offered: Iterable[str], default: str) -> str:
    value = str(values.get(name, default))
    if value not in set(offered):
        raise FormError(f"{value[:60]!r} is not offered; choose one from the list")
    return value


def _whole(values: Mapping[str, object], name: str, words: str, most: int) -> int:
    text = str(values.get(name, "")).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= most):
        raise FormError(f"{words}: {text[:20]!r} must be a whole number from 1 to {most}")
    return int(text)


def _is_at_hand(folder: str) -> bool:
    """Whether a data set can be read here; "" needs none."""
    mirror = os.environ.get("PARLEY_DATA_MIRROR", "")
    return not folder or (bool(mirror) and (Path(mirror) / folder).is_dir())


def _select(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str) -> str:
    shown = "".join(
        f'<option value="{esc(value)}"{" selected" if value == chosen else ""}>{esc(words)}</option>'
        for value, words in options
    )
    return f'<label class="field"><span>{esc(label)}</span><select name="{name}">{shown}</select></label>'


def _number(name: str, label: str, value: int, most: int) -> str:
    return (
        f'<label class="field"><span>{esc(label)}</span><input type="number" name="{name}" value="{value}" min="1" '
        f'max="{most}" step="1" inputmode="numeric"></label>'
    )


def _box(name: str) -> str:
    checked = " checked" if name in _CHOSEN else ""
    kind = ' class="with-model"' if name in _WITH_MODEL else ""
    return (
        f'<label{kind}><input type="checkbox" name="agents" value="{esc(name)}"{checked}>'
        f"<span>{esc(agent_words(name))}</span></label>"
    )
