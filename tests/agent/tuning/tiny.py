"""A model small enough to train in a blink: two layers, 32 wide, one token a byte."""

from __future__ import annotations

from typing import Any

from parley.agent.tuning.examples import Example
from parley.agent.tuning.student import LoraSettings, Student

MARKERS = ["<|im_start|>", "<|im_end|>"]


def tiny_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(MARKERS)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=MARKERS[0], eos_token=MARKERS[1], pad_token=MARKERS[1]
    )


def tiny_model(seed: int = 0) -> Any:
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    torch.manual_seed(seed)
    config = LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=260, max_position_embeddings=512, tie_word_embeddings=True,
        initializer_range=0.2,
    )  # fmt: skip
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32)


def tiny_student(*, seed: int = 0, fused: bool = True, rank: int = 4) -> Student:
    return Student(tiny_model(seed), tiny_tokenizer(), LoraSettings(rank=rank, alpha=2.0 * rank), fused=fused)


def tiny_examples(count: int = 24) -> list[Example]:
    """Say the genre back."""
    genres = ("comedy", "horror", "drama", "western")
    return [
        Example(role="understand", prompt=f"they: a {genres[n % 4]} number {n}", target=genres[n % 4], group=f"g:{n}")
        for n in range(count)
    ]
