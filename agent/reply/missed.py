"""Wishes that none of the items on a slate meets, said once below the list."""

from __future__ import annotations

from parley.agent.ledger import Polarity
from parley.agent.messages import Slate
from parley.agent.reply.traits import Fit
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import Chooser, join
from parley.tools.items import PERSON, YEAR


def say_missed(fit: Fit, number: int, slate: Slate, choose: Chooser, wording: Wording) -> list[str]:
    """Wishes that none of the items meets, said once."""
    given_up = {i for r in slate.relaxed[:1] for i in r.wish_ids}
    said = []
    wants = [w for w in fit.met_by_none if w.polarity is Polarity.WANT and w.wish_id not in given_up]
    avoids = [w for w in fit.met_by_none if w.polarity is Polarity.AVOID and w.wish_id not in given_up]
    starring = [w for w in wants if wording.want_phrase(w).startswith("with ") and w.facet != YEAR
                and w.facet in (PERSON, *wording.domain.roles)]  # fmt: skip
    others = [w for w in wants if w not in starring]
    if others:
        subject = "It is not" if number == 1 else "Neither is" if number == 2 else "None of them is"
        bank = ("{s} {w}, I should say.", "{s} {w}, though.", "Mind: {l} {w}.")
        words = wording.complement(others)
        if words.startswith("with "):
            subject = subject.replace(" is not", " does not have").replace(" is", " has")
            words = words.removeprefix("with ")
        said.append(choose.pick(bank, s=subject, l=subject[0].lower() + subject[1:], w=words))
    if starring:
        names = dict.fromkeys(v for w in starring for v in w.values)
        where = "not in it" if number == 1 else "in neither" if number == 2 else "in none of them"
        verb = "is" if len(names) == 1 else "are"
        said.append(f"{join(list(names))} {verb} {where}{', though' if not others else ''}.")
    colours = [v for w in avoids if w.facet in wording.colour_kinds for v in w.values]
    if len(colours) == 1:
        subject = "It is" if number == 1 else "Both are" if number == 2 else "All of them are"
        said.append(f"{subject} {colours[0]}, mind.")
    return said
