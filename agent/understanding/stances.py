"""What the user thinks of items: liked, disliked, seen, not now, taken."""

from __future__ import annotations

import re

from parley.agent.ledger import ITEM, EditAction, Stance, Wish
from parley.agent.understanding import social
from parley.agent.understanding.cues import Kind, State
from parley.agent.understanding.reactions import all_but, bare_reactions
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.spans import ItemSpan
from parley.agent.understanding.text import ITEM_MARK, ROLE_MARK
from parley.agent.understanding.unrecorded import asks

_ADVERB = (
    r"(?:so |really |pretty |absolutely |such |just |a |an |the |very |quite |one of |kinda |honestly |"
    r"actually |truly |also |both |all |definitely |totally |simply |still )*"
)
_POST_LIKE = re.compile(
    rf"^(?: \(\d+\))?,? ?(?:(?:was|is|were|are|'s|-|which|remains) )*{_ADVERB}(?:great|amazing|awesome|"
    r"brilliant|fantastic|excellent|superb|perfect\b(?! for)|incredible|wonderful|my (?:all[- ]?time "
    r")?(?:fav\w*|jam|kind)|(?:of )?my fav\w*|best|good(?! for)|fun\b|masterpiece|ace\b|loved (?:it|that|"
    r"them)|love (?:it|that|them)|rocks|rocked|hilarious|beautiful|enjoyed|liked (?:it|that|them)|i "
    r"(?:loved|liked|enjoyed|adore)|i love)"
)
_POST_PRAISED = re.compile(
    r"^(?: (?:one|movie|film))? (?:was|were) (?:(?:so|really|very|pretty|quite|just|also|super|actually) )*(?:a (?:(?:really|very|pretty|"
    r"good|great|nice) )*(?=(?:good|great|nice|fun) )|(?:cool|funny|interesting|nice|clever|entertaining|enjoyable|moving|well (?:made|done|"
    r"written|acted|directed))\b)"
)
"""Praise of what somebody has seen; "it is funny" may be hearsay."""
_POST_DISLIKE = re.compile(
    rf"^(?: \(\d+\))?,? ?(?:(?:was|is|were|are|'s|-|which|looks|just) )*{_ADVERB}(?:boring|awful|terrible|"
    r"horrible|bad\b|annoying|irritating|pretentious|tedious|tiresome|unbearable|unwatchable|forgettable|"
    r"(?:bit of a )?(?:mess|bore|slog|drag|snooze\w*|let-?down|disappointment)\b|(?:really |totally |just )?(?:scared|bored|annoyed|confused|depressed|disturbed|"
    r"creeped) (?:me|us)|(?:that |which )?i (?:really |absolutely )?(?:disliked|loathed|detested)|"
    r"overrated|lame|meh\b|sucked|sucks|rubbish|garbage|trash|too (?!many)\w+|disappointing|dull|stupid|"
    r"not (?:great|good|my (?:thing|cup)|that good|very good|so good|fun|funny)|wasn't (?:great|good|my|"
    r"that|very|for)|(?:didn't|did not|don't) (?:like|enjoy|love|do it|work)|hated (?:it|that|them)|hate "
    r"(?:it|that|them)|bored me|(?:almost |nearly |literally )?put (?:me|us) to sleep|(?:did|does) (?:absolutely )?nothing "
    r"for (?:me|us)|left (?:me|us) cold|weak|crap|i (?:hated|hate|can't stand|didn't like|didn't "
    r"enjoy))"
)
_POST_SEEN = re.compile(
    r"^(?: \(\d+\))?,? ?(?:but |and |because |- |though |which |as |since )?(?:i've |i have |we've |we "
    r"have |i |we |i'd )?(?:already |just |also |both |actually |all )*(?:seen|watched|saw|know|"
    r"rewatched)(?: (?:it|that|them|those|both|already|before|too|twice|many|\d|all|this|lots|loads|a |"
    r"last|years|recently|to death|so (?:many|often)|too (?:many|often)|countless|plenty|enough|but|and (?:loved|hated|liked|enjoyed|didn't))|(?=\s*(?:$|[.,!?;])))"
)
_POST_REJECT = re.compile(
    r"^(?: \(\d+\))?,? ?(?:is |are |just |really |- |does |do |looks |sounds )*(?:not (?:for (?:me|us)|"
    r"tonight|today|what i|interested|really what|appeal|quite)|isn't (?:for (?:me|us)|what|quite|really)|"
    r"doesn't (?:appeal|interest|sound|look|grab)|don't (?:appeal|interest|sound|look)|no thanks|no\b(?! "
    r"one| doubt)|nah|nope|out\b|pass\b|not interested|not that|hard pass)"
    r"|^\? ?(?:no(?:pe)?(?: thanks| thank you| way)?|nah|pass|hard pass|not (?:for me|interested|tonight))(?=$|[.,!])"
)
_POST_ACCEPT = re.compile(
    r"^(?: \(\d+\))?,? ?(?:it is\b(?! too| not| a)|then\b|please\b|(?:sounds?|looks?|seems?) (?:good|great|"
    r"perfect|lovely|interesting|awesome|fun|like a (?:plan|winner|good)|right|amazing|fantastic|excellent|"
    r"nice|wonderful|promising)|works(?: for me)?\b|will do\b|is (?:perfect for|exactly|just what|what i)|"
    r"for (?:me|tonight|the win)\b)"
)
_AFTER_A_NAME = (Stance.DISLIKE, Stance.SEEN, Stance.REJECT)
_ASKED_BACK = re.compile(r"^\? ")
"""A name put as a question and judged at once: "Blade Runner? overrated"."""
_UNSURE = re.compile(
    r"(?:not|n't|don't|do not)(?: (?:so|really|too|quite|that))* (?:sure|certain|know|remember|recall|familiar|decided)\b"
)
"""Neither for nor against: "not sure about it", "I don't know that one"."""
_VERDICT = re.compile(
    r"(?:,| and| but)(?: (?:i|we|it|really|just|absolutely|was|what|such|so|very|a|an))* (?:(?P<good>never gets old|wow\b|omg\b|loved|liked|enjoyed|(?:great|good|awesome|"
    r"brilliant|fantastic|amazing|excellent|wonderful)(?: (?:movie|film|one|stuff|fun))?(?= ?(?:$|,)))|"
    r"(?:hated|disliked|didn't (?:really )?(?:like|enjoy|think much)|wasn't (?:impressed|for me)|meh\b|nothing special|couldn't (?:finish|get (?:into|through))|fell asleep|"
    r"(?:boring|awful|terrible|bad|rubbish)(?: (?:movie|film|one))?(?= ?(?:$|,))))"
)
_SWAPPING = re.compile(r"\b(?:swap|replace|switch|exchange|trade)(?: out)? $")
_BY_WHOM = re.compile(rf"{ROLE_MARK} $")
"""What comes before an item that only tells who is meant: "by the guy who did Memento"."""
_GLADLY = re.compile(
    rf"^(?=.*[a-z])(?:(?:ooh+|oh|ah|perfect|yes|yeah|great|excellent|lovely|cool|nice)[,.! ]+)*{ITEM_MARK}+"
    r"(?:[,.! ]+(?:yes|yeah|perfect|please|great|lovely))*[.! ]*$"
)
"""A name with a yes: "perfect, Alien", "ooh Alien, yes"."""
_TAKES = re.compile(
    r"\b(?:i'll|i will|we'll|we will|let me|i'm going to|i am going to|we're going to|(?:i|we)(?:'ll| will)? (?:definitely |really |do )?"
    r"(?:have|need) to|i (?:definitely |really |probably )?should|i(?:'d| would) (?:really )?(?:love|like) to|will|going to) "
    r"(?:(?:definitely|probably|just|have to|go|try and|try to|be sure to|make sure to|give|have to go|surely|totally|also|need to) )*"
    r"(?:check(?: out)?|look (?:into|up|for|at)|watch(?:ing)?|see|try|take|rent|give|find|add|put|get|pick) $"
)
"""What comes before what is taken: "I'll check", "I have to see"."""
_IS_IT = re.compile(
    r"^(?: (?:one|movie|film))?(?:'s| is) (?:just |absolutely |actually )?(?:perfect(?=$|[.!,])|exactly)"
)
_BUT = re.compile(
    r"^,? (?:but|only|just) (?:(?:a bit|a little|slightly|much|way|with|in|set in|for|more|less|not|no|without|made|from|starring|directed|about|where|as an?)\b|[a-z]+er\b|"
    r"[\ue001\ue002])"
)
_LISTED = re.compile(
    rf"(?:\s|,|&|/|{ITEM_MARK}|\b(?:and|or|nor|also|both|the|plus|as well as|too|maybe|films?|movies?|especially)\b)*"
)
_JUDGED = re.compile(
    r"^,? ?(?:was|were|is|are) (?:just |kinda |pretty |only )?(?:ok|okay|fine|alright|all right|so-so|decent|"
    r"average|mediocre|passable)\b"
)
_ALIKE = re.compile(
    r"\b(?:something|anything|one|ones|films?|movies?|more) similar\b(?! (?:to|as))|\bin (?:that|the same|a similar) vein\b|"
    r"\b(?:along|on) (?:those|the same|similar) lines\b|\b(?:of|in) that (?:sort|kind|type|ilk|style)\b(?! of)|"
    r"\b(?:more|something|anything|others?) of (?:that|the same) (?:sort|kind|type)\b|\b(?:that|the same|similar) (?:sort|kind|type) of "
    r"(?:thing|film|movie|vibe|feel|stuff)\b|\b(?:the same|that same|a similar|that) (?:vibe|feel|feeling|energy)\b"
)
"""Asks for more of what was just named."""
_FOR_MORE = re.compile(
    r"\b(?:something|anything|films?|movies?|ones?|recommend\w*|suggest\w*|watch|see|try|after|more|else|how about|what about)\b|"
    r"\b(?:do|have) you (?:have|got|know|any)\b"
)
"""What a question about a title asks for where it asks for other items."""
_ASKED_FOR_ITEMS = re.compile(
    r"\b(?:liked|loved|enjoy(?:ed)?|favou?rite|watched|seen|which (?:film|movie)s?|what (?:film|movie)s?|a "
    r"(?:film|movie) you|like)\b",
    re.I,
)


