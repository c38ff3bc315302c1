"""The network inside SASRec. Importing this needs torch; `parley.tools.recommenders.sasrec` does not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from parley.tools.recommenders.sasrec import SasRecConfig


class SasRecNetwork(nn.Module):
    """Item embeddings, learned positions, causal pre-norm transformer blocks; the embeddings score as well."""

    def __init__(self, n_items: int, config: SasRecConfig) -> None:
        super().__init__()
        if config.dim % config.heads:
            raise ValueError(f"dim {config.dim} is not a multiple of heads {config.heads}")
        self.n_items = n_items
        self.config = config
        self.items = nn.Embedding(n_items + 1, config.dim, padding_idx=n_items)
        self.places = nn.Embedding(config.length, config.dim)
        nn.init.normal_(self.items.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.dim)
        self.dropout = nn.Dropout(config.dropout)
        with torch.no_grad():
            self.items.weight[n_items].zero_()

    def start_from(self, vectors: Tensor) -> None:
        """Set the item embeddings; `vectors`: (n_items, dim) float32."""
        with torch.no_grad():
            self.items.weight[: self.n_items].copy_(vectors)

    def forward(self, history: Tensor) -> Tensor:
        """Hidden states, each of which predicts the item after it.

        Args:
            history: (B, T) int64 item indices, oldest first, padded on the right with n_items.

        Returns:
            (B, T, D); padded places hold garbage (causality keeps it from the others).
        """
        hidden = self.items(history) * math.sqrt(self.config.dim) + self.places.weight[: history.shape[1]]
        hidden = self.dropout(hidden)
        for block in self.blocks:
            hidden = block(hidden)  # (B, T, D)
        return self.norm(hidden)  # type: ignore[no-any-return]

    def score_next(self, history: Tensor) -> Tensor:
        """(B, n_items) float32 logits of the item after each history; (B, T) int64 as in `forward`."""
        last = (history != self.n_items).sum(dim=1) - 1  # (B,)
        hidden = self(history)[torch.arange(len(history), device=history.device), last]  # (B, D)
        return hidden @ self.items.weight[: self.n_items].T  # type: ignore[no-any-return]

    def loss(self, history: Tensor, targets: Tensor) -> Tensor:
        """Mean loss over the real places; `targets`: (B, T) int64, the item after each of `history`."""
        real = targets != self.n_items
        hidden, wanted = self(history)[real], targets[real]  # (N, D), (N,)
        if self.config.loss == "softmax":
            return functional.cross_entropy((hidden @ self.items.weight[: self.n_items].T).float(), wanted)
        negatives = torch.randint(self.n_items, (self.config.negatives,), device=history.device)  # (K,)
        positive = (hidden * self.items(wanted)).sum(-1, keepdim=True).float()  # (N, 1)
        other = (hidden @ self.items(negatives).T).float()  # (N, K)
        other = other.masked_fill(wanted[:, None] == negatives, -1e4)
        if self.config.loss == "sampled":
            # each sampled negative stands for n_items / K others
            shift = math.log(max(1.0, (self.n_items - 1) / self.config.negatives))
            return functional.cross_entropy(torch.cat([positive, other + shift], dim=1), torch.zeros_like(wanted))
        return self._calibrated(positive, other)

    def _calibrated(self, positive: Tensor, other: Tensor) -> Tensor:
        """gSASRec's binary cross-entropy: the positive's probability raised to beta, arXiv:2308.07192 eq. 9."""
        rate = self.config.negatives / max(1, self.n_items - 1)
        beta = rate * (self.config.calibration * (1 - 1 / rate) + 1 / rate)
        gained = beta * functional.logsigmoid(positive.squeeze(-1))
        return -(gained + functional.logsigmoid(-other).sum(-1)).mean() / (self.config.negatives + 1)


class Block(nn.Module):
    """Causal self-attention, then a feed-forward net, each on a normalised input and added to it."""

    def __init__(self, config: SasRecConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.rate = config.dropout
        self.before_attention = nn.LayerNorm(config.dim)
        self.project = nn.Linear(config.dim, 3 * config.dim)
        self.merge = nn.Linear(config.dim, config.dim)
        self.before_forward = nn.LayerNorm(config.dim)
        self.forward_net = nn.Sequential(
            nn.Linear(config.dim, 4 * config.dim),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(4 * config.dim, config.dim),
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        batch, length, dim = hidden.shape
        parts = self.project(self.before_attention(hidden)).view(batch, length, 3, self.heads, dim // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, T, D / heads)
        rate = self.rate if self.training else 0.0
        seen = functional.scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=True)
        hidden = hidden + self.dropout(self.merge(seen.transpose(1, 2).reshape(batch, length, dim)))
        return hidden + self.dropout(self.forward_net(self.before_forward(hidden)))  # type: ignore[no-any-return]
