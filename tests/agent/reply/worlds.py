"""Random turns over the real catalogue, and a tiny bookshop, for the tests of the reply."""

from __future__ import annotations

import random
from collections.abc import Sequence

from parley.agent.ledger import ITEM, Hardness, Ledger, LedgerEdit, Polarity, Stance, Wish, filter_of
from parley.agent.messages import Relaxation, Route, Slate, SlateItem, Understanding
from parley.agent.reply import ReplyRequest
from parley.agent.reply.options import relaxed_in_words
from parley.agent.reply.wording import Wording
from parley.agent.wish_words import say_wish
from parley.tools.filters import FilterIndex
from parley.tools.items import Catalog, Domain, Item, KindInfo, NumberInfo

BOOK_DOMAIN = Domain(
    name="books",
    noun="book",
    plural="books",
    verb="read",
    past="read",
    kinds={
        "subject": KindInfo(label="subject", phrase="{value}", ask="What kind of book?"),
        "tone": KindInfo(label="tone", phrase="{value}"),
        "topic": KindInfo(label="topic", phrase="about {value}"),
    },
    roles={"author": KindInfo(label="author", phrase="by {value}")},
    numbers={
        "year": NumberInfo(label="year", more="newer", less="older"),
        "pages": NumberInfo(label="length", unit="pages", more="longer", less="shorter"),
    },
)


def book(title: str, year: int, author: str, subject: str, tone: str, topic: str, pages: int) -> Item:
    return Item(
        item_id=title.lower().replace(" ", "-"), title=title, year=year, people={"author": (author,)},
        tags={"subject": (subject,), "tone": (tone,), "topic": (topic,)}, numbers={"pages": pages},
        text=f"A {tone} tale of {topic}.",
    )  # fmt: skip


BOOKS = Catalog(
    [
        book("The Salt Road", 1931, "Ada Merrow", "Mystery", "wry", "smugglers", 210),
        book("Nine Winters", 1974, "Jon Haldane", "History", "bleak", "exile", 540),
        book("The Glass Orchard", 1998, "Ada Merrow", "Mystery", "tender", "gardens", 320),
        book("Harbour Lights", 2011, "Imre Vass", "Romance", "tender", "smugglers", 250),
    ],
    BOOK_DOMAIN,
)


def slate_of(catalog: Catalog, ids: Sequence[str], **extra: object) -> Slate:
    items = tuple(
        SlateItem(item_id=i, title=catalog[i].title, year=catalog[i].year, score=1.0 / (n + 1))
        for n, i in enumerate(ids)
    )
    return Slate(items=items, **extra)  # type: ignore[arg-type]


def recommend(
    catalog: Catalog, wishes: Sequence[Wish], ids: Sequence[str], turn: int = 1, **extra: object
) -> ReplyRequest:
    """A turn on which these wishes were said and these items found."""
    edits = tuple(LedgerEdit(wish=w) for w in wishes)
    slate = slate_of(catalog, ids, total=extra.pop("total", len(ids)), relaxed=extra.pop("relaxed", ()))
    return ReplyRequest(
        route=Route.RECOMMEND, turn=turn, understanding=Understanding(edits=edits),
        ledger=Ledger().apply(edits, turn=turn), slate=slate, **extra,  # type: ignore[arg-type]
    )  # fmt: skip


