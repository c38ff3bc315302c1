"""SASRec: a small causal transformer that reads a history and scores every item as the next one.

The loss decides its quality more than its depth: with the original one-negative loss it loses to
BERT4Rec, with the full softmax (or many negatives and a calibrated positive, gSASRec) it wins.

Sources: Kang & McAuley, "Self-Attentive Sequential Recommendation", ICDM 2018, arXiv:1808.09781;
Klenitskiy & Vasilev, "Turning Dross Into Gold Loss", RecSys 2023, arXiv:2309.07602 (full softmax);
Petrov & Macdonald, "gSASRec", RecSys 2023, arXiv:2308.07192; item embeddings started from text vectors:
Harte et al., "Leveraging Large Language Models for Sequential Recommendation", RecSys 2023, arXiv:2309.09261.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from parley.tools.recommenders.base import (
    ClassicalRecommender,
    Progress,
    RecommenderConfig,
    RecommenderError,
    Tensors,
    count_popularity,
    read_tensors,
    write_tensors,
)
from parley.tools.recommenders.data import Histories, Interactions
from parley.tools.recommenders.pairs import sum_pairs

if TYPE_CHECKING:
    from torch import Tensor

    from parley.tools.recommenders.sasrec_network import SasRecNetwork


class SasRecConfig(RecommenderConfig):
    """Settings of SASRec."""

    dim: int = Field(default=64, ge=2)
    """Width of the item embeddings and of the network; a multiple of `heads`."""
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=2, ge=1)
    length: int = Field(default=100, ge=2)
    """How many of the newest reactions it reads."""
    dropout: float = Field(default=0.2, ge=0, lt=1)
    epochs: int = Field(default=50, ge=1)
    batch: int = Field(default=64, ge=1)
    """Histories a step."""
    learning_rate: float = Field(default=2e-3, gt=0)
    cooling: float = Field(default=0.5, ge=0, le=1)
    """The share of the epochs, at the end, over which the learning rate falls to 0."""
    loss: Literal["softmax", "sampled", "gsasrec"] = "softmax"
    """softmax: over all items; sampled: softmax over the target and shared negatives; gsasrec: binary, calibrated."""
    negatives: int = Field(default=256, ge=1)
    """Negatives a step (sampled: shared by the batch; gsasrec: by the batch as well)."""
    calibration: float = Field(default=0.75, ge=0, le=1)
    """gSASRec's t: 0 is plain binary cross-entropy, 1 fully corrects for negative sampling."""
    start: Literal["pairs", "random"] = "pairs"
    """Where item embeddings start: pairs: what is liked close together starts close together; random: anywhere."""
    half_precision: bool = True
    """Multiply in bfloat16; weights and loss stay float32."""


