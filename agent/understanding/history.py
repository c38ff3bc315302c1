"""A context out of plain messages: what was shown, what is talked about, what was wished, as far as the text says."""

from __future__ import annotations

from collections.abc import Sequence

from parley.agent.understanding.context import DialogueContext, LinkerLike
from parley.agent.understanding.understander import Understander

WINDOW = 6
"""Messages kept for the window."""


def context_of(
    messages: Sequence[tuple[str, str]], understander: Understander, *, replay: bool = True
) -> DialogueContext:
    """The context in which the next user message is read.

    Items named by the assistant count as shown; its last message that names any is the slate.

    Args:
        messages: (role, text), oldest first; role "user" is the user, every other the assistant.
        understander: reads the user's earlier messages into a ledger.
        replay: read them; without, the ledger stays empty (for measuring acts only).
    """
    context = DialogueContext()
    for role, text in messages:
        if role == "user":
            if replay:
                found = understander.understand(text, context)
                ledger = context.ledger.begin_turn(context.turn).apply(found.edits, turn=context.turn)
                context = context.model_copy(update={"ledger": ledger})
            context = context.model_copy(update={"turn": context.turn + 1})
        else:
            context = _answered(context, text, understander.linker)
        window = (*context.window, ("user" if role == "user" else "assistant", text))[-WINDOW:]
        context = context.model_copy(update={"window": window})
    return context


def _answered(context: DialogueContext, text: str, linker: LinkerLike) -> DialogueContext:
    named = tuple(dict.fromkeys(link.item_id for link in linker.link_titles(text) if link.score >= 0.4))
    if not named:
        return context
    shown = tuple(dict.fromkeys((*context.shown, *named)))
    return context.model_copy(update={"slate": named, "shown": shown, "focus": named[0] if len(named) == 1 else None})
