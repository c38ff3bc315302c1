"""The adapter that ships, and the embedded model with it: opened only for the roles in which it measured better.

The bare model stays what every other prompt gets: a model that was taught six jobs answers everything in their forms.
"""

from __future__ import annotations

from pathlib import Path

from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import EMBEDDED_ID, embedded_path
from parley.agent.llm.seam import ModelError

ADAPTER = Path(__file__).resolve().parent / "adapters" / "parley-smollm2-135m.gguf"
CONTEXT = 1024
"""Tokens of prompt and answer: the prompts are short."""


def shipped_adapter() -> Path | None:
    """The adapter that comes with this version, if it does."""
    return ADAPTER if ADAPTER.is_file() else None


def open_tuned(adapter: Path | None = None, *, home: Path | str | None = None, seed: int = 0) -> LlamaCppChat:
    """The embedded model with an adapter, loaded and ready.

    Args:
        adapter: GGUF; the one that ships by default.
        home: where the engine keeps its faster format of the weights.
        seed: default seed for sampling.

    Raises:
        ModelError: no adapter ships with this version, or the file is none of the embedded model.
    """
    lora = adapter or shipped_adapter()
    if lora is None:
        raise ModelError("this version ships no adapter; make one with: parley tune sft")
    return _open(lora, home, seed)


def open_bare(home: Path | str | None = None, *, seed: int = 0) -> LlamaCppChat:
    """The embedded model without an adapter, opened the same way: to compare with."""
    return _open(None, home, seed)


def _open(adapter: Path | None, home: Path | str | None, seed: int) -> LlamaCppChat:
    return LlamaCppChat(
        path=str(embedded_path()),
        adapter=str(adapter) if adapter else None,
        model_id=EMBEDDED_ID + (f"+{adapter.stem}" if adapter else ""),
        backend="engine",
        home=str(home) if home else None,
        seed=seed,
        context_size=CONTEXT,
    ).open()