class SasRec(ClassicalRecommender):
    """Scores = last hidden state @ item embeddings."""

    kind = "sasrec"
    config_class = SasRecConfig
    stochastic: ClassVar[bool] = True
    resumable: ClassVar[bool] = True
    config: SasRecConfig

    def __init__(
        self,
        item_ids: Sequence[str],
        popularity: NDArray[np.float32],
        config: RecommenderConfig,
        network: SasRecNetwork,
    ) -> None:
        super().__init__(item_ids, popularity, config)
        self.network = network.eval()
        self.fit_seconds: float = 0.0
        """CPU seconds its training took, over all legs of a resumed one; 0 if it was read from a file."""

    @classmethod
    def small_config(cls) -> SasRecConfig:
        return SasRecConfig(dim=16, layers=1, heads=1, length=8, epochs=40, batch=8, dropout=0.1, half_precision=False)

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
        item_vectors: NDArray[np.float32] | None = None,
        checkpoint: Path | None = None,
        seconds: float | None = None,
    ) -> Self:
        """Train by predicting every next item of every history.

        Args:
            item_vectors: (n_items, any) float32 text vectors to start the item embeddings from (reduced to `dim`);
                they take precedence over `config.start`.
            checkpoint: Folder that receives the state after each epoch and that an interrupted run goes on from;
                a resumed run gives the same model as one that was never interrupted.
            seconds: Stop after about so long; call again with the same checkpoint to go on.

        Raises:
            RecommenderError: the checkpoint belongs to other data or settings.
        """
        import torch

        chosen = config or SasRecConfig()
        if not isinstance(chosen, SasRecConfig):
            raise RecommenderError(f"sasrec needs a SasRecConfig, not {type(chosen).__name__}")
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        started = time.monotonic()
        histories = interactions.histories()
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(seed)
            network = cls._begin(histories, interactions.n_items, chosen, item_vectors, resuming(checkpoint)).to(device)
            run = _Run(network, chosen, seed, _fingerprint(histories, chosen, seed, item_vectors))
            first = run.resume(checkpoint) if checkpoint else 0
            for epoch in range(first, chosen.epochs):
                loss = run.train_epoch(histories, epoch)
                if progress:
                    progress((epoch + 1) / chosen.epochs, f"epoch {epoch + 1} of {chosen.epochs}, loss {loss:.4f}")
                if checkpoint:
                    run.save(checkpoint, epoch + 1)
                if seconds is not None and time.monotonic() - started > seconds:
                    break
        model = cls(interactions.item_ids, count_popularity(interactions), chosen, network.to("cpu"))
        model.fit_seconds = run.seconds
        return model

    @staticmethod
    def _begin(
        histories: Histories,
        n_items: int,
        config: SasRecConfig,
        item_vectors: NDArray[np.float32] | None,
        resumed: bool,
    ) -> SasRecNetwork:
        """The network before its first step; a resumed one gets its weights from the checkpoint."""
        import torch

        from parley.tools.recommenders.sasrec_network import SasRecNetwork

        network = SasRecNetwork(n_items, config)
        if item_vectors is not None:
            network.start_from(torch.as_tensor(reduce_vectors(item_vectors, config.dim)))
        elif config.start == "pairs" and not resumed:
            network.start_from(torch.as_tensor(embed_pairs(histories, config.dim)))
        return network

    def score(self, histories: Histories) -> NDArray[np.float32]:
        import torch

        scores = np.zeros((len(histories), len(self.item_ids)), dtype=np.float32)
        likes = [
            histories.items[a:b][histories.weights[a:b] > 0][-self.config.length :]
            for a, b in zip(histories.offsets[:-1], histories.offsets[1:], strict=True)
        ]
        with torch.inference_mode():
            for start in range(0, len(likes), 256):
                rows = [row for row in range(start, min(start + 256, len(likes))) if len(likes[row])]
                if rows:
                    scores[rows] = self.network.score_next(
                        pad([likes[row] for row in rows], len(self.item_ids))
                    ).numpy()
        if (histories.weights < 0).any():
            scores += self._repel(histories, scores)
        return scores

    def _repel(self, histories: Histories, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, n_items) what dislikes take away: cosine to the disliked item, in units of the row's spread."""
        vectors = self.network.items.weight.detach().numpy()[: len(self.item_ids)]
        unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        away = histories.matrix()
        away.data = np.minimum(away.data, 0.0)
        spread = scores.std(axis=1, keepdims=True)
        found: NDArray[np.float32] = (away @ unit) @ unit.T * np.where(spread > 0, spread, 1.0)
        return found

    def tensors(self) -> Tensors:
        return {name: tensor.detach().cpu().numpy() for name, tensor in self.network.state_dict().items()}

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        import torch

        from parley.tools.recommenders.sasrec_network import SasRecNetwork

        if not isinstance(config, SasRecConfig):
            raise TypeError(type(config).__name__)
        network = SasRecNetwork(len(item_ids), config)
        state = {name: torch.as_tensor(tensor) for name, tensor in tensors.items() if name != "popularity"}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        return cls(item_ids, popularity, config, network)


class _Run:
    """One training run: network, optimiser and where it stands."""

    def __init__(self, network: SasRecNetwork, config: SasRecConfig, seed: int, fingerprint: str) -> None:
        import torch

        self.network = network
        self.config = config
        self.seed = seed
        self.fingerprint = fingerprint
        self.device = network.items.weight.device
        self.seconds = 0.0
        self.optimiser = torch.optim.Adam(network.parameters(), config.learning_rate, betas=(0.9, 0.98))

    def train_epoch(self, histories: Histories, epoch: int) -> float:
        """One pass over all histories of two items or more; the mean loss. Its randomness depends on (seed, epoch)."""
        import torch

        torch.manual_seed(self.seed * 100_003 + epoch)
        generator = np.random.default_rng((self.seed, epoch))
        started = time.process_time()
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * cool_down(epoch, self.config)
        total, steps = 0.0, 0
        for inputs, targets in draw_windows(histories, self.config, generator):
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.half_precision):
                loss = self.network.loss(inputs.to(self.device), targets.to(self.device))
            self.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimiser.step()
            total, steps = total + float(loss.detach()), steps + 1
        self.seconds += time.process_time() - started
        return total / max(steps, 1)

    def save(self, folder: Path, epoch: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"network.{name}": t.detach().cpu().numpy() for name, t in self.network.state_dict().items()}
        for index, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": t.detach().cpu().numpy() for name, t in state.items()}
        header = {"kind": "sasrec-checkpoint", "epoch": epoch, "fingerprint": self.fingerprint}
        header["seconds"] = self.seconds
        write_tensors(folder / "checkpoint.safetensors", tensors, header)

    def resume(self, folder: Path) -> int:
        """Go on from the checkpoint, if there is one; the epochs already done."""
        import torch

        if not resuming(folder):
            return 0
        header, tensors = read_tensors(folder / "checkpoint.safetensors")
        if header.get("fingerprint") != self.fingerprint:
            raise RecommenderError(
                f"the checkpoint in {str(folder)!r} is of other data or settings; use another folder"
            )
        named = {name: torch.as_tensor(tensor) for name, tensor in tensors.items()}
        self.network.load_state_dict(
            {n.removeprefix("network."): t for n, t in named.items() if n.startswith("network.")}
        )
        whole = self.optimiser.state_dict()
        for name, tensor in named.items():
            if name.startswith("optimiser."):
                _, index, key = name.split(".", 2)
                whole["state"].setdefault(int(index), {})[key] = tensor
        self.optimiser.load_state_dict(whole)
        self.seconds = float(header.get("seconds", 0.0))
        return int(header["epoch"])


