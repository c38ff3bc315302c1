"""Utterances with their dialogue acts, generated from templates and the catalogue: how people talk to a recommender."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from parley.agent.acts import DialogueAct as Act
from parley.tools.items import Catalog


class Said(NamedTuple):
    """One generated utterance with what went before it."""

    before: list[tuple[str, str]]
    text: str
    acts: tuple[Act, ...]


_OPENERS = ("hi", "hello there", "hey", "good evening", "hi! how are you?", "hello :)", "heya", "yo")
_FIRST: dict[tuple[Act, ...], tuple[str, ...]] = {
    (Act.OTHER,): (
        *_OPENERS,
        "i'm good, you?",
        "doing well thanks",
        "good thanks, and you?",
        "what can you do?",
        "lol ok",
        "nice to meet you",
    ),
    (Act.REQUEST,): (
        "can you recommend a good {g} film?",
        "i'm looking for a {g} movie",
        "i want to watch a {m} {g}",
        "any good {g}s?",
        "what should i watch tonight?",
        "do you know any good {g} movies",
        "suggest me something {m}",
        "i need a film for tonight",
        "looking for something like {t}",
        "know any movies similar to {t}?",
        "find me a {g} with {p}",
        "help me pick a movie",
        "something {m} please",
        "a {g} from the {d}s, under two hours",
        "show me {g} films by {p}",
        "surprise me",
    ),
    (Act.REQUEST, Act.PROVIDE_PREFERENCE): (
        "i love {g}, know any good ones?",
        "i really liked {t}, anything similar?",
        "i'm a fan of {p}, what should i see?",
        "looking for a {g}. i enjoyed {t} and {t2}",
        "i usually watch {g}s, recommend me one",
        "i'm into {m} films, any ideas?",
    ),
    (Act.PROVIDE_PREFERENCE,): (
        "i like {g} movies",
        "i love {p}",
        "my favourite film is {t}",
        "i really enjoyed {t} and {t2}",
        "i'm a big fan of {g}",
        "i tend to like {m} films",
        "i mostly watch {g}s",
        "{t} is one of my all time favorites",
        "i hate {g}s",
        "i never watch {g}",
    ),
}
_ASKED = (
    "What kind of films do you like?",
    "Any genre in particular?",
    "What are you in the mood for?",
    "Do you prefer something recent or a classic?",
    "Who is your favourite actor?",
)
_ANSWERS: dict[tuple[Act, ...], tuple[str, ...]] = {
    (Act.ANSWER,): (
        "{g}",
        "maybe a {g}",
        "{g} or {g2}",
        "something {m}",
        "yes",
        "yes please",
        "no",
        "not really",
        "any",
        "i like {g}",
        "i don't mind",
        "recent",
        "a classic please",
        "mostly {g}s",
        "{p}",
        "films like {t}",
        "i love {g}s",
        "something with {p}",
        "either is fine",
        "whatever",
    ),
    (Act.ANSWER, Act.PROVIDE_PREFERENCE): (
        "i like {g}, for example {t}",
        "{g}. i loved {t}",
        "i love {p} movies like {t}",
        "{m} ones such as {t} and {t2}",
    ),
    (Act.REQUEST, Act.ANSWER): (
        "i am looking for a {g}",
        "i'd like to see a {m} {g}",
        "i want something {m} with {p}",
        "looking for a good {g} like {t}",
    ),
}
_SHOWN = (
    "How about {t}?",
    "You might like {t} ({g}).",
    "Have you seen {t}?",
    "I'd suggest {t} or {t2}.",
    "What about {t}? It's a {m} {g}.",
    "{t} is great if you like {g}.",
    "Here are three: {t}, {t2} and {t3}.",
)
_REACTIONS: dict[tuple[Act, ...], tuple[str, ...]] = {
    (Act.SEEN,): (
        "i've seen that",
        "yes i've seen it, loved it",
        "already watched {t}",
        "that was a great movie",
        "i saw it last year, it was ok",
        "yes that one was really good",
        "i loved that one!",
        "seen it",
        "oh yeah i love that film",
        "i've already seen that one, it was funny",
        "we have watched that",
        "{t} was awesome",
    ),
    (Act.ACCEPT,): (
        "sounds good, i'll watch it",
        "great, i will check it out",
        "ok i'll try that one",
        "perfect, let's go with {t}",
        "i'll give it a shot",
        "awesome, adding it to my list",
        "the second one sounds good",
        "i'll watch that tonight",
        "that sounds interesting",
        "ooh that looks great",
        "i'll take the first one",
        "yes i want to see that",
    ),
    (Act.ACCEPT, Act.OTHER): (
        "great i'll watch that, thanks!",
        "sounds good, thank you, bye",
        "i'll check it out. thanks for the help",
        "perfect, thanks so much!",
        "ok i will look into it, have a good night",
    ),
    (Act.REJECT,): (
        "no, not that one",
        "i didn't like that",
        "not for me",
        "no thanks",
        "i'm not interested in {t}",
        "nah",
        "i hated that movie",
        "not a fan of that one",
        "none of these",
        "i don't like {p}",
    ),
    (Act.SEEN, Act.REJECT): (
        "i've seen it and didn't like it",
        "saw that, it was boring",
        "i watched it but hated it",
        "seen it, not my thing",
    ),
    (Act.NEUTRAL,): (
        "i haven't seen that",
        "never seen it",
        "never heard of it",
        "i have not watched either of those",
        "no i haven't",
        "haven't seen {t} yet",
        "i don't know that one",
        "i've heard of it but never watched it",
        "not yet",
    ),
    (Act.NEUTRAL, Act.ACCEPT): (
        "haven't seen it, i'll check it out",
        "never heard of it but sounds good",
        "i haven't seen that one, i will give it a try",
        "not seen it yet, but i want to",
    ),
    (Act.NEUTRAL, Act.INQUIRE): (
        "i haven't seen it. is it good?",
        "never heard of it, what's it about?",
        "no i haven't. who is in it?",
        "haven't seen that one, is it funny?",
    ),
    (Act.INQUIRE,): (
        "what is it about?",
        "who directed it?",
        "who's in it?",
        "when did it come out?",
        "how long is it?",
        "is it scary?",
        "is that the one with {p}?",
        "is it a {g}?",
        "who directed the second one?",
        "tell me more about {t}",
        "is it suitable for kids?",
        "does it have a happy ending?",
        "what year is {t} from?",
        "why did you pick that?",
        "is it any good?",
    ),
    (Act.CRITIQUE_FEATURE,): (
        "too violent for me",
        "that's too long",
        "a bit too scary",
        "not so dark please",
        "i don't like {p}",
        "it's too old",
        "that isn't really a {g}",
        "i don't want a {g}",
        "less violent",
        "no {g} please",
        "not something so {m}",
        "without {p}",
        "i can't stand {g}s",
        "nothing too {m}",
    ),
    (Act.ADD_CONSTRAINT,): (
        "something newer please",
        "i'd like something shorter",
        "older than {y} please",
        "with {p} maybe",
        "under two hours",
        "make it a {g}",
        "something more {m}",
        "from the {d}s",
        "but in french",
        "only {g}s",
        "maybe a {g} with {p}",
        "it should be {m}",
        "for my kids",
        "what about something {m}?",
        "how about a {g}?",
        "i'd prefer a {g}",
    ),
    (Act.COMPARE,): (
        "anything like {t}?",
        "something similar to that",
        "more like the first one",
        "like {t} but funnier",
        "any other films like that one?",
        "which is scarier?",
        "compare {t} and {t2}",
        "similar to {t} please",
        "other ones like {t}",
    ),
    (Act.CONTINUE,): (
        "what else?",
        "any other suggestions?",
        "show me more",
        "anything else?",
        "do you have more?",
        "another one please",
        "got any others",
        "next",
        "can you suggest another one?",
        "any more recommendations?",
    ),
    (Act.SEEN, Act.CONTINUE): (
        "seen it, anything else?",
        "i've watched that. what else do you have?",
        "i loved that one, any others?",
        "already seen those, any other suggestions?",
    ),
    (Act.SEEN, Act.PROVIDE_PREFERENCE): (
        "i loved that one! i also like {t}",
        "yes it was great, i like {p} movies",
        "seen it. i really enjoy {g}s",
        "that was good. another favorite is {t}",
    ),
    (Act.REFORMULATE,): (
        "no, i meant a {g}",
        "i said {g}, not {g2}",
        "let me rephrase: a {m} {g}",
        "i mean a {g} movie",
        "i'm looking for {g} actually, as i said",
    ),
    (Act.STOP,): (
        "start over",
        "let's start again",
        "forget all that, i want something else entirely",
        "new search",
        "let's try something different: a {g}",
        "actually let's look for a {g} instead",
    ),
    (Act.ASK_OPINION,): (
        "what do you think of {t}?",
        "have you seen {t}?",
        "did you like {t}?",
        "do you like {p}?",
        "what's your favourite {g}?",
        "which would you watch?",
        "how about you?",
    ),
    (Act.OTHER,): (
        "thanks!",
        "thank you so much",
        "bye",
        "have a great day!",
        "lol",
        "you too",
        "haha nice",
        "ok",
        "cool",
        "great talking to you",
        "i agree",
        "it really was",
        "yeah he is a good actor",
        "that's funny",
        "thanks for your help, goodbye",
        "no that's all",
    ),
    (Act.END,): ("bye bye", "goodbye, see you", "ok that's all, bye"),
}


def generate(catalog: Catalog, rng: random.Random, count: int) -> Iterator[Said]:
    """`count` utterances; the same for the same catalogue and generator state."""
    tables = ((_FIRST, "first"), (_ANSWERS, "asked"), (_REACTIONS, "shown"))
    for _ in range(count):
        table, kind = tables[rng.choices((0, 1, 2), weights=(2, 1, 5))[0]]
        words = _words(catalog, rng)
        acts = rng.choice(list(table))
        text = rng.choice(table[acts]).format(**words)
        before: list[tuple[str, str]] = []
        if kind == "asked":
            before = [("user", "hi"), ("assistant", rng.choice(_ASKED))]
        elif kind == "shown":
            before = [
                ("user", f"a {words['g']} please"),
                ("assistant", rng.choice(_SHOWN).format(**_words(catalog, rng) | {k: words[k] for k in ("t2", "t3")})),
            ]
        elif kind == "first" and Act.OTHER not in acts and rng.random() < 0.3:
            text, acts = f"{rng.choice(_OPENERS)} {text}", (Act.OTHER, *acts)
        yield Said(before, _roughened(text, rng), acts)


def _words(catalog: Catalog, rng: random.Random) -> dict[str, str]:
    """Fillers for a template, drawn from the catalogue: well-filled kinds for {g} and {m}, any role for {p}."""
    kinds = [k for k, info in catalog.domain.kinds.items() if info.ask] or list(catalog.domain.kinds)
    first, second = kinds[0], kinds[1 % len(kinds)]
    values = {k: list(catalog.vocabulary.get(k, {"good": ()}))[:20] for k in (first, second)}
    items = rng.sample(range(len(catalog)), 3)
    people = [name for role in catalog.domain.roles for name in list(catalog.vocabulary.get(role, {}))[:150]] or [
        "anyone"
    ]
    genres = rng.sample(values[first], 2) if len(values[first]) > 1 else values[first] * 2
    decade = rng.choice((1970, 1980, 1990, 2000, 2010))
    return {
        "g": genres[0].lower(),
        "g2": genres[1].lower(),
        "m": rng.choice(values[second]),
        "p": rng.choice(people),
        "t": catalog[items[0]].label if rng.random() < 0.4 else catalog[items[0]].title,
        "t2": catalog[items[1]].title,
        "t3": catalog[items[2]].title,
        "d": str(decade)[2:] if decade < 2000 else str(decade),
        "y": str(decade + 5),
    }


def _roughened(text: str, rng: random.Random) -> str:
    """Typed in a hurry: capitals, full stops and apostrophes come and go."""
    if rng.random() < 0.4:
        text = text[0].upper() + text[1:]
    if rng.random() < 0.15:
        text = text.replace("'", "")
    if rng.random() < 0.2 and text[-1].isalpha():
        text += rng.choice((".", "!", " :)", " lol", "..."))
    return text
