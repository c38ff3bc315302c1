"""The conversation as HTML: finished turns, the turn under way, and the welcome before the first."""

from __future__ import annotations

from collections.abc import Sequence

from parley.agent.ledger import Ledger
from parley.agent.messages import SlateItem, Turn
from parley.tools.items import Catalog
from parley.ui.web.art import cover_uri
from parley.ui.web.cards import Scene, say_reactions, share_out, show_old_slate, show_slate
from parley.ui.web.html import MARK, button, esc, icon, prose
from parley.ui.web.live import Snapshot

MORE = "Show more"

NODE_WORDS = {
    "recall": "Remembering what you told me",
    "understand": "Working out what you mean",
    "decide": "Deciding what to do",
    "plan": "Making a plan",
    "act": "Searching the catalogue",
    "rank": "Ordering what I found",
    "check": "Checking it against your wishes",
    "respond": "Writing",
    "remember": "Keeping a note",
}


def show_turns(
    turns: Sequence[Turn], ledger: Ledger, catalog: Catalog, *, limit: int, answering: bool, footnote: str = ""
) -> str:
    """Finished turns, oldest first; the newest slate as cards unless another turn is under way.

    Args:
        limit: How many of the newest turns to show; a button asks for the rest.
        answering: A turn is under way: the newest slate steps back and quick replies go.
        footnote: Trusted HTML below the newest turn.
    """
    scene = Scene(catalog=catalog, ledger=ledger)
    hidden = max(0, len(turns) - limit)
    parts = []
    if hidden:
        parts.append(button(f"Show {hidden} earlier turns", "earlier", kind="earlier"))
    newest_slate = next((place for place in range(len(turns) - 1, -1, -1) if turns[place].slate), -1)
    for place in range(hidden, len(turns)):
        turn, last = turns[place], place == len(turns) - 1 and not answering
        big = place == newest_slate and not answering
        reply = share_out(turn.reply, turn.slate)
        slate = (show_slate if big else show_old_slate)(turn.slate, scene, reply.lines) + _closing(reply.after)
        after = _after(turn, ledger, catalog) + footnote if last else ""
        answer = prose(reply.before, strong=[item.title for item in turn.slate])
        parts.append(_exchange(turn.user_message, answer, slate + after))
    return "".join(parts)


def show_live(live: Snapshot, ledger: Ledger, catalog: Catalog) -> str:
    """The turn under way: what was asked, how far we are, what is written so far."""
    scene = Scene(catalog=catalog, ledger=ledger)
    reply = share_out(live.text, live.slate)
    text = prose(reply.before, strong=[item.title for item in live.slate])
    status = ""
    if live.error:
        status = show_trouble(live.error)
    elif not live.text:
        words = NODE_WORDS.get(live.node, "Thinking")
        status = f'<p class="status"><span class="dots"><i></i><i></i><i></i></span>{esc(words)}</p>'
    return _exchange(
        live.message, text + status, show_slate(live.slate, scene, reply.lines) + _closing(reply.after), kind="now"
    )


def show_welcome(catalog: Catalog, starters: Sequence[str], favourites: Sequence[SlateItem]) -> str:
    """Before the first turn: who we are, a fan of covers, and ways to begin."""
    domain = catalog.domain
    fan = "".join(
        button(
            f"Something like {item.title}",
            "say",
            kind="fan-cover",
            title=item.label,
            inner=f'<img src="{cover_uri(item)}" alt="" width="200" height="300">',
            text=f"Something like {item.title}",
        )
        for item in (catalog.get(shown.item_id) for shown in favourites)
        if item is not None
    )
    replies = "".join(button(text, "say", kind="quick", text=text) for text in starters)
    return (
        f'<section class="welcome"><div class="fan">{fan}</div><h2>What shall we {esc(domain.verb)}?</h2>'
        f"<p>Tell me what you like, what you are in the mood for, or what it must not be. I pick from "
        f"{len(catalog):,} {esc(domain.plural)} and show you why.</p>"
        f'<div class="quicks centred">{replies}</div></section>'
    )


def show_trouble(words: str) -> str:
    """One line about what went wrong, below the conversation."""
    return f'<p class="trouble" role="alert">{esc(words)}</p>'


def _exchange(message: str, answer: str, extra: str, *, kind: str = "") -> str:
    said = f'<div class="said"><span class="sr">You: </span><p>{esc(message)}</p></div>' if message else ""
    return (
        f'<section class="turn {kind}">{said}<div class="answer">{MARK}<div class="words">'
        f'<span class="sr">Parley: </span>{answer}</div></div>{extra}</section>'
    )


def _closing(text: str) -> str:
    return f'<div class="closing">{prose(text)}</div>' if text.strip() else ""


def _after(turn: Turn, ledger: Ledger, catalog: Catalog) -> str:
    """Below the newest turn: what the buttons told us, and the quick replies."""
    noted = say_reactions(turn.ledger, ledger, catalog)
    note = ""
    if noted:
        words = f"{MORE} with that in mind"
        again = button(words, "say", kind="more", inner=f"{icon('more')}<span>{words}</span>", text=MORE)
        note = f'<div class="noted" role="status"><p>Noted: {esc(noted)}.</p>{again}</div>'
    replies = [text for text in turn.quick_replies if not (noted and text.casefold() == MORE.casefold())]
    quicks = "".join(button(text, "say", kind="quick", text=text) for text in replies)
    return note + (f'<div class="quicks" role="group" aria-label="Quick replies">{quicks}</div>' if quicks else "")
