"""Generated utterances: what they say is what they mean, in the notation, and a split keeps phrasings apart."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from parley.agent.acts import DialogueAct
from parley.agent.tuning.data_build import Recipe, build_examples, main, summarise, thin_out
from parley.agent.tuning.data_fillers import SceneFiller
from parley.agent.tuning.data_grammar import Filled, Grammar, GrammarError, _read_file
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.data_noise import roughen
from parley.agent.tuning.data_numbers import runtime, year
from parley.agent.tuning.data_simulate import simulation_examples
from parley.agent.tuning.data_understand import Scene, UnderstandingMaker
from parley.agent.tuning.examples import Example, split_examples


class OneWord:
    """Fills every slot with its own name."""

    def fill(self, name: str, rng: random.Random) -> Filled | None:
        return None if name == "nothing" else Filled(name, (f"{name}=x",), "some-film" if name == "t" else "")


def grammar_of(*lines: str) -> Grammar:
    rules: dict[str, list[str]] = {}
    _read_file("test", "\n".join(lines), rules, intents := [])
    return Grammar(rules, intents)


def test_the_edits_of_an_expansion_stand_in_the_order_they_were_said() -> None:
    said = grammar_of("[np]", "a {+m~} {+g!}").say("i want <np>, no {-d!} => surprise", OneWord(), random.Random(0))

    assert said is not None
    assert (said.text, said.edits) == ("i want a m g, no d", ("+m=x~", "+g=x!", "-d=x!", "surprise"))


def test_a_rule_used_softly_for_one_turn_makes_soft_wishes_for_one_turn() -> None:
    said = grammar_of("[np]", "{+g!} => +about=y!").say("maybe <np~@turn>", OneWord(), random.Random(0))

    assert said is not None
    assert said.edits == ("+g=x~@turn", "+about=y~@turn")


def test_an_effect_may_name_the_item_of_a_slot() -> None:
    said = grammar_of().say("who made {t}? => ask:director(@t)", OneWord(), random.Random(0))

    assert said is not None
    assert (said.edits, said.titles) == (("ask:director(t=x)",), ("some-film",))


def test_what_cannot_be_filled_is_not_said() -> None:
    assert grammar_of().say("not {reject:nothing}", OneWord(), random.Random(0)) is None


def test_a_phrase_outside_any_rule_is_an_error_that_names_the_line() -> None:
    with pytest.raises(GrammarError, match=r"test.txt, line 1: 'hello'"):
        grammar_of("hello")


def test_an_unknown_rule_in_a_phrase_is_an_error() -> None:
    with pytest.raises(GrammarError, match="nowhere"):
        grammar_of("== first | request", "a <nowhere>")._check()


@pytest.mark.parametrize(("style", "seed"), [(style, seed) for style in ("after", "decade") for seed in range(25)])
def test_a_year_wish_means_what_it_says(style: str, seed: int) -> None:
    filled = year(random.Random(seed), style)

    bounds = [int(n) for n in re.findall(r"\d{4}", filled.values[0])]
    said = [int(n) for n in re.findall(r"\d{4}", filled.text)]
    assert filled.values[0].startswith("year")
    assert bounds == sorted(bounds)
    assert all(min(bounds) - 10 <= n <= max(bounds) + 10 for n in said)


def test_the_product_reads_the_generated_years_and_lengths_alike(film_words: Lexicon) -> None:
    """The grammar of numbers in the product and this generator were written apart: they must agree."""
    alike = total = 0
    for seed in range(120):
        filled = year(random.Random(seed), "after") if seed % 2 else runtime(random.Random(seed))
        found = film_words.numbers.read(f"a film {filled.text}")
        want = filled.values[0].rstrip("~")
        bounds = [f"{b.gte:g}" if b.gte is not None else f"{b.lte:g}" for b in found]
        alike += any(b in want for b in bounds)
        total += 1

    assert alike / total > 0.9


def test_every_generated_target_is_in_the_notation(maker: UnderstandingMaker) -> None:
    acts = {a.value for a in DialogueAct}
    for example in maker.examples(300, seed=5):
        said, _, edits = example.target.partition(" | ")
        assert {*said.split(", ")} <= acts
        slate = re.search(r"^shown: (.*)$", example.prompt, re.M)
        titles = re.findall(r"#\d+ (.*?)(?=; #\d|$)", slate[1]) if slate else []
        ids = [hit.item_id for t in titles if (hit := maker.words.linker.resolve_title(t))]
        read = maker.reader.read(example.target, ids)
        assert not read.bad, (example.prompt, example.target)
        assert bool(edits) == bool(read.edits or read.question or read.surprise or read.count)


def test_a_film_that_is_named_is_the_film_that_is_meant(maker: UnderstandingMaker) -> None:
    named = 0
    for example in maker.examples(300, seed=6):
        for title in re.findall(r'(?:like|seen|dislike):"([^"]+)"', example.target):
            hit = maker.words.linker.resolve_title(title)
            assert hit is not None
            assert f"title:{hit.item_id}" in example.names
            named += 1

    assert named > 20


def test_the_same_seed_makes_the_same_utterances_and_another_seed_others(maker: UnderstandingMaker) -> None:
    first = list(maker.examples(60, seed=1))

    assert first == list(maker.examples(60, seed=1))
    assert len({e.prompt for e in first} & {e.prompt for e in maker.examples(60, seed=2)}) < 6


def test_no_utterance_contradicts_itself(maker: UnderstandingMaker) -> None:
    for example in maker.examples(300, seed=7):
        wanted = {*re.findall(r"\+(\w+=[^!~;|]+)", example.target)}
        avoided = {*re.findall(r"-(\w+=[^!~;|]+)", example.target)}
        assert not wanted & avoided, example.target


def test_a_split_leaves_no_phrasing_and_no_title_on_both_sides(maker: UnderstandingMaker) -> None:
    examples = list(maker.examples(400, seed=8))
    training, held_out = split_examples(examples, held_out=0.2, seed=3)
    learned = {n for e in training for n in e.names}

    assert held_out
    assert all(any(n not in learned for n in e.names) for e in held_out)


def test_the_language_is_varied(maker: UnderstandingMaker) -> None:
    """Thousands of phrasings: of 600 utterances hardly two share the words around what they name."""
    shapes = set()
    for example in maker.examples(600, seed=9):
        text = example.prompt.rpartition("they: ")[2].casefold()
        for value in re.findall(r'[=:]"?([^"!~;|@]+)', example.target):
            text = text.replace(value.casefold(), "_")
        shapes.add(re.sub(r"[\d\W]+", " ", text))

    assert len(shapes) > 480


def test_typing_changes_the_looks_and_not_the_figures() -> None:
    rng = random.Random(4)
    typed = [roughen("i want something from 1984 under 90 minutes", rng) for _ in range(60)]

    assert all("1984" in t and "90" in t for t in typed)
    assert len({*typed}) > 15


def test_a_value_is_not_said_twice_in_one_utterance(film_words: Lexicon) -> None:
    filler, rng = SceneFiller(film_words), random.Random(0)
    genres = [f.values[0] for _ in range(10) if (f := filler.fill("gs", rng)) is not None]

    assert len(genres) == len({*genres})


def test_edits_that_do_not_go_together_are_not_sound(maker: UnderstandingMaker) -> None:
    first = Scene("first")

    assert maker.is_sound(["+genre=Comedy!", "year<=1989!"], first)
    assert not maker.is_sound(["year<=1989!", "year>=2000!"], first)
    assert not maker.is_sound(["+genre=Comedy!", "-genre=Comedy!"], first)
    assert not maker.is_sound(["+genre=Comedic!"], first)


def test_a_simulated_user_is_taught_words_for_what_is_disclosed(maker: UnderstandingMaker) -> None:
    for example in simulation_examples(maker, 80, seed=2):
        disclosed = example.prompt.rpartition("say: ")[2]
        assert not maker.reader.read(disclosed).bad
        assert "#" not in disclosed


def test_without_corpora_the_code_alone_builds_every_role_it_can(film_words: Lexicon) -> None:
    recipe = Recipe(understand=60, reply=6, rank=6, simulate=20, plan=15, question=20, seed=4)
    built = build_examples(recipe, film_words.catalog, linker=film_words.linker)
    again = build_examples(recipe, film_words.catalog, linker=film_words.linker)

    assert built == again
    table = summarise(built, lambda text: len(text.split()))
    assert table["understand"]["examples"] > 50
    assert table["rank"]["examples"] == 0
    assert table["all"]["prompt_tokens"] > 500
    assert len({(e.role, e.prompt) for e in built}) == len(built)


def test_the_same_words_with_the_same_meaning_come_a_few_times_only() -> None:
    greetings = [
        Example(role="understand", prompt=f"we: {n}\nthey: Hello{'!' * n}", target="other", group=f"d:{n}")
        for n in range(5)
    ]

    assert len(list(thin_out(greetings, 2))) == 2


def test_a_scale_out_of_range_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path / "x.jsonl"), "--scale", "0"]) == 2
    assert "scale 0" in capsys.readouterr().err
