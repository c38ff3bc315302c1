"""Examples of understanding, generated: an utterance in its context, and the acts and edits it amounts to.

Every target is read back by `MeaningReader` before it counts, so nothing is learned that the product could not use. An
example's group names its template and the titles the user says.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parley.agent.tuning.data_fillers import SceneFiller
from parley.agent.tuning.data_grammar import Grammar, Intent, Said
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.data_noise import roughen
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import understand_prompt
from parley.agent.tuning.notation import MeaningReader, write_edit
from parley.tools.items import Item

_SHARES = {"first": 34, "shown": 30, "one": 10, "kept": 8, "asked": 18}
"""How often each kind of context comes up."""
_KEPT = (
    "{+g!}",
    "{+gone!}",
    "{+m~}",
    "{+m~}",
    "{+year!}",
    "{+lang!}",
    "{-gs!}",
    "{+run!}",
    "{+p!}",
    "{+d!}",
    "{-m~}",
    "{+kids!}",
)
_HELLO = (
    "Hi! What would you like to watch?", "Hello, I'm Parley. What are you in the mood for?",
    "Welcome back! Looking for a film?", "Hello! Tell me what you like.",
)  # fmt: skip
_QUESTIONS = {
    "genre": ("Any genre in particular?", "What kind of film are you in the mood for?", "Which genre do you fancy?",
              "A comedy, a thriller, something else?"),
    "year": ("Something recent, or a classic?", "Does it matter how old it is?", "From which years?"),
    "runtime": ("How long may it be?", "How much time do you have?"),
    "person": ("Is there an actor or director you like?", "Anyone you would like to see in it?"),
    "language": ("Any language in particular?", "Are subtitles all right?"),
    "theme": ("Which of these appeals to you?", "What should it be about?"),
    "like": ("Which film did you enjoy lately?", "Can you name a film you liked?", "What did you watch last and like?",
             "Tell me a film or two that you love."),
    "tastes": ("What kind of films do you like?", "What do you usually watch?", "What types of films do you enjoy?"),
    "any": ("What are you looking for?", "What shall it be tonight?", "What are you in the mood for?",
            "How can I help you?", "Anything particular in mind?"),
}  # fmt: skip
_ONE = ("How about {}?", "You might like {}.", "I suggest {}. Have you seen it?", "Have you seen {}?", "Maybe {}?",
        "{} could be the one.")  # fmt: skip
_SEVERAL = ("Here are {n}: {}.", "These fit: {}. Any of them?", "You might like {}.", "How about {}?",
            "Which one sounds good?", "Does one of these tempt you?", "{}: tell me what you think.")  # fmt: skip
_JOINTS = (". ", ", ", " and ", ". also ", ", oh and ", " - ", "! ", ". ")
_ALONE = {"stop", "end", "other", "neutral", "continue", "inquire", "ask_opinion", "reformulate"}
"""Acts of utterances that are not joined with another."""


@dataclass(frozen=True)
class Scene:
    """What an utterance is said into."""

    context: str
    previous: str = ""
    kept: tuple[str, ...] = ()
    slate: tuple[Item, ...] = ()
    facet: str = ""
    """What our question was about, if it offered answers."""
    options: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of what was shown."""
        return tuple(i.item_id for i in self.slate)


@dataclass(frozen=True)
class Drawn:
    """An utterance, where it was said, and what it does."""

    scene: Scene
    said: Said
    acts: tuple[str, ...]
    templates: tuple[str, ...]

    @property
    def group(self) -> str:
        """The names to keep on one side of a split."""
        titles = dict.fromkeys(self.said.titles)
        return "|".join([*(f"template:{t}" for t in self.templates), *(f"title:{t}" for t in titles)])


