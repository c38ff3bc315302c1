"""What is shown to a model and what it must predict. Two protocols, both ranking every unknown item.

Leave-last: everyone's newest reaction is the test, the one before it the validation target; the model to
tune learns from the rest, the final one from all but the test. User split: a fifth of the people are
unknown to the model; it sees the older four fifths of their history and must predict the newest fifth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parley.evals.offline.models import OfflineError
from parley.tools.recommenders import Histories, Interactions

Protocol = Literal["leave-last", "user-split"]
COLD_HISTORY = 5
"""Reactions a cold user is cut to."""


@dataclass(frozen=True)
class Task:
    """One fit and the people it is judged on."""

    train: Interactions
    seen: Histories
    """What the model may read of each judged person, oldest first."""
    targets: tuple[NDArray[np.int64], ...]
    """What each judged person did next; one item under leave-last."""

    def cold(self) -> Histories:
        """The same people, only their newest few reactions known."""
        return Histories.of([row[-COLD_HISTORY:].tolist() for row in self.seen], self.seen.n_items)


def split(interactions: Interactions, protocol: Protocol, *, seed: int = 0) -> tuple[Task, Task]:
    """The validation task and the test task.

    Raises:
        OfflineError: leave-last asked of data without times, or too few people.
    """
    if protocol == "leave-last":
        return _leave_last(interactions)
    return _user_split(interactions, seed)


def _leave_last(interactions: Interactions) -> tuple[Task, Task]:
    if not interactions.timed:
        raise OfflineError(f"{interactions.name!r} has no times, so no last item; use --split user-split")
    whole = interactions.histories()
    long_enough = np.flatnonzero(whole.lengths >= 3)
    if not len(long_enough):
        raise OfflineError("nobody has three reactions; leave-last needs one to learn from and two to predict")
    tasks = []
    for hidden in (2, 1):
        known = whole.without_last(hidden)
        judged = known.take(long_enough)
        targets = tuple(whole[int(person)][-hidden : -hidden + 1 or None].astype(np.int64) for person in long_enough)
        tasks.append(Task(known.interactions(interactions.item_ids), judged, targets))
    return tasks[0], tasks[1]


def _user_split(interactions: Interactions, seed: int) -> tuple[Task, Task]:
    whole = interactions.histories()
    if not interactions.timed:
        generator = np.random.default_rng(seed)
        whole = Histories.of([generator.permutation(row).tolist() for row in whole], whole.n_items)
    people = np.random.default_rng(seed).permutation(np.flatnonzero(whole.lengths >= 5))
    if len(people) < 10:
        raise OfflineError("fewer than ten people have five reactions; a user split needs more")
    fifth = len(people) // 5
    rest = np.setdiff1d(np.arange(len(whole)), people[:fifth])
    held = (people[fifth : 2 * fifth], people[:fifth])
    tasks = []
    for judged, learners in ((held[0], np.setdiff1d(rest, held[0])), (held[1], rest)):
        rows = [whole[int(person)] for person in judged]
        cuts = [max(1, int(0.8 * len(row))) for row in rows]
        tasks.append(
            Task(
                whole.take(learners).interactions(interactions.item_ids, timed=interactions.timed),
                Histories.of([row[:cut].tolist() for row, cut in zip(rows, cuts, strict=True)], whole.n_items),
                tuple(np.unique(row[cut:]).astype(np.int64) for row, cut in zip(rows, cuts, strict=True)),
            )
        )
    return tasks[0], tasks[1]
