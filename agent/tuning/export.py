"""Writes a trained adapter as a GGUF that llama.cpp loads beside its base model.

Names follow llama.cpp's tensors; where the llama architecture interleaves the halves of each rotary head, the rows of
the q and k products are put in that order. A test compares the logits of base and adapter in llama.cpp with torch's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.agent.llm.gguf import read_header
from parley.agent.tuning.student import TuningError, base_path

GGUF_NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}  # fmt: skip
ARCHITECTURES = {"llama": True, "mistral": True, "qwen2": False, "qwen3": False}
"""Model types we know the names of; True where llama.cpp calls it "llama" and interleaves q and k."""


class Shape(BaseModel):
    """What of the base model decides how the adapter is laid out."""

    model_config = ConfigDict(frozen=True)

    model_type: str
    heads: int
    key_heads: int


def shape_of(model: Any) -> Shape:
    """The shape of a loaded transformers model."""
    config = model.config
    heads = config.num_attention_heads
    return Shape(
        model_type=config.model_type, heads=heads, key_heads=getattr(config, "num_key_value_heads", None) or heads
    )


def export_adapter(folder: Path, target: Path, shape: Shape, *, notes: Mapping[str, str] | None = None) -> Path:
    """Write the PEFT adapter in `folder` as the GGUF `target`, in 16-bit floats.

    Args:
        folder: holds adapter_config.json and adapter_model.safetensors.
        target: the file to write; its folder is made.
        shape: of the base model, see `shape_of`.
        notes: goes into the header: name, description, licence, ...

    Raises:
        TuningError: no adapter, or one for an architecture or a layer whose place in a GGUF is not known.
    """
    import gguf
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        weights = load_file(folder / "adapter_model.safetensors")
    except (OSError, ValueError) as error:
        raise TuningError(
            f"no adapter in {str(folder)!r} ({error}); give a folder that `parley tune sft` wrote"
        ) from None
    if shape.model_type not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise TuningError(f"the GGUF layout of {shape.model_type!r} models is not known here; known: {known}")
    interleaved = ARCHITECTURES[shape.model_type]
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".new")
    writer = gguf.GGUFWriter(str(beside), "llama" if interleaved else shape.model_type)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for key, value in (notes or {}).items():
        writer.add_string(f"general.{key}", value)
    for key, rows in sorted(weights.items()):
        name, rows = _placed(key, rows, shape, interleaved)
        writer.add_tensor(name, np.ascontiguousarray(rows.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    beside.replace(target)
    return target


def _placed(key: str, rows: NDArray[Any], shape: Shape, interleaved: bool) -> tuple[str, NDArray[Any]]:
    """The GGUF name of a PEFT weight, and its rows as the GGUF wants them."""
    parts = key.split(".")
    if "layers" not in parts:
        raise TuningError(f"the adapter changes {key!r}, which has no place in a GGUF adapter; train layers only")
    at = parts.index("layers")
    module, half = ".".join(parts[at + 2 : at + 4]), "lora_a" if "lora_A" in key else "lora_b"
    if module not in GGUF_NAMES:
        raise TuningError(f"the adapter changes {module!r}, whose name in a GGUF is not known here")
    if interleaved and half == "lora_b" and module in ("self_attn.q_proj", "self_attn.k_proj"):
        rows = interleave(rows, shape.heads if module.endswith("q_proj") else shape.key_heads)
    return f"blk.{parts[at + 1]}.{GGUF_NAMES[module]}.weight.{half}", rows


def interleave(rows: NDArray[Any], heads: int) -> NDArray[Any]:
    """(heads x D, r) -> the same, the two halves of each head's D rows taken in turn: 0, D/2, 1, D/2 + 1, ..."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def read_shape(source: str) -> Shape:
    """The shape of a base model, from its file or folder alone.

    Raises:
        TuningError: there is no such model, or its file does not say.
    """
    path = base_path(source)
    if path.is_dir():
        try:
            config = json.loads((path / "config.json").read_text("utf-8"))
            heads = int(config["num_attention_heads"])
            return Shape(
                model_type=config["model_type"], heads=heads, key_heads=config.get("num_key_value_heads") or heads
            )
        except (OSError, ValueError, KeyError) as error:
            raise TuningError(f"{str(path / 'config.json')!r} does not describe a model ({error!r})") from None
    header = read_header(path)
    name = header.architecture
    count = header.metadata.get(f"{name}.attention.head_count")
    if not isinstance(count, int):
        raise TuningError(f"{path.name!r} does not say how many heads it has; give another GGUF")
    key_heads = header.metadata.get(f"{name}.attention.head_count_kv", count)
    return Shape(model_type=name, heads=count, key_heads=int(key_heads))
