"""A LoRA adapter applies in the plain runner and in the engine alike, and belongs to the prefix it computed."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import embedded_path


def write_adapter(path: Path, *, scale: float, rank: int = 4) -> Path:
    """A random rank-4 change of the first value projection, as GGUF."""
    draw = np.random.default_rng(0)
    left = draw.normal(0, scale, (rank, 576)).astype(np.float32)  # lora_a: (r, in)
    right = draw.normal(0, scale, (192, rank)).astype(np.float32)  # lora_b: (out, r)

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    def word(key: str, value: str) -> bytes:
        return text(key) + struct.pack("<I", 8) + text(value)

    keys = [word("general.architecture", "llama"), word("general.type", "adapter"), word("adapter.type", "lora")]
    keys.append(text("adapter.lora.alpha") + struct.pack("<If", 6, float(rank)))
    tensors, data = b"", b""
    for name, value in (("lora_a", left), ("lora_b", right)):
        rows, columns = value.shape
        tensors += text(f"blk.0.attn_v.weight.{name}") + struct.pack("<IQQIQ", 2, columns, rows, 0, len(data))
        data += value.tobytes() + b"\0" * (-value.nbytes % 32)
    head = b"GGUF" + struct.pack("<IQQ", 3, 2, len(keys)) + b"".join(keys) + tensors
    path.write_bytes(head + b"\0" * (-len(head) % 32) + data)
    return path


@pytest.mark.llm
@pytest.mark.usefixtures("real_models")
def test_an_adapter_changes_both_runners_the_same_way(
    tmp_path: Path, engine: LlamaCppChat, embedded: LlamaCppChat
) -> None:
    adapter = write_adapter(tmp_path / "a.gguf", scale=0.3)
    prompt, options = "The capital of France is", [" Paris", " London", " a big town"]
    found = {}
    for backend in ("single", "engine"):
        chat = LlamaCppChat(
            path=str(embedded_path()), adapter=str(adapter), backend=backend, home=engine.home, context_size=512
        ).open()
        found[backend] = chat.score(prompt, options)
        chat.close()
    plain = embedded.score(prompt, options)

    assert not np.allclose(found["single"], plain, atol=0.5)
    assert np.allclose(found["single"], found["engine"], atol=0.4)
