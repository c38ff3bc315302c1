"""The turn on one screen: nodes in the order they run, then the edges.

    recall -> understand -> decide -+-> ask / chat / answer --------------+-> respond -> remember
                                    +-> plan -> act -> rank -> check -----+
                                          ^____________________|  (replan, at most twice)

`ask`, `chat` and `answer` need nothing but what `decide` has, so they are routes straight to `respond`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from parley.agent.llm.metering import spending
from parley.agent.llm.owner import conversation
from parley.agent.messages import Route
from parley.agent.nodes.close import remember, respond
from parley.agent.nodes.find import act, check, plan, rank
from parley.agent.nodes.perceive import decide, recall, understand
from parley.agent.state import SessionState, TurnContext

Node = Callable[[SessionState, Runtime[TurnContext]], Any]


def build_graph(checkpointer: BaseCheckpointSaver[Any] | None = None) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Compile the turn. Without a checkpointer it is ready to be a subgraph of another graph."""
    graph = StateGraph(SessionState, context_schema=TurnContext)
    for node in (recall, understand, decide, plan, act, rank, check, respond, remember):
        graph.add_node(node.__name__, cast(Any, metered(node)))

    graph.add_edge(START, "recall")
    graph.add_edge("recall", "understand")
    graph.add_edge("understand", "decide")
    graph.add_conditional_edges("decide", route_after_decide, ["plan", "respond"])
    graph.add_edge("plan", "act")
    graph.add_edge("act", "rank")
    graph.add_edge("rank", "check")
    graph.add_conditional_edges("check", route_after_check, ["plan", "respond"])
    graph.add_edge("respond", "remember")
    graph.add_edge("remember", END)
    return graph.compile(checkpointer=checkpointer, name="parley")


def route_after_decide(state: SessionState) -> str:
    """Look for items, or answer with what is known."""
    return "plan" if state["route"] == Route.RECOMMEND else "respond"


def route_after_check(state: SessionState) -> str:
    """Plan again while there is reason to hope; `check` counts."""
    return "plan" if state["verdict"].replan else "respond"


def metered(node: Node) -> Node:
    """Time a node, charge its model calls to the turn, and announce it to the stream."""

    @wraps(node)
    def run(state: SessionState, runtime: Runtime[TurnContext]) -> Any:
        started = time.perf_counter()
        context = runtime.context
        owner = f"{context.user}\0{context.session}"
        with context.meter.node(node.__name__), spending(context.allowance), conversation(owner):
            update = node(state, runtime)
        runtime.stream_writer({"node": node.__name__, "ms": round(1000 * (time.perf_counter() - started), 2)})
        return update

    return run
