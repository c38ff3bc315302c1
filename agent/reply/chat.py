"""Small talk: greetings, thanks, goodbyes, what we are and can do, and the things we don't do.

Calm, brief, and always one step from the catalogue. A message is only ever looked at for which of these
it is; what it says to do has no effect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from parley.agent.acts import DialogueAct
from parley.agent.ledger import Stance
from parley.agent.messages import Understanding
from parley.agent.reply.known import told_facts
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.why import summary
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import Chooser, echo, join
from parley.agent.understanding.foreign import is_foreign, is_wordless
from parley.agent.understanding.unrecorded import untold as untold_in

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("injection", r"(?:ignore|disregard|forget|override)\b.{0,30}\b(?:instructions?|rules|prompts?|above|previous)"
                  r"|system prompt|you are now|pretend (?:to be|you)|jailbreak|developer mode|reveal your"
                  r"|act as (?:an?|if)"),
    ("how_are_you", r"how(?:'s| is| are) (?:you|it going|things|life)|how do you do|what'?s up\b|you ok\b"),
    ("who", r"who are you|what are you\b|are you (?:an? )?(?:human|robot|bot|ai|real|person|chatgpt|machine)|your name"
            r"|who (?:made|built|wrote) you"),
    ("help", r"what can you do|how (?:does|do) (?:this|you|it) work|^\W*help\W*$|what do you do|how can you help"),
    ("how_many", r"how many (?:(?:films?|movies?|books?|games?|titles?|items?) (?:do|have|are|fit|in)|of (?:them|those)"
                 r"|are there|do you|have you|fit\b)"),
    ("complaint", r"are you (?:even |really )?(?:listening|kidding|joking|serious|deaf)|not listening|useless"
                  r"|waste of (?:my )?time"
                  r"|you (?:don't|didn't|never|aren't|are not) (?:listen|get|understand|hear|help)|not helpful"
                  r"|\bi (?:already |just )?(?:said|told you|asked for)\b|(?:that's|this is|it's) not what i"
                  r"|isn't working"
                  r"|same (?:stuff|things?|ones?|old)|frustrating|annoying|you already (?:said|showed|suggested)"
                  r"|this is (?:rubbish|terrible)"),
    ("thanks", r"\bthank|\bthx\b|\bcheers\b|much appreciated|\bta\b"),
    ("bye", r"\bbye\b|good ?night|see (?:you|ya)|farewell|\bi'?m off\b|that'?s all|talk later|\bcya\b"
            r"|^\W*(?:stop|quit|exit|enough|cancel)\W*$"),
    ("greeting", r"^\W*(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|day)|greetings|hallo|sup)\b"),
    ("joke", r"\bjoke\b|make me laugh"),
    ("praise", r"\b(?:great|nice|awesome|perfect|love(?:ly)?|cool|brilliant|good job|well done|amazing|fantastic)\b"),
    ("sorry", r"\b(?:sorry|apolog)"),
    ("yes_no", r"^\W*(?:yes|no|ok|okay|yeah|yep|nope|sure|hmm+|maybe|fine|alright|right|i see|dunno|not sure)\W*$"),
)  # fmt: skip

_BANKS: Mapping[str, tuple[str, ...]] = {
    "injection": (
        "I'll stay with {plural}. What are you in the mood for?",
        "That doesn't change what I do: I find {plural}. Shall I?",
        "I only do {plural}, and I only go by the catalogue. Tell me one you liked?",
    ),
    "how_are_you": (
        "All well here, thanks. What would you like to {verb}?",
        "Fine, thank you, and ready to look through the shelves. Anything you fancy?",
        "Can't complain. Is there something you'd like to {verb} tonight?",
    ),
    "who": (
        "I'm Parley, a program that helps you find {plural}. I go by a catalogue of {n} and what you tell me.",
        "Parley: not a person, just a program that knows {n} {plural} and listens. What do you like?",
    ),
    "help": (
        "Tell me a {noun} you liked, a mood, a name, or what to avoid, and I'll suggest something from {n} {plural}. "
        "You can ask about any of them, compare two, say what you've seen, or ask why I chose one.",
        "I suggest {plural} and say why. Start with one you loved or with what you're in the mood for; then steer: "
        "newer, shorter, nothing like that, seen it. I can also answer questions about the {n} {plural} I know.",
    ),
    "thanks": ("You're welcome.", "Any time.", "Glad to help."),
    "bye": ("Goodbye, and enjoy.", "See you next time.", "Till next time."),
    "joke": (
        "I leave the jokes to the comedians. Shall I find you something funny?",
        "My timing is poor. I can find you someone with better, though: something funny?",
    ),
    "praise": ("Good to hear. Shall I look for more?", "Glad it suits.", "Happy with that? Then I am too."),
    "sorry": ("No harm done. Where were we?", "Not at all. Shall we go on?"),
    "how_many": ("I know {n} {plural}.", "There are {n} {plural} in my catalogue."),
    "how_many_fit": ("{fit} of the {n} {plural} I know fit what you asked for.", "{fit}, of {n} in all."),
    "complaint": (
        "I'm sorry. So far I go by this: {known} Tell me what is wrong with it.",
        "Sorry about that. What I have is: {known} Which part shall I change?",
    ),
    "complaint_blank": (
        "I'm sorry, that was no help. Tell me one {noun} you loved, or what it must not be, and I'll start over.",
        "Sorry. I have too little to go by yet: a {noun} you liked, or a mood?",
    ),
    "yes_no": (
        "Tell me a bit more: a {noun} you liked, a mood, or something to avoid?",
        "All right. Give me a title or a mood and I'll go on from there.",
        "Then help me along: what was the last {noun} you loved?",
    ),
    "off_topic": (
        "That's outside my shop: I only know {plural}. Shall we find you one?",
        "I can't help with that, I'm afraid; {plural} are all I do. Anything you'd like to {verb}?",
        "Not my field. If you want something to {verb}, though, I'm your clerk.",
    ),
    "abuse": (
        "Let's leave that. If you'd like something to {verb}, I'm here.",
        "I'd rather talk about {plural}. Tell me one you liked, and we'll start over.",
        "Fair enough if it isn't going well. Tell me what to do differently and I'll try.",
    ),
    "foreign": (
        "I only read English, I'm afraid. Tell me a {noun} you liked, or a mood, in English?",
        "English is all I read. A title or a few English words will do.",
    ),
    "wordless": (
        "I only go by words. A {noun} you liked, or a mood?",
        "A picture I can't read, I'm afraid; a title or a mood I can.",
    ),
    "content": (
        "Good. Say the word when you want another.",
        "Settled, then. I'm here if you want another {noun}.",
        "Fine. Tell me afterwards how it was.",
    ),
    "which": (
        "Which of them shall it be? Or tell me what to change.",
        "Say which one takes your fancy, or what to change.",
    ),
    "other": (
        "I'm not sure what you're after. A {noun} you liked, or a mood, gives me something to go on.",
        "I didn't quite follow. Tell me a {noun}, a name or a mood and I'll take it from there.",
        "Let me have a title, a mood or something to avoid, and I'll see what I have.",
    ),
    "greeting": (
        "Hello! Tell me a {noun} you loved, or what you're in the mood for.",
        "Hi there. What are you in the mood for? A favourite {noun} is a good place to start.",
        "Good to see you. Name a {noun} you liked, or a mood, and I'll find you something.",
    ),
    "welcome_back": (
        "Welcome back. {facts}Same again, or something different?",
        "Good to see you again. {facts}What will it be this time?",
        "Hello again. {facts}Shall I start from there?",
    ),
    "welcome_unknown": (
        "Welcome back. What are you in the mood for?",
        "Good to see you again. What will it be this time?",
        "Hello again. Tell me a {noun} you liked, or a mood.",
    ),
    "accept": ("Good choice. Enjoy {t}.", "{t} it is. Enjoy.", "Enjoy {t}; tell me afterwards how it was."),
    "unknown_name": (
        "“{t}” leads to nothing in my catalogue. A mood, a name or a title I can go by.",
        "I find nothing under “{t}”. What else would it be like?",
    ),
    "unknown_title": (
        "I don't have {t} in my catalogue. Tell me what you liked about it and I'll find something close.",
        "{t} isn't one I know. What is it like? A mood or a name will do.",
    ),
}


_UNKNOWN = re.compile(r"\b(?:from|in|by|with|about|starring|called) ((?:the )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*)")
"""A name in a message that was not followed."""
_CONTENT = re.compile(
    r"\b(?:ok|okay|great|perfect|good|fine|sounds?|looks?|cool|sure|yes|yeah|yep|nice|lovely|deal|done|sold|awesome|"
    r"watch|will|i'll|take|works|brilliant|excellent|super|right|settled)\b"
)
"""Words of somebody who has what they came for."""


_AGREES = re.compile(r"^\W*(?:yes|ok|okay|yeah|yep|sure|fine|alright|right|i see)\W*$")
"""Says yes and no more: to what was settled, or to a list that one of them is still to be chosen from."""


def kind_of(message: str, heard: Understanding) -> str:
    """Which sort of small talk a message is."""
    text = " ".join(message.casefold().replace("’", "'").split())[:500]
    if heard.topic == "abuse":
        return "abuse"
    found = [name for name, pattern in _PATTERNS if re.search(pattern, text)]
    if "injection" in found:
        return "injection"
    if is_wordless(message) or (is_foreign(message) and not heard.edits):
        return "wordless" if is_wordless(message) else "foreign"
    if heard.topic == "off_topic" and not set(found) & {"how_are_you", "who", "help", "greeting", "joke"}:
        return "off_topic"
    if DialogueAct.ACCEPT in heard.acts and "thanks" not in found and not text.endswith("?"):
        return "accept"
    if "bye" in found:  # "thanks, bye!"
        return "bye"
    if found:
        return found[0]
    if DialogueAct.END in heard.acts:
        return "bye"
    return "other"


def asks_how_many(message: str) -> bool:
    """Does the message ask how many items there are?"""
    return any(name == "how_many" and re.search(pattern, message.casefold()) for name, pattern in _PATTERNS)


class ChatWriter:
    """Writes the replies of small talk."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def write(self, request: ReplyRequest) -> str:
        kind = kind_of(request.message, request.understanding)
        choose = Chooser(request.voice, request.turn)
        domain = self.wording.domain
        slots: dict[str, Any] = {
            "noun": domain.noun,
            "plural": domain.plural,
            "verb": domain.verb,
            "n": f"{len(self.wording.catalog):,}",
        }
        accepted = [w.value for w in request.ledger.active if w.stance is Stance.ACCEPT and w.turn == request.turn]
        titles = [self.wording.catalog[i].title for i in accepted if i in self.wording.catalog]
        if titles:
            return choose.pick(_BANKS["accept"], t=join(titles))
        if kind == "accept":
            kind = "thanks" if _CONTENT.search(request.message.casefold()) else "other"
        if kind == "yes_no" and _AGREES.match(request.message.casefold()) and request.previous.items:
            taken = request.ledger.items(Stance.ACCEPT)
            kind = "content" if set(taken) & {*request.previous.item_ids} else "which"
        untold = [echo(u) for u in request.understanding.unmatched if untold_in(u)]
        if untold and untold[0].casefold().startswith("where"):
            return f"My catalogue doesn't say where to {domain.verb} it; it only knows what it is like."
        if untold:
            return f"My catalogue doesn't say anything about “{untold[0]}”. A mood, a name or a title I can go by."
        unknown = [f"“{echo(u)}”" for u in request.understanding.unmatched if echo(u)]
        if unknown and kind in ("other", "yes_no", "praise"):
            return choose.pick(_BANKS["unknown_title"], t=join(unknown[:2]))
        if kind == "greeting" and request.returning:
            facts = told_facts(request.profile)
            if facts:
                return choose.pick(_BANKS["welcome_back"], facts=f"{facts} ")
            return choose.pick(_BANKS["welcome_unknown"], **slots)
        if kind == "how_many" and request.ledger.hard_filter() and request.previous.total:
            kind, slots["fit"] = "how_many_fit", f"{request.previous.total:,}"
        if kind == "complaint":
            slots["known"] = summary(request.ledger, self.wording)
            kind = "complaint" if slots["known"] else "complaint_blank"
        if kind == "other" and (name := _UNKNOWN.search(request.message)):
            return choose.pick(_BANKS["unknown_name"], t=echo(name[1]))
        return choose.pick(_BANKS[kind], **slots)

    def is_open(self, request: ReplyRequest) -> bool:
        """Small talk with nothing at stake, which a model may word."""
        kind = kind_of(request.message, request.understanding)
        known = request.returning or any(w.stance is Stance.ACCEPT and w.turn == request.turn for w in request.ledger)
        return kind in ("how_are_you", "joke", "praise", "sorry", "greeting") and not known

    def quick_replies(self, request: ReplyRequest) -> tuple[str, ...]:
        kind = kind_of(request.message, request.understanding)
        if kind in (
            "greeting",
            "help",
            "other",
            "yes_no",
            "off_topic",
            "how_are_you",
            "who",
            "injection",
            "foreign",
            "wordless",
        ):
            kinds = self.wording.colour_kinds
            colours = list(self.wording.catalog.vocabulary.get(kinds[0], {}))[:2] if kinds else []
            return (*(f"Something {c}" for c in colours), "Surprise me")
        if kind == "complaint":
            return ("Start over", "Surprise me")
        if kind in ("praise", "thanks") and request.previous.items:
            return ("Show more",)
        return ()
