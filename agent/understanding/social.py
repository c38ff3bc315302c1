"""What an utterance is when it is not about items: chit-chat, other subjects, abuse, attempts at the prompt."""

from __future__ import annotations

import re
from typing import Literal

Topic = Literal["domain", "chit_chat", "off_topic", "abuse"]

_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:all |any |your |the |my |every |of |previous |prior "
    r"|above |earlier |these |those )*(?:instructions?|rules?|prompts?|guidelines|training|programming|"
    r"directions)\b|"
    r"\b(?:system|developer|hidden|initial) (?:prompt|message|instructions?)\b|\byou are (?:now|no "
    r"longer)\b|\bpretend (?:to be|you are|you're|that you)\b|\bact as (?:a|an|if|my|root|dan)\b|"
    r"\brole-?play as\b|\bjailbreak|\bdeveloper mode\b|"
    r"\b(?:reveal|print|show|repeat|output|tell me|leak|dump) (?:me )?(?:your|the|all) (?:\w+ )?(?:prompt|"
    r"instructions|secrets?|api keys?|passwords?|config(?:uration)?|memory file|other users?)\b|"
    r"<\|?(?:im_start|im_end|system|endoftext)|\[/?inst\]|"
    r"^(?:system|assistant|developer) ?:|```|\bdrop table\b|\bselect \* from\b|<script\b|\{\{.*\}\}|"
    r"\$\{.*\}|\bother users?(?:'s?)? (?:data|wishes|messages|history|memories)\b|\bexec(?:ute)?\(|\brm "
    r"-rf\b",
    re.I,
)
_OFF_TOPIC = re.compile(
    r"\b(?:weather|forecast|stock price|stocks?|bitcoin|crypto|recipes?|cook(?:ing)? (?:a|me|dinner|pasta)|"
    r"translate|homework|python|javascript|java|c\+\+|sql|html|source code|code (?:for|to|that|in)|"
    r"function (?:that|to|in)|algorithm|regex|"
    r"solve|equation|calculate|multiply|integral|derivative|square root|capital (?:city )?of|president of|"
    r"prime minister|population of|election|politics|vote for|taxes|tax return|mortgage|diagnos\w+|"
    r"symptoms?|headache|medicine|doctor's appointment|lawyer|legal advice|"
    r"flights? to|hotels? in|book (?:me )?(?:a|an) (?:flight|hotel|table|taxi|room|appointment)|"
    r"restaurants?|pizza|directions to|what time is it|time in|write (?:me )?(?:a|an|some|my) (?:poem|"
    r"essay|email|e-mail|letter|script|code|program|function|song|story|cv|resume|cover letter|haiku)|"
    r"who won the|football score|score of the|news today|latest news|set an? (?:alarm|timer|reminder)|"
    r"remind me to|turn (?:on|off) the|play some music|meaning of life|quantum|what is (?:the )?(?:speed|"
    r"distance|mass|largest|tallest|\d+ ?[-+*/x])|\d+ ?[-+*/x] ?\d+ ?=?|"
    r"how do i (?:fix|install|cook|make|get to|lose|invest|change|cancel)|debug|compile|wifi|wi-fi|printer|"
    r"joke about|diet|workout|exercise plan|horoscope|lottery)\b",
    re.I,
)
_ERRAND = re.compile(
    r"^(?:(?:please|hey|ok|okay|can you|could you|would you|will you|now|so|and|parley)[ ,]+)*(?:"
    r"who (?:won|is winning|will win) (?:the|this)\b|"
    r"what(?:'s| is| are|s)? \d+(?:\.\d+)? ?(?:times|plus|minus|divided|multiplied|over|x|\*|\+|-|/|to the)\b|"
    r"(?:delete|erase|remove|wipe|format|encrypt|download|upload|open|send) (?:all |me |every )*(?:of )?(?:your|my|the|this|"
    r"an?) (?:\w+ )?(?:files?|disk|drive|computer|database|system|emails?|e-mails?|passwords?|logs?|folders?|data)\b|"
    r"(?:give me|offer|i need|i want|any) (?:some |a bit of )?(?:medical|legal|financial|tax|relationship|dating|career|"
    r"investment|health|cooking) (?:advice|help|tips?)\b|"
    r"how (?:do|can|should|would) (?:i|you|we) (?:cook|bake|boil|fry|roast|fix|repair|install|clean|cancel|invest|lose weight)\b|"
    r"translate\b|sing(?: me)?(?: us)? (?:a|some|the|to)\b|"
    r"(?:do|solve|finish|write) my (?:homework|essay|taxes|exam)\b|what(?:'s| is) the (?:weather|time|date)\b|"
    r"what (?:day|time|date) is it\b)",
    re.I,
)
"""What is asked for outright and is no matter of ours, whatever title or language its words could also name."""
_OTHER_TRADE = re.compile(
    r"\b(?:recommend|suggest|find|know|need|want|book|order)(?: me| us)?(?: of)? (?:an?|some|any|the)(?: [\w-]+){0,2}? "
    r"(?:restaurants?|recipes?|hotels?|caf[eé]s?|pizza|pizzeria|doctors?|dentists?|lawyers?|plumbers?|flights?|taxi|diet|workouts?|"
    r"laptops?|phones?|cars?|wines?|holiday|hairdressers?|gyms?)(?=\W*$| (?:in|near|for|around|close|nearby|please|to)\b)",
    re.I,
)
"""Asked for as we are asked for films, but sold elsewhere: "recommend a restaurant"."""
_ABUSE = re.compile(
    r"\b(?:fuck (?:you|off|u)|fuck yourself|go to hell|piss off|screw you|shut up|shut the|stfu|kill "
    r"yourself|kys|you(?:'re| are| r)? (?:\w+ ){0,3}?(?:stupid|idiot|moron|dumb|useless|worthless|pathetic|"
    r"garbage|trash|crap|an? (?:bitch|asshole|bastard|piece of \w+))|"
    r"(?:stupid|dumb|useless|idiotic|fucking) (?:bot|machine|robot|computer|program|ai|thing|piece)|bitch|"
    r"asshole|dickhead|wanker|cunt|retard(?:ed)?|motherfucker|i hate you|suck my|you suck|suck it)\b",
    re.I,
)
_EXCLAIMED = re.compile(
    r"^\W*(?:(?:oh|ok|okay|ooh|ah|haha|yes|yeah|very|that's|so|how|pretty|really)\W+)*(?:sweet|cool|nice|lovely|brilliant|wicked|wild|neat|"
    r"classic|great|awesome|fun|sick|lit|magical|beautiful|perfect|excellent|amazing|good|fine)(?:\W+(?:thanks?|thank you|thx|cheers|one|stuff|"
    r"man|dude|then))*\W*$",
    re.I,
)
_GREETING = re.compile(
    r"^(?:hi+|hey+|hello+|hiya|yo|howdy|good (?:morning|evening|afternoon|day)|greetings|sup|what's up|hi "
    r"there|hey there|hello there)\b",
    re.I,
)
_THANKS = re.compile(r"\b(?:thanks?|thank you|thx|ty|cheers|much appreciated|appreciate (?:it|that|your)|ta)\b", re.I)
_BYE = re.compile(
    r"\b(?:bye+|goodbye|good ?night|see (?:you|ya)|farewell|cya|later!|have a (?:good|great|nice) (?:one|"
    r"day|night|evening|weekend)|take care|that's all|that is all|i'm done|we're done|that'll be all|enjoy "
    r"your)\b",
    re.I,
)
_CHAT = re.compile(
    r"\b(?:how are you|how's it going|how are things|how do you do|what's your name|who (?:are|made|built|"
    r"created) you|are you (?:a |an )?(?:robot|bot|human|real|ai|person|computer|there|ok)|what can you do|"
    r"help me$|how do you work|nice to meet|lol|haha+|hehe|lmao|"
    r"i'm (?:bored|fine|good|tired|sad|happy|ok|okay|great|well|lonely)|i am (?:bored|fine|good|tired|sad|"
    r"happy)|tell me a joke|you're (?:funny|great|nice|awesome|the best|cool|smart|helpful)|good (?:bot|"
    r"job|point)|wow|cool|nice one|well done|"
    r"do you (?:like|love|sleep|eat|dream|have feelings|ever)|how was your|my name is|i'm from|it's "
    r"raining|happy (?:birthday|new year|holidays))\b|^help$",
    re.I,
)
_ASKS_FOR = re.compile(
    r"\b(?:recommend|suggest|watch|something|anything|film|films|movie|movies|flick|suggestion|recommendation)s?\b",
    re.I,
)
_CONTINUE = re.compile(
    r"\b(?:what else|anything else|something else|any ?(?:one|thing)? (?:more|others?)|any more|show (?:me "
    r")?(?:some )?more|more (?:please|options|suggestions|recommendations|like (?:this|these|that|those)|"
    r"ideas|of (?:these|those|the same))|give me more|another(?: one)?|other (?:options|suggestions|ones|"
    r"recommendations|ideas|films|movies)|"
    r"next(?: page| ones?)?$|keep (?:going|them coming)|go on|got (?:any )?(?:more|others)|different ones?|"
    r"a few more|some more|(?:\d+|two|three|four|five|ten) more|more$|others\?|what other)\b|^more\b|"
    r"^next\b|^another\b|\bmore!?$",
    re.I,
)
_SURPRISE = re.compile(
    r"\bsurprise (?:me|us)\b|\bdealer'?s choice\b|(?<!did )(?<!why )(?<!would )(?<!do )\byou (?:choose|"
    r"decide|pick|tell me)\b(?! (?:about|more|what))|\bup to you\b|\b(?:anything|whatever) (?:goes|is fine|works|will do|is good|fits|there is|you have|you've got|you "
    r"(?:like|want|think))\b|\bwhatever you (?:like|think|recommend|want|reckon|fancy|suggest|prefer|feel like|say)\b|"
    r"\b(?:something|anything|pick|totally|completely)? ?(?:at )?random(?:ly)?\b|^(?:anything|whatever|i "
    r"don't (?:care|mind)|idk|i don't know|no (?:idea|preference)s?|not sure|any|don't (?:care|mind)|i'm "
    r"easy|not fussy|no clue|you tell me|hit me)[.!]*$|\bi'm feeling lucky\b|\bjust pick (?:one|something|"
    r"anything|any)\b|\bpick anything\b|\broll the dice\b|\bgo wild\b|\bwild ?card\b|\bdon't care what\b",
    re.I,
)
_NUMBER = {
    w: n for n, w in enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"])
} | {
    "a couple of": 2,
    "a couple": 2,
    "couple": 2,
    "a few": 3,
    "a dozen": 12,
    "a handful of": 5,
}
_COUNTS = "|".join(sorted(_NUMBER, key=len, reverse=True))


