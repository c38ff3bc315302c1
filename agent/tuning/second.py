"""A second opinion: the tuned model is asked where the rules would take a user's words as a wish in free words.

That is where the rules err most with people's talk (a remark about one's day is no wish for such a film), and it
happens seldom, so it costs few calls. `docs/results/tuning.md` has what it is worth.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from parley.agent.ledger import ABOUT
from parley.agent.llm.metering import MeteredModel
from parley.agent.llm.seam import ChatModel, ModelError
from parley.agent.messages import Understanding
from parley.agent.tuning.notation import Meaning
from parley.agent.tuning.reader import TunedReader
from parley.agent.understanding.context import DialogueContext, LinkerLike, UnderstanderLike
from parley.tools.items import Catalog

Read = Callable[[str, DialogueContext], Meaning]
READ_S = 5.0
"""Seconds after which the rules' own reading stands."""

log = logging.getLogger(__name__)


def is_doubtful(rules: Understanding) -> bool:
    """Did the rules find nothing but wishes in free words?"""
    if rules.topic != "domain" or rules.question is not None or rules.surprise or not rules.edits:
        return False
    return all(e.wish is not None and e.wish.facet == ABOUT for e in rules.edits)


def second_opinion(utterance: str, context: DialogueContext, rules: Understanding, read: Read) -> Understanding:
    """The rules' understanding, with the model's wishes where the rules are doubtful and the model's answer is sound.

    Args:
        utterance: what the user said.
        context: the state of the conversation.
        rules: what the rules read.
        read: the tuned model, `TunedReader.read`. Called only where the rules are doubtful.
    """
    if not is_doubtful(rules):
        return rules
    meaning = read(utterance, context)
    if meaning.bad or not meaning.acts:
        return rules
    by = {**rules.by, "wishes": "model"}
    return rules.model_copy(update={"edits": meaning.edits, "question": meaning.question, "by": by})


class HelpedUnderstander:
    """The rules, with the tuned model's second opinion. Thread-safe.

    Args:
        rules: reads every utterance first.
        open_model: opens the tuned model, at the first utterance the rules doubt: most conversations never need it.
            Where it cannot be opened the rules stand, and the log says why, once.
        catalog: what is talked about.
        linker: ties words to it.
    """

    def __init__(
        self, rules: UnderstanderLike, open_model: Callable[[], ChatModel], catalog: Catalog, linker: LinkerLike
    ) -> None:
        self.rules = rules
        self._open_model = open_model
        self._catalog, self._linker = catalog, linker
        self._opening = threading.Lock()
        self._reader: TunedReader | None = None
        self._failed = False

    def understand(self, utterance: str, context: DialogueContext) -> Understanding:
        """See `Understander.understand`; the model is charged to the turn."""
        return second_opinion(utterance, context, self.rules.understand(utterance, context), self._read)

    def close(self) -> None:
        """Let go of the model, if one was opened."""
        reader, self._reader = self._reader, None
        if reader is not None:
            getattr(reader.model, "close", lambda: None)()

    def _read(self, utterance: str, context: DialogueContext) -> Meaning:
        reader = self._opened()
        if reader is None:
            return Meaning(bad=("no model",))
        return reader.read(utterance, context, timeout_s=READ_S)

    def _opened(self) -> TunedReader | None:
        with self._opening:
            if self._reader is None and not self._failed:
                try:
                    self._reader = TunedReader(MeteredModel(self._open_model()), self._catalog, self._linker)
                except ModelError as error:
                    self._failed = True
                    log.warning("no second opinion: %s", error)
            return self._reader
