"""A processor's matrix unit is used only where it was seen to work; a model too large is refused; an engine that
cannot start leaves the plain runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.agent.llm import buffers, gguf
from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import embedded_path
from parley.agent.llm.plain import SingleRunner
from parley.agent.llm.seam import ModelError


def announce(monkeypatch: pytest.MonkeyPatch, flags: str, *, survives: bool) -> list[int]:
    """A processor with these flags, where a trial in a child process ends so; how often it was tried."""
    tried: list[int] = []

    def trial() -> bool:
        tried.append(1)
        return survives

    monkeypatch.delenv(buffers.SWITCH, raising=False)
    monkeypatch.setattr(buffers, "_cpuinfo", lambda: ["model name : Some Processor", f"flags : fpu {flags}"])
    monkeypatch.setattr(buffers, "_survives", trial)
    buffers._matrix_unit_works.cache_clear()
    return tried


def test_a_matrix_unit_that_kills_its_user_is_tried_once_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = announce(monkeypatch, "avx2 amx_int8", survives=False)

    assert not buffers.may_repack(tmp_path)
    buffers._matrix_unit_works.cache_clear()
    assert not buffers.may_repack(tmp_path)
    assert len(tried) == 1


def test_a_matrix_unit_that_works_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    announce(monkeypatch, "amx_int8", survives=True)

    assert buffers.may_repack(tmp_path)


def test_a_processor_without_one_needs_no_trial_and_the_switch_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = announce(monkeypatch, "avx2 avx512f", survives=False)

    assert buffers.may_repack(tmp_path)
    monkeypatch.setenv(buffers.SWITCH, "0")
    assert not buffers.may_repack(tmp_path)
    assert tried == []


def test_a_model_larger_than_the_free_memory_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf, "memory_available", lambda: 50_000_000)

    with pytest.raises(ModelError, match="choose a smaller model") as caught:
        gguf.check_gguf(embedded_path())
    assert "\n" not in str(caught.value)


@pytest.mark.llm
def test_where_the_engine_cannot_start_the_plain_runner_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from parley.agent.llm.engine import runner

    def fail(chat: LlamaCppChat) -> None:
        raise ModelError("no memory for a context of 6,144 tokens; ask for fewer")

    monkeypatch.setattr(runner, "open_engine", fail)
    chat = LlamaCppChat(path=str(embedded_path()), model_id="embedded", backend="engine", context_size=256).open()

    assert isinstance(chat._runner, SingleRunner)
    assert len(chat.score("The sky is", [" blue", " angry"])) == 2
    assert "one conversation at a time instead" in caplog.text
    chat.close()
