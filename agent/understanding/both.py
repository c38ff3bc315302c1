"""Several things in one message: questions about items, and beside them a request for items.

"Who directed Alien, and can you find me something like it from the 90s?" is taken apart at its clauses, and each
part is read as if it were the next message: "it" is what was just asked about, "him" whom the answer will name.
A request may hang on the answer: "is it scary? If so, show me something lighter".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from parley.agent.acts import DialogueAct
from parley.agent.ledger import ABOUT, ITEM, EditAction, LedgerEdit
from parley.agent.messages import Beside, Condition, Question, Understanding
from parley.agent.understanding import social
from parley.agent.understanding.context import DialogueContext
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.remembered import ABOUT_USER
from parley.tools.items import Catalog

Hear = Callable[[str, DialogueContext], Understanding]

_ASKING = (
    r"(?:who|whose|what|when|where|which|why|how|is|are|was|were|does|did|do|has|have)(?:'s|'re|n't)? (?=\w+)(?!else\b)"
)
_WANTING = (
    r"(?:(?:can|could|would|will) (?:you|we|i)|find|show|give|suggest|recommend|get|pick|let me|let's|i'd|i'll|i'm|i|we|my|our|"
    r"something|anything|some|any|(?:what|who) else|got any|more|one more|another|a few|surprise|please|tell me|maybe)\b"
)
_CONDITIONAL = r"(?:if|unless|otherwise|or else|in (?:that|which) case)\b"
_FRESH = rf"(?:{_ASKING}|{_WANTING}|{_CONDITIONAL})"
_LINK = r"(?:and|but|also|plus|so|then|or|oh|by the way)"
_CUT = re.compile(rf"[.!?;:]+ +(?:{_LINK},? +)*|,? +(?:{_LINK},? +)+(?={_FRESH})|, *(?={_FRESH})", re.I)
"""Where one clause ends and another begins; between them stands nothing that is meant."""
_ASKS_FOR_ITEMS = re.compile(
    r"\b(?:recommend|suggest|look(?:ing)? for|in the mood for|find|show|give|get me|want|need|i'd like|would like|"
    r"i'd (?:love|prefer|rather)|something|anything|what should (?:i|we)|what about|how about|do you have|have you got|got any|"
    r"is there|are there|any good)\b",
    re.I,
)
_BARE = re.compile(
    r"\b(?:recommend|suggest)\w*(?: (?:me|us))?(?: (?:something|anything|one|some(?: \w+)?|a \w+))?[.!? ]*$|"
    r"\bwhat should (?:i|we) (?:watch|see|read|play)\b|\b(?:any|some) (?:suggestions?|recommendations?|ideas)\b",
    re.I,
)
_HAVE = re.compile(
    r"^\W*(?:\w+,? )??(?i:do you (?:have|know|stock)|have you (?:got|seen)|got) (?P<name>[A-Z0-9][\w'’:&-]*(?: [\w'’:&-]+){0,5})"
    r" ?\?\W*$"
)
_STARTS = r"(?:show|find|give|recommend|suggest|pick|get|can|could|would|what|i'd|i|we|please|then|let|try|something|anything)\b"
_IF = re.compile(
    rf"^(?:(?P<word>if|unless)\b (?P<said>[^,]+?)(?:,(?: then)? *| then |(?= {_STARTS}))|(?P<other>otherwise|or else)\b,? *|"
    rf"in (?:that|which) case\b,? *)(?P<rest>.+)$",
    re.I,
)
_IF_AFTER = re.compile(
    r"^(?P<rest>.+?),? (?P<word>if|in case|unless) (?P<said>(?:so|not|yes|no|it|that|this|he|she|they)\b[^,]*?)[.!? ]*$",
    re.I,
)
_ONLY = re.compile(r"^(?:(?P<yes>so|yes)|(?P<no>not|no))$", re.I)
_SAID = re.compile(
    r"^(?P<subject>it|that|this|he|she|they|(?:the|my|your) [\w ]+?|[A-Z][\w:' ]*?)"
    r"(?P<verb>'s| is| are| was| were|'re| has| does| do| did| runs| lasts| turns out(?: to be)?)"
    r"(?P<not>n't| not)?\b ?(?P<what>.*)$",
    re.I,
)
_TRUE = frozenset({"", "the case", "right", "true", "it", "so", "a yes", "yes"})
_NO_CLAUSE = frozenset({"if", "unless", "what", "how", "why", "and", "or"})
MOST_CLAUSES = 6


@dataclass(frozen=True)
class Parts:
    """A message taken apart."""

    questions: tuple[Understanding, ...]
    request: Understanding | None = None
    words: str = ""
    only_wish: bool = False
    condition: Condition | None = None
    dependent: tuple[LedgerEdit, ...] = ()
    """The edits that hang on the condition."""
    remarks: tuple[LedgerEdit, ...] = ()
    """What is said besides the questions where nothing is asked for: "I loved it"."""


def hear_both(
    text: str, whole: Understanding, context: DialogueContext, hear: Hear, catalog: Catalog, numbers: NumberReader
) -> Understanding:
    """The whole message's understanding, taken apart where it does more than one thing; else as it is.

    Args:
        text: the message.
        whole: what it was understood as in one piece.
        hear: understands a part against a context.
    """
    if whole.topic != "domain" or whole.again or whole.extreme or whole.set_aside:
        return whole
    named = [m.text for m in whole.mentions if " " in m.text.strip()]
    clauses = list(_clauses(text, named))
    if len(clauses) == 1 and _conditional(text) is None:
        return _in_stock(text, whole)
    if len(clauses) > MOST_CLAUSES:
        return whole
    parts = _take_apart(clauses, context, hear, catalog, numbers)
    if not parts.questions or (parts.request is None and len(parts.questions) < 2):
        return whole
    return _put_together(whole, parts)


def _clauses(text: str, named: Iterable[str]) -> Iterator[str]:
    """The clauses of a text; what is named is never cut."""
    kept = [(m.start(), m.end()) for name in named for m in re.finditer(re.escape(name.strip()), text)]
    start = 0
    for cut in _CUT.finditer(text):
        inside = any(a < cut.end() and cut.start() < b for a, b in kept)
        piece = text[start : cut.start()]
        if text[cut.start()] == "," and re.match(_CONDITIONAL, piece, re.I):  # "if it is, show me ..." is one clause
            continue
        inside = inside or piece.lower() in _NO_CLAUSE
        if not inside and piece and len(text[cut.end() :].split()) > 1:
            yield piece + (text[cut.start()] if text[cut.start()] in ".!?" else "")
            start = cut.end()
    yield text[start:]


def _take_apart(
    clauses: Sequence[str], context: DialogueContext, hear: Hear, catalog: Catalog, numbers: NumberReader
) -> Parts:
    """Clause by clause: the questions, and what is left as one request."""
    questions: list[Understanding] = []
    others: list[str] = []
    condition: Condition | None = None
    free = 0  # clauses said without the condition
    for clause in clauses:
        said = _conditional(clause)
        if said is not None:
            rest, negated, words, asked = said
            if not questions and (opening := _as_question(asked, context, hear)):
                questions.append(opening)
                context = _after(context, clause, opening, catalog)
            if questions:
                condition, free = _condition(words, negated, asked, questions[-1], context, hear, numbers), len(others)
            others.append(rest if condition is not None else clause)
            continue
        heard = _in_stock(clause, hear(clause, context))
        if _asks(heard):
            questions.append(heard)
            context = _after(context, clause, heard, catalog)
        else:
            others.append(clause)
            context = _speaking_of(context, clause, heard)
    words = _joined(others)
    request = hear(words, context) if words and questions else None
    if request is None or request.question is not None or request.topic in ("off_topic", "abuse"):
        return Parts(tuple(questions))
    wanted = _asks_for_items(words, request)
    if not wanted and not _states_a_wish(request):
        return Parts(tuple(questions), remarks=request.edits)
    before = hear(_joined(others[:free]), context).edits if condition is not None and free else ()
    dependent = tuple(e for e in request.edits if e not in before)
    return Parts(tuple(questions), request, words, not wanted, condition, dependent)


def _joined(clauses: Sequence[str]) -> str:
    return ". ".join(c.rstrip(".! ") for c in clauses)


def _asks(heard: Understanding) -> bool:
    """A question that has something to be about."""
    question = heard.question
    if question is None or any(_adds(e) and e.wish and e.wish.facet != ITEM for e in heard.edits):
        return False
    return bool(question.about or question.unknown) or question.field in ("why", ABOUT_USER)


def _in_stock(clause: str, heard: Understanding) -> Understanding:
    """ "Do you have Zardoz?": asked of a title that we do not have."""
    match = _HAVE.match(clause)
    if match is None or heard.question is not None or heard.mentions or heard.edits:
        return heard
    question = Question(unknown=match["name"], words=clause)
    return heard.model_copy(update={"question": question, "acts": (DialogueAct.INQUIRE,), "unmatched": ()})


def _after(context: DialogueContext, clause: str, heard: Understanding, catalog: Catalog) -> DialogueContext:
    """The conversation once a question has been answered: its item is in focus, and whom the answer names was named."""
    question = heard.question
    assert question is not None
    item = catalog.get(question.about[-1]) if question.about else None
    told = ", ".join(item.values(question.field)) if item and question.field in catalog.domain.roles else ""
    window = (*context.window, ("user", clause), *([("assistant", told)] if told else []))
    focus = item.item_id if item else context.focus
    return context.model_copy(update={"window": window, "focus": focus, "elicitation": None})


def _speaking_of(context: DialogueContext, clause: str, heard: Understanding) -> DialogueContext:
    """ "what about the first one, is it scary?": what a clause names is what the next one is about."""
    named = [m.item_id for m in heard.mentions if m.item_id]
    if not named:
        return context
    return context.model_copy(update={"window": (*context.window, ("user", clause)), "focus": named[-1]})


def _adds(edit: LedgerEdit) -> bool:
    return edit.action is EditAction.ADD and edit.wish is not None


def _asks_for_items(words: str, heard: Understanding) -> bool:
    if heard.surprise or heard.refuses or social.asks_for_more(words.lower()) or _BARE.search(words):
        return True
    return bool(heard.edits) and _ASKS_FOR_ITEMS.search(words) is not None


def _states_a_wish(heard: Understanding) -> bool:
    return any(_adds(e) and e.wish is not None and e.wish.facet not in (ITEM, ABOUT) for e in heard.edits)


# Conditions ---------------------------------------------------------------------------------------------


def _conditional(clause: str) -> tuple[str, bool, str, re.Match[str] | None] | None:
    """(the request, is it met by a no, the condition's words, what it says) of "if it's too long, show me ..."; or None."""
    match = _IF.match(clause) or _IF_AFTER.match(clause)
    if match is None:
        return None
    groups = match.groupdict()
    rest, said = match["rest"].strip(), (groups.get("said") or "").strip()
    words = clause.replace(match["rest"], "").strip(" ,")
    if not said:
        return rest, bool(groups.get("other")), words, None
    negated = match["word"].lower() == "unless"
    if only := _ONLY.match(said):
        return rest, negated != bool(only["no"]), said, None
    told = _SAID.match(said)
    return (rest, negated != bool(told["not"]), said, told) if told else None


def _as_question(said: re.Match[str] | None, context: DialogueContext, hear: Hear) -> Understanding | None:
    """ "If the second one is scary": asked, where it says of which item."""
    if said is None or (said["subject"].lower() in ("it", "that", "this", "he", "she", "they") and not context.focus):
        return None
    heard = hear(f"is {said['subject']} {said['what']}?", context)
    return heard if _asks(heard) and heard.question is not None and heard.question.about else None


def _condition(
    words: str,
    negated: bool,
    said: re.Match[str] | None,
    asked: Understanding,
    context: DialogueContext,
    hear: Hear,
    numbers: NumberReader,
) -> Condition | None:
    """What has to be so of the items asked about; the answer itself, where no more is said than "if so"."""
    before = asked.question
    assert before is not None
    what = said["what"].strip(" .!?").lower() if said else ""
    if what in _TRUE:
        return Condition(words=words, question=before, negated=negated)
    ranges = tuple((b.facet, b.gte, b.lte) for b in numbers.read(what) if not b.vague)
    if ranges:
        question = Question(about=before.about, words=what, within=ranges)
    else:
        heard = hear(f"is it {what}?", context).question
        question = (heard or Question(words=what)).model_copy(update={"about": before.about})
    return Condition(words=words, question=question, negated=negated)


# Together again -----------------------------------------------------------------------------------------


def _put_together(whole: Understanding, parts: Parts) -> Understanding:
    """One understanding of all parts: the first question and those after it, then the request."""
    asked, request = parts.questions, parts.request
    questions = [h.question for h in asked if h.question is not None]
    update: dict[str, object] = {"question": questions[0], "further": tuple(questions[1:])}
    if request is None:
        edits = (*(e for h in asked for e in h.edits), *parts.remarks)
        return whole.model_copy(update={**update, "edits": tuple(dict.fromkeys(edits))})
    acts = [*whole.acts, *(a for h in asked for a in h.acts if a in (DialogueAct.INQUIRE, DialogueAct.COMPARE))]
    acts += [a for a in request.acts if a in (DialogueAct.CONTINUE, DialogueAct.REQUEST)]
    if not parts.only_wish:
        acts.append(DialogueAct.REQUEST)
    unknown = {q.unknown for q in questions}
    edits = (*(e for h in asked for e in h.edits), *request.edits)
    return request.model_copy(
        update={
            **update,
            "acts": tuple(dict.fromkeys(a for a in acts if a is not DialogueAct.OTHER)),
            "mentions": (*(m for h in asked for m in h.mentions), *request.mentions),
            "edits": tuple(dict.fromkeys(edits)),
            "unmatched": tuple(u for u in request.unmatched if u not in unknown),
            "beside": Beside(
                words=parts.words, only_wish=parts.only_wish, condition=parts.condition, edits=parts.dependent
            ),
            "contradiction": request.contradiction,
            "confidence": min(h.confidence for h in (*asked, request)),
        }
    )
