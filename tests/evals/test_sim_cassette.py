"""A model's answers on tape: the same again without the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage
from pydantic import BaseModel

from parley.agent.llm.scripted import ScriptedModel
from parley.agent.llm.seam import ModelError
from parley.evals.simulate.cassette import CassetteModel


class Wish(BaseModel):
    genre: str


def ask(model: CassetteModel) -> list[object]:
    said = [HumanMessage("something scary")]
    return [
        model.generate(said, Wish),
        model.score(said, ["scary film", "comedy"]),
        "".join(model.stream_text(said)),
        model.count_tokens("two words"),
    ]


def test_what_was_recorded_is_played_back_without_a_model(tmp_path: Path) -> None:
    recorded = CassetteModel(tmp_path / "tape.jsonl", ScriptedModel([Wish(genre="Horror"), "Try Alien."]))
    first = ask(recorded)
    played = CassetteModel(tmp_path / "tape.jsonl")

    assert ask(played) == first
    assert played.model_id == "scripted"
    assert (played.usage().calls, played.usage().tokens_in) == (recorded.usage().calls, recorded.usage().tokens_in)


def test_a_call_is_made_once(tmp_path: Path) -> None:
    inner = ScriptedModel([Wish(genre="Horror")])
    model = CassetteModel(tmp_path / "tape.jsonl", inner)

    assert model.generate([HumanMessage("a")], Wish) == model.generate([HumanMessage("a")], Wish)
    assert len(inner.calls) == 1


def test_a_call_not_on_the_tape_is_an_error_that_names_it(tmp_path: Path) -> None:
    CassetteModel(tmp_path / "tape.jsonl", ScriptedModel()).count_tokens("x")

    with pytest.raises(ModelError, match="holds no such generate call"):
        CassetteModel(tmp_path / "tape.jsonl").generate([HumanMessage("new")], Wish)


def test_a_line_cut_off_by_a_kill_is_recorded_again(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    CassetteModel(tape, ScriptedModel([Wish(genre="Horror")])).generate([HumanMessage("a")], Wish)
    tape.write_text(tape.read_text()[:-20])

    again = CassetteModel(tape, ScriptedModel([Wish(genre="Horror")]))

    assert again.generate([HumanMessage("a")], Wish).genre == "Horror"


def test_no_tape_and_no_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="record one first"):
        CassetteModel(tmp_path / "none.jsonl")
