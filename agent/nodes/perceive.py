"""The first half of a turn: recall who this is, understand what was said, decide what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from langgraph.runtime import Runtime
from numpy.typing import NDArray

from parley.agent.acts import DialogueAct
from parley.agent.deciding import choose_question
from parley.agent.ledger import ABOUT, ITEM, EditAction, Hardness, Ledger, Polarity, Scope, Stance, Wish
from parley.agent.messages import Elicitation, Route, Slate, Understanding
from parley.agent.nodes.beside import settle
from parley.agent.nodes.wishes import ranked_wishes
from parley.agent.reply.chat import asks_how_many
from parley.agent.reply.compare import asks_which, best_fit, standout
from parley.agent.reply.traits import Fit
from parley.agent.reply.words import capitalise
from parley.agent.state import KnownUser, Services, SessionState, TurnContext
from parley.agent.understanding import DialogueContext
from parley.agent.understanding.foreign import is_foreign
from parley.agent.wish_words import say_wish
from parley.tools.ranking.classical import match_features
from parley.tools.seams import Query
from parley.tools.toolbox import Workbench

UNCLEAR = 0.4
"""Confidence below which a message that names and changes nothing was not understood: ask, or say so."""
_LIKE = re.compile(r"\b(?:like|similar|vein|style|reminds?)\b", re.I)
CHATTER = frozenset({DialogueAct.NEUTRAL, DialogueAct.END, DialogueAct.STOP, DialogueAct.OTHER, DialogueAct.ACCEPT})


class Recalled(TypedDict):
    profile: KnownUser
    ledger: Ledger
    turn: int
    previous: Slate


def recall(state: SessionState, runtime: Runtime[TurnContext]) -> Recalled:
    """Read what memory holds of this user that bears on the message.

    Reads `message`, `turn`, `ledger`. On the first turn of a session the user's standing wishes ("I
    never watch horror") enter the ledger, marked as standing.
    """
    context = runtime.context
    turn = state.get("turn", 0) + 1
    ledger = state.get("ledger") or Ledger()
    memory = context.services.remembering
    if turn == 1:
        ledger = memory.with_standing_wishes(ledger, context.user, incognito=context.incognito)
    known = memory.recall(context.user, context.session, state["message"], ledger, incognito=context.incognito)
    return {
        "profile": known,
        "ledger": ledger,
        "turn": turn,
        "previous": state.get("slate") or Slate(),
    }


class Understood(TypedDict):
    understanding: Understanding
    ledger: Ledger
    compared: tuple[str, ...]
    set_aside: str
    held: str
    focus: str


def understand(state: SessionState, runtime: Runtime[TurnContext]) -> Understood:
    """Turn the message into dialogue acts, mentions and edits of the ledger, and make the edits.

    Reads `message`, `ledger`, `slate`, `shown`, `compared`, `focus`, `elicitation`, `window`, `turn`.
    """
    slate = state.get("slate") or Slate()
    begun = state["ledger"].begin_turn(state["turn"])
    context = DialogueContext(
        ledger=begun,
        turn=state["turn"],
        slate=slate.item_ids,
        shown=tuple(state.get("shown", {})),
        compared=state.get("compared", ()),
        set_aside=state.get("set_aside", ""),
        held=state.get("held", ""),
        offered=slate.relaxed[0].wish_ids if slate.relaxed else (),
        asked_to_drop=bool(slate.relaxed) and not slate.items,
        focus=state.get("focus") or None,
        elicitation=state.get("elicitation"),
        window=state.get("window", ()),
    )
    understanding = runtime.context.services.understander.understand(state["message"], context)
    understanding = without_unknown_words(understanding, runtime.context.services)
    understanding = settle(understanding, begun, runtime.context.services.replier.wording)
    out = {e.wish.value for e in understanding.edits if e.wish and e.wish.stance in (Stance.REJECT, Stance.DISLIKE)}
    named = [m.item_id for m in understanding.mentions if m.item_id and m.item_id not in out]
    before = state.get("focus", "")
    about = understanding.question.about if understanding.question else ()
    compared = about if understanding.question and understanding.question.field == "compare" else context.compared
    if understanding.question and understanding.question.field == "compare":
        wording = runtime.context.services.replier.wording
        items = [wording.catalog[i] for i in about if i in wording.catalog]
        best = standout(items, understanding.question.words, wording)
        if not best and items and asks_which(understanding.question.words.casefold()):
            best = best_fit(items, Fit(items, begun))[0].item_id
        about = (best,) if best else about[:1]
    focus = about[-1] if about else named[-1] if named else "" if before in out else before
    return {
        "understanding": understanding,
        "ledger": carried_on(state["ledger"], state["turn"])
        if _goes_on(understanding)
        else begun.apply(understanding.edits, turn=state["turn"]),
        "compared": compared if len(compared) > 1 else (),
        "set_aside": understanding.set_aside or ("" if understanding.edits else context.set_aside),
        "held": understanding.held,
        "focus": focus,
    }


def _goes_on(heard: Understanding) -> bool:
    """Asking for more of the same, or about what is shown, is still the same evening."""
    return not heard.edits and (DialogueAct.CONTINUE in heard.acts or heard.question is not None)


def carried_on(ledger: Ledger, turn: int) -> Ledger:
    """What was meant for one turn holds for this one too."""
    carried = (w.model_copy(update={"turn": turn}) if w.is_active and w.scope is Scope.TURN else w for w in ledger)
    return ledger.model_copy(update={"wishes": tuple(carried)})


def without_unknown_words(heard: Understanding, services: Services) -> Understanding:
    """Free words of which the catalogue knows none say nothing: they are told as unmatched, not searched for."""
    words = services.retrievers.get("bm25")
    if words is None:
        return heard
    unknown = [
        e for e in heard.edits
        if e.action is EditAction.ADD and e.wish is not None and e.wish.facet == ABOUT
        and not words.retrieve(Query(text=e.wish.value), 1)
    ]  # fmt: skip
    if not unknown:
        return heard
    named = tuple(e.wish.value for e in unknown if e.wish is not None and e.wish.polarity is Polarity.WANT)
    kept = tuple(e for e in heard.edits if e not in unknown)
    confidence = heard.confidence if kept else min(heard.confidence, UNCLEAR / 2)
    return heard.model_copy(update={"edits": kept, "unmatched": (*heard.unmatched, *named), "confidence": confidence})


class Decided(TypedDict):
    route: str
    elicitation: Elicitation | None
    asked: tuple[str, ...]
    asked_in_row: int


def decide(state: SessionState, runtime: Runtime[TurnContext]) -> Decided:
    """Choose between asking, chatting, answering and recommending.

    Reads `understanding`, `ledger`, `asked`, `asked_in_row`. A message that asks about items and for items is
    answered in the reply, whatever the route. A question of ours must pay for the turn
    it costs (see `parley.agent.deciding`); a title or a contradiction that only the user can settle is
    always asked about.
    """
    route, question = _route(state, runtime.context)
    asked, in_row = state.get("asked", ()), state.get("asked_in_row", 0)
    if route is Route.ASK and question is not None:
        return {"route": route, "elicitation": question, "asked": (*asked, question.facet), "asked_in_row": in_row + 1}
    in_row = 0 if route is Route.RECOMMEND else in_row
    return {"route": route, "elicitation": None, "asked": asked, "asked_in_row": in_row}


def _route(state: SessionState, context: TurnContext) -> tuple[Route, Elicitation | None]:
    heard = state["understanding"]
    refused = turned_down(heard, state["previous"])
    if heard.topic in ("off_topic", "abuse"):
        return Route.CHAT, None
    if heard.again or heard.extreme is not None:
        return Route.RECOMMEND, None
    if heard.only_asks:
        return Route.ANSWER, None
    if heard.ambiguous is not None:
        return Route.ASK, _ask_which(heard, context)
    if heard.contradiction is not None:
        return Route.ASK, _ask_between(heard, context)
    if not heard.edits and (is_foreign(state["message"]) or asks_how_many(state["message"])):
        return Route.CHAT, None
    wants_items = (
        heard.surprise
        or heard.lesser_known
        or bool(heard.edits)
        or refused
        or not {DialogueAct.CONTINUE, DialogueAct.REQUEST}.isdisjoint(heard.acts)
    )
    if _accepts(heard, state["message"]):
        return Route.CHAT, None
    if not wants_items and not heard.mentions and heard.confidence < UNCLEAR:  # better asked than guessed
        unasked = heard.topic == "domain" and not state.get("shown") and _about_items(state, context)
        question = _question_that_pays(state, context) if unasked else None
        return (Route.ASK, question) if question else (Route.CHAT, None)
    if not wants_items and (heard.topic == "chit_chat" or (heard.acts and set(heard.acts) <= CHATTER)):
        return Route.CHAT, None
    if heard.unmatched and not heard.edits and DialogueAct.CONTINUE not in heard.acts:
        return (Route.CHAT, None) if not wants_items else (Route.RECOMMEND, None)
    if heard.surprise or heard.lesser_known or DialogueAct.CONTINUE in heard.acts:
        return Route.RECOMMEND, None
    question = _question_that_pays(state, context)
    return (Route.ASK, question) if question else (Route.RECOMMEND, None)


def _accepts(heard: Understanding, message: str) -> bool:
    """Takes something up and asks for nothing else: what the message changes in the ledger outweighs a guessed act."""
    if DialogueAct.ACCEPT not in heard.acts or DialogueAct.REQUEST in heard.acts or heard.surprise:
        return False
    stances = [edit.wish.stance for edit in heard.edits if edit.wish is not None]
    if Stance.ACCEPT in stances:
        return True
    asks = message.rstrip().endswith("?")
    return bool(stances) and not asks and all(stance is Stance.LIKE for stance in stances)


def _about_items(state: SessionState, context: TurnContext) -> bool:
    """Whether a message that was not understood is about what we recommend at all."""
    heard, domain = state["understanding"], context.services.catalog.domain
    words = set(state["message"].casefold().replace(",", " ").replace(".", " ").split())
    wishes = {DialogueAct.PROVIDE_PREFERENCE, DialogueAct.ADD_CONSTRAINT, DialogueAct.CRITIQUE_FEATURE}
    return heard.topic == "domain" and (
        not wishes.isdisjoint(heard.acts) or not words.isdisjoint((domain.noun, domain.plural, domain.verb))
    )


def _question_that_pays(state: SessionState, context: TurnContext) -> Elicitation | None:
    """The question worth its turn, if one is. A title named as liked says more than an answer would."""
    ledger, known = state["ledger"], state["profile"]
    facets = [w for w in ledger.active if w.turn > 0 and w.facet != ITEM]
    refused = turned_down(state["understanding"], state["previous"])
    likes = bool(ledger.taste.liked or known.taste.reactions)
    underway = bool(facets) or likes
    if underway and not refused and (state.get("shown") or not _is_broad(facets) or _likens(state["understanding"])):
        return None
    bench = context.workbench(state)
    return choose_question(
        bench,
        asked=tuple(facet for facet in state.get("asked", ()) if facet in context.services.catalog.domain.facets()),
        asked_in_row=state.get("asked_in_row", 0),
        standing=[w.facet for w in ledger.active],
        wishes=len(facets) or int(likes),
        policy=context.services.asking,
        turned_down=refused,
        leaning=lean(ledger, bench, state["turn"]),
    )


def _is_broad(facets: Sequence[Wish]) -> bool:
    """One thing wanted for certain, and no more: a kind of item rather than a wish list."""
    one = facets[0] if len(facets) == 1 else None
    return one is not None and not one.is_number and one.polarity is Polarity.WANT and one.hardness is Hardness.HARD


def _likens(heard: Understanding) -> bool:
    """Asks for something like a title: that says more than an answer to a question of ours would."""
    words = (e.wish.words for e in heard.edits if e.wish is not None and e.wish.stance is Stance.LIKE)
    return any(_LIKE.search(w) for w in words)


def lean(ledger: Ledger, bench: Workbench, turn: int) -> NDArray[np.float64] | None:
    """(n_items,) what the wishes make of each item as a factor of belief: a tenth where none is met."""
    wishes = ranked_wishes(ledger, turn, bench.catalog)
    if not wishes:
        return None
    met, avoided = match_features(np.arange(len(bench.catalog)), bench, wishes)
    return np.asarray(0.1 ** (1.0 - met) * 0.3**avoided)


def turned_down(heard: Understanding, slate: Slate) -> bool:
    """Has everything just shown been refused: "none of these", "not quite"?"""
    refused = {e.wish.value for e in heard.edits if e.wish is not None and e.wish.stance is Stance.REJECT}
    return bool(slate.items) and (heard.refuses or refused.issuperset(slate.item_ids))


def _ask_which(heard: Understanding, context: TurnContext) -> Elicitation:
    """Which of the items that share a title was meant."""
    assert heard.ambiguous is not None
    catalog = context.services.catalog
    ids = tuple(
        dict.fromkeys(i for i in (heard.ambiguous.item_id, *heard.ambiguous.alternatives) if i and i in catalog)
    )
    labels = tuple(catalog[i].label for i in ids)
    return Elicitation(
        text=f"Which {heard.ambiguous.text.strip()} do you mean?", facet="item", options=labels, values=ids
    )


def _ask_between(heard: Understanding, context: TurnContext) -> Elicitation:
    """Which of two wishes that cannot both hold is to stand."""
    assert heard.contradiction is not None
    earlier, later = heard.contradiction.earlier, heard.contradiction.later
    say = context.services.replier.wording.short
    words = tuple(say_wish(w, context.services.catalog) if w.facet == ITEM else say(w) for w in (later, earlier))
    said = f"Earlier it was {words[1]}, and now {words[0]}" if earlier.wish_id else f"{words[1]} rules out {words[0]}"
    return Elicitation(
        text=f"{capitalise(said)}. Which shall I go by?",
        facet="contradiction",
        options=words,
        values=(later.wish_id, earlier.wish_id),
    )