def random_wish(catalog: Catalog, rng: random.Random) -> Wish:
    """A wish a person might have, of any kind."""
    facet = rng.choice(["genre", "mood", "keyword", "language", "director", "cast", "person", "year", "runtime", ITEM])
    if facet == "year":
        low = rng.choice([1950, 1960, 1970, 1980, 1990, 2000])
        bounds = rng.choice([(None, low + 9), (low, None), (low, low + 9), (low + 1, None)])
        return Wish(facet=facet, gte=bounds[0], lte=bounds[1], hardness=rng.choice(list(Hardness)), words="those years")
    if facet == "runtime":
        bound = rng.choice([89, 90, 119, 120, 150])
        return Wish(facet=facet, lte=bound, hardness=rng.choice(list(Hardness)), words="not too long")
    if facet == ITEM:
        item = rng.choice(catalog.items)
        return Wish(facet=ITEM, value=item.item_id, stance=rng.choice(list(Stance)), words="that one")
    values = list(catalog.vocabulary[facet])[: 60 if facet != "genre" else 23]
    several = tuple(rng.sample(values, 2)) if rng.random() < 0.15 else (rng.choice(values),)
    return Wish(
        facet=facet, value=several[0], any_of=several[1:], words="in my words",
        polarity=rng.choice([Polarity.WANT, Polarity.WANT, Polarity.AVOID]), hardness=rng.choice(list(Hardness)),
    )  # fmt: skip


def random_turn(catalog: Catalog, index: FilterIndex, rng: random.Random) -> ReplyRequest:
    """A recommending turn with up to five wishes from up to three turns, and a slate that obeys the hard ones."""
    turn = rng.randint(1, 3)
    ledger, now = Ledger(), []
    for at in range(1, turn + 1):
        now = [LedgerEdit(wish=random_wish(catalog, rng)) for _ in range(rng.randint(0 if at < turn else 1, 2))]
        ledger = ledger.apply(now, turn=at)
    found, relaxed = _found(catalog, index, ledger), ()
    hard = ledger.facet_wishes(Hardness.HARD)
    if not found:
        relaxed = _relaxations(catalog, index, hard)
        if relaxed and rng.random() < 0.6:
            left = [w for w in hard if w.wish_id not in relaxed[0].wish_ids]
            found = [i for i, keep in zip(catalog, index.mask(filter_of(left)), strict=True) if keep]
    total = 0 if relaxed else len(found)
    chosen = rng.sample(found, min(len(found), rng.choice([1, 2, 3, 5])))
    previous = slate_of(catalog, [i.item_id for i in rng.sample(catalog.items, 3)]) if turn > 1 else Slate()
    return ReplyRequest(
        route=Route.RECOMMEND, turn=turn, seed=rng.randrange(1000), understanding=Understanding(edits=tuple(now)),
        ledger=ledger, previous=previous,
        slate=slate_of(catalog, [i.item_id for i in chosen], total=total, relaxed=relaxed),
    )  # fmt: skip


def _found(catalog: Catalog, index: FilterIndex, ledger: Ledger) -> list[Item]:
    keep = index.mask(ledger.hard_filter())
    return [i for i, k in zip(catalog, keep, strict=True) if k and i.item_id not in ledger.excluded]


def _relaxations(catalog: Catalog, index: FilterIndex, hard: Sequence[Wish]) -> tuple[Relaxation, ...]:
    found = []
    for wish in hard:
        count = index.count(filter_of([w for w in hard if w is not wish]))
        if count:
            found.append(Relaxation(wish_ids=(wish.wish_id,), text=say_wish(wish, catalog), count=count))
    return tuple(found)


def may_be_said(request: ReplyRequest, catalog: Catalog) -> dict[str, list[object]]:
    """The numbers, words and wishes of the turn itself, as the verifier takes them."""
    numbers: list[object] = [len(catalog), request.slate.total, len(request.slate.items)]
    numbers += [r.count for r in request.slate.relaxed]
    for wish in request.ledger:
        for bound in (wish.gte, wish.lte):
            numbers += [bound - 1, bound, bound + 1] if bound is not None else []
    wording = Wording(catalog)
    phrases: list[object] = [w.words for w in request.ledger]
    phrases += [relaxed_in_words(r, request, wording) for r in request.slate.relaxed]
    wishes: list[object] = [v for w in request.ledger for v in w.values if w.stance is None]
    background: list[object] = [w.value for w in request.ledger if w.stance is not None]
    return {"numbers": numbers, "phrases": phrases, "wishes": wishes, "background": background}
