"""The same arithmetic in fewer passes over memory: what makes LoRA training bearable on a CPU.

Measured on one core with AMX, a 135 M model and rows of 96 tokens, the stock modules spent a third of a step in the
attention kernel's backward pass and a quarter in element-wise work; `docs/tuning.md` has the figures. Three modules
are replaced in place: LoRA layers (base and low-rank product in one accumulation, the scale on the narrow side, no
gradient for frozen weights), RMS norms, and attention by plain matrix products. Results agree to rounding: see tests.
"""

from __future__ import annotations

import types
from typing import Any

import torch
from torch import Tensor

ATTENTION = "parley_grouped"
"""The name the attention is registered under in transformers."""


class _LoraLinear(torch.autograd.Function):
    """y = x W' + scale (x A') B', where only A and B (and x) get gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, a: Tensor, b: Tensor, scale: float) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])  # (N, in)
        low = (flat @ a.t()).mul_(scale)  # (N, r)
        out = (flat @ weight.t()).addmm_(low, b.t())  # (N, out)
        ctx.save_for_backward(flat, weight, a, b, low)
        ctx.scale = scale
        return out.view(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, None, Tensor, Tensor, None]:
        flat, weight, a, b, low = ctx.saved_tensors
        g = grad.reshape(-1, grad.shape[-1])  # (N, out)
        grad_low = (g @ b).mul_(ctx.scale)  # (N, r)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = (g @ weight).addmm_(grad_low, a).view(*grad.shape[:-1], flat.shape[-1])
        return grad_x, None, grad_low.t() @ flat, g.t() @ low, None


class _RmsNorm(torch.autograd.Function):
    """y = w x / rms(x), the weight frozen."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        wide = x.to(torch.float32, copy=True)  # a copy, for it is changed in place
        inverse = torch.rsqrt((wide * wide).mean(-1, keepdim=True) + eps)  # (..., 1)
        normal = wide.mul_(inverse).to(x.dtype)
        ctx.save_for_backward(normal, weight, inverse)
        return normal * weight

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        normal, weight, inverse = ctx.saved_tensors
        g = (grad * weight).float()
        wide = normal.to(torch.float32, copy=True)
        along = (g * wide).mean(-1, keepdim=True)
        return g.sub_(wide.mul_(along)).mul_(inverse).to(grad.dtype), None, None


def grouped_attention(
    module: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float = 1.0, **_: Any
) -> tuple[Tensor, None]:
    """Causal attention over right-padded rows, the heads that share a key computed together.

    Args:
        module: the attention layer (unused).
        query: (B, H, T, D).
        key: (B, G, T, D), H a multiple of G.
        value: (B, G, T, D).
        mask: unused: with padding on the right no real token sees a padded one.
        scaling: factor of the scores.

    Returns:
        (B, T, H, D), and no weights.
    """
    batch, heads, length, width = query.shape
    groups = key.shape[1]
    each = heads // groups
    stacked = (query * scaling).reshape(batch, groups, each * length, width)
    scores = stacked @ key.transpose(2, 3)  # (B, G, each T, T)
    later = torch.ones(length, length, dtype=torch.bool, device=query.device).triu_(1)
    weights = scores.view(batch, groups, each, length, length).masked_fill(later, float("-inf")).softmax(-1)
    out = weights.view(batch, groups, each * length, length) @ value  # (B, G, each T, D)
    return out.view(batch, heads, length, width).transpose(1, 2), None


def _lora_forward(self: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    name = self.active_adapters[0]
    weight = self.base_layer.weight
    if self.disable_adapters:
        return torch.nn.functional.linear(x, weight)
    a, b = self.lora_A[name].weight, self.lora_B[name].weight
    return _LoraLinear.apply(x, weight, a, b, float(self.scaling[name]))  # type: ignore[no-any-return, no-untyped-call]


def _norm_forward(self: Any, x: Tensor) -> Tensor:
    return _RmsNorm.apply(x, self.weight, float(self.variance_epsilon))  # type: ignore[no-any-return, no-untyped-call]


def fuse(model: Any) -> int:
    """Replace what can be replaced in a PEFT model with one LoRA adapter; returns how many modules were.

    Layers with a bias, with dropout or of another kind are left as they are. For training and scoring without a
    cache, rows padded on the right.
    """
    from peft.tuners.lora import Linear as LoraLinear
    from transformers import AttentionInterface

    count = 0
    for module in model.modules():
        if isinstance(module, LoraLinear) and module.base_layer.bias is None and not _has_dropout(module):
            module.forward = types.MethodType(_lora_forward, module)
            count += 1
        elif type(module).__name__.endswith("RMSNorm") and hasattr(module, "variance_epsilon"):
            module.forward = types.MethodType(_norm_forward, module)
            count += 1
    AttentionInterface.register(ATTENTION, grouped_attention)
    model.get_base_model().set_attn_implementation(ATTENTION)
    return count


def _has_dropout(layer: Any) -> bool:
    return any(isinstance(d, torch.nn.Dropout) and d.p > 0 for d in layer.lora_dropout.values())
