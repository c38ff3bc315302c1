"""Users worded by a model: what it may see, what may be said, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from parley.agent.llm.seam import ModelError
from parley.evals.simulate.agenda import AgendaUser
from parley.evals.simulate.facts import FactFinder
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import AgentReply
from parley.evals.simulate.run import Bench, RunSettings, players, run_sessions, simulate_session
from parley.evals.simulate.scorers import share_worded
from parley.evals.simulate.wording import ModelWording, WordedUser
from parley.tools.items import Catalog
from tests.evals.sim_world import SPACE, people, space_bench

FILMS = Catalog.films()


class Speaker:
    """Says what a function makes of the last message; remembers what it was shown."""

    model_id = "speaker"

    def __init__(self, say: Any) -> None:
        self._say = say
        self.shown: list[str] = []

    def stream_text(self, messages: Sequence[BaseMessage], **settings: Any) -> Iterator[str]:
        self.shown.append("\n".join(str(m.content) for m in messages))
        yield self._say(str(messages[-1].content))

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def wording(say: Any, catalog: Catalog = SPACE) -> ModelWording:
    return ModelWording(Speaker(say), catalog)


@pytest.mark.parametrize(
    ("template", "words", "why"),
    [
        ("I'm looking for a drama film.", "Do you have any dramas?", ""),
        ("It should be something from between 1990 and 1999.", "Something made between 1990 and 1999.", ""),
        ("I'm looking for a drama film.", "Do you have anything good?", "lost: drama"),
        ("I'm looking for a drama film.", "Got a drama or a comedy?", "added: comedy"),
        ("I want something from between 1990 and 1999.", "Something from the 90s.", ""),
        ("I want something from between 1990 and 1999.", "Something from the 1980s.", "lost: 1990"),
        ("Hmm, none of these. I want a drama film.", "These are great, a drama film.", "lost: a denial"),
        ("I'm looking for a drama film.", "I'm looking for a drama like Tarkovsky made.", "added: tarkovsky"),
        ("What else do you have?", "", "empty or too long"),
        ("What else do you have?", "Well " * 60, "empty or too long"),
    ],
)
def test_other_words_are_said_only_if_they_state_the_same(template: str, words: str, why: str) -> None:
    said = wording(lambda text: words, FILMS).say(template, [])

    assert (said.by, said.why) == (("fallback", why) if why else ("model", ""))
    assert said.text == (template if why else words)


def test_a_title_that_the_template_does_not_name_is_an_addition() -> None:
    said = wording(lambda text: "A drama film like The Godfather", FILMS).say("I want a drama film.", [])

    assert (said.by, said.text) == ("fallback", "I want a drama film.")


def test_a_model_that_names_a_target_is_not_heard() -> None:
    target = SPACE.items[0]
    said = wording(lambda text: f"{target.title}, please").say("What else do you have?", [target.item_id])

    assert (said.by, said.why, said.text) == ("fallback", "leak", "What else do you have?")


def test_a_model_that_fails_leaves_the_template() -> None:
    def broken(text: str) -> str:
        raise ModelError("out of memory")

    assert wording(broken).say("More, please.", []).why == "failed: out of memory"


def test_the_model_sees_the_template_and_nothing_of_the_persona() -> None:
    speaker = Speaker(lambda text: text)
    persona = people(1)[0]
    user = WordedUser(
        AgendaUser(persona, SPACE, LeakGuard(SPACE)), ModelWording(speaker, SPACE), persona.targets, "p"
    )  # fmt: skip
    said = [user.first_message()]
    for _ in range(4):
        said.append(user.respond(AgentReply(reply="no", slate=("nothing",))) or "")

    assert len(speaker.shown) == 5
    assert not any(LeakGuard(SPACE).finds(shown, persona.targets) for shown in speaker.shown)
    assert [shown.rsplit("\n", 1)[1] for shown in speaker.shown] == said


def test_a_button_is_pressed_as_it_stands() -> None:
    persona = people(1)[0]
    speaker = Speaker(lambda text: "blah")
    user = WordedUser(AgendaUser(persona, SPACE, LeakGuard(SPACE)), ModelWording(speaker, SPACE), persona.targets)
    genre = SPACE[persona.targets[0]].values("genre")[0]
    asked = AgentReply(reply="Which?", route="ask", asked_facet="genre", quick_replies=(genre, "No preference"))

    assert user.respond(asked) == genre
    assert not speaker.shown


def test_who_worded_what_is_kept_and_counted(tmp_path: Path) -> None:
    def every_second(text: str) -> str:
        every_second.calls += 1  # type: ignore[attr-defined]
        return text.replace("I'm looking for", "I fancy") if every_second.calls % 2 else "Nothing to add, comedy."  # type: ignore[attr-defined]

    every_second.calls = 0  # type: ignore[attr-defined]
    with space_bench() as bench:
        worded = Bench(bench.contestants, bench.catalog, bench.popularity, wording(every_second))
        session = simulate_session(people(2)[1], worded, RunSettings("list", "agenda", 4, 1, "speaker"))

    by = [turn.worded_by for turn in session.turns]
    assert by[0] == "model"
    assert all(turn.user_tokens > 0 for turn in session.turns)
    assert share_worded("model")(session).value == by.count("model") / len(by)
    assert share_worded("fallback")(session).value == by.count("fallback") / len(by)


@contextmanager
def worded_bench() -> Iterator[Bench]:
    with space_bench() as bench:
        yield Bench(bench.contestants, bench.catalog, bench.popularity, wording(lambda text: text.lower()))


def test_many_conversations_at_once_give_the_bytes_of_one_at_a_time(tmp_path: Path) -> None:
    settings = RunSettings("parley", "agenda", 4, 3, "speaker")
    for folder, at_once in (("one", 1), ("six", 6)):
        with players(worded_bench, at_once=at_once) as play:
            run_sessions(people(8), play, settings, tmp_path / folder)
    one, six = (next((tmp_path / f).glob("sessions-*.jsonl")).read_bytes() for f in ("one", "six"))

    assert one == six


def test_the_longest_value_counts_once() -> None:
    facts = FactFinder(FILMS).facts("I love time travel films from 1982")

    assert facts.values == {"time travel"}
    assert facts.numbers == {"1982"}
    assert not facts.denies
