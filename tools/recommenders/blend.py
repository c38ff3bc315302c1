"""A weighted blend of recommenders: each one's scores brought to mean 0 and spread 1 a person, then summed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from parley.tools.recommenders.base import (
    ClassicalRecommender,
    Progress,
    RecommenderConfig,
    RecommenderError,
    Tensors,
    count_popularity,
)
from parley.tools.recommenders.data import Histories, Interactions


class BlendMember(BaseModel):
    """One recommender of a blend."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    config: dict[str, Any] = {}
    """Its settings, where they are not the defaults."""
    weight: float = Field(default=1.0, gt=0)


class BlendConfig(RecommenderConfig):
    """Settings of a blend; the default won on validation users of MovieLens-100K and MovieLens-1M."""

    members: tuple[BlendMember, ...] = Field(
        default=(
            BlendMember(kind="nextitem", weight=0.5),
            BlendMember(kind="ease", config={"locality": 10.0, "regularisation": 50.0}, weight=0.5),
        ),
        min_length=1,
    )


class Blend(ClassicalRecommender):
    """Scores = sum of weight x standardised scores of the members."""

    kind = "blend"
    config_class = BlendConfig
    resumable: ClassVar[bool] = True
    config: BlendConfig

    def __init__(
        self,
        item_ids: Sequence[str],
        popularity: NDArray[np.float32],
        config: RecommenderConfig,
        members: Sequence[ClassicalRecommender],
    ) -> None:
        super().__init__(item_ids, popularity, config)
        if any(member.item_ids != self.item_ids for member in members):
            raise RecommenderError("the members of a blend must know the same items")
        self.members = tuple(members)

    @classmethod
    def small_config(cls) -> BlendConfig:
        from parley.tools.recommenders.nextitem import NextItem

        settings = NextItem.small_config().model_dump(mode="json")
        ease = {"regularisation": 1.0}
        return BlendConfig(
            members=(BlendMember(kind="nextitem", config=settings), BlendMember(kind="ease", config=ease))
        )

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
        checkpoint: Path | None = None,
    ) -> Self:
        """`fit`; each member that trains in epochs goes on from its own folder under `checkpoint`."""
        from parley.tools.recommenders.registry import recommender_class

        chosen = config or BlendConfig()
        if not isinstance(chosen, BlendConfig):
            raise RecommenderError(f"blend needs a BlendConfig, not {type(chosen).__name__}")
        members = []
        for place, member in enumerate(chosen.members):
            model = recommender_class(member.kind)
            settings = model.config_class.model_validate(member.config)
            told = progress and _share_of(progress, place, len(chosen.members))
            if checkpoint is None:
                members.append(model.fit(interactions, settings, seed=seed, progress=told))
            else:
                folder = checkpoint / str(place)
                members.append(model.fit_or_resume(interactions, settings, checkpoint=folder, seed=seed, progress=told))
        return cls(interactions.item_ids, count_popularity(interactions), chosen, members)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        total = np.zeros((len(histories), len(self.item_ids)), dtype=np.float32)
        for member, settings in zip(self.members, self.config.members, strict=True):
            total += settings.weight * standardise(member.score(histories))
        return total

    def tensors(self) -> Tensors:
        return {
            f"{place}.{name}": tensor
            for place, member in enumerate(self.members)
            for name, tensor in member.tensors().items()
        }

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        from parley.tools.recommenders.registry import recommender_class

        if not isinstance(config, BlendConfig):
            raise TypeError(type(config).__name__)
        members = []
        for place, settings in enumerate(config.members):
            member_class = recommender_class(settings.kind)
            mine = {n.split(".", 1)[1]: t for n, t in tensors.items() if n.startswith(f"{place}.")}
            own = member_class.config_class.model_validate(settings.config)
            members.append(member_class.from_tensors(mine, item_ids, popularity, own))
        return cls(item_ids, popularity, config, members)


def _share_of(progress: Progress, place: int, members: int) -> Progress:
    """Progress of one member, as part of the whole."""
    return lambda share, what: progress((place + share) / members, what)


def standardise(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row brought to mean 0 and standard deviation 1; a row without spread becomes 0."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    spread[spread < 1e-9] = 1.0
    found: NDArray[np.float32] = (centred / spread).astype(np.float32)
    return found
