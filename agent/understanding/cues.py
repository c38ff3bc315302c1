"""Cue words and their reach: what governs a value or a title that the user names.

A scan from left to right, in the manner of NegEx (Chapman et al., J. Biomed. Inform. 2001): a cue opens a
state, the state holds over lists ("no horror, gore or violence") and ends at a sentence, a "but", or where
another wish begins. Then cues that follow what they govern ("horror is not my thing", "Alien? seen it").
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from parley.agent.ledger import Hardness, Polarity, Scope, Stance
from parley.agent.understanding.text import ITEM_MARK, NUMBER_MARK, ROLE_MARK, VALUE_MARK


class Kind(StrEnum):
    PLAIN = "plain"  # nothing said: "a comedy"
    WANT = "want"  # "I want", "something", "with"
    TASTE = "taste"  # "I love comedies"
    SIMILAR = "similar"  # "like Alien"
    MORE = "more"  # "more romantic"
    LESS = "less"  # "less violent", "not too violent", "too violent"
    HEDGE = "hedge"  # "maybe"
    MUST = "must"  # "only", "must be"
    NO = "no"  # "no horror", "nothing with"
    EXCEPT = "except"  # "anything but"
    DISLIKE = "dislike"  # "I hate"
    MILD_DISLIKE = "mild_dislike"  # "not a big fan of"
    SEEN = "seen"
    UNSEEN = "unseen"  # "I have never seen"
    PASSED = "passed"  # "I was going to say": named and let go
    ACCEPT = "accept"  # "I'll watch"
    TOPIC = "topic"  # "what about", "tell me about": names without judging
    BREAK = "break"


class State(NamedTuple):
    """What the cues so far say of the next thing named."""

    kind: Kind = Kind.PLAIN
    hedged: bool = False
    must: bool = False
    scope: Scope = Scope.SESSION
    cue: str = ""
    since: int = 0
    """Where the governing cue began."""

    @property
    def polarity(self) -> Polarity:
        bad = (Kind.NO, Kind.EXCEPT, Kind.DISLIKE, Kind.MILD_DISLIKE, Kind.LESS)
        return Polarity.AVOID if self.kind in bad else Polarity.WANT

    def hardness(self, default: Hardness) -> Hardness:
        """How firmly it was said; `default` for a plain wish of this facet."""
        if self.must:
            return Hardness.HARD
        if self.hedged or self.kind in (Kind.HEDGE, Kind.TASTE, Kind.SIMILAR, Kind.MORE, Kind.LESS, Kind.MILD_DISLIKE):
            return Hardness.SOFT
        if self.kind in (Kind.MUST, Kind.NO, Kind.EXCEPT, Kind.DISLIKE):
            return Hardness.HARD
        return default

    @property
    def stance(self) -> Stance | None:
        """For an item; None: naming it says nothing."""
        return {
            Kind.NO: Stance.REJECT,
            Kind.EXCEPT: Stance.REJECT,
            Kind.DISLIKE: Stance.DISLIKE,
            Kind.MILD_DISLIKE: Stance.DISLIKE,
            Kind.LESS: Stance.DISLIKE,
            Kind.SEEN: Stance.SEEN,
            Kind.ACCEPT: Stance.ACCEPT,
            Kind.UNSEEN: None,
            Kind.PASSED: None,
            Kind.TOPIC: None,
        }.get(self.kind, Stance.LIKE)


_I = r"(?:i|we|he|she|they|kids?|wife|husband|mum|mom|dad|mother|father|brother|sister|roommate|son|daughter|partner|girlfriend|boyfriend|friends?|who|everyone)"
_ADV = (
    r"(?:really|also|do|always|absolutely|just|particularly|especially|usually|generally|mostly|quite|already|"
    r"totally|both|all|only|recently|personally|definitely|much|truly|have|still|honestly|kinda|sorta|"
    r"genuinely)"
)
_DO_NOT = r"(?:don't|do not|didn't|did not|doesn't|does not|never|won't|not|can't say i)"
_LIKE = r"(?:like[ds]?|love[ds]?|enjoy(?:ed|s)?|care for|cared for|fancy|dig|want|need|feel like|wanna|adore[ds]?)"

IS_A_BIT = r"(?:'s|'re| (?:is|are|looks?|seems?|sounds?|feels?))(?: all| both)? (?:a bit|a little|a tad|a touch|rather|awfully|somewhat|slightly|bit)"
"""How fault is found with what is shown: "these are all a bit bleak"; what was seen "was a bit bleak"."""
_SHOWN = rf"(?:(?<={ITEM_MARK})|(?<=\bit)|(?<=\bthey)|(?<=\bones))"
_CUES: tuple[tuple[Kind, str], ...] = (
    (
        Kind.BREAK,
        r"^(?:(?:no|nope|nah|not really|not quite|yes|yeah|yep|ok|okay|sure|well|hmm+|oh|thanks|no thanks)\b ?)+"
        r"(?:,|- |(?=i (?:meant|mean|said|wanted|want|asked)\b))|\bis(?:n't| not) there\b|"
        r"\b(?:no|without|hates?|can't stand|don't (?:want|like|do))(?: any)? subtitles\b",
    ),
    (
        Kind.TOPIC,
        r"\b(?:tell me (?:more )?about|more about|what about|how about|thoughts on|opinion (?:on|of|about)|"
        r"heard of|know about|information (?:on|about)|info (?:on|about)|details (?:on|about)|think (?:of|"
        r"about))\b",
    ),
    (
        Kind.EXCEPT,
        r"\b(?:anything|everything|any(?:one| film| movie)?|whatever) (?:but|except|other than|besides|apart "
        r"from|aside from)\b|\boutside(?: of)?(?= \ue001)|"
        r"\b(?:any|every|all)(?: \ue001+)+(?: films?| movies?| ones?)? (?:but|bar)(?= \ue000)|\b(?:except(?: for)?|other than|apart from|aside from|besides|excluding|instead "
        r"of|rather than|as opposed to)\b",
    ),
    (
        Kind.MUST,
        r"\bnothing but\b|\bmust (?:be|have|contain|include|star|feature)\b|\bmust\b|\b(?:it |that )?(?:has|"
        r"have|had|got|needs?) to (?:be|have|star|feature|include)\b|\b(?:exclusively|strictly|absolutely|only|"
        r"make sure|insist on|nothing except)\b",
    ),
    (
        Kind.MILD_DISLIKE,
        rf"\b(?:{_DO_NOT}|isn't|not) (?:really|particularly|especially|exactly|much|necessarily|super|that|too|"
        rf"quite) (?:much )?(?:{_LIKE}|into|a fan of|fond of|keen on|crazy about|in the mood for|feeling|"
        r"interested in)\b|\bnot (?:a|the) (?:big|huge|biggest|great|massive) fan of\b|\bnot (?:crazy about|"
        r"wild about|so keen on|so into|overly keen on|much of an?|feeling)\b|\bn't (?:a|the) (?:big|huge|"
        r"biggest|great) fan of\b",
    ),
    (
        Kind.LESS,
        r"\b(?:not|nothing|isn't|aren't|wasn't|don't want (?:it|anything|something)|without being|without|"
        r"never|n't|no) (?:be |get |been )?(?:too|overly|so|that|very|super|all that|extremely|particularly|"
        r"especially|terribly|quite so|quite as|as|really|a lot of|lots of|loads of|tons of|a ton of)(?: "
        r"(?:much|many))?\b|\b(?:less|fewer|tone down(?: the)?|toned[- ]down|cut down on|easy on the|light "
        r"on(?: the)?|low on|minimal|hardly any|not much|without much|a bit less|not as|go easy on)\b|\bn't "
        r"(?:too|overly|so|that|as)\b",
    ),
    (
        Kind.LESS,
        rf"{_SHOWN}{IS_A_BIT}(?= (?:\w+ly )?[\ue001])",
    ),
    (
        Kind.LESS,
        r"(?<!not )(?<!nothing )(?<!n't )\b(?:too|way too|a bit too|a little too|overly)(?: (?:much|many))?(?= "
        r"(?:\w+ly )?[\ue001])",
    ),
    (
        Kind.SIMILAR,
        r"\b(?:just|not unlike|something|anything|films?|movies?|stuff|ones?|more|is|sounds|feels?|much|a lot|"
        r"kinda|vibes?|books?|games?|items?|things|shows|exactly|are|lot) like\b|\b(?:similar to|along the "
        r"lines of|reminiscent of|reminds? me of|comparable to|akin to|close to|in the (?:vein|style|spirit|"
        r"mould|mold|tradition|manner) of|in the same vein as|same (?:vibe|feel|mood|style|kind|type|spirit|"
        r"energy|world|universe) (?:as|of)|vibes? of|a la|à la|because i (?:liked|loved|enjoyed)|since i "
        r"(?:liked|loved|enjoyed)|based on|as good as|as (?:funny|scary|clever|smart) as)\b|(?:^|[,(] ?)like\b",
    ),
    (Kind.NO, r"\b(?:nothing|not|n't|isn't|unlike)(?: at all| anything| \w+thing)? like\b|\bunlike\b"),
    (
        Kind.UNSEEN,
        r"\b(?:(?:haven't|hasn't|have not|never|not|don't think (?:i've|i have))(?: \w+)? (?:actually "
        r")?(?:seen|watched|heard of|read|played|tried|got round to)|(?:didn't|did not|yet to|never got to) "
        r"(?:\w+ )?(?:watch|see|hear of|try|read|play))\b",
    ),
    (
        Kind.PASSED,
        r"\bunless\b|\b(?:can|may) be (?:as|however)\b|"
        r"\b(?:palate cleanser|antidote|break|change|recover(?:ing)?|relief|comedown)(?: \w+)? (?:after|to|from)\b|"
        r"\b(?:was|were) (?:just )?(?:going to|gonna|about to|tempted to) (?:say|ask for|suggest|pick|go for|choose)\b|"
        r"\b(?:nearly|almost) (?:said|picked|chose|went for|asked for)\b|\b(?:i|we)(?:'d| would) (?:usually|normally) (?:say|ask for|"
        r"pick|go for|choose|want|watch)\b",
    ),
    (
        Kind.HEDGE,
        r"\b(?:don't|do not|doesn't|didn't|not) (?:actually |really |exactly |even )?(?:dislike|hate|mind|object to|disliked?)\b|"
        r"\b(?:not|n't) (?:at all |entirely |totally |necessarily )?(?:against|opposed to|averse to|put off by)\b|"
        r"\b(?:nothing against|no (?:objections?|problem|issues?) (?:to|with))\b",
    ),
    (
        Kind.DISLIKE,
        r"\b(?:hate[ds]?|can't (?:really )?(?:stand|bear|take|handle|do|deal with|cope with|get into)|"
        r"couldn't (?:even )?(?:finish|get (?:through|into)|sit through|stand|bear)|(?:fell|falling) asleep (?:during|in|watching)|"
        r"(?:can't|won't|couldn't|refuse[sd]? to|not going to) (?:sit (?:through|still for)|watch|touch|face)|"
        r"(?:haven't|hasn't|don't have|no|not got|lack|without)(?: got)?(?: the| any)? (?:patience|time|energy|stomach|nerves?|appetite) for|"
        r"(?:get|got|have|had|gives? me|gave me) nightmares (?:from|after|about)|"
        r"never (?:really |actually )?(?:been )?(?:into|(?:a|much of a) (?:big |huge |great )?fan of|keen on|fond of)|"
        r"loathe[ds]?|despise[ds]?|detest(?:ed|"
        r"s)?|dislike[ds]?|sick of|tired of|bored of|(?:scared|afraid|terrified|frightened) of|fed up with|enough of|had enough|allergic to|bored by|"
        rf"disappointed by|hating|done with|through with|had it with|gone off|burn(?:ed|t) out on)\b|\b{_DO_NOT} (?:even )?(?:like[ds]?|love[ds]?|enjoy(?:ed|s)?|care for|"
        r"cared for|adore[ds]?|dig|do)\b|\b(?:not|n't) (?:into|a fan of|keen on|fond of|interested in|my "
        r"(?:thing|cup of tea|kind))\b",
    ),
    (
        Kind.NO,
        rf"(?<!n't )(?<!never )(?<!not )\bforget(?: about)?\b|\b(?:{_DO_NOT}) (?:want|need|feel like|fancy|wanna|watch|show|give|recommend|suggest|do|mention|"
        r"include|have|in the mood for|feel|rely on|involve|feature|contain|depend on|revolve around|focus on|deal with|star|"
        r"resort to|descend into|hinge on|come with|end with|end in|turn into|use)(?: me)?\b|\bnot in the mood for\b",
    ),
    (
        Kind.NO,
        r"\b(?:ca|must|should|wo|would|could|ought)n't (?:be|have|get|include|involve|contain|feature|star)\b|"
        r"\b(?:had |'d )?better not (?:be|have)\b|\bspare (?:me|us)\b|\bno more\b|\b(?:no|not|without|non|avoid(?:ing)?|skip|minus|zero|none of|nor|never(?: any)?|leave "
        r"out|exclude|rule out|drop|ditch|isn't|aren't|wasn't|don't|free of|nothing|neither|hold the|bin|scrap|chuck(?: out)?|axe|nix|get rid of|throw out|anti|keep "
        r"(?:it |him |her )?away from|stay away from|steer clear of|far from|cut)\b",
    ),
    (
        Kind.ACCEPT,
        r"\b(?:i'll|we'll|i will|we will|i'm going to|we're going to|going to|let's|let us|i think i'll|i am "
        r"going to|gonna|i'd go (?:with|for)|i shall) (?:just |probably |definitely |totally |have to |def "
        r")?(?:watch|take|go with|go for|check out|try|pick|choose|see|give|rent|stream|add|put on|start with|"
        r"do|read|play|get)\b|\bi(?:'d| would)(?: probably| definitely)? go (?:with|for)(?= (?:the )?\ue000)|\b(?:settle on|sold on|decided on|going with|i pick|i choose)\b",
    ),
    (
        Kind.SEEN,
        rf"\b(?:(?:{_I}|i've|we've|have|had|just|already|'ve|'s|also|having)(?: (?:just|already|also|both|all|"
        r"recently|actually|definitely|even|only))*) (?:seen|watched|saw|rewatched|re-watched|read|played|"
        r"tried|caught|sat through|finished)\b|^(?:already )?(?:seen|watched|saw)\b|\balready (?:seen|watched|"
        r"know|saw|did)\b|\b(?:seen|watched|rewatched)\b|\b(?:back from|after|finished|ended up) (?:re-?)?"
        r"(?:seeing|watching)\b|\b(?:made|forced) (?:me|us|him|her|them)(?: to)? (?:re-?)?(?:watch|see|sit through)\b|"
        r"\b(?:dragged|took) (?:me|us|him|her|them)(?: along)? to(?: see| watch)?\b|\bwent to (?:see|watch)\b",
    ),
    (
        Kind.HEDGE,
        r"\b(?:in an? (?:perfect|ideal) world|if i had my way|(?:maybe|perhaps)(?! you\b)|(?<!you )possibly|preferably|ideally|if possible|prefer|preference for|rather|leaning "
        r"towards?|leaning|might|could be|could do|hopefully|open to|bonus(?: points)?(?: for| if)?|wouldn't "
        r"mind|i guess|nice to have|extra points for|partial to|a hint of|a touch of|a bit of|a "
        r"little|a bit|slightly|some|(?<!that )(?<!this )(?<!same )(?<!what )(?<!any )(?<!the )(?:kind|sort) of|kinda|sorta|ish)\b",
    ),
    (
        Kind.WANT,
        r"\b(?:would (?:really |also |quite )?(?:like|love|enjoy)|'d (?:really |also |quite |much )?(?:like|"
        r"love|enjoy)|feel like|feeling like|like to (?:see|watch|find)|fancy(?:ing)?|could (?:go for|do with|murder)|"
        r"(?:would|'d) kill for|up for|hoping for|dying for|hankering (?:after|for))\b",
    ),
    (
        Kind.TASTE,
        rf"\b(?:{_I}|i've|and|to|{_ADV}|you|also|would|they|but) (?:{_ADV} )*(?:like[ds]?|liking)\b(?! to)|"
        r"\b(?:love[ds]?|loving|enjoy(?:ed|s|ing)?|adore[ds]?|liked|(?:big |huge |massive |great )?fans? of|"
        rf"favou?rites?(?: \w+){{0,2}} (?:is|are|was|were|include|includes|would be)|favou?rites?|obsessed "
        r"with|crazy about|into|fond of|keen on|dig|dug|appreciate[ds]?|can't get enough of|grew up on|sucker "
        r"for|soft spot for|partial to|usually (?:watch|go for)|impressed by|blown away by)\b",
    ),
    (
        Kind.MORE,
        r"\b(?:more|extra|a lot of|lots of|plenty of|loads of|even more|with more|heavy on)\b(?! (?:than|"
        r"recent|like|films?|movies?|stuff|ones|of (?:his|her|their|the))\b)",
    ),
    (
        Kind.WANT,
        r"(?<!or )(?<!nor )\b(?:something|anything)\b|\b(?:want|need|looking for|look for|in the mood for|give "
        r"me|show me|recommend|suggest|find(?: me)?|craving|make it|let's (?:do|have|try|see)|got any|are "
        r"there|is there|do you (?:have|know)|instead|switch to|go for|try|searching for|in search of|after|"
        r"please|hit me with|i'm thinking|thinking of|wish for|just)\b",
    ),
    (
        Kind.BREAK,
        r"[.!?;]+(?= |$)|\b(?:but|however|although|though|yet|while|whereas|because|since|so that)\b| - ",
    ),
)
_SCANNER = re.compile("|".join(f"(?P<c{n}>{pattern})" for n, (_, pattern) in enumerate(_CUES)))
_NAMED = f"[{ITEM_MARK}{VALUE_MARK}{NUMBER_MARK}{ROLE_MARK}]"
_CONNECTORS = re.compile(
    r"(?:[\s,/&()\"'-]|\b(?:and|or|nor|n|any|the|a|an|too|either|both|films?|movies?|flicks?|ones?|stuff|"
    r"of|with|by|from|in|really|very|also|plus"
    r"|even|especially|maybe|anything|starring|directed|s|kind|type|types|scenes?|content|language|about|"
    r"those|these|that|much|so|overly|all"
    r"|books?|games?|novels?|shows?|things?|also|like|as well as|as|well|bad|graphic|excessive|gratuitous)\b)*"
)
_OF_THOSE = re.compile(r" (?:these|those|them|that)(?: really| i think| thanks| please)?[,:] ")
"""After "none of": what comes next is asked for instead."""
_IN_PLACE = re.compile(r",? (?:but )?(?:an?|some|something|maybe an?|just an?) ")
_FILLERS = ("anything", "something", "just", "please", "after")
"""Words of wanting that leave the cue before them in force: "no, nothing, anything with"."""
_PORTIONS = ("some", "a bit of")
"""After a word of wanting these count and do not hedge: "show me some comedies"."""
_STANDING = re.compile(
    r"\b(?:i|we) (?:never|always|hardly ever|rarely) (?:watch|see|like|enjoy|want|go for|do|read|play|"
    r"touch)\b|\b(?:in general|as a rule|for future reference|from now on|"
    r"ever again|always (?:avoid|skip|hated?|loved?)|(?:generally|as a rule|on the whole),? (?:i |we )?(?:avoid|skip|hate|love|like|dislike)|never "
    r"ever|i've never liked|all my life|remember that|never show me|never recommend|don't ever|never "
    r"suggest)\b"
)
_TURN = re.compile(
    r"\b(?:just|only|but|at least) (?:for )?(?:tonight|today|this once|this time|now|this evening|right "
    r"now)\b|\bfor once\b|\b(?:just )?this once\b|\bjust once\b|\bthis time only\b|\btonight only\b|\bfor this one "
    r"time\b"
)


def scopes_of(text: str, after: str = "") -> Scope:
    """How long what is said in the text is meant to hold; `after`: the text behind it ("I don't do musicals. Ever.")."""
    if after.startswith("ever"):
        return Scope.STANDING
    if _TURN.search(text):
        return Scope.TURN
    return Scope.STANDING if _STANDING.search(text) else Scope.SESSION


class CueReader:
    """The states that govern each place of one masked utterance."""

    def __init__(self, masked: str) -> None:
        self.masked = masked
        self._events = [(m.start(), m.end(), _kind(m), m.group()) for m in _SCANNER.finditer(masked)]
        self._named = [m.span() for m in re.finditer(f"{_NAMED}+", masked)]

    def at(self, position: int) -> State:
        """The state that governs what is named at `position`."""
        state, last_end, closed = State(), 0, 0
        for start, end, kind, cue in self._events:
            if end > position:
                break
            if kind is Kind.BREAK:
                state, closed = State(since=end), end
            elif not self._covered(start):
                state = self._next(state, kind, cue, start, self._reach_broken(last_end, start))
            last_end = end
        if self._reach_broken(state.since + len(state.cue), position) and state.cue:
            hedged = state.hedged and self.masked.find(",", state.since, position) < 0
            state = State(hedged=hedged, since=closed)
        start, end = self.sentence(position)
        return state._replace(scope=scopes_of(self.masked[start:end], self.masked[end:].lstrip(" .!,")))

    def sentence(self, position: int) -> tuple[int, int]:
        """(start, end) of the sentence around a position."""
        start = max((m.end() for m in re.finditer(r"[.!?;] ", self.masked[:position])), default=0)
        stop = re.search(r"[.!?;](?: |$)", self.masked[position:])
        return start, position + stop.start() if stop else len(self.masked)

    def clause_after(self, end: int) -> str:
        """What follows, to the end of the clause: up to a stop, a "but", or the next thing named."""
        stop = re.search(rf"[.!?;]|\b(?:but|however|although)\b|{_NAMED}", self.masked[end:])
        return self.masked[end : end + stop.start() if stop else len(self.masked)]

    def clause_before(self, start: int) -> str:
        begins = [m.end() for m in re.finditer(r"[.!?;,] ?|\b(?:but|however|although)\b", self.masked[:start])]
        return self.masked[begins[-1] if begins else 0 : start]

    def _covered(self, position: int) -> bool:
        return any(start <= position < end for start, end in self._named)

    def _next(self, state: State, kind: Kind, cue: str, start: int, broken: bool) -> State:
        """Combine a new cue with the state it meets: "preferably no" is a soft no, "I love ... only" a firm love."""
        near = not broken and start - (state.since + len(state.cue)) <= 4
        if kind is Kind.HEDGE and near and state.kind in (Kind.NO, Kind.DISLIKE):
            return state._replace(hedged=True)
        lasts = kind is Kind.WANT and state.kind is not Kind.PLAIN and cue in _FILLERS
        if near and (lasts or (kind is Kind.HEDGE and state.kind is Kind.WANT and cue in _PORTIONS)):
            return state._replace(cue=self.masked[state.since : start + len(cue)])
        if kind is Kind.MUST and near and state.kind is Kind.NO and cue not in ("strictly", "absolutely"):
            return State(Kind.PLAIN, hedged=True, cue=cue, since=start)  # "doesn't have to be"
        if kind is Kind.MUST and near and state.kind in (Kind.SIMILAR, Kind.TASTE, Kind.HEDGE):
            return State(state.kind, cue=cue, since=start)
        hedged = state.kind is Kind.HEDGE and near
        must = state.kind is Kind.MUST and near
        return State(kind, hedged=hedged, must=must, cue=cue, since=start)

    def _reach_broken(self, start: int, end: int) -> bool:
        """A comma or "and", with more than a list between, ends what a cue governs."""
        between = self.masked[start:end]
        parts = re.split(rf"{_NAMED}+", between)
        for number, part in enumerate(parts):
            if number == 0 and _OF_THOSE.match(part):
                return True
            if number == 0 and "," not in part and not re.search(r"\band\b", part):
                continue
            if number and self._turns_to(start, end, parts[0], part):
                return True
            joint = re.search(r",|\band\b|\bplus\b", part) if number == 0 else re.search(r"\S", part)
            if joint and not _CONNECTORS.fullmatch(part[joint.start() :].strip()):
                return True
        return False

    def _turns_to(self, start: int, end: int, first: str, joint: str) -> bool:
        """ "not a comedy, a drama", "none of those, a western": what follows is wanted in place of what was refused."""
        if not _IN_PLACE.fullmatch(joint) or re.match(rf"{_NAMED}+,? (?:or|nor)\b", self.masked[end:]):
            return False
        of_items = self.masked[start + len(first) : start + len(first) + 1] == ITEM_MARK
        return of_items or (self.masked[:start].endswith(("not", "n't")) and first.strip() in ("a", "an"))


def _kind(match: re.Match[str]) -> Kind:
    return _CUES[int(str(match.lastgroup)[1:])][0]
