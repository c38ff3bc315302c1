"""Simulated users: what they say, what they keep to themselves, what they take."""

from __future__ import annotations

import numpy as np
import pytest

from parley.evals.simulate.contestants import TextContestant
from parley.evals.simulate.disclosure import RULES, Reveal, disclosures_of
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.personas import drawn_personas
from parley.evals.simulate.records import AgentReply, Persona
from parley.evals.simulate.run import RunSettings, simulate_session
from parley.evals.simulate.seam import SimulationError, make_user, simulators
from parley.tools.items import Catalog
from tests.evals.sim_world import SPACE, people, space_bench
from tests.world import ALIEN, THE_THING

WANTS_ALIEN = Persona(persona_id="ripley", targets=("alien",), history=(("the-thing", 1.0), ("moon", 1.0)))


def user(simulator: str, persona: Persona = WANTS_ALIEN, seed: int = 1):  # type: ignore[no-untyped-def]
    return make_user(simulator, persona, SPACE, LeakGuard(SPACE), seed=seed)


@pytest.mark.parametrize("simulator", [name for name in simulators() if not name.startswith("ievalm")])
def test_no_simulator_ever_names_its_target(simulator: str) -> None:
    guard = LeakGuard(SPACE)
    for seed in range(5):
        one = user(simulator, seed=seed)
        said = one.first_message()
        for _ in range(8):
            assert not guard.finds(said, ["alien"]), said
            following = one.respond(AgentReply(reply="", slate=("moon", "the-thing")))
            if following is None:
                break
            said = following


def test_the_same_seed_says_the_same_and_another_seed_something_else() -> None:
    lines = lambda seed: [
        (one := user("agenda", seed=seed)).first_message(),
        *[one.respond(AgentReply(reply="", slate=("moon",))) for _ in range(4)],
    ]

    assert lines(3) == lines(3)
    assert len({tuple(lines(seed)) for seed in range(6)}) > 1


def test_a_fact_is_volunteered_told_when_asked_or_hidden_by_how_much_it_gives_away() -> None:
    rules = RULES["ordinary"]

    assert rules.classify(200 / 2000) is Reveal.VOLUNTEERED
    assert rules.classify(20 / 2000) is Reveal.ON_ASK
    assert rules.classify(1 / 2000) is Reveal.HIDDEN


def test_a_title_is_no_fact_even_when_it_is_also_a_theme() -> None:
    told = THE_THING.model_copy(update={"tags": {**THE_THING.tags, "genre": ("Horror", "The Thing")}})
    catalog = Catalog([told, ALIEN], SPACE.domain, name="two")
    guard = LeakGuard(catalog)
    safe = lambda text: not guard.finds(text, ["the-thing"])

    for seed in range(10):
        facts = disclosures_of(told, catalog, RULES["generous"], np.random.default_rng(seed), safe)
        assert all("thing movie" not in f.text and f.value != "The Thing" for f in facts)


def test_a_hidden_fact_stays_hidden_when_asked() -> None:
    shy = user("agenda:strict")
    shy.rules = RULES["strict"].model_copy(update={"volunteer_from": 1.1, "on_ask_from": 1.1})
    shy.facts = shy._facts()

    assert shy.respond(AgentReply(reply="Who?", route="ask", asked_facet="director")) == "No preference"


def test_the_agenda_user_takes_the_target_and_nothing_else() -> None:
    one = user("agenda")
    one.first_message()

    assert one.respond(AgentReply(reply="", slate=("moon", "solaris"))) is not None
    assert one.respond(AgentReply(reply="", slate=("moon", "alien"))) is None
    assert one.accepted == "alien"


def test_the_question_user_says_nothing_unasked() -> None:
    persona = WANTS_ALIEN.model_copy(update={"opening": "Hello, a film for tonight?"})
    one = user("ievalm-attribute", persona)
    one.first_message()

    unasked = one.respond(AgentReply(reply="", slate=("moon",)))
    asked = one.respond(AgentReply(reply="", route="ask", asked_facet="director"))

    assert unasked in ("None of those. What else?", "No, I don't like them. What else?")
    assert asked == "something directed by Ridley Scott"


def test_the_browsing_user_watches_nothing_twice_and_leaves_in_the_end() -> None:
    one = user("agent4rec", people(4)[1])
    one.first_message()
    pages = 0
    while one.respond(AgentReply(reply="", slate=("blade-runner", "spaceballs", "wall-e"))) is not None and pages < 99:
        pages += 1

    assert pages < 99
    assert one.interview["watched"] <= 3
    assert 1.0 <= one.satisfaction <= 5.0


def test_an_unknown_manner_or_rule_names_those_there_are() -> None:
    with pytest.raises(SimulationError, match="'rude'; known: vague"):
        user("adversarial:rude")
    with pytest.raises(SimulationError, match="'open'; known: generous"):
        user("agenda:open")


@pytest.mark.parametrize("manner", ["vague", "contradictory", "drifting", "impatient", "off_domain", "injecting"])
def test_parley_survives_every_bad_manner(manner: str) -> None:
    with space_bench() as bench:
        for persona in people(3):
            session = simulate_session(persona, bench, RunSettings("parley", f"adversarial:{manner}", 4, 2))
            assert session.ended_by != "agent_error", session.error
            assert session.ended_by != "simulator_error", session.error


def test_any_callable_can_be_evaluated_by_the_titles_it_names() -> None:
    with space_bench() as bench:
        linker = bench.contestants["parley"].agent.parts.services.linker  # type: ignore[attr-defined]
        named = lambda text: [title.item_id for title in linker.link_titles(text)]
        echo = TextContestant("echo", lambda said: f"{said[-1][1]} How about Alien, or Blade Runner?", named)
        echo.begin("c")
        answer = echo.reply("c", "I liked Blade Runner.")

    assert answer.slate == ("alien",)


def test_drawn_personas_are_the_same_for_a_seed_and_never_know_their_target() -> None:
    vectors = np.eye(8, 4, dtype=np.float32) + 0.1
    catalog = Catalog([*SPACE] * 1, SPACE.domain, name="space")
    big = Catalog(
        [i.model_copy(update={"item_id": f"{i.item_id}-{n}"}) for n in range(6) for i in catalog],
        SPACE.domain,
        name="big",
    )
    rows = np.tile(vectors, (6, 1))
    first = drawn_personas(big, rows, np.linspace(0, 1, 48, dtype=np.float32), 12, seed=4)

    assert first == drawn_personas(big, rows, np.linspace(0, 1, 48, dtype=np.float32), 12, seed=4)
    assert all(target not in dict(p.history) for p in first for target in p.targets)