def cool_down(epoch: int, config: SasRecConfig) -> float:
    """What the learning rate is multiplied by in this epoch: 1, then in equal steps down to almost 0."""
    cooled = config.epochs * config.cooling
    return min(1.0, (config.epochs - epoch) / cooled) if cooled else 1.0


def draw_windows(
    histories: Histories, config: SasRecConfig, generator: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of (inputs, targets), each (B, T) int64 padded on the right with n_items; a random window a history."""
    long_enough = np.flatnonzero(histories.lengths >= 2)
    order = generator.permutation(long_enough)
    for start in range(0, len(order), config.batch):
        rows = []
        for person in order[start : start + config.batch]:
            history = histories[int(person)]
            spare = len(history) - config.length - 1
            begin = int(generator.integers(0, spare + 1)) if spare > 0 else 0
            rows.append(history[begin : begin + config.length + 1])
        yield pad([row[:-1] for row in rows], histories.n_items), pad([row[1:] for row in rows], histories.n_items)


def pad(rows: Sequence[NDArray[np.int32]], filler: int) -> Tensor:
    """(B, T) int64: the rows, filled on the right."""
    import torch

    table = np.full((len(rows), max(len(row) for row in rows)), filler, dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return torch.from_numpy(table)


def resuming(checkpoint: Path | None) -> bool:
    """Whether an interrupted run left something there."""
    return checkpoint is not None and (checkpoint / "checkpoint.json").is_file()


def embed_pairs(histories: Histories, dim: int) -> NDArray[np.float32]:
    """(n_items, dim) float32: a factorisation of which items are liked close together, scaled like a random start.

    Positive pointwise mutual information of pairs that count exp(-(distance - 1) / 5), its first singular vectors
    (Levy & Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS 2014). It costs less than an
    epoch and saves several.
    """
    from scipy.sparse.linalg import svds

    (before,) = sum_pairs(histories, [lambda distance: float(np.exp((1 - distance) / 5))])
    near = before + before.T
    total = near.sum(axis=1, keepdims=True) + 1.0  # smoothed, so that an item never met is not divided by 0
    surprise = np.log(np.maximum(near * near.sum() / (total * total.T), 1.0))
    kept = min(dim, len(surprise) - 1)
    left, strength, _ = svds(surprise.astype(np.float32), k=kept, v0=np.ones(len(surprise), np.float32))
    vectors = np.pad(left * np.sqrt(strength), ((0, 0), (0, dim - kept)))
    found: NDArray[np.float32] = (vectors * (0.02 / (float(vectors.std()) or 1.0))).astype(np.float32)
    return found


def reduce_vectors(vectors: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """(n, dim) float32: the first `dim` principal components, scaled like a random start (0.02 a component)."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    reduced = centred @ axes[:dim].T
    if reduced.shape[1] < dim:
        reduced = np.pad(reduced, ((0, 0), (0, dim - reduced.shape[1])))
    scale = float(reduced.std()) or 1.0
    found: NDArray[np.float32] = (reduced * (0.02 / scale)).astype(np.float32)
    return found


def _fingerprint(
    histories: Histories, config: SasRecConfig, seed: int, item_vectors: NDArray[np.float32] | None
) -> str:
    import hashlib

    digest = hashlib.sha256(json.dumps([config.model_dump(), seed]).encode())
    digest.update(histories.offsets.tobytes())
    digest.update(histories.items.tobytes())
    if item_vectors is not None:
        digest.update(np.ascontiguousarray(item_vectors).tobytes())
    return digest.hexdigest()