def topic_of(text: str, *, names_something: bool) -> Topic:
    """The subject of an utterance. Instructions to the machine are off topic whatever else they hold."""
    if _INJECTION.search(text):
        return "off_topic"
    if _ABUSE.search(text):
        return "abuse"
    if _OTHER_TRADE.search(text) or (_ERRAND.search(text) and not _ASKS_FOR.search(text)):
        return "off_topic"
    if names_something:
        return "domain"
    if _OFF_TOPIC.search(text) and not _ASKS_FOR.search(text):
        return "off_topic"
    if not any(c.isalnum() for c in text):
        return "chit_chat"
    if (
        _GREETING.search(text) or _THANKS.search(text) or _BYE.search(text) or _CHAT.search(text)
    ) and not _ASKS_FOR.search(text):
        return "chit_chat"
    return "domain"


def exclaims(text: str) -> bool:
    """ "Sweet!", "very cool, thanks": a word of praise and no mood asked for."""
    return bool(_EXCLAIMED.match(text))


_DISLIKED = re.compile(
    r"\b(?:dislike|hate|(?:don't|didn't|do not|did not|doesn't) (?:really |usually )?(?:like|enjoy|want|care for)|least favou?rite|"
    r"(?:stay away from|avoid|rather not))\b[^.?!]*\?"
)


