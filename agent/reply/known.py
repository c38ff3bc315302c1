"""What we keep of the person, told to them: what is remembered, and what was said in this conversation."""

from __future__ import annotations

from collections.abc import Sequence

from parley.agent.ledger import Polarity, Scope, Stance, Wish
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import echo, join

MOST = 4
"""Titles told of each sort; more is a list nobody reads."""


def told_facts(profile: Sequence[str]) -> str:
    """Remembered facts as one sentence: "I remember that you like Heat (1995) and you told me “no horror”." """
    facts = [said for f in profile[:4] if (said := echo(f, 80))]
    likes = [f.removeprefix("likes ") for f in facts if f.startswith("likes ")]
    others = [f for f in facts if not f.startswith("likes ")]
    parts = [f"you like {join(likes)}"] if likes else []
    parts += [f"you told me “{'; '.join(others)}”"] if others else []
    return f"I remember that {' and '.join(parts)}." if parts else ""


def tell_known(request: ReplyRequest, wording: Wording) -> str:
    """All that is kept, and how to have it forgotten; plainly nothing where nothing is."""
    wishes = request.ledger.facet_wishes()
    always = [w for w in wishes if w.scope is Scope.STANDING]
    said = [
        told_facts(request.profile),
        f"As always: {wording.understood(always)}." if always else "",
        _said_here(request, [w for w in wishes if w not in always], wording),
    ]
    kept = " ".join(s for s in said if s)
    if not kept:
        return f"Nothing so far: you have told me of no {wording.domain.noun} you liked and nothing to avoid."
    return f"{kept} Say “forget that I like ...” and it is gone."


def _said_here(request: ReplyRequest, wishes: Sequence[Wish], wording: Wording) -> str:
    parts = []
    for stances, verb in (
        ((Stance.LIKE, Stance.ACCEPT), "you like"),
        ((Stance.DISLIKE,), "you don't like"),
        ((Stance.SEEN,), "you have seen"),
    ):
        titles = [wording.catalog[i].title for i in request.ledger.items(*stances) if i in wording.catalog]
        parts += [f"{verb} {join(titles[-MOST:])}"] if titles else []
    wanted = any(w.polarity is Polarity.WANT for w in wishes)
    parts += [f"you want {wording.describe(wishes) if wanted else wording.understood(wishes)}"] if wishes else []
    return f"In this conversation: {join(parts)}." if parts else ""
