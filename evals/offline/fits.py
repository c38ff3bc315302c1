"""Fitting a contestant: from the tuned settings to a model that scores people. Long fits go on where they stopped."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.evals.offline.models import Settings, contestant
from parley.evals.offline.peers import PEERS, Scored
from parley.evals.offline.splits import Protocol, Task
from parley.tools.recommenders import ClassicalRecommender, Interactions, Progress, recommender_class
from parley.tools.recommenders.blend import Blend, BlendConfig
from parley.tools.recommenders.sasrec import SasRec, SasRecConfig

Tell = Callable[[str], None]


class OutOfTime(ValueError):
    """A fit was paused by its time limit; its checkpoint is kept."""


@dataclass(frozen=True)
class Fitter:
    """Fits contestants on the two tasks of one data set."""

    protocol: Protocol
    validation: Task
    test: Task
    vectors: Callable[[], NDArray[np.float32]] | None
    """Text vectors of the items, made when a model asks."""
    work: Path
    """Where checkpoints are."""
    tell: Tell
    seconds: float | None
    """Pause a long fit after about so long."""

    def fit(self, name: str, settings: Settings, seed: int, part: str) -> Scored:
        """The contestant for `part` ("validation" or "test"), fitted on what it may learn from.

        Raises:
            OutOfTime: the fit was paused; call again to go on.
        """
        entry = contestant(name)
        train = self.validation.train if part == "validation" or not entry.refit else self.test.train
        if entry.kind in PEERS:
            return PEERS[entry.kind](train, settings, seed, self._progress(name, seed))
        if entry.members:
            return self._blend(name, settings, seed, part)
        model = recommender_class(entry.kind)
        config = model.config_class.model_validate(settings)
        if isinstance(config, SasRecConfig):
            return self._train(name, config, seed, train)
        return model.fit(train, config, seed=seed, progress=self._progress(name, seed))

    def _blend(self, name: str, settings: Settings, seed: int, part: str) -> Blend:
        """A blend of members that are fitted as they are when they compete alone."""
        config = BlendConfig.model_validate(settings)
        by_kind = {contestant(member).kind: member for member in contestant(name).members}
        members = [self.member(by_kind[member.kind], member.config, seed, part) for member in config.members]
        return Blend(members[0].item_ids, members[0].popularity, config, members)

    def member(self, name: str, settings: Mapping[str, Any], seed: int, part: str) -> ClassicalRecommender:
        """A contestant that is one of our own recommenders.

        Raises:
            TypeError: it is a peer's.
        """
        found = self.fit(name, dict(settings), seed, part)
        if not isinstance(found, ClassicalRecommender):
            raise TypeError(f"{name} cannot be part of a blend")
        return found

    def _train(self, name: str, config: SasRecConfig, seed: int, train: Interactions) -> SasRec:
        vectors = self.vectors() if contestant(name).text_start and self.vectors else None
        told = json.dumps([name, config.model_dump(mode="json"), seed, fingerprint(train)], sort_keys=True)
        progress, done = self._progress(name, seed), [1.0]

        def watched(share: float, what: str) -> None:
            done[0] = share
            progress(share, what)

        model = SasRec.fit(
            train, config, seed=seed, progress=watched, item_vectors=vectors, seconds=self.seconds,
            checkpoint=self.work / "checkpoints" / f"{name}-{seed}-{hashlib.sha256(told.encode()).hexdigest()[:16]}",
        )  # fmt: skip
        if done[0] < 1:
            raise OutOfTime(f"{name} seed {seed} paused at {done[0]:.0%}; run the same command again to go on")
        return model

    def _progress(self, name: str, seed: int) -> Progress:
        last = [0.0]

        def progress(share: float, what: str) -> None:
            if time.monotonic() - last[0] > 5:
                last[0] = time.monotonic()
                self.tell(f"{name} seed {seed}: {share:4.0%} {what}")

        return progress


def trained_seconds(model: Scored) -> float:
    """CPU seconds of training that a checkpoint may have spared this run; 0 for models fitted in one step."""
    parts = model.members if isinstance(model, Blend) else (model,)
    return sum(part.fit_seconds for part in parts if isinstance(part, SasRec))


def fingerprint(data: Interactions) -> str:
    """Tells one log from another."""
    digest = hashlib.sha256("\n".join(data.item_ids).encode())
    for column in (data.user_index, data.item_index, data.time):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