def asks_what_is_disliked(text: str) -> bool:
    """Does our last message ask what the person does not like, and not also what they do?"""
    low = text.lower()
    return bool(_DISLIKED.search(low)) and not re.search(r"\blike (?:or|and) dislike|likes? or\b|why\b", low)


def is_injection(text: str) -> bool:
    return bool(_INJECTION.search(text))


def says_thanks(text: str) -> bool:
    return bool(_THANKS.search(text))


def says_bye(text: str) -> bool:
    return bool(_BYE.search(text))


def greets(text: str) -> bool:
    return bool(_GREETING.search(text))


_OTHERS = re.compile(
    r"^(?:(?:no|nah|nope|ok|okay|hmm+|well)[ ,.]+)*(?:(?:any|some|the|show me|give me|what about|got|are there|see) )*others?"
    r"(?:,? (?:please|then|instead|maybe))*[.?! ]*$",
    re.I,
)


def asks_for_others(text: str) -> bool:
    """ "no, others", "the others please": other items than those shown, and no title."""
    return bool(_OTHERS.search(text))


def asks_for_more(text: str) -> bool:
    return asks_for_others(text) or bool(
        _CONTINUE.search(re.sub(r"(?:n't|not|no longer)\b.*\bany ?more\b|\bno more\b|\bmore (?:of a |than)", " ", text))
    )


