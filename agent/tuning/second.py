"""A second opinion: the tuned model is asked where the rules would take a user's words as a wish in free words.

That is where the rules err most with people's talk (a remark about one's day is no wish for such a film), and it
happens seldom, so it costs few calls. `docs/results/tuning.md` has what it is worth.
"""

from __future__ import annotations

from collections.abc import Callable

from parley.agent.ledger import ABOUT
from parley.agent.messages import Understanding
from parley.agent.tuning.notation import Meaning
from parley.agent.understanding.context import DialogueContext

Read = Callable[[str, DialogueContext], Meaning]


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
