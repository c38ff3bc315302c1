"""`parley tune`: what it refuses in one line, and the whole road from examples to llama.cpp."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.ui.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["tune", *arguments])
    told = capsys.readouterr()
    return int(left.value.code or 0), told.out, told.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sft", "--data", "nowhere.jsonl"], "cannot read 'nowhere.jsonl'"),
        (["sft", "--tiny", "--without", "sing"], "no role 'sing'; known: understand"),
        (["sft", "--tiny", "--repeat", "redial"], "write SOURCE=N"),
        (["sft", "--tiny", "--apart", "nowhere.jsonl"], "give a JSONL file whose lines have an `utterance`"),
        (["prefer", "nowhere"], "nothing to prefer"),
        (["prefer", "nowhere", "--loss", "ppo", "--data", "x.jsonl"], "no loss 'ppo'; known: dpo"),
        (["prefer", "nowhere", "--data", "x.jsonl"], "cannot read 'x.jsonl'"),
        (["export", "nowhere"], "no adapter in 'nowhere'"),
        (["eval", "--adapter", "nowhere.gguf", "--examples", "nowhere.jsonl"], "cannot read 'nowhere.jsonl'"),
    ],
)
def test_a_mistake_ends_in_one_line_that_names_the_mend(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)

    assert code == 2
    assert out == ""
    assert says in err
    assert err.strip().splitlines()[-1].startswith("parley: ")


def test_training_without_the_corpora_says_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_DATA_MIRROR", raising=False)
    code, _, err = run(capsys, "sft")

    assert code == 2
    assert "PARLEY_DATA_MIRROR" in err


@pytest.mark.llm
@pytest.mark.slow
def test_tiny_trains_exports_and_loads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "sft", "--tiny", "--out", str(tmp_path), "--json")
    report = json.loads(out)

    assert code == 0
    assert report["loads"] is True
    assert report["last_loss"] < report["first_loss"]
    assert report["megabytes"] < 3
    assert Path(report["adapter"]).is_file()
    assert (tmp_path / "held_out.jsonl").is_file()
