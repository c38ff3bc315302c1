"""The weights in the format that is fastest on this machine and says the same; the thread count that is fastest.

Measured once and kept under the home with a checksum: the shipped Q4_1 has no fast prompt kernel on x86, the
same weights as BF16 (lossless) or Q8_0 have. A format counts only if it stays close to the shipped file: KL under
0.01 nats and the same first choice for over 94 % of tokens.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.buffers import machine, models_folder
from parley.agent.llm.engine.native import ContextSize, NativeContext, Weights
from parley.agent.llm.gguf import check_gguf, memory_available
from parley.agent.llm.library import default_threads, quiet_llama
from parley.agent.llm.seam import ModelError

FORMATS = {"bf16": 32, "q8_0": 7, "f16": 1}
"""Name -> llama.cpp's file type."""

FAST = ("bf16", "q8_0")
"""Formats compared for speed."""

STEADY = "f16"
"""The format of reproducible engines: its finer rounding of activations (11 bits, BF16 has 8) leaves no room for
the order of sums to change a token; about a quarter slower than BF16."""

SLOW_TYPES = {2, 3, 6, 7}
"""GGML's Q4_0, Q4_1, Q5_0, Q5_1: small files whose prompt kernels may be slower than those of larger formats."""

MOST_KL, LEAST_AGREEMENT = 0.01, 0.94
LARGEST = 1_500_000_000
"""Bytes of a shipped file beyond which nothing is expanded: memory is dearer than speed there."""

PASSAGES = (
    "Anna keeps a small shop by the harbour where old radios are mended. One evening a stranger brings a set that only "
    "plays the news of the following day, and asks her not to listen. ",
    "I am looking for a film that is funny but not silly, made before 1990, with a good ending. My children are nine "
    "and twelve, so nothing too frightening, and please no musicals this time. ",
    '{"genre":"science fiction","year":1982,"people":["a director","an actress"],"mood":"quiet","length":117} ',
    "The committee met for three hours. Its report lists four causes: the weather, the age of the bridge, a missing "
    "inspection, and the decision to open it anyway. None of them alone would have been enough. ",
)
"""What formats are compared on; written for this."""


@dataclass(frozen=True)
class Choice:
    """What to load, and why."""

    path: str
    format: str
    """"shipped", "bf16" or "q8_0"."""
    threads: int
    prefill: dict[str, float]
    """Format -> prompt tokens a second in the probe."""
    kl: dict[str, float]
    """Format -> mean KL from the shipped file, nats."""
    agreement: dict[str, float]
    """Format -> share of tokens with the same first choice."""


def choose_format(
    path: str | Path, *, home: str | Path | None, adapter: str | None, threads: int | None, steady: bool = False
) -> Choice:
    """The best format of a file here, measured on first use and remembered under `home`.

    With `steady`, the format for reproducible engines. `PARLEY_LLM_FORMAT` (a name, or `shipped`) overrides
    the choice. Whatever goes wrong while looking for a better format ends in the shipped one.
    """
    shipped = Choice(str(path), "shipped", threads or default_threads(), {}, {}, {})
    wanted = os.environ.get("PARLEY_LLM_FORMAT") or (STEADY if steady else "")
    if wanted == "shipped" or not _worth_expanding(Path(path)):
        return shipped
    folder = models_folder(home)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        key = f"{file_hash(path)[:16]}-{hashlib.sha256(machine().encode()).hexdigest()[:8]}"
        record = folder / f"{key}-{wanted or 'fastest'}.json"
        known = _recall(record, wanted, folder)
        if known is None:
            known = _measure(Path(path), folder, key.split("-")[0], wanted)
            _write_atomically(record, json.dumps(asdict(known)).encode())
        return known if threads is None else Choice(**{**asdict(known), "threads": threads})
    except (OSError, ModelError, ValueError, KeyError, TypeError):
        return shipped


def known_choice(home: str | Path | None) -> Choice | None:
    """The choice remembered last under a home; nothing is measured."""
    records = sorted(models_folder(home).glob("*-fastest.json"), key=lambda r: r.stat().st_mtime)
    try:
        return Choice(**json.loads(records[-1].read_text())) if records else None
    except (OSError, ValueError, TypeError):
        return None


def expand(source: Path, target: Path, name: str) -> None:
    """Write `source` in another format.

    Raises:
        ModelError: llama.cpp refuses.
        OSError: no room.
    """
    import llama_cpp

    quiet_llama()
    free = os.statvfs(target.parent)
    if free.f_bavail * free.f_frsize < 3 * source.stat().st_size + 2**26:
        raise OSError("no room for the expanded model")
    part = target.with_suffix(f".{os.getpid()}.part")
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype, parameters.allow_requantize, parameters.nthread = FORMATS[name], True, 1
    parameters.pure = True
    try:
        code = llama_cpp.llama_model_quantize(str(source).encode(), str(part).encode(), ctypes.byref(parameters))
        if code:
            raise ModelError(f"{source.name!r} cannot be written as {name}")
        check_gguf(part)
        target.with_suffix(".sha256").write_text(file_hash(part))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def compare(reference: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float]:
    """Mean KL(reference || other) in nats and top-1 agreement over rows of logits (n, n_vocab)."""
    kl, same = 0.0, 0
    for left, right in zip(reference, other, strict=True):
        p, q = _log_softmax(left), _log_softmax(right)
        kl += float((np.exp(p) * (p - q)).sum())
        same += int(left.argmax() == right.argmax())
    return kl / len(reference), same / len(reference)