class UnderstandingMaker:
    """Makes utterances with their meaning over one catalogue."""

    def __init__(self, words: Lexicon) -> None:
        self.words = words
        self.grammar = Grammar.read("words", "understand")
        self.questions = Grammar.read("questions")
        self.reader = MeaningReader(words.catalog, words.linker)
        self._asked = [c for c in self.grammar.contexts if c.startswith("asked:")]

    def examples(self, count: int, seed: int) -> Iterator[Example]:
        """`count` different examples; the same for the same seed and catalogue."""
        rng = random.Random(f"understand-{seed}")
        seen: set[str] = set()
        while len(seen) < count:
            example = self.make(rng)
            if example is not None and example.prompt not in seen:
                seen.add(example.prompt)
                yield example

    def make(self, rng: random.Random) -> Example | None:
        """One example; None if what was drawn does not go together."""
        drawn = self.draw(rng)
        if drawn is None:
            return None
        scene, said = drawn.scene, drawn.said
        text = said.text
        if scene.context == "first" and rng.random() < 0.08:
            text = self._rambling(text, rng)
        titles = [i.title for i in scene.slate]
        return Example(
            role="understand",
            prompt=understand_prompt(roughen(text, rng), previous=scene.previous, wishes=scene.kept, slate=titles),
            target=", ".join(drawn.acts) + (" | " + "; ".join(said.edits) if said.edits else ""),
            group=drawn.group,
            source="generated",
        )

    def draw(self, rng: random.Random) -> Drawn | None:
        """An utterance in a context, clean, and what it means; None if the parts do not go together."""
        scene = self._scene(rng)
        filler = SceneFiller(self.words, scene.slate, scene.kept, scene.facet, scene.options)
        intents = [self._intent(scene.context, rng)]
        said = self.grammar.say(intents[0].text, filler, rng)
        if said is not None and rng.random() < 0.15 and _may_join(intents[0], scene):
            intents.append(self._intent(scene.context, rng))
            said = self._joined(said, intents[1], filler, rng) if _may_join(intents[1], scene) else None
        if said is None or not self.is_sound(said.edits, scene):
            return None
        return Drawn(
            scene, said, tuple(dict.fromkeys(a for i in intents for a in i.acts)), tuple(i.key for i in intents)
        )

    def is_sound(self, edits: Sequence[str], scene: Scene) -> bool:
        """Do the edits go together, and can the product read every one?"""
        facets = [re.split(r"<=|>=|[<>=]", e)[0] for e in edits if not e.startswith(("or ", "retract:", "soften:"))]
        single = [f for f in facets if f in ("year", "runtime", "suit", "+language", "+country", "+director")]
        values = [re.sub(r"^\W*\w+[=:]|[!~@].*$", "", e) for e in edits]
        if len(set(single)) < len(single) or len(set(values)) < len(values):
            return False
        read = self.reader.read("; ".join(edits), scene.ids)
        questions = sum(e.startswith(("ask:", "count:", "surprise")) for e in edits)
        return not read.bad and len(read.edits) + questions == len(edits)

    def _joined(self, first: Said, second: Intent, filler: SceneFiller, rng: random.Random) -> Said | None:
        more = self.grammar.say(second.text, filler, rng)
        if more is None or len(first.text) + len(more.text) > 160:
            return None
        joint = rng.choice(_JOINTS)
        start = first.text.rstrip(".!?") if joint[0] in ".,! " else first.text
        return Said(start + joint + more.text, first.edits + more.edits, first.titles + more.titles)

    def _rambling(self, text: str, rng: random.Random) -> str:
        """The text with something beside the point before or after it."""
        beside = rng.choice(self.grammar.rules["ramble"])
        return f"{beside}. {text}" if rng.random() < 0.7 else f"{text.rstrip('.')}. {beside}"

    def _intent(self, context: str, rng: random.Random) -> Intent:
        """A top rule, those with much to say more often."""
        intents = self.grammar.in_context(context)
        return rng.choices(intents, weights=[2.5 if "<" in i.text else 1.0 for i in intents])[0]

    # --- contexts --------------------------------------------------------------------------------------------

    def _scene(self, rng: random.Random) -> Scene:
        kind = rng.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
        if kind == "first":
            return Scene("first", rng.choice(_HELLO) if rng.random() < 0.25 else "")
        if kind == "asked":
            context = rng.choice(self._asked)
            if context == "asked:options":
                return self._offer(rng)
            kept = self.draw_wishes(rng, 2) if rng.random() < 0.25 and not context.endswith(("any", "tastes")) else ()
            return Scene(context, rng.choice(_QUESTIONS[context.removeprefix("asked:")]), kept)
        if kind == "one":
            (item,) = self._items(rng, 1)
            kept = self.draw_wishes(rng, 2) if rng.random() < 0.25 else ()
            return Scene("one", rng.choice(_ONE).format(_shown(item, rng)), kept, (item,))
        kept = self.draw_wishes(rng, 3) if kind == "kept" or rng.random() < 0.3 else ()
        slate = self._items(rng, rng.choice((2, 3, 3, 4, 5))) if kind == "shown" or rng.random() < 0.5 else ()
        previous = ""
        if slate and rng.random() < 0.4:
            names = ", ".join(_shown(i, rng) for i in slate)
            previous = rng.choice(_SEVERAL).format(names, n=len(slate))
        return Scene(kind, previous, kept, slate)

    def _offer(self, rng: random.Random) -> Scene:
        """A question of ours with its answers."""
        facet = rng.choice(("genre", "mood", "language"))
        held = self.words.catalog.vocabulary[facet]
        often = [value for value, items in held.items() if len(items) >= 10]
        options = rng.sample(often, rng.choice((2, 2, 3)))
        said = [o.lower() if facet == "genre" else o for o in options]
        asked = rng.choice(self.questions.in_context(facet)).text
        previous = asked.replace("{o}", f"{', '.join(said[:-1])} or {said[-1]}")
        return Scene("asked:options", previous[:1].upper() + previous[1:], facet=facet, options=tuple(options))

    def _items(self, rng: random.Random, count: int) -> tuple[Item, ...]:
        return tuple(rng.sample(self.words.titles, count))

    def draw_wishes(self, rng: random.Random, most: int) -> tuple[str, ...]:
        """Wishes in force, written as the product writes them."""
        filler = SceneFiller(self.words)
        edits: list[str] = []
        for pattern in rng.sample(_KEPT, rng.randint(1, most)):
            said = self.grammar.say(pattern, filler, rng)
            edits += said.edits if said else ()
        if not self.is_sound(edits, Scene("kept")):
            return self.draw_wishes(rng, most)
        return tuple(write_edit(e, self.words.catalog) for e in self.reader.read("; ".join(edits)).edits)


def _may_join(intent: Intent, scene: Scene) -> bool:
    return scene.context in ("first", "shown") and not _ALONE & set(intent.acts)


def _shown(item: Item, rng: random.Random) -> str:
    return item.label if rng.random() < 0.5 else item.title
