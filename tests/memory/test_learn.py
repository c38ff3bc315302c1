from __future__ import annotations

from datetime import timedelta

import pytest

from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.profile import load_profile, remember
from parley.memory.recall import recall
from parley.memory.statements import Kind, Source, Statement, Status
from parley.memory.store import MemoryStore
from tests.memory.conftest import Clock

HORROR = WishFact(facet="genre", value="Horror", polarity="avoid", hardness="hard", scope="session", words="no horror")
SLOW = WishFact(facet="mood", value="slow", words="something slow")


class Life:
    """Ana's turns, one after the other; every turn is remembered as it happens."""

    def __init__(self, store: MemoryStore, clock: Clock, user: str = "ana", consent: bool = True) -> None:
        self.store, self.clock, self.user, self.turn = store, clock, user, 0
        if consent:
            store.set_consent(user, True)

    def says(self, session: str, *wishes: WishFact, reactions: tuple[tuple[str, str], ...] = ()) -> None:
        self.turn += 1
        facts = TurnFacts(
            user=self.user, session=session, turn=self.turn, time=self.clock(), wishes=wishes, reactions=reactions
        )
        remember(self.store, propose([facts]), self.clock())

    @property
    def about(self) -> dict[str, Statement]:
        return {s.value or s.facet: s for s in self.store.statements(self.user)}


@pytest.fixture
def ana(store: MemoryStore, clock: Clock) -> Life:
    return Life(store, clock)


def test_a_wish_said_once_is_a_hint_and_said_in_a_second_session_a_taste(ana: Life) -> None:
    ana.says("monday", SLOW)
    assert ana.about["slow"].status is Status.TENTATIVE
    assert load_profile(ana.store, "ana", ana.clock()).tastes() == ()

    ana.clock.pass_days(7)
    ana.says("next monday", SLOW)

    assert ana.about["slow"].status is Status.ACTIVE
    assert ana.about["slow"].kind is Kind.ATTRIBUTE_TASTE
    assert ana.about["slow"].sessions == {"monday", "next monday"}


def test_three_turns_of_one_session_promote_too(ana: Life) -> None:
    for _ in range(3):
        ana.says("monday", SLOW)

    assert ana.about["slow"].status is Status.ACTIVE


@pytest.mark.parametrize("words", ["I never watch horror", "no horror, I can't stand it", "we have kids, so no horror"])
def test_words_that_stand_for_good_become_a_constraint_at_once(ana: Life, words: str) -> None:
    ana.says("monday", HORROR.model_copy(update={"words": words}))

    statement = ana.about["Horror"]
    assert (statement.kind, statement.status, statement.hardness, statement.source) == (
        Kind.CONSTRAINT, Status.ACTIVE, "hard", Source.EXPLICIT,
    )  # fmt: skip
    assert statement.evidence[0].words == words


def test_tonight_only_and_free_words_leave_no_trace(ana: Life) -> None:
    ana.says("s", HORROR.model_copy(update={"scope": "turn"}), WishFact(facet="about", value="a twist at the end"))

    assert ana.about == {}


def test_the_same_turn_remembered_twice_counts_once(ana: Life) -> None:
    facts = TurnFacts(user="ana", session="s", turn=1, time=ana.clock(), wishes=(SLOW,), reactions=(("alien", "like"),))
    for _ in range(5):
        remember(ana.store, propose([facts]), ana.clock())

    assert ana.about["slow"].supports == 1
    assert ana.about["slow"].status is Status.TENTATIVE
    assert ana.about["alien"].supports == 1


def test_an_outright_change_of_mind_turns_the_statement_around(ana: Life) -> None:
    ana.says("a", reactions=(("alien", "like"),))
    ana.clock.pass_days(30)
    ana.says("b", reactions=(("alien", "dislike"),))

    statement = ana.about["alien"]
    assert (statement.kind, statement.polarity, statement.status) == (Kind.DISLIKE, "avoid", Status.ACTIVE)
    assert [e.speaks_for for e in statement.evidence] == [False, True]
    assert load_profile(ana.store, "ana", ana.clock()).taste()[0][1] < 0


def test_asking_twice_for_what_was_always_refused_ends_the_standing_wish(ana: Life) -> None:
    ana.says("a", HORROR.model_copy(update={"scope": "standing"}))
    wanted = HORROR.model_copy(update={"polarity": "want", "hardness": "soft", "words": "a horror film"})
    ana.says("b", wanted)
    assert ana.about["Horror"].status is Status.ACTIVE
    before = ana.about["Horror"].confidence

    ana.says("c", wanted)

    assert ana.about["Horror"].status is Status.CONTRADICTED
    assert ana.about["Horror"].confidence < before
    assert load_profile(ana.store, "ana", ana.clock()).constraints() == ()


