"""What the transcript keeps of a turn."""

from __future__ import annotations

from parley.agent.ledger import Ledger
from parley.agent.messages import Route, Turn
from parley.agent.state import SessionState, TurnContext


def finished_turn(state: SessionState, context: TurnContext) -> Turn:
    """The turn's record from the state it ended in."""
    recommending = state["route"] == "plan"
    return Turn(
        turn=state["turn"],
        user_message=state["message"],
        reply=state["reply"].text,
        quick_replies=state["reply"].quick_replies,
        slate=state["slate"].items if recommending else (),
        acts=state["understanding"].acts,
        ledger=state["ledger"],
        plan=tuple(o.model_dump(mode="json") for o in state.get("outcomes", ())) if recommending else (),
        route=state["route"],
        timings_ms=context.meter.timings_ms(),
        model_calls=context.meter.usage.calls,
        tokens={"in": context.meter.usage.tokens_in, "out": context.meter.usage.tokens_out},
        session=context.session,
        user=context.user,
    )


def unfinished_turn(state: SessionState, context: TurnContext) -> Turn:
    """The record of a message whose turn cannot be finished, with what it left in the ledger."""
    return Turn(
        turn=state.get("turn", 0),
        user_message=state.get("message", ""),
        reply="I lost my thread there. Please say it again.",
        ledger=state.get("ledger") or Ledger(),
        route=Route.CHAT,
        session=context.session,
        user=context.user,
    )
