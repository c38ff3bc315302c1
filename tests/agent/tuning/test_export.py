"""From adapter to product: the file llama.cpp reads says what torch computed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from parley.agent.llm.gguf import read_header
from parley.agent.tuning.export import Shape, export_adapter, interleave, read_shape, shape_of
from parley.agent.tuning.student import TuningError
from tests.agent.tuning.tiny import tiny_student


def test_interleaving_takes_the_halves_of_each_head_in_turn() -> None:
    rows = np.arange(8)[:, None]  # two heads of four rows

    assert interleave(rows, heads=2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_an_adapter_is_written_under_llama_cpps_names(tmp_path: Path) -> None:
    student = tiny_student(rank=4)
    student.save_adapter(tmp_path)
    path = export_adapter(tmp_path, tmp_path / "a.gguf", shape_of(student.base), notes={"name": "Tiny"})
    header = read_header(path)
    shapes = {t.name: t.shape for t in header.tensors}

    assert header.metadata["adapter.type"] == "lora"
    assert header.metadata["adapter.lora.alpha"] == pytest.approx(8.0)
    assert header.metadata["general.name"] == "Tiny"
    assert len(shapes) == 2 * 7 * 2  # layers, linear layers, halves
    assert shapes["blk.1.attn_q.weight.lora_a"] == (32, 4)
    assert shapes["blk.1.attn_k.weight.lora_b"] == (4, 16)
    assert shapes["blk.0.ffn_down.weight.lora_a"] == (48, 4)


def test_an_architecture_whose_layout_is_not_known_is_refused(tmp_path: Path) -> None:
    tiny_student().save_adapter(tmp_path)

    with pytest.raises(TuningError, match="'gpt2' models is not known"):
        export_adapter(tmp_path, tmp_path / "a.gguf", Shape(model_type="gpt2", heads=4, key_heads=4))


def test_a_folder_without_an_adapter_is_named(tmp_path: Path) -> None:
    with pytest.raises(TuningError, match="no adapter in"):
        export_adapter(tmp_path, tmp_path / "a.gguf", Shape(model_type="llama", heads=4, key_heads=4))


def test_the_shape_of_a_folder_is_read_from_its_config(tmp_path: Path) -> None:
    config = {"model_type": "llama", "num_attention_heads": 8, "num_key_value_heads": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))

    assert read_shape(str(tmp_path)) == Shape(model_type="llama", heads=8, key_heads=2)
    with pytest.raises(TuningError, match="no model at"):
        read_shape(str(tmp_path / "nothing"))


@pytest.mark.llm
@pytest.mark.slow
def test_base_and_adapter_say_in_llama_cpp_what_they_say_in_torch(tmp_path: Path) -> None:
    import torch

    from parley.agent.llm.library import log_softmax
    from parley.agent.llm.llamacpp import LlamaCppChat
    from parley.agent.llm.loading import embedded_path
    from parley.agent.tuning.student import LoraSettings, load_student

    student = load_student("embedded", LoraSettings(rank=4, alpha=8.0))
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in student.weights:  # an adapter that changes much, so that a wrong row shows
            weight.copy_(torch.randn(weight.shape, generator=draw) * 0.06)
    student.save_adapter(tmp_path)
    adapter = export_adapter(tmp_path, tmp_path / "a.gguf", shape_of(student.base))
    prompt = "The film was directed by a man who had never"
    tokens = student.tokenizer(prompt, add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        hidden = student.base.model(input_ids=torch.tensor([tokens]), use_cache=False).last_hidden_state[0, -1]
        wanted = log_softmax(student.base.lm_head(hidden).float().numpy())
    found = {}
    for name, lora in (("base", None), ("both", str(adapter))):
        chat = LlamaCppChat(path=str(embedded_path()), adapter=lora, context_size=256).open()
        llama = chat.runner._llama  # type: ignore[attr-defined]
        llama.eval(tokens)
        logits = np.ctypeslib.as_array(llama._ctx.get_logits_ith(len(tokens) - 1), shape=(chat.vocabulary.size,))
        found[name] = log_softmax(logits.copy())
        chat.close()
    likely = np.argsort(wanted)[-200:]
    off = np.abs(found["both"] - wanted)[likely].mean()

    assert off < 0.25  # quantised sums against bf16 ones
    assert np.abs(found["base"] - wanted)[likely].mean() > 4 * off
