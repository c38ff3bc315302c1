"""Scorers over finished sessions. A scorer never calls the agent; not judged is nan, never 0.

Success is by item id. The peers' fuzzy judge (a title that more or less appears in the text) is here as a
second column, for comparison only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from parley.evals.simulate.budget import Prices
from parley.evals.simulate.records import Score, Scorer, SessionRecord
from parley.tools.items import Catalog

NOT_JUDGED = Score(value=math.nan, why="not judged: the simulator failed")


def success_at(t: int) -> Scorer:
    """Did the persona accept a target within `t` turns? 1.0 or 0.0.

    SR@t of Lei et al., WSDM 2020, arXiv:2002.09102. A session lost because the simulator failed is
    nan: nothing was judged. One the agent broke is a 0 like any other.
    """

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        for turn in session.turns[:t]:
            if turn.accepted in session.persona.targets:
                return Score(value=1.0, why=f"accepted {turn.accepted} on turn {turn.number}")
        return Score(value=0.0, why=f"no target accepted in {t} turns")

    return score


def hit_at(k: int, t: int) -> Scorer:
    """Was a target among the first `k` shown, in any of the first `t` turns? 1.0 or 0.0."""

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        for turn in session.turns[:t]:
            found = set(turn.answer.slate[:k]) & set(session.persona.targets)
            if found:
                return Score(value=1.0, why=f"{min(found)} shown on turn {turn.number}")
        return Score(value=0.0, why=f"not among the first {k} in {t} turns")

    return score


def average_turns(t: int) -> Scorer:
    """The turn of the first hit; t + 1 for a miss.

    AT@t of Huang et al. (InteRecAgent), arXiv:2308.16505.
    """

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        for turn in session.turns[:t]:
            if set(turn.answer.slate) & set(session.persona.targets):
                return Score(value=float(turn.number), why=f"hit on turn {turn.number}")
        return Score(value=float(t + 1), why="missed")

    return score


def recall_by_turn(k: int, turn_number: int) -> Scorer:
    """Share of the targets shown among the first `k` by the given turn, cumulated."""

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        shown = {i for turn in session.turns[:turn_number] for i in turn.answer.slate[:k]}
        found = shown & set(session.persona.targets)
        return Score(value=len(found) / len(session.persona.targets), why=f"{len(found)} of the targets")

    return score


def fuzzy_success(t: int, catalog: Catalog) -> Scorer:
    """The judge of InteRecAgent: a target's title at >= 80 partial ratio anywhere in a reply. For comparison only."""
    from rapidfuzz.fuzz import partial_ratio

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        titles = [catalog[i].title.casefold() for i in session.persona.targets if i in catalog]
        for turn in session.turns[:t]:
            if any(partial_ratio(title, turn.answer.reply.casefold()) >= 80 for title in titles):
                return Score(value=1.0, why=f"a title like it appears on turn {turn.number}")
        return Score(value=0.0, why="no such title in the text")

    return score


def questions_asked(session: SessionRecord) -> Score:
    """How many turns the agent spent on questions."""
    return Score(value=float(sum(turn.answer.route == "ask" for turn in session.turns)))


def violations(session: SessionRecord) -> Score:
    """Shown items that broke a hard wish standing in the agent's ledger."""
    return Score(value=float(sum(turn.answer.violations for turn in session.turns)))


def leaked(session: SessionRecord) -> Score:
    """1.0 if the user's words ever named a target."""
    return Score(value=float(session.leaked))


def tokens_used(session: SessionRecord) -> Score:
    """Tokens of the agent's model, in and out."""
    return Score(value=float(sum(turn.answer.tokens for turn in session.turns)))


def share_worded(by: str) -> Scorer:
    """Share of the user's messages that this worded: "model", or "fallback" where a model's words were not used."""

    def score(session: SessionRecord) -> Score:
        if not session.turns:
            return Score(value=math.nan, why="nothing was said")
        found = [turn for turn in session.turns if turn.worded_by == by]
        return Score(value=len(found) / len(session.turns), why="; ".join(t.wording_note for t in found))

    return score


def cost_in(prices: Prices) -> Scorer:
    """Money the session's model calls cost, the simulated user's among them."""

    def score(session: SessionRecord) -> Score:
        return Score(value=prices.of(session))

    return score


