"""The end of a turn: respond to the person, and remember what was learned."""

from __future__ import annotations

from typing import TypedDict

from langgraph.runtime import Runtime

from parley.agent.ledger import Hardness, Ledger
from parley.agent.messages import Reply, Route, Slate
from parley.agent.reply import ReplyRequest
from parley.agent.state import SessionState, TurnContext
from parley.agent.understanding.remembered import FORGOTTEN

WINDOW = 8
"""Lines of the conversation kept for reading references; the transcript has them all."""


class Responded(TypedDict):
    reply: Reply
    window: tuple[tuple[str, str], ...]
    shown: dict[str, int]
    compared: tuple[str, ...]


def respond(state: SessionState, runtime: Runtime[TurnContext]) -> Responded:
    """Stream the reply. Titles and claims are verified before they are shown.

    Reads everything the turn found. Writes the pieces to the stream as `{"token": ...}` and the slate
    before them, so that the page can draw the cards while the words arrive. Stopped half-way, what was
    said so far is the reply.
    """
    context, recommending = runtime.context, state["route"] == Route.RECOMMEND
    slate = state["slate"] if recommending else Slate()
    if recommending:
        runtime.stream_writer({"slate": slate})
    request = ReplyRequest(
        route=Route(state["route"]),
        message=state["message"],
        turn=state["turn"],
        understanding=state["understanding"],
        ledger=state["ledger"],
        slate=slate,
        previous=state["previous"],
        elicitation=state.get("elicitation"),
        profile=state["profile"].facts,
        returning=state["profile"].returning and state["turn"] == 1,
        seed=context.services.seed,
    )
    said, reply = list[str](), None
    pieces = context.services.replier.stream(request)
    for piece in pieces:
        if isinstance(piece, Reply):
            reply = piece
            break
        context.meter.token()
        said.append(piece)
        runtime.stream_writer({"token": piece})
        if context.cancelled.is_set():
            pieces.close()
            break
    if reply is None:
        reply = Reply(text="".join(said) or "Stopped.")
    shown = dict(state.get("shown", {}))
    talked_of = state["understanding"].asked_about
    for item_id in (*(i for i in talked_of if i not in shown), *slate.item_ids):
        shown[item_id] = shown.get(item_id, 0) + 1
    window = (*state.get("window", ()), ("user", state["message"][:500]), ("assistant", reply.text[:500]))
    compared = () if recommending else state.get("compared", ())
    return {"reply": reply, "window": window[-WINDOW:], "shown": shown, "compared": compared}


class Remembered(TypedDict):
    memories: tuple[str, ...]
    ledger: Ledger


def remember(state: SessionState, runtime: Runtime[TurnContext]) -> Remembered:
    """Propose typed memories from this turn; one writer stores them.

    Reads `ledger`, `relaxed`, `turn`, `understanding`. Nothing is stored of an incognito session or without the user's
    consent. A hard wish that had to be given up, and was said to be, counts as a soft one from now on.
    """
    context, ledger = runtime.context, state["ledger"]
    edits = state["understanding"].edits
    forgotten = [e.wish for e in edits if e.wish is not None and e.wish.words.startswith(FORGOTTEN)]
    stored = context.services.remembering.learn(
        context.user, context.session, state["turn"], ledger, forgotten=forgotten, incognito=context.incognito
    )
    given_up = {wish_id for relaxation in state["relaxed"] for wish_id in relaxation.wish_ids}
    if given_up and state["slate"].items:
        softened = (
            w.model_copy(update={"hardness": Hardness.SOFT}) if w.wish_id in given_up else w for w in ledger.wishes
        )
        ledger = ledger.model_copy(update={"wishes": tuple(softened)})
    return {"memories": stored, "ledger": ledger}
