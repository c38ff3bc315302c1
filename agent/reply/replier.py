"""The reply of a turn, streamed: the realiser writes it, or a model does and code verifies every sentence.

What a reply may say is decided before a word of it is written: the slate, the ledger and the catalogue's
fields. The realiser can only say those. A model's prose is checked sentence by sentence
(`parley.agent.reply.verify`) before it is shown, and the realiser takes over where it fails.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Literal

from parley.agent.ledger import Stance
from parley.agent.llm.seam import ChatModel
from parley.agent.messages import Elicitation, Reply, Route
from parley.agent.reply.answer import AnswerWriter
from parley.agent.reply.beside import BesideWriter
from parley.agent.reply.chat import ChatWriter
from parley.agent.reply.options import quick_replies
from parley.agent.reply.prose import Outcome, ProseWriter
from parley.agent.reply.recommend import RecommendWriter
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.why import Explain
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import Chooser, capitalise, join
from parley.tools.items import Catalog

Prose = Literal["auto", "realiser", "model"]


class Replier:
    """Writes replies over one catalogue. Thread-safe: it keeps nothing between replies."""

    def __init__(
        self, catalog: Catalog, *, model: ChatModel | None = None, explain: Explain | None = None, prose: Prose = "auto"
    ) -> None:
        """
        Args:
            model: may word the reply if `prose` lets it.
            explain: (taste, item id) to the liked items that speak for it, with their weights.
            prose: who words replies. "auto": the model if it is a larger one than the embedded, whose prose
                is measured as not good enough (docs/results/reply-pairs.md); else the realiser.
        """
        self.wording = Wording(catalog)
        self._recommend = RecommendWriter(self.wording, explain)
        self._answer = BesideWriter(AnswerWriter(self.wording, explain))
        self._chat = ChatWriter(self.wording)
        self._prose = ProseWriter(self.wording, model) if model is not None and _writes(model, prose) else None

    def stream(self, request: ReplyRequest) -> Generator[str | Reply, None, None]:
        """Pieces of text as they are ready, each verified, then one `Reply` whose text is their sum."""
        said: list[str] = []
        outcome = Outcome()
        for piece in self._pieces(request, outcome):
            said.append(piece)
            yield piece
        yield Reply(
            text="".join(said),
            quick_replies=self._quick_replies(request),
            written_by="model" if outcome.shown else "realiser",
            rejected=" | ".join(outcome.cut),
        )

    def write(self, request: ReplyRequest) -> Reply:
        """The whole reply at once."""
        *_, reply = self.stream(request)
        assert isinstance(reply, Reply)
        return reply

    def _pieces(self, request: ReplyRequest, outcome: Outcome) -> Iterator[str]:
        if request.understanding.question is not None and request.route is not Route.ANSWER:
            yield f"{self._answer.write(request)}\n\n"
        match request.route:
            case Route.RECOMMEND if self._prose is not None and request.slate.items:
                yield from self._recommend_with_model(request, self._prose, outcome)
            case Route.RECOMMEND:
                yield from self._recommend.write(request)
            case Route.ANSWER:
                yield self._answer.write(request)
            case Route.ASK:
                yield self._ask(request)
            case Route.CHAT:
                yield from self._small_talk(request, outcome)

    def _recommend_with_model(self, request: ReplyRequest, prose: ProseWriter, outcome: Outcome) -> Iterator[str]:
        """The realiser says what was understood, the model presents, the realiser adds what is missing."""
        items = [self.wording.catalog[i] for i in request.slate.item_ids if i in self.wording.catalog]
        before = self._recommend.before(request)
        held = f"{before} " if before else ""
        for sentence in prose.recommend(request, items, outcome):
            yield held + sentence
            held = ""
        if not outcome.shown:
            yield from self._recommend.write(request)
            return
        yield from self._recommend.lines(request, skip=outcome.named)
        closing = self._recommend.closing(request)
        if closing:
            yield f"\n{closing}"

    def _small_talk(self, request: ReplyRequest, outcome: Outcome) -> Iterator[str]:
        """Chit-chat may be the model's; greetings of a known user, abuse, tricks and choices are ours."""
        if self._prose is not None and self._chat.is_open(request):
            yield from self._prose.small_talk(request, outcome)
        if not outcome.shown:
            yield self._chat.write(request)

    def _ask(self, request: ReplyRequest) -> str:
        """Our question, after a word on what was understood."""
        choose = Chooser(request.voice, request.turn)
        question = request.elicitation or Elicitation(text="", facet="")
        known = [] if question.facet in ("item", "contradiction") else self._recommend.acknowledge(request, choose)[:1]
        liked = [
            self.wording.catalog[w.value].title for w in request.ledger.active
            if w.stance is Stance.LIKE and w.turn == request.turn and w.value in self.wording.catalog
        ]  # fmt: skip
        if liked and not known:
            known = [choose.pick(("{t}: noted.", "{t}, good to know."), t=join(liked[:3]))]
        text = question.text or f"What kind of {self.wording.domain.noun} would you like?"
        if question.facet == "item" and question.options:
            text = f"{text.rstrip('?')}: {join(question.options[:5], 'or')}?"
        return " ".join([*known, text])

    def _quick_replies(self, request: ReplyRequest) -> tuple[str, ...]:
        match request.route:
            case Route.RECOMMEND:
                return quick_replies(request, self.wording)
            case Route.ASK:
                return request.elicitation.options if request.elicitation else ()
            case Route.CHAT:
                return self._chat.quick_replies(request)
            case Route.ANSWER if held := request.understanding.held:
                return (capitalise(held),)
        return ()


def _writes(model: ChatModel, prose: Prose) -> bool:
    """Whether the model words replies. The embedded one's prose does not hold up; stand-ins have none."""
    if prose == "auto":
        return not model.model_id.startswith(("embedded", "scripted", "none"))
    return prose == "model"