_TURNS_DOWN = re.compile(
    r"^(?:(?:hmm+|hm|no|nah|nope|sorry|well|oh|ok|okay|um|not bad but)[,. ]+)*(?:not (?:quite|really|exactly|it|right)\b(?! \w)|not feeling (?:it|this|these|those|any)\b|"
    r"none of (?:these|those|them|that)\b|(?:these|those|they) (?:aren't|are not|don't|do not)\b|nothing (?:here|there|for me)\b)"
)


_REFUSES = re.compile(
    r"^(?:(?:hmm+|hm|oh|well|sorry|ugh|nah|no|nope|still|just|again|yawn|bah)[,.! ]+)*"
    r"(?:(?:still |just )?(?:no|nah|nope|naw|meh|boring|dull|yuck|ugh|bah|nay|no (?:thanks|thank you|way|good)|don't like (?:any|it)|"
    r"try again|wrong|(?:it's |these are |all |the )*same (?:old |boring )?(?:stuff|things?|ones?|films?|movies?|list|again)(?: again)?|"
    r"you(?:'ve| have)? already (?:showed|shown|suggested|said|gave|had)(?: me| us)? (?:that|this|those|these|them|it|all of (?:them|those|these)))|"
    r"(?:they(?:'re| are)|these are|those are|it's|all) (?:all |so |just |pretty )*(?:boring|dull|bad|rubbish|meh|wrong))"
    r"(?: (?:thanks|please|again|though))?[.! ]*$"
)
_OURS = re.compile(r"\b(?:shall|should) i\b[^?]*\?\W*$", re.I)
"""What a bare "no" answers where our last words offered something."""


def turns_down(text: str, *, shown: bool = False, last: str = "") -> bool:
    """ "Not quite.", "hmm, none of these": nothing shown was right.

    Args:
        text: lower case.
        shown: items are on show and nothing was asked: a bare "no", "meh" or "boring" is about them.
        last: our last message.
    """
    return bool(_TURNS_DOWN.search(text) or (shown and _REFUSES.match(text) and not _OURS.search(last)))


_NARROWS = re.compile(
    r"\b(?:only |just )?the (?:[\w-]+ ){0,2}ones\b(?! (?:you|i|we)\b)|\bwhich of (?:these|those|them)\b|\b(?:of|from|among) (?:these|those|"
    r"them)\b"
)


