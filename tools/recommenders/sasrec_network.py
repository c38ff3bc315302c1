"""The network inside SASRec. Importing this needs torch; `parley.tools.recommenders.sasrec` does not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from parley.tools.recommenders.sasrec import SasRecConfig

ROWS = {"cpu": 128, "cuda": 4096}
"""Places whose logits are made at once: on a CPU so few that they stay in its cache."""


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
            half = torch.bfloat16 if self.config.half_precision else torch.float32
            return SoftmaxLoss.apply(hidden, self.items.weight[: self.n_items], wanted, half)  # type: ignore[no-any-return, no-untyped-call]
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


class SoftmaxLoss(torch.autograd.Function):
    """Mean cross-entropy of `hidden @ items'`, a few rows at a time: the (N, n_items) logits never exist at once.

    The gradients are made in the forward pass, while a slice's probabilities are still in the cache; on a CPU
    that takes half the time of the plain way, and the memory does not grow with the catalogue.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, items: Tensor, wanted: Tensor, half: torch.dtype) -> Tensor:
        """hidden (N, D), items (n, D), wanted (N,) int64; products are taken in `half`, sums in float32."""
        low, table = hidden.detach().to(half), items.detach().to(half)
        hidden_grad = torch.empty(hidden.shape, dtype=torch.float32, device=hidden.device)
        items_grad = torch.zeros(items.shape, dtype=torch.float32, device=items.device)
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        rows = ROWS.get(hidden.device.type, 4096)
        for start in range(0, len(low), rows):
            part = slice(start, start + rows)
            logits = (low[part] @ table.T).float()  # (R, n)
            logs = functional.log_softmax(logits, dim=1)
            targets = wanted[part, None]
            total -= logs.gather(1, targets).sum()
            slope = logs.exp_().scatter_add_(1, targets, logs.new_full(targets.shape, -1.0)).to(half)
            hidden_grad[part] = (slope @ table).float()
            items_grad += (slope.T @ low[part]).float()
        ctx.save_for_backward(hidden_grad, items_grad)
        ctx.count = len(low)
        ctx.kinds = (hidden.dtype, items.dtype)
        return total / max(1, len(low))

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """The kept gradients, scaled."""
        hidden_grad, items_grad = ctx.saved_tensors
        scale = upstream[0] / max(1, ctx.count)
        return (hidden_grad * scale).to(ctx.kinds[0]), (items_grad * scale).to(ctx.kinds[1]), None, None


class Block(nn.Module):
    """Causal self-attention, then a feed-forward net, each on a normalised input and added to it.

    Dropout falls on what each part adds, not on the attention weights or inside the feed-forward net: drawing
    those masks was a third of the training time on a CPU, and the quality is the same without them.
    """

    def __init__(self, config: SasRecConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.before_attention = nn.LayerNorm(config.dim)
        self.project = nn.Linear(config.dim, 3 * config.dim)
        self.merge = nn.Linear(config.dim, config.dim)
        self.before_forward = nn.LayerNorm(config.dim)
        self.forward_net = nn.Sequential(
            nn.Linear(config.dim, 4 * config.dim),
            nn.GELU(),
            nn.Linear(4 * config.dim, config.dim),
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, D)."""
        batch, length, dim = hidden.shape
        parts = self.project(self.before_attention(hidden)).view(batch, length, 3, self.heads, dim // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B, heads, T, D / heads)
        # written out: on a CPU the fused kernel's backward pass in bfloat16 takes five times as long
        weights = (query * (dim // self.heads) ** -0.5) @ key.transpose(-1, -2)  # (B, heads, T, T)
        weights = weights.masked_fill(ahead_of(length, hidden.device), -math.inf)
        seen = weights.softmax(dim=-1) @ value
        hidden = hidden + self.dropout(self.merge(seen.transpose(1, 2).reshape(batch, length, dim)))
        return hidden + self.dropout(self.forward_net(self.before_forward(hidden)))  # type: ignore[no-any-return]


def ahead_of(length: int, device: torch.device) -> Tensor:
    """(T, T) bool: True where the column lies after the row."""
    return torch.ones(length, length, dtype=torch.bool, device=device).triu(1)