def probe(
    path: str | Path,
    threads: int,
    *,
    passages: tuple[str, ...] = PASSAGES,
    clock: Callable[[], float] = time.process_time,
) -> tuple[NDArray[np.float32], float]:
    """Logits (n, n_vocab) after every token of the passages, and prompt tokens a second (best of two).

    By default of processor time: other programs do not count. Thread counts are compared by `time.perf_counter`.
    """
    weights = Weights(path)
    context = NativeContext(weights, ContextSize(cells=512, sequences=2, batch=256, outputs=256), threads)
    try:
        rows = []
        for passage in passages:
            tokens = weights.vocabulary.tokenize(passage)[:256]
            context.clear()
            count = len(tokens)
            logits = context.decode(tokens, range(count), [0] * count, [True] * count)
            if logits is None:
                raise ModelError("the probe does not fit into its context")
            rows.append(logits.copy())
        tokens = weights.vocabulary.tokenize(" ".join(passages))[:128]
        best = 0.0
        for _ in range(2):
            context.clear()
            began = clock()
            context.decode(tokens, range(len(tokens)), [0] * len(tokens), [False] * len(tokens))
            context.decode(tokens[:1], [len(tokens)], [0], [True])
            best = max(best, len(tokens) / (clock() - began))
        return np.concatenate(rows), best
    finally:
        context.close()
        weights.close()


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file, hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _measure(source: Path, folder: Path, stem: str, wanted: str) -> Choice:
    threads = default_threads()
    reference, speed = probe(source, threads)
    speeds = {"shipped": speed}
    kls: dict[str, float] = {}
    agreements: dict[str, float] = {}
    for name in [wanted] if wanted in FORMATS else FAST:
        if _settled(speeds, kls, agreements):
            break
        target = folder / f"{stem}-{name}.gguf"
        if not _intact(target):
            expand(source, target, name)
        size = target.stat().st_size
        available = memory_available()
        if available is not None and size * 1.5 > available:
            continue
        logits, speeds[name] = probe(target, threads)
        kls[name], agreements[name] = compare(reference, logits)
    good = [n for n in kls if _good(kls[n], agreements[n])]
    best = max(["shipped", *good], key=lambda n: speeds[n] * (1.0 if n == "shipped" else 0.8))
    if wanted in good:
        best = wanted
    for name in kls:
        if name != best and name != STEADY:
            (folder / f"{stem}-{name}.gguf").unlink(missing_ok=True)
            (folder / f"{stem}-{name}.sha256").unlink(missing_ok=True)
    path = source if best == "shipped" else folder / f"{stem}-{best}.gguf"
    return Choice(str(path), best, _best_threads(path, threads), speeds, kls, agreements)


def _good(kl: float, agreement: float) -> bool:
    return kl <= MOST_KL and agreement >= LEAST_AGREEMENT


def _settled(speeds: dict[str, float], kls: dict[str, float], agreements: dict[str, float]) -> bool:
    """A good format doubles the speed already: looking further costs more than it brings."""
    return any(_good(kls[n], agreements[n]) and speeds[n] > 2 * speeds["shipped"] for n in kls)


def _best_threads(path: Path, start: int) -> int:
    """More threads only if they gain a third: pools spin, and the machine has other work."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = os.environ.get("PARLEY_THREADS") or os.environ.get("OMP_NUM_THREADS")
    busy = os.getloadavg()[0] > 0.5 * cores if hasattr(os, "getloadavg") else False
    if told or busy or start >= cores:
        return start
    counts = sorted({start, min(cores, 2 * start)})
    speeds = {n: probe(path, n, passages=PASSAGES[:2], clock=time.perf_counter)[1] for n in counts}
    best = max(speeds, key=lambda n: speeds[n])
    return best if speeds[best] > 1.33 * speeds[start] else start


def _recall(record: Path, wanted: str, folder: Path) -> Choice | None:
    """The remembered choice, if its file is there and whole."""
    if not record.is_file():
        return None
    choice = Choice(**json.loads(record.read_text()))
    if wanted and choice.format != wanted:
        return None
    inside = Path(choice.path).parent == folder
    return choice if Path(choice.path).is_file() and (not inside or _intact(Path(choice.path))) else None


def _intact(target: Path) -> bool:
    told = target.with_suffix(".sha256")
    return target.is_file() and told.is_file() and told.read_text().strip() == file_hash(target)


def _worth_expanding(path: Path) -> bool:
    if path.stat().st_size > LARGEST:
        return False
    types = [t.type for t in check_gguf(path).tensors if len(t.shape) > 1]
    return bool(types) and sum(t in SLOW_TYPES for t in types) > len(types) // 2


def _write_atomically(path: Path, data: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = logits.astype(np.float64)
    wide -= wide.max()
    wide -= np.log(np.exp(wide).sum())
    return wide
