"""The model that learns: loaded from a GGUF or a Hugging Face folder, with a fresh LoRA adapter on every linear layer.

The base is frozen in bf16; the adapter computes in bf16 and keeps fp32 masters, because steps of 1e-4 round away in
bf16. On CUDA the same code runs; on a CPU the fused modules of `parley.agent.tuning.fused` are used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from parley.agent.llm.loading import embedded_path
from parley.agent.llm.prompting import CHATML, Template
from parley.agent.tuning.examples import chat_prompt

LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""The linear layers an adapter sits on, where the model has them."""


class TuningError(ValueError):
    """Training, exporting or measuring cannot go on; the message names the value and the mend."""


class LoraSettings(BaseModel):
    """Size of the adapter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(default=16, ge=1, le=256)
    alpha: float = Field(default=32.0, gt=0)
    """The adapter's product is scaled by alpha / rank."""


class Student:
    """A causal model with one LoRA adapter, and the tokenizer and chat template of its file."""

    def __init__(self, model: Any, tokenizer: Any, settings: LoraSettings, *, fused: bool | None = None) -> None:
        """Wrap a loaded model; `fused` (default: on a CPU) swaps in the quicker modules."""
        from peft import LoraConfig, get_peft_model

        for weight in model.parameters():
            weight.requires_grad_(False)
        present = {name.rsplit(".", 1)[-1] for name, _ in model.named_modules()} & set(LINEARS)
        if not present:
            raise TuningError(
                f"{type(model).__name__} has none of the layers {', '.join(LINEARS)}; use a llama-like model"
            )
        # No dropout: on a CPU its random numbers took a third of the time.
        config = LoraConfig(
            r=settings.rank, lora_alpha=settings.alpha, lora_dropout=0.0,
            target_modules=sorted(present), task_type="CAUSAL_LM",
        )  # fmt: skip
        self.settings = settings
        self.tokenizer = tokenizer
        self.model = get_peft_model(model, config)
        self.base = self.model.get_base_model()
        self.weights = [p for p in self.model.parameters() if p.requires_grad]
        for weight in self.weights:
            weight.data = weight.data.to(self.base.dtype)
        if self.device.type == "cpu" if fused is None else fused:
            from parley.agent.tuning.fused import fuse

            fuse(self.model)
        markers = [t for t in tokenizer.all_special_tokens if t]
        self.template = Template(tokenizer.chat_template or CHATML, markers, eos=tokenizer.eos_token or "")
        self.end: int = (
            tokenizer.convert_tokens_to_ids("<|im_end|>") if "<|im_end|>" in markers else tokenizer.eos_token_id
        )

    @property
    def device(self) -> torch.device:
        device: torch.device = next(self.model.parameters()).device
        return device

    def encode(self, role: str, prompt: str, target: str, *, open_end: bool = False) -> tuple[list[int], list[int]]:
        """(tokens read, tokens to write). What is written ends with the end of the turn unless it is open."""
        text = self.template.render(chat_prompt(role, prompt))
        read = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        write = self.tokenizer(target, add_special_tokens=False)["input_ids"]
        return read, write if open_end else [*write, self.end]

    def target_log_probabilities(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """log P of every target token; the output layer sees those places only.

        Args:
            inputs: (B, T) int64 token ids, padded on the right.
            labels: (B, T) int64, the same ids where a token is to be written, else -100.

        Returns:
            (M,) float32 log-probabilities of the M target tokens, and (M,) int64 their rows.
        """
        hidden = self.base.model(input_ids=inputs, use_cache=False).last_hidden_state[:, :-1]  # (B, T-1, D)
        wanted = labels[:, 1:] != -100
        logits = self.base.lm_head(hidden[wanted]).float()  # (M, V)
        picked = -torch.nn.functional.cross_entropy(logits, labels[:, 1:][wanted], reduction="none")
        return picked, wanted.nonzero()[:, 0]

    def adapter_state(self) -> dict[str, Tensor]:
        """The adapter's weights by name, in float32."""
        from peft import get_peft_model_state_dict

        return {
            k: v.detach().float().cpu().contiguous()
            for k, v in get_peft_model_state_dict(self.model, save_embedding_layers=False).items()
        }

    def load_adapter(self, folder: Path) -> None:
        """Take the weights of an adapter saved before.

        Raises:
            TuningError: no adapter there, or one of another size.
        """
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        path = folder / "adapter_model.safetensors"
        if not path.is_file():
            raise TuningError(f"no adapter in {str(folder)!r}; give a folder that `parley tune sft` wrote")
        try:
            set_peft_model_state_dict(self.model, load_file(path))
        except RuntimeError as error:
            raise TuningError(
                f"the adapter in {str(folder)!r} is of another size: {str(error).splitlines()[0]}"
            ) from None

    def save_adapter(self, folder: Path) -> None:
        """Write the adapter as PEFT does: adapter_config.json and adapter_model.safetensors."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        self.model.peft_config["default"].save_pretrained(str(folder))
        save_file(self.adapter_state(), folder / "adapter_model.safetensors")


def load_student(
    source: str = "embedded",
    settings: LoraSettings | None = None,
    *,
    seed: int = 0,
    device: str | None = None,
) -> Student:
    """A student over "embedded", a GGUF file or a Hugging Face folder.

    Args:
        source: the base model.
        settings: size of the adapter.
        seed: draws the adapter's first weights.
        device: "cpu" or "cuda"; the GPU if there is one.

    Raises:
        TuningError: no such model.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(seed)
    path = base_path(source)
    where: dict[str, Any] = {"pretrained_model_name_or_path": str(path)}
    if path.is_file():
        where = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    try:
        tokenizer = AutoTokenizer.from_pretrained(**where)
        # A GGUF is expanded in float32 first: its blocks do not come apart exactly in bf16.
        model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise TuningError(f"cannot load {source!r} for training: {str(error).splitlines()[0]}") from None
    chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return Student(model.to(torch.bfloat16).to(chosen), tokenizer, settings or LoraSettings())


def saved_settings(folder: Path) -> LoraSettings:
    """The size of an adapter saved before.

    Raises:
        TuningError: no adapter there.
    """
    try:
        config = json.loads((folder / "adapter_config.json").read_text("utf-8"))
        return LoraSettings(rank=config["r"], alpha=config["lora_alpha"])
    except (OSError, ValueError, KeyError) as error:
        raise TuningError(f"no adapter in {str(folder)!r} ({error!r}); give one that `parley tune sft` wrote") from None


def base_path(source: str) -> Path:
    """The file or folder of a base model.

    Raises:
        TuningError: there is nothing.
    """
    path = embedded_path() if source == "embedded" else Path(source).expanduser()
    if not path.exists():
        raise TuningError(f"no model at {source!r}; give 'embedded', a GGUF file or a Hugging Face folder")
    return path


def padded(length: int, multiple: int = 16) -> int:
    """The width of a batch whose longest row is `length`: few widths, for kernels are chosen once per shape."""
    return -(-length // multiple) * multiple


def pad_rows(rows: Sequence[tuple[list[int], list[int]]], pad: int) -> tuple[Tensor, Tensor]:
    """(tokens, labels), each (B, T): rows padded on the right; labels -100 where only read."""
    width = padded(max(len(read) + len(write) for read, write in rows))
    tokens = torch.full((len(rows), width), pad)
    labels = torch.full((len(rows), width), -100)
    for row, (read, write) in enumerate(rows):
        size = len(read) + len(write)
        tokens[row, :size] = torch.tensor(read + write)
        labels[row, len(read) : size] = torch.tensor(write)
    return tokens, labels