def test_what_the_user_corrected_is_not_overridden_by_what_is_inferred(ana: Life) -> None:
    ana.says("a", HORROR.model_copy(update={"scope": "standing"}))
    corrected = ana.store.correct("ana", ana.about["Horror"].statement_id, polarity="want")
    for session in "bcde":
        ana.says(session, HORROR)

    assert ana.about["Horror"].polarity == corrected.polarity == "want"
    assert ana.about["Horror"].status is Status.ACTIVE


def test_a_taste_fades_with_age_and_a_standing_wish_does_not(ana: Life) -> None:
    for session in "ab":
        ana.says(session, SLOW)
    ana.says("c", HORROR.model_copy(update={"scope": "standing"}))
    now = ana.clock()
    half_a_year = now + timedelta(days=180)

    assert ana.about["slow"].weight(half_a_year) == pytest.approx(ana.about["slow"].weight(now) / 2)
    assert ana.about["Horror"].weight(half_a_year) == ana.about["Horror"].weight(now)


def test_a_hint_never_heard_again_is_dropped(ana: Life) -> None:
    ana.says("a", SLOW)
    ana.clock.pass_days(91)
    ana.says("b", reactions=(("alien", "like"),))

    assert set(ana.about) == {"alien"}


def test_nothing_is_written_before_consent_or_after_refusal(store: MemoryStore, clock: Clock) -> None:
    facts = TurnFacts(user="ana", session="s", turn=1, time=clock(), reactions=(("alien", "like"),))

    assert remember(store, propose([facts]), clock()).needs_consent
    assert store.statements("ana") == []
    store.set_consent("ana", False)
    assert not remember(store, propose([facts]), clock()).needs_consent
    assert store.statements("ana") == []
    store.set_consent("ana", True)
    assert len(remember(store, propose([facts]), clock()).written) == 1


def test_an_incognito_session_teaches_nothing(ana: Life) -> None:
    ana.store.begin_session("ana", "hush", incognito=True)
    ana.says("hush", HORROR.model_copy(update={"scope": "standing"}), reactions=(("alien", "like"),))

    assert ana.about == {}


def test_the_taste_vector_is_oldest_first_and_signed(ana: Life) -> None:
    ana.says("a", reactions=(("alien", "like"), ("cats", "dislike")))
    ana.clock.pass_days(1)
    ana.says("b", reactions=(("brazil", "accept"), ("heat", "seen")))

    profile = load_profile(ana.store, "ana", ana.clock())
    assert [item for item, _ in profile.taste()] == ["alien", "cats"]
    assert [weight > 0 for _, weight in profile.taste()] == [True, False]
    assert profile.seen == {"heat"}
    assert ana.about["brazil"].status is Status.TENTATIVE


def test_the_paragraph_says_what_the_statements_say(ana: Life) -> None:
    ana.says("a", HORROR.model_copy(update={"scope": "standing"}), reactions=(("1", "like"), ("2", "like")))
    ana.says("a", WishFact(facet="runtime", lte=120, scope="standing"), reactions=(("3", "dislike"), ("4", "seen")))

    titles = {"1": "Alien", "2": "Brazil", "3": "Cats", "4": "Heat"}
    text = load_profile(ana.store, "ana", ana.clock()).paragraph(titles.__getitem__)

    assert text == (
        "You like Alien and Brazil. You do not like Cats. Always: no Horror and runtime at most 120. 1 seen before."
    )


def test_recall_brings_standing_wishes_first_and_what_the_message_is_about_next(ana: Life) -> None:
    ana.says("a", HORROR.model_copy(update={"scope": "standing"}))
    ana.says("a", reactions=tuple((f"film {n}", "like") for n in range(30)))
    titles = {f"film {n}": f"Title {n}" for n in range(30)} | {"film 7": "Submarine Dreams"}

    found = recall(
        ana.store, "ana", "anything like Submarine Dreams?", budget_tokens=30, now=ana.clock(), label=titles.__getitem__
    )  # fmt: skip

    assert [r.text for r in found.statements][:2] == ["no Horror", "likes Submarine Dreams"]
    assert found.tokens <= 30


def test_the_request_overrules_what_is_remembered(ana: Life) -> None:
    ana.says("a", HORROR.model_copy(update={"scope": "standing"}))

    found = recall(ana.store, "ana", "a horror film tonight", request=[("genre", "horror", "want")], now=ana.clock())

    assert found.statements == ()
    assert [s.value for s in found.overruled] == ["Horror"]


def test_recall_finds_earlier_turns_but_never_another_users(store: MemoryStore, clock: Clock) -> None:
    for user in ("ana", "bo"):
        Life(store, clock, user)
        store.append_turn(user, "old", 1, {"user_message": f"a submarine thriller for {user}"})
        store.append_turn(user, "old", 2, {"user_message": "thanks"})

    found = recall(store, "ana", "that submarine thriller again", now=clock(), session="new")

    assert [e.text for e in found.episodes] == ["a submarine thriller for ana"]
    assert recall(store, "ana", "that submarine thriller again", now=clock(), session="old").episodes == ()
