"""llama.cpp as a library: its chatter, its threads, and the words of a loaded model."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.prompting import CHATML, Template
from parley.agent.llm.seam import ModelError

CONTROL_TOKEN = 8
"""LLAMA_TOKEN_ATTR_CONTROL."""


class Vocabulary:
    """Tokenizer, template and end tokens of a loaded llama.cpp model."""

    def __init__(self, model: Any) -> None:
        """`model` is llama-cpp-python's `LlamaModel`."""
        import llama_cpp

        self._lib, self._vocab = llama_cpp, model.vocab
        self.size = int(model.n_vocab())
        self.context_train = int(model.n_ctx_train())
        self.pieces = [self._piece(token) for token in range(self.size)]
        attributes = [llama_cpp.llama_vocab_get_attr(self._vocab, t) for t in range(self.size)]
        control = [t for t in range(self.size) if attributes[t] & CONTROL_TOKEN]
        self.ends = frozenset(t for t in range(self.size) if llama_cpp.llama_vocab_is_eog(self._vocab, t))
        self.control = frozenset(control)
        bos, eos = model.token_bos(), model.token_eos()
        self.add_bos = bool(model.add_bos_token()) and bos >= 0
        self.start = bos if bos >= 0 else max(eos, 0)
        names = {t: model.token_get_text(t) for t in control}
        metadata = model.metadata()
        self.template = Template(
            metadata.get("tokenizer.chat_template") or CHATML,
            list(names.values()),
            bos=names.get(bos, ""),
            eos=names.get(eos, ""),
        )
        self.name = metadata.get("general.name", "")

    def tokenize(self, text: str, *, special: bool = False, bos: bool = False) -> list[int]:
        """Token ids. Control tokens are recognised only with `special`."""
        data = text.encode("utf-8", errors="replace")
        add_bos = bos and self.add_bos
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self._vocab, data, len(data), buffer, room, add_bos, special)
        if count < 0:
            raise ModelError(f"a text of {len(data)} bytes cannot be tokenised")
        return buffer[:count]

    def piece(self, token: int) -> bytes:
        return self.pieces[token]

    def text(self, tokens: Sequence[int]) -> str:
        return b"".join(self.pieces[t] for t in tokens).decode("utf-8", errors="replace")

    def _piece(self, token: int) -> bytes:
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = self._lib.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
            if size >= 0:
                return buffer.raw[:size]
            room = -size


def default_threads() -> int:
    """Half the cores, at most 4: spinning pools on a busy machine are slower than one thread."""
    given = os.environ.get("PARLEY_THREADS")
    if given and given.isdigit() and int(given) > 0:
        return int(given)
    return max(1, min(4, len(os.sched_getaffinity(0)) // 2 if hasattr(os, "sched_getaffinity") else 2))


def shared_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """How many first tokens two sequences share."""
    size = min(len(left), len(right))
    differs = np.nonzero(np.asarray(left[:size]) != np.asarray(right[:size]))[0]
    return int(differs[0]) if len(differs) else size


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n_vocab,) logits -> (n_vocab,) log-probabilities, in float64."""
    wide = logits.astype(np.float64)
    wide -= wide.max()
    wide -= np.log(np.exp(wide).sum())
    return wide


def quiet_llama() -> None:
    """Send llama.cpp's chatter nowhere; errors reach us as return values."""
    import llama_cpp

    global _silent
    if _silent is None:
        _silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))


_silent: Any = None
