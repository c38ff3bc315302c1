"""A talker for tests of the page: the agent's methods over a catalogue, no model, no files, instant.

It understands genres, "not GENRE", "like TITLE", "older/newer than YEAR", "more" and "slow".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from parley.agent.acts import DialogueAct
from parley.agent.ledger import ITEM, Hardness, Ledger, LedgerEdit, Polarity, Stance, Wish
from parley.agent.messages import Event, Reason, SlateItem, Turn
from parley.agent.wish_words import say_wish
from parley.tools.candidates import Source
from parley.tools.items import Catalog, Item

HOLD = "[hold]"
"""A word of a reply that is not said before the talker is let go, or stopped."""


class Talker:
    """Answers by rule; keeps everything under (user, session)."""

    def __init__(self, catalog: Catalog, *, replies: Sequence[str] = ()) -> None:
        self.catalog = catalog
        self.parts = SimpleNamespace(services=SimpleNamespace(catalog=catalog), model_spec="none", store=None)
        self.replies = list(replies)
        """Said instead of the rule's reply, in turn."""
        self.go = threading.Event()
        """Lets replies go on that have come to a `HOLD`."""
        self._turns: dict[tuple[str, str], list[Turn]] = {}
        self._ledgers: dict[tuple[str, str], Ledger] = {}
        self._incognito: set[tuple[str, str]] = set()
        self._cancelled: dict[tuple[str, str], threading.Event] = {}

    def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]:
        key = (user, session)
        cancelled = self._cancelled[key] = threading.Event()
        number = len(self._turns.get(key, [])) + 1
        yield Event(kind="node", node="understand", text="1 ms")
        ledger = self.ledger(user=user, session=session).apply(self._edits(message), turn=number)
        self._ledgers[key] = ledger
        slate = self._slate(ledger)
        yield Event(kind="node", node="act", text="1 ms")
        yield Event(kind="slate", slate=slate)
        reply = self.replies.pop(0) if self.replies else self._reply(slate)
        said = ""
        for word in re.findall(r"\S+\s*", reply):
            if cancelled.is_set():
                break
            while word.strip() == HOLD and not (self.go.is_set() or cancelled.is_set()):
                self.go.wait(0.02)
            said += word
            yield Event(kind="token", text=word)
        turn = Turn(
            turn=number,
            user_message=message,
            reply=said,
            quick_replies=("Show more", "Something older", "Surprise me"),
            slate=slate,
            acts=(DialogueAct.REQUEST,),
            ledger=ledger,
            plan=({"step_id": "s1", "tool": "find_by_text", "args": {"query": message}, "found": 40, "ms": 3.0},),
            route="plan",
            timings_ms={"understand": 4.0, "act": 9.0, "respond": 2.0, "total": 15.0, "first_token": 14.0},
            tokens={"in": 0, "out": 0},
            user=user,
            session=session,
        )
        self._turns.setdefault(key, []).append(turn)
        yield Event(kind="turn", turn=turn)

    def stop(self, *, user: str = "guest", session: str = "main") -> bool:
        event = self._cancelled.get((user, session))
        if event is not None:
            event.set()
        return event is not None

    def react(self, item_id: str, stance: Stance, *, user: str = "guest", session: str = "main") -> Ledger:
        wish = Wish(facet=ITEM, value=item_id, stance=stance, hardness=Hardness.HARD)
        number = len(self._turns.get((user, session), []))
        ledger = self.ledger(user=user, session=session).apply([LedgerEdit(wish=wish)], turn=number)
        self._ledgers[user, session] = ledger
        return ledger

    def remove_wish(self, wish_id: str, *, user: str = "guest", session: str = "main") -> Ledger:
        ledger = self.ledger(user=user, session=session).without(wish_id, turn=0)
        self._ledgers[user, session] = ledger
        return ledger

    def ledger(self, *, user: str = "guest", session: str = "main") -> Ledger:
        return self._ledgers.get((user, session), Ledger())

    def history(self, *, user: str = "guest", session: str = "main") -> list[Turn]:
        return list(self._turns.get((user, session), []))

    def traces(self, *, user: str = "guest", session: str = "main") -> list[Any]:
        return []

    def sessions(self, *, user: str = "guest") -> list[dict[str, Any]]:
        return [
            {
                "session": session,
                "title": turns[0].user_message,
                "updated": datetime.now(UTC).isoformat(),
                "turns": len(turns),
                "incognito": (owner, session) in self._incognito,
            }
            for (owner, session), turns in reversed(self._turns.items())
            if owner == user
        ]

    def begin_session(self, *, user: str, session: str, incognito: bool = False) -> None:
        if incognito:
            self._incognito.add((user, session))

    def forget_session(self, *, user: str, session: str) -> None:
        self._turns.pop((user, session), None)
        self._ledgers.pop((user, session), None)

    def adopt(self, guest: str, *, by: str) -> dict[str, str]:
        came = {}
        for key in [key for key in self._turns if key[0] == guest and key not in self._incognito]:
            name = key[1] if (by, key[1]) not in self._turns else f"{key[1]}-2"
            came[key[1]] = name
            self._turns[by, name] = self._turns.pop(key)
            self._ledgers[by, name] = self._ledgers.pop(key, Ledger())
        return came

    def recommend(self, *, liked: Sequence[str] = (), filter: Any = None, k: int = 10) -> list[SlateItem]:
        return [self._show(item, Ledger(), place) for place, item in enumerate(self.catalog.items[-k:])]

    def needs_consent(self, user: str) -> bool:
        return False

    def use_model(self, spec: str) -> None:
        self.parts.model_spec = spec

    def _edits(self, message: str) -> list[LedgerEdit]:
        wishes = []
        for genre in self.catalog.vocabulary.get("genre", {}):
            if found := re.search(rf"(not |no )?{re.escape(genre)}\b", message, re.IGNORECASE):
                avoid = found[1] is not None
                wishes.append(
                    Wish(
                        facet="genre",
                        value=genre,
                        polarity=Polarity.AVOID if avoid else Polarity.WANT,
                        hardness=Hardness.HARD if avoid else Hardness.SOFT,
                        words=found[0],
                    )
                )
        if found := re.search(r"(older|newer) than (\d{4})", message):
            bound = {"lte" if found[1] == "older" else "gte": float(found[2])}
            wishes.append(Wish(facet="year", hardness=Hardness.HARD, words=found[0], **bound))
        if found := re.search(r"like (.+)", message):
            wanted = found[1].strip(" .").casefold()
            liked = [i for i in self.catalog if i.title.casefold() == wanted]
            wishes += [Wish(facet=ITEM, value=i.item_id, stance=Stance.LIKE, words=found[0]) for i in liked[:1]]
        return [LedgerEdit(wish=wish) for wish in wishes]

    def _slate(self, ledger: Ledger) -> tuple[SlateItem, ...]:
        wanted = [w for w in ledger.active if w.facet == "genre" and w.polarity is Polarity.WANT]

        def allowed(item: Item) -> bool:
            hard = [w for w in ledger.active if w.stance is None and w.hardness is Hardness.HARD]
            return item.item_id not in ledger.excluded and all(_holds(w, item) for w in hard)

        kept = [item for item in self.catalog if allowed(item)]
        kept.sort(key=lambda item: -sum(_holds(w, item) for w in wanted))
        return tuple(self._show(item, ledger, place) for place, item in enumerate(kept[:5]))

    def _show(self, item: Item, ledger: Ledger, place: int) -> SlateItem:
        facets = [w for w in ledger.active if w.stance is None]
        met = [
            Reason(kind="wish", text=say_wish(w, self.catalog), wish_id=w.wish_id) for w in facets if _holds(w, item)
        ]
        return SlateItem(
            item_id=item.item_id,
            title=item.title,
            year=item.year,
            score=1.0 / (place + 1),
            sources=(Source(name="dense", rank=place + 1, score=0.5),),
            reasons=(*met, Reason(kind="text", text=f"close to your words: {', '.join(item.values('keyword')[:2])}")),
            misses=tuple(say_wish(w, self.catalog) for w in facets if not _holds(w, item)),
        )

    def _reply(self, slate: Sequence[SlateItem]) -> str:
        if not slate:
            return "Nothing fits all of that."
        return f"I would start with {slate[0].title}. The others are close to what you asked for."


def _holds(wish: Wish, item: Item) -> bool:
    if wish.is_number:
        value = item.number(wish.facet) or 0.0
        return (wish.gte is None or value >= wish.gte) and (wish.lte is None or value <= wish.lte)
    return (wish.value in item.values(wish.facet)) == (wish.polarity is Polarity.WANT)
