"""Examples on disk, split by name, mixed for a run; and the reader of what a tuned model writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from parley.agent.acts import DialogueAct
from parley.agent.ledger import EditAction, Hardness, Polarity, Stance
from parley.agent.messages import Understanding
from parley.agent.tuning.data_checks import Checks
from parley.agent.tuning.examples import (
    Example,
    ExampleError,
    deduplicate,
    load_examples,
    split_examples,
    write_examples,
)
from parley.agent.tuning.mixing import keep_apart, mix
from parley.agent.tuning.notation import Meaning, MeaningReader, write_meaning
from parley.agent.tuning.reader import TunedReader
from parley.agent.tuning.second import second_opinion
from parley.agent.understanding import DialogueContext
from parley.evals.tuning.roles import read_by_rules, read_context
from parley.evals.tuning.understanding import with_second_reader
from parley.tools.items import Catalog
from parley.tools.linking import Linker


def example(**fields: Any) -> Example:
    return Example.model_validate(
        {"role": "understand", "prompt": "they: a comedy", "target": "request | +genre=Comedy!", "group": "t:1"}
        | fields
    )


def test_examples_come_back_as_they_were_written(tmp_path: Path) -> None:
    several = [example(), example(role="reply", prompt="Wish: fun", target="Here.", open=True, weight=2.0, group="t:2")]

    assert write_examples(tmp_path / "e.jsonl", several) == 2
    assert load_examples(tmp_path / "e.jsonl") == several


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"role": "understand"}', "line 1, prompt"),
        ('\n{"role": "sing", "prompt": "a", "target": "b", "group": "c"}', "line 2, role"),
        ("not json", "line 1"),
        ("", "is empty"),
    ],
)
def test_a_file_that_holds_no_examples_says_where_and_what_is_needed(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "e.jsonl").write_text(content)

    with pytest.raises(ExampleError, match=says):
        load_examples(tmp_path / "e.jsonl")


def test_no_name_is_on_both_sides_of_a_split() -> None:
    many = [example(prompt=f"they: {n}", group=f"title:{n % 40}|template:{n % 7}") for n in range(400)]
    learn, test = split_examples(many, held_out=0.1, seed=3)
    learned = {name for e in learn for name in e.names}

    assert len(learn) + len(test) == 400
    assert test
    assert all(set(e.names) - learned for e in test)


def test_the_split_of_a_name_does_not_depend_on_the_other_examples() -> None:
    many = [example(prompt=f"they: {n}", group=f"dialogue:{n}") for n in range(100)]
    _, all_of_it = split_examples(many, seed=1)
    _, half = split_examples(many[:50], seed=1)

    assert half == [e for e in all_of_it if e in many[:50]]


def test_the_same_prompt_is_learned_once() -> None:
    assert len(list(deduplicate([example(), example(prompt="they:  A Comedy"), example(role="plan")]))) == 2


def test_an_utterance_kept_apart_is_learned_in_no_role_and_no_spelling() -> None:
    several = [example(), example(prompt="we: hi\nthey: A comedy!"), example(role="simulate", target="a comedy?")]

    assert keep_apart([*several, example(prompt="they: a comedy please")], ["A Comedy."]) == [
        example(prompt="they: a comedy please")
    ]


def test_a_source_can_come_more_often_and_a_role_not_at_all() -> None:
    several = [example(source="redial"), example(role="rank", target="A"), example()]

    assert mix(several, without=("rank",), repeat={"redial": 3}) == [several[0]] * 3 + [several[2]]


@pytest.fixture(scope="module")
def films() -> Catalog:
    return Catalog.films()


@pytest.fixture(scope="module")
def linker(films: Catalog) -> Linker:
    return Linker.for_catalog(films)


def test_a_line_in_the_notation_is_read_and_written_back_the_same(films: Catalog, linker: Linker) -> None:
    line = 'request, seen | +genre=Comedy|Drama!; -mood=violent~; year<=1989!; like:"Alien"; seen:#2; retract:year'
    slate = ("heat-1995", "jaws-1975")
    meaning = MeaningReader(films, linker).read(line, slate)

    assert meaning.bad == ()
    assert meaning.acts == (DialogueAct.REQUEST, DialogueAct.SEEN)
    genre, mood, year, alien, jaws, no_year = meaning.edits
    assert genre.wish is not None
    assert genre.wish.values == ("Comedy", "Drama")
    assert mood.wish is not None
    assert (mood.wish.polarity, mood.wish.hardness) == (Polarity.AVOID, Hardness.SOFT)
    assert year.wish is not None
    assert year.wish.lte == 1989
    assert alien.wish is not None
    assert (alien.wish.stance, alien.wish.value) == (Stance.LIKE, "alien-1979")
    assert jaws.wish is not None
    assert jaws.wish.value == "jaws-1975"
    assert no_year.action is EditAction.RETRACT
    assert write_meaning(meaning, films, slate) == line


@pytest.mark.parametrize(
    "part", ["+genre=Comedie!", 'like:"Zzzzqqq the Unmade"', "like:#9", "year<=soon!", "+colour=red!"]
)
def test_what_the_catalogue_does_not_hold_is_set_aside_not_guessed(part: str, films: Catalog, linker: Linker) -> None:
    meaning = MeaningReader(films, linker).read(f"request | {part}; +genre=Drama!", ("heat-1995",))

    assert meaning.bad == (part,)
    assert len(meaning.edits) == 1


def test_a_tuned_model_reads_an_utterance_in_its_context(films: Catalog, linker: Linker) -> None:
    asked: list[str] = []

    class OneLine:
        def stream_text(self, messages: Sequence[Any], **_: Any) -> Iterator[str]:
            asked.extend(m.content for m in messages)
            yield "reject, add_constraint | reject:#1; runtime<=119!"

    context = DialogueContext(
        slate=("heat-1995", "jaws-1975"), window=(("user", "hi"), ("assistant", "How about Heat or Jaws?"))
    )
    found = TunedReader(OneLine(), films, linker).understand("not Heat, shorter", context)  # type: ignore[arg-type]

    assert asked == ["understand", "we: How about Heat or Jaws?\nshown: #1 Heat; #2 Jaws\nthey: not Heat, shorter"]
    assert found.acts == (DialogueAct.REJECT, DialogueAct.ADD_CONSTRAINT)
    assert [e.wish.value for e in found.edits if e.wish is not None and e.wish.stance] == ["heat-1995"]


def test_the_model_is_heard_only_where_the_rules_found_nothing_and_only_whole(films: Catalog, linker: Linker) -> None:
    reader = MeaningReader(films, linker)
    rules, silent = Understanding(edits=reader.read("+genre=Horror!").edits), Understanding()
    whole, broken = reader.read("+genre=Drama!"), reader.read("+genre=Drama!; +genre=Nonsense!")

    assert with_second_reader(rules, whole) == rules
    assert with_second_reader(silent, whole).edits == whole.edits
    assert with_second_reader(silent, broken) == silent
    assert with_second_reader(silent, Meaning()) == silent


def test_where_the_rules_are_unsure_the_models_wishes_take_their_place(films: Catalog, linker: Linker) -> None:
    reader = MeaningReader(films, linker)
    meaning = reader.read("+genre=Drama!")
    unsure = Understanding(edits=reader.read("+genre=Horror!").edits, confidence=0.6)

    assert with_second_reader(unsure, meaning, below=0.5) == unsure
    assert with_second_reader(unsure, meaning, below=0.7).edits == meaning.edits


def test_the_model_is_asked_a_second_opinion_only_of_free_words(films: Catalog, linker: Linker) -> None:
    reader = MeaningReader(films, linker)
    asked: list[str] = []

    def read(utterance: str, _: DialogueContext) -> Meaning:
        asked.append(utterance)
        return reader.read(told)

    free = Understanding(edits=reader.read("+about=my cat is asleep~").edits)
    sure = Understanding(edits=reader.read("+about=a heist~; +genre=Comedy!").edits)

    told = "other"
    assert second_opinion("my cat is asleep", DialogueContext(), free, read).edits == ()
    told = "add_constraint | +genre=Nonsense!"
    assert second_opinion("x", DialogueContext(), free, read) == free
    assert second_opinion("a comedy about a heist", DialogueContext(), sure, read) == sure
    assert asked == ["my cat is asleep", "x"]


def test_rules_read_an_example_in_the_context_its_prompt_tells(films: Catalog, linker: Linker) -> None:
    prompt = (
        "we: How about Heat or Jaws?\nkept: +genre=Thriller!\nshown: #1 Heat; #2 Jaws\nthey: I've seen the second one"
    )
    utterance, context, shown = read_context(example(prompt=prompt), Checks(films, linker))

    assert utterance == "I've seen the second one"
    assert shown == ("heat-1995", "jaws-1975")
    assert [w.value for w in context.ledger.active] == ["Thriller"]
    assert "seen:#2" in read_by_rules(example(prompt=prompt), Checks(films, linker))