class StanceReader:
    """Turns the items of a reading into stances."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading

    def read(self) -> None:
        all_but(self.r)
        previous: tuple[ItemSpan, Stance] | None = None
        for span in self.r.items:
            if self.r.is_spent(span.start, span.end) or not span.item_ids:
                previous = None
                continue
            stance = self._stance(span, previous)
            if stance is None:
                previous = None
                continue
            self._note(span, stance)
            previous = (span, stance)
        bare_reactions(self.r)
        self._similar_to_it()

    def _stance(self, span: ItemSpan, previous: tuple[ItemSpan, Stance] | None) -> Stance | None:
        said_after = self._after(span)
        if said_after is not None:
            return said_after
        if _BY_WHOM.search(self.r.masked[: span.start]):
            return None
        state = self.r.cues.at(span.start)
        if _UNSURE.match(self.r.masked[state.since : span.start]):
            return None
        if state.kind is Kind.DISLIKE and self.r.low[span.start : span.end].startswith("any of"):
            return Stance.REJECT
        if state.kind is Kind.SEEN and (judged := self._verdict(span)) is not None:
            return judged
        if re.match(r"(?:none|neither)\b", self.r.low[span.start :]):
            return Stance.SEEN if state.kind is Kind.SEEN else Stance.REJECT
        if not span.is_pronoun and _JUDGED.match(self.r.masked[span.end :]):
            return (
                None
                if state.kind in (Kind.PLAIN, Kind.WANT, Kind.HEDGE) or "," in self.r.masked[state.since : span.start]
                else self._from(state, span)
            )
        if (
            state.kind is Kind.PLAIN
            and previous is not None
            and _LISTED.fullmatch(self.r.masked[previous[0].end : span.start])
        ):
            return previous[1]
        if len(span.item_ids) == 1 and state.kind in (Kind.PLAIN, Kind.WANT) and _BUT.match(self.r.masked[span.end :]):
            return Stance.LIKE  # "the second one but happier"
        listed = self._later_in_list(span) if state.kind in (Kind.PLAIN, Kind.WANT, Kind.HEDGE) else None
        if listed is not None:
            return listed
        return self._from(state, span)

    def _from(self, state: State, span: ItemSpan) -> Stance | None:
        between = self.r.masked[state.since : span.start]
        if span.is_pronoun and re.search("[\ue001-\ue003]", between):
            return None  # "I don't want romance in it"
        if (
            state.kind in (Kind.NO, Kind.EXCEPT)
            and span.is_pronoun
            and not re.search(
                r"\bnot (?:that|this)|no(?:t|ne)? (?:of )?(?:these|those|them)|skip|but|except|other than",
                self.r.masked[state.since : span.start] + self.r.low[span.start : span.end],
            )
        ):
            return Stance.REJECT if state.cue.startswith(("don't want", "skip", "no")) else None
        if state.kind is Kind.SIMILAR and span.is_pronoun and self._one_of_many(span):
            return None  # "more like that" after five shown and none talked about: more of the same
        if (
            state.kind is Kind.MILD_DISLIKE
            and state.cue.endswith("feeling")
            and span.is_pronoun
            and self._one_of_many(span)
        ):
            return None  # "not feeling it" after five shown
        if state.kind is Kind.NO and "like" in state.cue:
            return Stance.DISLIKE
        if state.kind in (Kind.MUST, Kind.MORE, Kind.LESS) and span.is_pronoun:
            return None
        if state.kind in (Kind.PLAIN, Kind.WANT, Kind.HEDGE):
            return self._plain(span, state)
        if state.kind is Kind.LESS:
            return Stance.DISLIKE if "less like" in self.r.masked[state.since : span.start] else None
        if state.kind is Kind.MUST and not span.is_title:
            return None
        return state.stance

    def _one_of_many(self, span: ItemSpan) -> bool:
        """Is the item only taken for "that" because it was shown first?"""
        context = self.r.context
        liked = context.ledger.items(Stance.LIKE, Stance.ACCEPT)
        first = len(context.slate) > 1 and span.item_ids == context.slate[:1]
        return first and context.focus is None and not {*span.item_ids} & {*liked}

    def _plain(self, span: ItemSpan, state: State) -> Stance | None:
        """Nothing said but the name: an answer, or a wish for such things, if it is a title."""
        if span.is_pronoun or re.match(r"\? \S", self.r.masked[span.end :]):
            return None
        if {*span.item_ids} <= {*self.r.context.slate} and _GLADLY.match(self.r.masked):
            return Stance.ACCEPT
        alone = not re.search(
            r"[a-z]",
            re.sub(
                r"\b(?:and|or|the|a|um|uh|hmm|maybe|probably|i guess|yes|yeah|well|ok|oh|also|definitely|pick|take|choose|"
                r"for example|like|mostly|both|how about|please|film|movie|one)\b",
                "",
                re.sub(ITEM_MARK, "", self.r.masked),
            ),
        )
        if not span.is_title:
            return Stance.ACCEPT if alone and not self.r.context.elicitation else None
        last = self.r.context.last_of_ours
        if social.asks_what_is_disliked(last):
            return Stance.DISLIKE
        if alone or state.kind is Kind.WANT or _ASKED_FOR_ITEMS.search(last):
            return Stance.LIKE
        behind = re.search(r"\b(?:from|in|of|called|about|than) (?:the )?$", self.r.masked[: span.start])
        return None if behind or self._only_asked(span) else Stance.LIKE

    def _only_asked(self, span: ItemSpan) -> bool:
        """ "how much did Alien cost?": to ask about a title is not to like it; "what to see after Alien?" does."""
        before = self.r.masked[: span.start]
        start = max((m.end() for m in re.finditer(r"[.!?;]+ ", before)), default=0)
        end = self.r.masked.find("?", span.end)
        sentence = self.r.masked[start : end + 1]
        return end >= 0 and "." not in sentence and asks(sentence) and not _FOR_MORE.search(sentence)

    def _after(self, span: ItemSpan) -> Stance | None:
        tail = self.r.masked[span.end : span.end + 70]
        if _TAKES.search(self.r.masked[: span.start]) and (span.is_pronoun or not _POST_SEEN.match(tail)):
            return Stance.ACCEPT
        if _SWAPPING.search(self.r.masked[: span.start]) and re.match(r" (?:for|with|by)\b", tail):
            return Stance.REJECT
        if span.is_pronoun and _IS_IT.match(tail):
            return Stance.ACCEPT
        state = self.r.cues.at(span.start)
        if state.kind is Kind.SIMILAR and not _POST_SEEN.match(tail):
            return None
        if state.kind in (Kind.NO, Kind.MUST) and _POST_ACCEPT.match(tail):
            return None
        for pattern, stance in (
            (_POST_DISLIKE, Stance.DISLIKE), (_POST_LIKE, Stance.LIKE), (_POST_REJECT, Stance.REJECT),
            (_POST_PRAISED, Stance.LIKE), (_POST_SEEN, Stance.SEEN), (_POST_ACCEPT, Stance.ACCEPT),
        ):  # fmt: skip
            if pattern.match(tail) or (stance in _AFTER_A_NAME and pattern.match(_ASKED_BACK.sub("", tail))):
                if stance is Stance.DISLIKE and not span.is_title and re.match(r"[a-z' ]*\btoo \w+", tail):
                    return None  # "it's too long" is a critique
                if stance is Stance.SEEN and self._then(tail) is not None:
                    return self._then(tail)
                return None if stance is Stance.LIKE and state.kind in (Kind.NO, Kind.UNSEEN) else stance
        return None

    def _then(self, tail: str) -> Stance | None:
        """ "seen it and hated it"."""
        if re.search(
            r"\b(?:hated|didn't (?:like|enjoy|think much)|boring|awful|terrible|wasn't|not for me|meh|nothing special)",
            tail,
        ):
            return Stance.DISLIKE
        return Stance.LIKE if re.search(r"\b(?:loved|liked|enjoyed|great|good|awesome)\b", tail) else None

    def _verdict(self, span: ItemSpan) -> Stance | None:
        """ "saw it last year, great movie", "watched it and couldn't finish it"."""
        said = re.match(r"[^.?!;\ue000]*", self.r.masked_names[span.end :])
        match = _VERDICT.search(said.group()) if said else None
        return None if match is None else Stance.LIKE if match.group("good") else Stance.DISLIKE

    def _later_in_list(self, span: ItemSpan) -> Stance | None:
        """ "Alien and Aliens were great": what follows the last of a list holds for all."""
        at = span
        for other in self.r.items:
            if other.start > at.start and _LISTED.fullmatch(self.r.masked[at.end : other.start]):
                at = other
        return self._after(at) if at is not span else None

    def _note(self, span: ItemSpan, stance: Stance) -> None:
        rank = {Stance.SEEN: 1, Stance.REJECT: 0, Stance.ACCEPT: 1, Stance.LIKE: 2, Stance.DISLIKE: 2}
        for item_id in span.item_ids:
            known = [
                (n, e)
                for n, (_, e) in enumerate(self.r.edits)
                if e.wish and e.wish.facet == ITEM and e.wish.value == item_id
            ]
            if known:
                number, edit = known[-1]
                old = edit.wish.stance if edit.wish else None
                if old is not None and (stance is old or rank[stance] < rank[old]):
                    continue
                del self.r.edits[number]
            words = self.r.words(max(0, min(span.start, self.r.cues.at(span.start).since)), span.end)
            self.r.edit(span.start, EditAction.ADD, Wish(facet=ITEM, value=item_id, stance=stance, words=words[-120:]))

    def _similar_to_it(self) -> None:
        """ "I have seen it, something similar but funnier": similar to what is talked about."""
        if not _ALIKE.search(self.r.low):
            return
        seen = [e.wish.value for _, e in self.r.edits if e.wish is not None and e.wish.stance is Stance.SEEN]
        item_id = seen[-1] if seen else self.r.context.focus or ""
        if item_id in self.r.context.ledger.items(Stance.LIKE):
            return
        if item_id in self.r.catalog.positions and not any(
            e.wish and e.wish.stance is Stance.LIKE for _, e in self.r.edits
        ):
            self.r.edits = [(n, e) for n, e in self.r.edits if e.wish is None or e.wish.value != item_id]
            wish = Wish(facet=ITEM, value=item_id, stance=Stance.LIKE, words=self.r.text[:120])
            self.r.edit(0, EditAction.ADD, wish)