def seconds_per_turn(session: SessionRecord) -> Score:
    """Mean wall time of the agent's turns, in seconds."""
    total = sum(turn.answer.milliseconds for turn in session.turns)
    if not total:
        return Score(value=math.nan, why="not timed: a baseline, or read back from a file")
    return Score(value=total / 1000 / len(session.turns))


def recall_of_last_slate(k: int) -> Scorer:
    """Share of the targets among the first `k` of the last slate shown; the recall of iEvaLM."""

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        last = next((turn.answer.slate for turn in reversed(session.turns) if turn.answer.slate), ())
        found = set(last[:k]) & set(session.persona.targets)
        return Score(value=len(found) / len(session.persona.targets), why=f"{len(found)} in the last slate")

    return score


def satisfaction(session: SessionRecord) -> Score:
    """The simulated user's own rating, 1 to 5."""
    value = session.satisfaction
    return Score(value=math.nan if value is None else value, why=str(session.interview.get("why", "")))


def said_in_interview(key: str, per: str = "") -> Scorer:
    """A number of the interview, divided by another if `per` names it."""

    def score(session: SessionRecord) -> Score:
        value, base = session.interview.get(key), session.interview.get(per, 0) if per else 1
        if not isinstance(value, int | float) or not base:
            return Score(value=math.nan, why="not said")
        return Score(value=float(value) / float(base))

    return score


def accepted_anything(session: SessionRecord) -> Score:
    """1.0 if the user took anything, target or not; for users who hold none."""
    if session.ended_by == "simulator_error":
        return NOT_JUDGED
    found = next((turn for turn in session.turns if turn.accepted), None)
    return Score(value=1.0, why=f"took {found.accepted} on turn {found.number}") if found else Score(value=0.0)


def turns_until_accepted(t: int) -> Scorer:
    """The turn of the first acceptance; t + 1 for none."""

    def score(session: SessionRecord) -> Score:
        if session.ended_by == "simulator_error":
            return NOT_JUDGED
        return Score(value=float(next((turn.number for turn in session.turns if turn.accepted), t + 1)))

    return score


def target_free_scorers(turns: int, catalog: Catalog) -> Mapping[str, Scorer]:
    """Columns for users with a taste and no target."""
    return {
        f"accepted in {turns}": accepted_anything,
        "turns": turns_until_accepted(turns),
        "satisfaction": satisfaction,
        "questions": questions_asked,
        "violations": violations,
        "leaked": leaked,
        "s/turn": seconds_per_turn,
    }


def browsing_scorers(turns: int, catalog: Catalog) -> Mapping[str, Scorer]:
    """Agent4Rec's own columns."""
    return {
        "satisfaction": satisfaction,
        "view ratio": said_in_interview("watched", "shown"),
        "likes": said_in_interview("liked"),
        "like ratio": said_in_interview("liked", "shown"),
        "exit page": said_in_interview("exit_page"),
        "really watched": said_in_interview("really_watched", "shown"),
        "questions": questions_asked,
        "leaked": leaked,
        "s/turn": seconds_per_turn,
    }


def ievalm_scorers(turns: int, catalog: Catalog) -> Mapping[str, Scorer]:
    """iEvaLM's columns, on item ids."""
    return {
        "recall@10": recall_of_last_slate(10),
        "recall@1": recall_of_last_slate(1),
        f"hit@10 in {turns}": hit_at(10, turns),
        "hit@10 in 1": hit_at(10, 1),
        "fuzzy (peers' judge)": fuzzy_success(turns, catalog),
        "questions": questions_asked,
        "leaked": leaked,
        "s/turn": seconds_per_turn,
    }


def standard_scorers(turns: int, catalog: Catalog) -> Mapping[str, Scorer]:
    """What every table of a simulation shows."""
    return {
        f"hit@5 in {turns}": hit_at(5, turns),
        f"AT@{turns}": average_turns(turns),
        "success@1": success_at(1),
        f"success@{turns}": success_at(turns),
        "fuzzy (peers' judge)": fuzzy_success(turns, catalog),
        "questions": questions_asked,
        "violations": violations,
        "leaked": leaked,
        "tokens": tokens_used,
        "s/turn": seconds_per_turn,
    }
