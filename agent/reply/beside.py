"""The answer of a message that also asks for items, and how the one leads to the other."""

from __future__ import annotations

import re

from parley.agent.ledger import Hardness, Ledger, Status, Wish
from parley.agent.messages import Beside
from parley.agent.reply.answer import AnswerWriter
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.words import echo, hours_in_words, measure
from parley.agent.understanding.remembered import ABOUT_USER
from parley.tools.items import YEAR, Item

_IT_IS = re.compile(r"^\S+(?:'s| is| was) (?:(?:not|n't) )?")


class BesideWriter:
    """Answers every question of a message by itself, and says what becomes of the request beside them."""

    def __init__(self, answer: AnswerWriter) -> None:
        self.answer = answer
        self.wording = answer.wording

    def write(self, request: ReplyRequest) -> str:
        """The answers, one after the other, and the step to the request."""
        heard = request.understanding
        first = heard.question
        if first is None or (heard.beside is None and not heard.further):
            return self.answer.write(request)
        said: list[str] = []
        for question in (first, *heard.further):
            alone = heard.model_copy(update={"question": question, "unmatched": ()})
            update: dict[str, object] = {"understanding": alone, "message": question.words}
            if question.field in ("why", ABOUT_USER):
                update["ledger"] = ledger_before(request.ledger, request.turn)
            text = self.answer.write(request.model_copy(update=update))
            if text not in said:
                said.append(text)
        step = self._step(request, heard.beside) if heard.beside is not None else ""
        text = "\n".join(said) if any("\n" in s for s in said) else " ".join(said)
        return f"{text}{chr(10) if chr(10) in text else ' '}{step}" if step else text

    def _step(self, request: ReplyRequest, beside: Beside) -> str:
        """From the answer to the request: what was decided, by whom, and what follows."""
        if beside.condition is not None:
            if not beside.due:
                return f"So I have left “{echo(beside.words)}” alone; say the word if you want it all the same."
            so = _IT_IS.sub("", echo(beside.condition.words))
            return "" if beside.settled else f"Whether it is {so} is for you to say; in case it is:"
        question = request.understanding.question
        items = [i for i in map(self.wording.catalog.get, question.about if question else ()) if i is not None]
        if not beside.only_wish or len(items) != 1:
            return ""
        new = [w for w in request.ledger.facet_wishes(Hardness.HARD) if w.turn == request.turn]
        broken = [w for w in new if w.is_met_by(items[0]) is False]
        if broken:
            return self._misses(items[0], broken[0])
        return "So it fits." if new else ""

    def _misses(self, item: Item, wish: Wish) -> str:
        """ "That is longer than two hours, so here is something else." """
        number, info = item.number(wish.facet), self.wording.domain.numbers.get(wish.facet)
        if wish.is_number and number is not None and info is not None:
            over = wish.lte is not None and number > wish.lte
            bound = (wish.lte if over else wish.gte) or 0.0
            said = f"{bound:.0f}" if wish.facet == YEAR else measure(bound, info.unit)
            said = hours_in_words(bound) if info.unit == "min" else said
            return f"That is {info.more if over else info.less} than {said}, so:"
        return f"That is not “{echo(wish.words)}”, so:" if wish.words else "That is not what you asked for, so:"


def ledger_before(ledger: Ledger, turn: int) -> Ledger:
    """The ledger without what this turn changed: what an explanation of earlier picks rests on."""
    kept = (w for w in ledger if w.turn < turn)
    revived = {"status": Status.ACTIVE, "ended_turn": None, "ended_by": ""}
    return ledger.model_copy(
        update={"wishes": tuple(w.model_copy(update=revived) if w.ended_turn == turn else w for w in kept)}
    )
