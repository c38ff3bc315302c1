"""Guessing what comes next from where the last words stood before: replies copy titles and facts out of their prompt.

Prompt lookup decoding (Saxena 2023): no second model, and a guess is kept only if it is what would have been chosen.
"""

from __future__ import annotations

from collections.abc import Sequence

GRAM = 2
"""Tokens in a row that must have stood there before."""

FIRST, MOST = 3, 12
"""Tokens of the first guess, and of one after many that were right."""

WORTH = 3
"""Wrong guesses that one right guess pays for: a step costs about four times what one more token in it does."""

HOPELESS = 12
"""Wrong guesses unpaid for after which a text is taken not to copy."""


class PromptLookup:
    """The tokens of one text so far, and where each pair of them stood last."""

    def __init__(self, tokens: Sequence[int] = ()) -> None:
        self._tokens: list[int] = []
        self._after: dict[tuple[int, ...], int] = {}
        self._length, self._wrong = FIRST, 0
        self.grow(tokens)

    def grow(self, tokens: Sequence[int]) -> None:
        """Add what was read or written."""
        for token in tokens:
            if len(self._tokens) >= GRAM:  # the newest pair is not entered yet: a pair is not to find itself
                self._after[tuple(self._tokens[-GRAM:])] = len(self._tokens)
            self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """Up to `most` tokens that followed when the last ones stood there before; [] where they never did."""
        if self._wrong > HOPELESS or len(self._tokens) < GRAM:
            return []
        start = self._after.get(tuple(self._tokens[-GRAM:]))
        return [] if start is None else self._tokens[start : start + min(most, self._length)]

    def judge(self, guessed: int, right: int) -> None:
        """Learn from a guess of so many tokens, so many of them right: the next is longer, or shorter."""
        self._length = min(MOST, self._length + 2) if right == guessed else right + 1
        self._wrong = max(0, self._wrong + guessed - right - WORTH * right)

    def __len__(self) -> int:
        return len(self._tokens)
