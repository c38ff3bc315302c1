"""A critic of the slate: the model reads what is about to be shown and names what does not fit the wishes.

What code can check is checked in code, always; the critic judges what no field tells. What it doubts is taken
off and the turn is planned again with its reason in view, a bounded number of times. It is off unless asked
for: `docs/results/plan.md` says what it costs and buys.

After Shinn et al., "Reflexion", NeurIPS 2023, arXiv:2303.11366, and Madaan et al., "Self-Refine", NeurIPS 2023,
arXiv:2303.17651; unlike there it can only take items off, never put one on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field

from parley.agent.ledger import Ledger
from parley.agent.llm.seam import ChatModel, ModelError
from parley.agent.wish_words import say_wish
from parley.tools.items import Catalog, Item

MAX_DOUBTS = 2
"""Items one review may take off: a critic that doubts everything is no help."""
LINE = 140
"""Characters of one wish or one item in the prompt."""


class Doubt(BaseModel):
    """One item that the critic would take off."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1, le=9)
    """Its place in the list, from 1."""
    reason: str = Field(max_length=80)


class Review(BaseModel):
    """What the critic makes of a slate."""

    model_config = ConfigDict(frozen=True)

    doubts: tuple[Doubt, ...] = Field(max_length=MAX_DOUBTS)


class SlateCritic:
    """Reviews slates with a chat model.

    Args:
        model: who judges.
        max_revisions: how often one turn may be planned again for it.
    """

    def __init__(self, model: ChatModel, *, max_revisions: int = 1) -> None:
        self.model = model
        self.max_revisions = max_revisions

    def review(
        self, message: str, ledger: Ledger, items: Sequence[Item], catalog: Catalog, timeout_s: float
    ) -> Mapping[str, str]:
        """Item id to the reason against it; empty if the slate passes, if nothing was wished, or if the model fails."""
        if not ledger.active or not items:
            return {}
        try:
            messages = review_messages(message, ledger, items, catalog)
            review = self.model.generate(messages, Review, max_tokens=120, timeout_s=timeout_s)
        except ModelError:
            return {}
        return {items[d.number - 1].item_id: d.reason.strip() for d in review.doubts if d.number <= len(items)}


def review_messages(message: str, ledger: Ledger, items: Sequence[Item], catalog: Catalog) -> list[BaseMessage]:
    """The prompt of one review: the wishes, and each item by its catalogue facts."""
    plural = catalog.domain.plural
    wishes = "\n".join(f"- {say_wish(wish, catalog)}"[:LINE] for wish in ledger.active[-10:])
    listed = "\n".join(f"{n}. {_describe(item, catalog)}"[:LINE] for n, item in enumerate(items, 1))
    guide = (
        f"You check a list of {plural} against what a person wishes. Name at most {MAX_DOUBTS} by number that do not "
        "fit, each with a short reason, as JSON. If all fit, the list of doubts is empty."
    )
    said = f"Message: {message[:300]}\nWishes:\n{wishes}\nList:\n{listed}"
    return [SystemMessage(guide), HumanMessage(said)]


def _describe(item: Item, catalog: Catalog) -> str:
    """ "Alien (1979): Horror, Sci-Fi, tense, scary"."""
    colours = [value for kind in list(catalog.domain.kinds)[:2] for value in item.values(kind)[:4]]
    return f"{item.label}: {', '.join(colours)}"
