"""llama.cpp's multi-sequence context, owned by one thread: batches in, logits out, sequences copied and saved.

Only this module of the engine talks to the C library.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.buffers import may_repack
from parley.agent.llm.library import Vocabulary, quiet_llama
from parley.agent.llm.seam import ModelError

GGML_TYPE_F16, GGML_TYPE_BF16 = 1, 30
"""Of keys and of values. With values in BF16 llama.cpp's fused attention adds them up in float32: for up to 50 tokens
at once that takes half the time of float16 values, which it adds up in float16, and what else stands in the context or
shares the batch changes no sum. From 64 tokens on float16 has a kernel of its own, up to a third quicker."""

Logits = NDArray[np.float32]
Saved = NDArray[np.uint8]


@dataclass(frozen=True)
class ContextSize:
    """How much a context holds."""

    cells: int = 8192
    """Tokens of all sequences together; each costs its keys and values (23 KiB for the embedded model)."""
    sequences: int = 96
    """Active conversations and kept prefixes together."""
    batch: int = 256
    """Tokens computed in one step at most."""
    outputs: int = 128
    """Rows of logits in one step at most."""
    steady: bool = False
    """Compute every token by the same kernels and sum over its cells in the same order, whatever else is computed: no
    token, and no row of logits, alone; cells are used once and in order, until the context is cleared."""

    @classmethod
    def reproducible(cls, cells: int = 8192) -> ContextSize:
        """A steady context."""
        return cls(cells=cells, steady=True)


class Weights:
    """Model weights, an adapter if any, and the vocabulary."""

    def __init__(self, path: str | Path, adapter: str | Path | None = None, *, home: str | Path | None = None) -> None:
        """Map the file. `home` is where it is kept what this machine can do.

        Raises:
            ModelError: llama.cpp refuses it.
        """
        import llama_cpp
        from llama_cpp._internals import LlamaModel

        quiet_llama()
        self.lib = llama_cpp
        self.path, self.adapter_path = str(path), str(adapter) if adapter else ""
        try:
            parameters = llama_cpp.llama_model_default_params()
            parameters.n_gpu_layers = 0
            parameters.use_extra_bufts = may_repack(home)
            self._model = LlamaModel(path_model=str(path), params=parameters, verbose=False)
        except ValueError as error:
            raise ModelError(f"llama.cpp cannot load {Path(path).name!r}: {error}") from None
        self.model = self._model.model
        self.vocabulary = Vocabulary(self._model)
        self.adapter = None
        if adapter:
            self.adapter = llama_cpp.llama_adapter_lora_init(self.model, str(adapter).encode())
            if not self.adapter:
                self._model.close()
                raise ModelError(f"adapter {Path(adapter).name!r} does not fit {Path(path).name!r}")

    def close(self) -> None:
        """Free the weights; every context over them must be closed before."""
        self._model.close()


class NativeContext:
    """One llama.cpp context with many sequences. Not thread-safe: its owner calls it, nobody else."""

    def __init__(self, weights: Weights, size: ContextSize, threads: int) -> None:
        """Allocate the context.

        Raises:
            ModelError: not enough memory.
        """
        lib = weights.lib
        self._lib, self.weights, self.size = lib, weights, size
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = size.cells
        parameters.n_batch = size.batch
        parameters.n_ubatch = size.batch
        self._filler, self._waste = size.sequences, size.sequences + 1
        self._used = 0
        parameters.n_seq_max = size.sequences + 2
        parameters.n_outputs_max = max(size.outputs, size.sequences + 2)  # less aborts the process
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED
        parameters.kv_unified = True
        parameters.type_k, parameters.type_v = GGML_TYPE_F16, GGML_TYPE_BF16
        parameters.no_perf = True
        parameters.offload_kqv = parameters.op_offload = False
        self._ctx = lib.llama_init_from_model(weights.model, parameters)
        if not self._ctx:
            raise ModelError(f"no memory for a context of {size.cells:,} tokens; ask for fewer")
        if weights.adapter is not None:
            adapters = (lib.llama_adapter_lora_p_ctypes * 1)(weights.adapter)
            scales = (ctypes.c_float * 1)(1.0)
            if lib.llama_set_adapters_lora(self._ctx, adapters, 1, scales):
                raise ModelError(f"adapter {weights.adapter_path!r} cannot be applied")
        self._memory = lib.llama_get_memory(self._ctx)
        self._batch = lib.llama_batch_init(size.batch, 0, 1)
        self._token = np.ctypeslib.as_array(self._batch.token, (size.batch,))
        self._position = np.ctypeslib.as_array(self._batch.pos, (size.batch,))
        self._wanted = np.ctypeslib.as_array(self._batch.logits, (size.batch,))
        np.ctypeslib.as_array(self._batch.n_seq_id, (size.batch,))[:] = 1
        self._sequence = self._one_block_of_sequence_ids()
        self._vocabulary_size = weights.vocabulary.size

    def _one_block_of_sequence_ids(self) -> NDArray[np.int32]:
        """Point the batch's per-token sequence lists into one array, so that they are set in one stroke."""
        self._native_ids = [ctypes.cast(self._batch.seq_id[i], ctypes.c_void_p).value for i in range(self.size.batch)]
        block = np.zeros(self.size.batch, np.int32)
        kind = ctypes.POINTER(ctypes.c_int32)
        for i in range(self.size.batch):
            self._batch.seq_id[i] = ctypes.cast(block.ctypes.data + 4 * i, kind)
        return block

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        sequences: Sequence[int],
        wanted: Sequence[bool],
    ) -> Logits | None:
        """Compute one batch.

        Args:
            tokens: (N,) token ids.
            positions: (N,) place of each in its sequence.
            sequences: (N,) the sequence each belongs to.
            wanted: (N,) whether the logits after it are wanted.

        Returns:
            (sum(wanted), n_vocab) float32, valid until the next call; None when no cells were free
            (the batch was not computed).

        Raises:
            ModelError: the computation failed.
        """
        if self.size.steady and len(tokens) == 1:
            logits = self._decode([*tokens, tokens[0]], [*positions, 0], [*sequences, self._filler], [*wanted, True])
            self.cut(self._filler, 0)
            return logits if logits is None else logits[: sum(wanted)]
        if self.size.steady and sum(wanted) == 1:
            first = bool(wanted[0])  # another row beside it: the second token's, or the first one's
            beside = [place == int(first) or row for place, row in enumerate(wanted)]
            logits = self._decode(tokens, positions, sequences, beside)
            return logits if logits is None else logits[:1] if first else logits[1:]
        return self._decode(tokens, positions, sequences, wanted)

    def _decode(
        self, tokens: Sequence[int], positions: Sequence[int], sequences: Sequence[int], wanted: Sequence[bool]
    ) -> Logits | None:
        count = len(tokens)
        self._token[:count] = tokens
        self._position[:count] = positions
        self._sequence[:count] = sequences
        self._wanted[:count] = wanted
        self._batch.n_tokens = count
        code = self._lib.llama_decode(self._ctx, self._batch)
        if code == 1 and self.size.steady:  # rather out of order than not at all
            self._lib.llama_memory_seq_rm(self._memory, self._waste, -1, -1)
            self._used = self.size.cells
            code = self._lib.llama_decode(self._ctx, self._batch)
        if code == 1:
            return None
        if code:
            raise ModelError(f"llama.cpp failed to compute a batch (code {code})")
        self._used += count
        rows = int(self._wanted[:count].sum())
        if not rows:
            return np.empty((0, self._vocabulary_size), np.float32)
        pointer = self._lib.llama_get_logits(self._ctx)
        return np.ctypeslib.as_array(pointer, (rows, self._vocabulary_size))

    def copy(self, source: int, target: int, length: int) -> None:
        """Let `target` share the first `length` tokens of `source`; nothing is moved."""
        self._lib.llama_memory_seq_cp(self._memory, source, target, 0, length)

    @property
    def left(self) -> int:
        """Cells never used since the context was clear; in a steady context all there are."""
        return self.size.cells - self._used

    def cut(self, sequence: int, length: int) -> None:
        """Forget what stands at `length` and after in a sequence."""
        if self.size.steady:  # its cells stay taken: the next token of another sequence would lie before its last one
            self._lib.llama_memory_seq_cp(self._memory, sequence, self._waste, length, -1)
        self._lib.llama_memory_seq_rm(self._memory, sequence, length, -1)

    def clear(self) -> None:
        """Forget everything; all cells are free."""
        self._lib.llama_memory_clear(self._memory, False)
        self._used = 0

    def save(self, sequence: int) -> Saved:
        """A sequence's keys and values as bytes."""
        size = self._lib.llama_state_seq_get_size(self._ctx, sequence)
        data = np.empty(size, np.uint8)
        written = self._lib.llama_state_seq_get_data(
            self._ctx, data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8)), size, sequence
        )
        return data[:written]

    def restore(self, data: Saved, sequence: int) -> bool:
        """Put saved bytes into an empty sequence; False when no cells were free."""
        pointer = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        done = bool(self._lib.llama_state_seq_set_data(self._ctx, pointer, len(data), sequence))
        if done:
            self._used += self._lib.llama_memory_seq_pos_max(self._memory, sequence) + 1
        return done

    def set_threads(self, threads: int) -> None:
        self._lib.llama_set_n_threads(self._ctx, threads, threads)

    def close(self) -> None:
        """Free the context. Call once, from the owner."""
        kind = ctypes.POINTER(ctypes.c_int32)
        for i, address in enumerate(self._native_ids):
            self._batch.seq_id[i] = ctypes.cast(ctypes.c_void_p(address), kind)
        self._lib.llama_batch_free(self._batch)
        self._lib.llama_free(self._ctx)