def narrows(text: str) -> int | None:
    """Where a choice among what was shown begins: "the funny ones", "only the ones after 2000"."""
    match = _NARROWS.search(text)
    return match.start() if match else None


_ANY_GOOD = re.compile(
    r"^(?:(?:just|oh|well|hm+|i don't know|i dunno|dunno|idk|please)[,. ]+)*(?:something|anything|some|an?|any)(?: (?:really|pretty|that's))? "
    r"(?:good|nice|great|decent|worth (?:watching|seeing|it))(?: (?:one|film|movie|films|movies))?(?:,? (?:please|really))?[.! ]*$",
    re.I,
)
"""Wants no more than that it is good."""


def asks_for_surprise(text: str) -> bool:
    return bool(_SURPRISE.search(text) or leaves_it_to_us(text))


def asks_for_any_good(text: str) -> bool:
    """ "Something good", in answer to a question of ours: as good as "no preference"."""
    return bool(_ANY_GOOD.match(text))


_LEAVES_IT = re.compile(
    r"^(?:(?:ok|okay|oh|please|just|can you|could you|would you|will you|why don't you|i don't (?:care|mind|know)|whatever|so|then|no|hmm+|"
    r"well|come on|ugh|you)\b[,.! ]*)*(?:"
    r"(?:pick|choose|select) (?:(?:just |only )?(?:one|it)|a (?:film|movie|good one|book|game))?|"
    r"(?:pick|choose|decide)(?: (?:one|it|something|anything))? for (?:me|us)|you (?:pick|choose|decide)(?: (?:one|it|for (?:me|us)))*|"
    r"decide|(?:tell|show|give) (?:me|us) (?:what (?:to|i should|we should) (?:watch|see|read|play|go for|pick|take)|one|just one)|"
    r"what should (?:i|we) (?:pick|take|choose|go for)|what would you (?:pick|take|choose|watch|go for)|"
    r"make (?:the|a) (?:choice|decision|pick)(?: for (?:me|us))?)"
    r"(?: (?:for (?:me|us)|of (?:these|those|them)|please|then|already|now|tonight|today|out|from (?:these|those|them)))*[.!? ]*$"
)


def leaves_it_to_us(text: str) -> bool:
    """ "pick one", "you choose for me", "just tell me what to watch": one item, and the choice is ours."""
    return bool(_LEAVES_IT.match(text))


def count_asked(text: str, nouns: tuple[str, ...]) -> int | None:
    """How many items were asked for ("just one", "three films", "top 5"), 1 to 20."""
    noun = "|".join(
        re.escape(n)
        for n in (
            *nouns,
            "movies",
            "movie",
            "films",
            "suggestions",
            "suggestion",
            "recommendations",
            "recommendation",
            "options",
            "ideas",
            "picks",
            "titles",
            "choices",
        )
    )
    number = rf"(\d{{1,2}}|{_COUNTS})"
    for pattern in (
        
            rf"\b(?:just|only|exactly)(?: give me| show me)? {number}\b(?! (?:of|that|with|night|thing|hour|"
            r"min|person|who|year|day))",
        rf"\btop {number}\b", 
            rf"\b{number} (?:(?:good|great|more|other|different|new|random|nice|short|funny|scary|best|solid|"
            rf"decent) )*(?:{noun})\b",
        
            rf"\b(?:give|show|recommend|suggest|find|list|name|pick)(?: me| us)? {number}\b(?! (?:of|that|with|"
            r"about|like|hour|min|star))", rf"(?<!the )\b{number} more\b(?! (?:things?|questions?|times?|requests?|wish|wishes|points?)\b)",
    ):  # fmt: skip
        match = re.search(pattern, text)
        if match and not re.search(
            r"(?:seen|watched|like|liked|loved|the|these|those|last|first|of|all|compare|both|other)(?: "
            r"these| those)? $",
            text[: match.start()],
        ):
            word = match.group(1)
            number_asked = int(word) if word.isdigit() else _NUMBER[word]
            return number_asked if 1 <= number_asked <= 20 else None
    return None
