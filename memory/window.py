"""The short-term window: what of a long conversation a prompt carries, within a token budget.

The latest turns stand word for word. Older ones shrink to a typed summary: the wishes in force,
which are never dropped, then the items reacted to, then one short line a turn, newest first, as far
as the budget goes. In the spirit of LLM-TRSR (Zheng et al., WWW 2024): summary plus recent turns
instead of a truncated history, with the summary made by code from typed state, so nothing drifts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from parley.memory.recall import estimate_tokens


class WindowTurn(BaseModel):
    """One turn as the window sees it."""

    model_config = ConfigDict(frozen=True)

    number: int
    user: str
    assistant: str = ""
    gist: str = ""
    """What the turn came to, in one short line; the user's words, shortened, if empty."""


class Standing(BaseModel):
    """Something in force, in words: "no horror", "under two hours"."""

    model_config = ConfigDict(frozen=True)

    text: str
    hard: bool = False


class WindowConfig(BaseModel):
    """How a window spends its tokens."""

    model_config = ConfigDict(frozen=True)

    budget_tokens: int = Field(default=400, ge=32)
    """For the whole window, in the counter's tokens. Only wishes in force may exceed it."""
    least_recent: int = Field(default=1, ge=1)
    """This many of the latest turns are shown even if shortened."""
    gist_tokens: int = Field(default=12, ge=4)
    """For one older turn."""


class Window(BaseModel):
    """What a prompt carries of the conversation so far."""

    model_config = ConfigDict(frozen=True)

    summary: str
    """Wishes in force, reactions and gists of older turns; "" when there is nothing older and no wish."""
    recent: tuple[WindowTurn, ...]
    """The latest turns, oldest first."""
    tokens: int
    dropped: int
    """Turns of which nothing is left but the wishes they brought."""


def build_window(
    turns: Sequence[WindowTurn],
    standing: Sequence[Standing] = (),
    reactions: Sequence[str] = (),
    *,
    config: WindowConfig = WindowConfig(),  # noqa: B008  frozen
    count_tokens: Callable[[str], int] = estimate_tokens,
) -> Window:
    """The window over a conversation.

    Args:
        turns: the whole conversation, oldest first.
        standing: every wish in force. All of them are in the summary, whatever the budget.
        reactions: items reacted to, in words ("liked Alien"), oldest first; the latest are kept first.
        config: the budget.
        count_tokens: the model's own count, or an estimate.
    """
    wishes = "; ".join(("must: " if s.hard else "wish: ") + s.text for s in standing)
    left = config.budget_tokens - (count_tokens(wishes) if wishes else 0)
    recent, left = _recent(turns, left, config, count_tokens)
    kept_reactions, left = _latest_that_fit(reactions, left, count_tokens)
    older = turns[: len(turns) - len(recent)]
    gists = [
        f"turn {turn.number}: {_shorten(turn.gist or turn.user, config.gist_tokens, count_tokens)}" for turn in older
    ]
    kept_gists, left = _latest_that_fit(gists, left, count_tokens)
    parts = [wishes, "; ".join(kept_reactions), "\n".join(kept_gists)]
    summary = "\n".join(part for part in parts if part)
    spent = (count_tokens(summary) if summary else 0) + sum(_cost(turn, count_tokens) for turn in recent)
    return Window(summary=summary, recent=tuple(recent), tokens=spent, dropped=len(older) - len(kept_gists))


def truncated(
    turns: Sequence[WindowTurn], budget_tokens: int, *, count_tokens: Callable[[str], int] = estimate_tokens
) -> list[WindowTurn]:
    """The usual alternative, for comparison: the latest turns that fit, word for word."""
    kept: list[WindowTurn] = []
    for turn in reversed(turns):
        budget_tokens -= _cost(turn, count_tokens)
        if budget_tokens < 0:
            break
        kept.append(turn)
    return kept[::-1]


def _recent(
    turns: Sequence[WindowTurn], left: int, config: WindowConfig, count_tokens: Callable[[str], int]
) -> tuple[list[WindowTurn], int]:
    """The latest turns that fit in two thirds of what is left; the very latest are shortened to fit."""
    share = max(0, left * 2 // 3) if len(turns) > config.least_recent else max(0, left)
    kept: list[WindowTurn] = []
    spent = 0
    for turn in reversed(turns):
        cost = _cost(turn, count_tokens)
        if spent + cost > share:
            if len(kept) >= config.least_recent:
                break
            room = max(8, (share - spent) // 2)
            turn = turn.model_copy(
                update={
                    "user": _shorten(turn.user, room, count_tokens),
                    "assistant": _shorten(turn.assistant, room, count_tokens),
                }
            )
            cost = _cost(turn, count_tokens)
        kept.append(turn)
        spent += cost
    return kept[::-1], left - spent


def _cost(turn: WindowTurn, count_tokens: Callable[[str], int]) -> int:
    return (count_tokens(turn.user) if turn.user else 0) + (count_tokens(turn.assistant) if turn.assistant else 0)


def _latest_that_fit(texts: Sequence[str], left: int, count_tokens: Callable[[str], int]) -> tuple[list[str], int]:
    kept: list[str] = []
    for text in reversed(texts):
        cost = count_tokens(text) + 1
        if cost > left:
            break
        kept.append(text)
        left -= cost
    return kept[::-1], left


def _shorten(text: str, tokens: int, count_tokens: Callable[[str], int]) -> str:
    """The text, cut at a word so that it costs at most so many tokens."""
    if not text or count_tokens(text) <= tokens:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest prefix that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if count_tokens(text[:middle] + "…") <= tokens else (low, middle - 1)
    cut = text[:low].rsplit(" ", 1)[0] if " " in text[:low] else text[:low]
    return cut + "…"
