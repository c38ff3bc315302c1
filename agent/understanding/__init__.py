"""Understanding: one utterance, read against its context, becomes typed edits of the ledger.

The linker says what is named, a grammar of wishes says what is meant, a small classifier says which dialogue acts.
"""

from parley.agent.understanding.acts import ActClassifier
from parley.agent.understanding.context import DialogueContext, LinkerLike
from parley.agent.understanding.understander import Understander

__all__ = ["ActClassifier", "DialogueContext", "LinkerLike", "Understander"]
