"""The agent's side of memory: what it asks of it before a turn and what it hands to it afterwards.

Memory knows ids and plain values; this is where they become wishes, tastes and words. The request in
front of us wins: what was remembered enters the ledger as standing wishes, which a word can retract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from parley.agent.ledger import (
    ABOUT,
    ITEM,
    EditAction,
    Hardness,
    Ledger,
    LedgerEdit,
    Polarity,
    Scope,
    Stance,
    Status,
    Wish,
)
from parley.agent.state import KnownUser
from parley.agent.wish_words import say_condition
from parley.memory.errors import ConsentError
from parley.memory.learn import BROUGHT, TurnFacts, WishFact, propose
from parley.memory.profile import load_profile, remember
from parley.memory.recall import Embed, recall
from parley.memory.statements import Kind, Statement
from parley.memory.store import Consent, MemoryStore
from parley.tools.items import Catalog
from parley.tools.seams import Taste


class Remembering:
    """Memory as the turn uses it. Reads and writes one user's rows only."""

    def __init__(
        self,
        store: MemoryStore,
        catalog: Catalog,
        *,
        embed: Embed | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        budget_tokens: int = 160,
    ) -> None:
        self.store = store
        self.catalog = catalog
        self.embed = embed
        self.clock = clock
        self.budget_tokens = budget_tokens

    def recall(self, user: str, session: str, message: str, ledger: Ledger, *, incognito: bool = False) -> KnownUser:
        """What is known of the user that bears on the message. An incognito session knows nobody."""
        if incognito:
            return KnownUser()
        now = self.clock()
        earlier = any(info.session != session and info.turns for info in self.store.sessions(user))
        profile = load_profile(self.store, user, now)
        if not profile.statements:
            return KnownUser(returning=earlier)
        wishes = [w for w in ledger.facet_wishes() if w.scope is not Scope.STANDING]
        recalled = recall(
            self.store,
            user,
            message,
            request=[(w.facet, w.value, w.polarity.value) for w in wishes],
            budget_tokens=self.budget_tokens,
            now=now,
            session=session,
            embed=self.embed,
            label=self.label,
            say=self.say,
        )
        disliked = tuple(i for i, weight in profile.taste() if weight < 0)
        return KnownUser(
            returning=earlier,
            facts=tuple(found.text for found in recalled.statements),
            taste=Taste(reactions=tuple(pair for pair in profile.taste() if pair[0] in self.catalog)),
            excluded=tuple(sorted({*profile.seen, *disliked})),
        )

    def with_standing_wishes(self, ledger: Ledger, user: str, *, incognito: bool = False) -> Ledger:
        """The ledger of a new session, opened with what always holds for this user."""
        if incognito:
            return ledger
        profile = load_profile(self.store, user, self.clock())
        wishes = [wish for s in profile.constraints() if (wish := self._wish_of(s)) is not None]
        return ledger.apply([LedgerEdit(action=EditAction.ADD, wish=wish) for wish in wishes], turn=0)

    def learn(
        self,
        user: str,
        session: str,
        turn: int,
        ledger: Ledger,
        *,
        forgotten: Sequence[Wish] = (),
        incognito: bool = False,
    ) -> tuple[str, ...]:
        """Propose and store what this turn showed; what was stored, in words.

        Args:
            forgotten: what the user said to forget, whichever session it is from.
        """
        if incognito:
            return ()
        mine = [w for w in ledger.active if w.turn == turn]
        facts = TurnFacts(
            user=user,
            session=session,
            turn=turn,
            time=self.clock(),
            reactions=tuple((w.value, w.stance.value) for w in mine if w.facet == ITEM and w.stance is not None),
            reaction_words={w.value: w.words for w in mine if w.facet == ITEM and not w.words.startswith("[")},
            wishes=tuple(fact for w in mine if w.facet not in (ITEM, ABOUT) for fact in _facts_of(w)),
        )
        for item_id, stance in facts.reactions:
            self.store.add_reaction(user, session, turn, item_id, stance)
        gone = self._forget(user, forgotten) + self._forget_retracted(user, turn, ledger)
        written = remember(self.store, propose([facts]), self.clock(), known=self.is_known).written
        return gone + tuple(
            self.say(s) if s.facet != ITEM else f"{s.kind.value} {self.label(s.value)}" for s in written
        )

    def _forget(self, user: str, wishes: Sequence[Wish]) -> tuple[str, ...]:
        named = {(w.facet, w.value.casefold()) for w in wishes}
        said = []
        for statement in self.store.statements(user) if named else ():
            if (statement.facet, statement.value.casefold()) in named:
                self.store.delete_statement(user, statement.statement_id)
                said.append(f"no longer: {self.say(statement)}")
        return tuple(said)

    def _forget_retracted(self, user: str, turn: int, ledger: Ledger) -> tuple[str, ...]:
        """A standing wish the user took back this turn is no longer remembered."""
        for_good = {w.wish_id for w in ledger if w.scope is Scope.STANDING}
        ended = [w for w in ledger if w.scope is Scope.STANDING and w.ended_turn == turn and turn > 0]
        taken_back = [w for w in ended if w.status is Status.RETRACTED or w.ended_by in for_good]
        said = []
        for statement in self.store.statements(user):
            wish = self._wish_of(statement)
            if wish is None or statement.facet == ITEM:
                continue
            if any(w.facet == wish.facet and w.value == wish.value and w.polarity is wish.polarity for w in taken_back):
                self.store.delete_statement(user, statement.statement_id)
                said.append(f"no longer: {self.say(statement)}")
        return tuple(said)

    def react(self, user: str, session: str, turn: int, item_id: str, stance: Stance) -> None:
        """Keep a button pressed on a card."""
        facts = TurnFacts(
            user=user, session=session, turn=turn, time=self.clock(), reactions=((item_id, stance.value),)
        )
        self.store.add_reaction(user, session, turn, item_id, stance.value)
        remember(self.store, propose([facts]), self.clock(), known=self.is_known)

    def bring(self, user: str, reactions: Sequence[tuple[str, float | Stance | None]]) -> int:
        """Take over what is known of a person from elsewhere: it counts as seen, and as liked or not by its rating.

        Args:
            reactions: (item id, rating from 0 to 5 or a stance or None: just seen), oldest first.

        Returns:
            How many statements were written.

        Raises:
            ConsentError: the user has not agreed to be remembered.
        """
        if self.store.consent(user) is not Consent.GRANTED:
            raise ConsentError(f"{user!r} has not agreed to be remembered: parley memory consent --user {user} yes")
        now, newest = self.clock(), len(reactions) - 1
        facts = []
        for place, (item_id, felt) in enumerate(reactions):
            stances = {"seen"} | ({str(felt)} if isinstance(felt, Stance) else set())
            rated = felt is not None and not isinstance(felt, Stance)
            facts.append(
                TurnFacts(
                    user=user,
                    session=BROUGHT,
                    turn=0,
                    time=now - timedelta(milliseconds=newest - place),  # their order is kept, they do not fade
                    reactions=tuple((item_id, stance) for stance in sorted(stances)),
                    ratings=((item_id, float(felt)),) if rated and felt is not None else (),
                )
            )
        return len(remember(self.store, propose(facts), now, known=self.is_known).written)

    def take_back(self, user: str) -> int:
        """Forget what was brought and nothing else speaks for; how many statements that were."""
        brought = [s for s in self.store.statements(user) if s.sessions == {BROUGHT}]
        for statement in brought:
            self.store.delete_statement(user, statement.statement_id)
        return len(brought)

    def is_known(self, facet: str, value: str) -> bool:
        """Only what the catalogue holds is remembered, so no sentence can pass as a preference."""
        if facet == ITEM:
            return value in self.catalog
        return not value or any(value.casefold() == v.casefold() for v in self.catalog.vocabulary.get(facet, {}))

    def label(self, item_id: str) -> str:
        item = self.catalog.get(item_id)
        return item.label if item else item_id

    def say(self, statement: Statement) -> str:
        """A remembered wish in the catalogue's words; an item by its title."""
        if statement.facet == ITEM:
            return self.label(statement.value)
        wish = self._wish_of(statement)
        return say_condition(wish, self.catalog.domain) if wish else statement.value

    def needs_consent(self, user: str) -> bool:
        """True until the user has said whether they want to be remembered."""
        return self.store.consent(user) is Consent.UNASKED

    def _wish_of(self, statement: Statement) -> Wish | None:
        if statement.facet not in self.catalog.domain.facets():
            return None
        held = statement.kind in (Kind.CONSTRAINT, Kind.LANGUAGE) and statement.hardness == "hard"
        words = next((e.words for e in reversed(statement.evidence) if e.words), "")
        return Wish(
            facet=statement.facet,
            value=statement.value,
            gte=statement.gte,
            lte=statement.lte,
            polarity=Polarity(statement.polarity),
            hardness=Hardness.HARD if held else Hardness.SOFT,
            scope=Scope.STANDING,
            words=words or "remembered",
        )


def _facts_of(wish: Wish) -> list[WishFact]:
    """One fact for each value: memory keeps subjects apart."""
    shared = {
        "facet": wish.facet,
        "gte": wish.gte,
        "lte": wish.lte,
        "polarity": wish.polarity.value,
        "hardness": wish.hardness.value,
        "scope": wish.scope.value,
        "words": wish.words,
    }
    return [WishFact.model_validate({**shared, "value": value}) for value in wish.values]
