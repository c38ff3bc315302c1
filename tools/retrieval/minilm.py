"""all-MiniLM-L6-v2 in NumPy: the same weights and the same vectors, without importing torch.

A query is a dozen words, so its forward pass is a dozen small matrix products; what used to cost a
start was importing the tensor library, not the arithmetic. This file is the encoder of Wang et al.,
"MiniLM", NeurIPS 2020, with the mean pooling of Reimers & Gurevych, "Sentence-BERT", EMNLP 2019.
A test holds it to sentence-transformers' own output.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

HEADS = 12
"""Attention heads of the published model; its config says so and `NumpyMiniLm` checks it."""

EPSILON = 1e-12


class NumpyMiniLm:
    """The encoder with its tokenizer; thread-safe once made, because a call keeps no state."""

    def __init__(self, folder: Path, *, max_tokens: int = 256) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        weights: dict[str, Any] = load_file(folder / "model.safetensors")
        self._words: Floats = weights["embeddings.word_embeddings.weight"]
        kinds = weights["embeddings.token_type_embeddings.weight"][0]
        self._places: Floats = weights["embeddings.position_embeddings.weight"] + kinds
        self._norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
        count = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
        self._layers = [_Layer(weights, f"encoder.layer.{number}") for number in range(count)]
        self.dim = int(self._words.shape[1])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=max_tokens)

    def encode(self, texts: Sequence[str]) -> Floats:
        """(n, dim) float32 unit vectors. Texts of like length run together, so little is padded."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        result = np.empty((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(tokens)), key=lambda row: len(tokens[row]))
        for start in range(0, len(order), 16):
            rows = order[start : start + 16]
            result[rows] = self._forward([tokens[row] for row in rows])
        return result

    def _forward(self, tokens: list[list[int]]) -> Floats:
        longest = max(len(ids) for ids in tokens)
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        real = np.zeros((len(tokens), longest), dtype=np.float32)
        for row, known in enumerate(tokens):
            ids[row, : len(known)] = known
            real[row, : len(known)] = 1.0
        hidden = _normalise(self._words[ids] + self._places[:longest], *self._norm)  # (B, T, D)
        blocked = None if real.all() else (1.0 - real)[:, None, None, :] * np.float32(-1e9)  # (B, 1, 1, T)
        for layer in self._layers:
            hidden = layer(hidden, blocked)
        pooled = (hidden * real[:, :, None]).sum(axis=1) / real.sum(axis=1, keepdims=True)  # (B, D)
        unit: Floats = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit


class _Layer:
    """One transformer block; the three attention projections are one product."""

    def __init__(self, weights: dict[str, Any], prefix: str) -> None:
        own, out = f"{prefix}.attention.self", f"{prefix}.attention.output"
        parts = ("query", "key", "value")
        self._qkv = np.concatenate([weights[f"{own}.{part}.weight"] for part in parts]).T  # (D, 3D)
        self._qkv_bias = np.concatenate([weights[f"{own}.{part}.bias"] for part in parts])
        self._out = weights[f"{out}.dense.weight"].T
        self._out_bias = weights[f"{out}.dense.bias"]
        self._norm1 = (weights[f"{out}.LayerNorm.weight"], weights[f"{out}.LayerNorm.bias"])
        self._up = weights[f"{prefix}.intermediate.dense.weight"].T  # (D, 4D)
        self._up_bias = weights[f"{prefix}.intermediate.dense.bias"]
        self._down = weights[f"{prefix}.output.dense.weight"].T
        self._down_bias = weights[f"{prefix}.output.dense.bias"]
        self._norm2 = (weights[f"{prefix}.output.LayerNorm.weight"], weights[f"{prefix}.output.LayerNorm.bias"])

    def __call__(self, hidden: Floats, blocked: Floats | None) -> Floats:
        """(B, T, D) to (B, T, D); `blocked` is a large negative number at padding."""
        batch, length, dim = hidden.shape
        flat = hidden.reshape(-1, dim)
        projected = (flat @ self._qkv + self._qkv_bias).reshape(batch, length, 3, HEADS, dim // HEADS)
        query, key, value = projected.transpose(2, 0, 3, 1, 4)  # each (B, H, T, D/H)
        scores = query @ key.transpose(0, 1, 3, 2) * np.float32((dim // HEADS) ** -0.5)  # (B, H, T, T)
        if blocked is not None:
            scores += blocked
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(-1, dim)
        flat = _normalise(flat + mixed @ self._out + self._out_bias, *self._norm1)
        inner = _gelu(flat @ self._up + self._up_bias)
        flat = _normalise(flat + inner @ self._down + self._down_bias, *self._norm2)
        return flat.reshape(batch, length, dim)


def _normalise(values: Floats, weight: Floats, bias: Floats) -> Floats:
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + np.float32(EPSILON))
    result: Floats = centred / spread * weight + bias
    return result


def _gelu(values: Floats) -> Floats:
    """Exact GELU, x * Phi(x), as BERT uses it."""
    from scipy.special import erf

    result: Floats = values * (erf(values * np.float32(2**-0.5)) + np.float32(1)) * np.float32(0.5)
    return result
