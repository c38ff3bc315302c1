"""Agent4Rec's alignment test, with the confusion counts that the published tables lack.

Each of the thousand users is shown 20 items, of which 1 in 2, 1 in 4 or 1 in 10 are items they really
watched later (their test list), the rest items they never touched. The simulated user says which it would
watch; it knows the training list only. The bar for a yes is set on the training list at 1:1, once, so that
at 1:9 precision must fall: the published rows keep precision and lose recall, which no plain confusion matrix
at 10 % positives can do (anything with precision .78 and recall .21 has an accuracy above .9, not .62).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from parley.evals.agreement import Confusion
from parley.evals.simulate.browsing import BrowsingUser
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import Persona
from parley.tools.items import Catalog
from parley.tools.seams import Recommender, Taste

SHOWN = 20
Appeal = Callable[[Persona], Callable[[str], float]]
PUBLISHED = {
    "Agent4Rec (as reprinted by SimUSER)": {1: ".6912/.7460/.6914/.6982", 3: ".6675/.7623/.4210/.5433",
                                            9: ".6175/.7753/.2139/.3232"},
    "Agent4Rec (independent rerun, its issue 5)": {1: ".5988/.6348/.4529/.5009", 3: ".6630/.3670/.4359/.3726",
                                                   9: ".7049/.1676/.4314/.2226"},
    "SimUSER (GPT-4o-mini)": {1: ".7912/.7976/.7576/.7771", 3: ".7737/.8173/.5223/.6373",
                              9: ".6791/.8382/.3534/.4972"},
}  # fmt: skip


def align(
    personas: Sequence[Persona],
    catalog: Catalog,
    popularity: Mapping[str, float],
    *,
    ratio: int,
    seed: int = 1,
    tasteless: bool = False,
    appeal: Appeal | None = None,
) -> list[Confusion]:
    """Each user's confusion counts at 1:`ratio`; users with too few watched items are left out.

    Args:
        tasteless: the users know what is popular and nothing of themselves: what a taste must beat.
        appeal: another way to tell how an item appeals to a persona; by default the browsing user's own.
    """
    positives = SHOWN // (ratio + 1)
    ids = [item.item_id for item in catalog]
    users = [(p, appeal(p) if appeal else _user(p, catalog, popularity, seed, tasteless).appeal) for p in personas]
    bar = _bar(users, ids, seed)
    found = []
    for persona, likes in users:
        if len(persona.targets) < positives:
            continue
        rng = np.random.default_rng([seed, ratio, *persona.persona_id.encode()])
        watched = list(rng.choice(persona.targets, positives, replace=False))
        shown = [*watched, *_untouched(persona, ids, rng, SHOWN - positives)]
        said = [likes(i) > bar for i in shown]
        found.append(Confusion.of(said, [place < positives for place in range(len(shown))]))
    return found


def total(parts: Sequence[Confusion]) -> Confusion:
    """All counts together."""
    counts = {name: sum(getattr(part, name) for part in parts) for name in Confusion.model_fields}
    return Confusion(**counts)


def appeal_by_model(recommender: Recommender) -> Appeal:
    """How a taste model ranks an item for a persona, 0 to 1.

    It was trained on other people's ratings. It is the recommender under test: never use it to judge itself.
    """
    place = {item_id: row for row, item_id in enumerate(recommender.item_ids)}

    def of(persona: Persona) -> Callable[[str], float]:
        scores = recommender.fold_in(Taste(reactions=persona.history))
        ranks = np.argsort(np.argsort(scores)) / max(1, len(scores) - 1)
        return lambda item_id: float(ranks[place[item_id]]) if item_id in place else 0.0

    return of


def _user(
    persona: Persona, catalog: Catalog, popularity: Mapping[str, float], seed: int, tasteless: bool
) -> BrowsingUser:
    known = persona.model_copy(update={"history": ()}) if tasteless else persona
    return BrowsingUser(known, catalog, LeakGuard(catalog), seed=seed, popularity=popularity)


def _bar(users: Sequence[tuple[Persona, Callable[[str], float]]], ids: Sequence[str], seed: int) -> float:
    """The appeal that best parts what users watched in training from what they did not, as many of each."""
    rng = np.random.default_rng(seed)
    yes, no = [], []
    for persona, likes in users:
        known = [i for i, weight in persona.history if weight > 0][-10:]
        yes += [likes(i) for i in known]
        no += [likes(i) for i in _untouched(persona, ids, rng, len(known))]
    bars = np.quantile([*yes, *no], np.linspace(0.02, 0.98, 97))
    right = [(np.asarray(yes) > b).mean() + (np.asarray(no) <= b).mean() for b in bars]
    return float(bars[int(np.argmax(right))])


def _untouched(persona: Persona, ids: Sequence[str], rng: np.random.Generator, n: int) -> list[str]:
    touched = {*persona.targets, *(i for i, _ in persona.history)}
    free = [i for i in ids if i not in touched]
    return [free[i] for i in rng.choice(len(free), n, replace=False)]
