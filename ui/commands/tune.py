"""`parley tune`: teach a language model Parley's jobs with a LoRA adapter, and measure what it learned."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table

if TYPE_CHECKING:
    from parley.agent.tuning.examples import Example, Preference
    from parley.agent.tuning.prefer import PreferenceSettings
    from parley.agent.tuning.student import LoraSettings
    from parley.agent.tuning.train import TrainSettings

BaseOption = Annotated[str, typer.Option("--base", help="'embedded', a GGUF file or a Hugging Face folder.")]
ThreadsOption = Annotated[int | None, typer.Option("--threads", help="CPU threads (default: half the cores).")]
RankOption = Annotated[int, typer.Option("--rank", help="Rank of the adapter.")]
AlphaOption = Annotated[float, typer.Option("--alpha", help="The adapter is scaled by alpha / rank.")]
RateOption = Annotated[float, typer.Option("--rate", help="Highest learning rate.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Draws the first weights, the split and the order.")]


def register(commands: Commands) -> None:
    group = commands.group("tune", "Teach a language model Parley's jobs.")
    group.command("sft")(sft)
    group.command("prefer")(prefer)
    group.command("export")(export)
    group.command("eval")(evaluate)


def sft(
    data: Annotated[
        Path | None, typer.Option("--data", help="JSONL of examples (default: built here from catalogue and corpora).")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write (default: HOME/tuning/sft).")] = None,
    base: BaseOption = "embedded",
    rank: RankOption = 16,
    alpha: AlphaOption = 32.0,
    rate: RateOption = 1e-3,
    epochs: Annotated[float, typer.Option("--epochs", help="Passes over the examples.")] = 2.0,
    tokens: Annotated[int | None, typer.Option("--tokens", help="Stop after so many tokens.")] = None,
    without: Annotated[list[str] | None, typer.Option("--without", help="Leave out a role; repeatable.")] = None,
    repeat: Annotated[
        list[str] | None, typer.Option("--repeat", help="SOURCE=N: N times an epoch; repeatable.")
    ] = None,
    apart: Annotated[
        list[Path] | None, typer.Option("--apart", help="JSONL with `utterance`s never to train on; repeatable.")
    ] = None,
    held_out: Annotated[
        float, typer.Option("--held-out", help="Share of titles, templates, dialogues kept apart.")
    ] = 0.04,
    save_every: Annotated[float, typer.Option("--save-every", help="Minutes between checkpoints.")] = 10.0,
    tiny: Annotated[
        bool, typer.Option("--tiny", help="A few steps, an export and a load: does it all work here?")
    ] = False,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Train an adapter on examples and write it for llama.cpp. Cut off, the same command goes on where it was.

    Example: parley tune sft --tiny
    """
    from parley.agent.tuning.examples import split_examples, write_examples
    from parley.agent.tuning.mixing import keep_apart, mix
    from parley.agent.tuning.student import LoraSettings
    from parley.agent.tuning.train import TrainSettings

    started = time.perf_counter()
    left_out, times = _roles(without), _times(repeat)
    kept_apart = [u for path in apart or () for u in _utterances(path)]
    folder = out or home_folder(home) / "tuning" / ("tiny" if tiny else "sft")
    learn, test = split_examples(_examples(data, seed, tiny=tiny), held_out=held_out, seed=seed)
    use_threads(threads)
    learn = mix(keep_apart(learn, kept_apart), without=left_out, repeat=times)
    write_examples(folder / "held_out.jsonl", test)
    settings = TrainSettings(
        rate=rate, epochs=epochs, tokens=6000 if tiny else tokens, seed=seed, save_every_s=60 * save_every
    )
    log.print(f"{len(learn)} examples to learn from, {len(test)} held out; loading {base}")
    report = _train_on_examples(base, learn, LoraSettings(rank=4 if tiny else rank, alpha=alpha), settings, folder)
    report["held_out"] = len(test)
    if base == "embedded" or Path(base).is_file():
        report["loads"] = _loads(base, folder / "adapter.gguf", learn[0])
    report["seconds_in_all"] = round(time.perf_counter() - started, 1)
    _tell_report(report, as_json)


def _train_on_examples(
    base: str, learn: list[Example], lora: LoraSettings, settings: TrainSettings, folder: Path
) -> dict[str, Any]:
    """Train, writing the adapter for llama.cpp at each checkpoint; what came of it."""
    from parley.agent.tuning.export import export_adapter, shape_of
    from parley.agent.tuning.student import load_student
    from parley.agent.tuning.train import ExampleTask, train

    student = load_student(base, lora, seed=settings.seed)
    notes = {"name": "Parley adapter", "description": f"LoRA of {base} by parley tune sft, seed {settings.seed}"}

    def write(into: Path) -> None:
        export_adapter(into, into / "adapter.gguf", shape_of(student.base), notes=notes)

    task = ExampleTask(student, learn, settings)
    done = train(student, task, settings, folder, tell=_teller(settings), at_checkpoint=write)
    write(folder)
    adapter = folder / "adapter.gguf"
    return done.model_dump() | {
        "tokens_per_second": round(done.tokens_per_second, 1),
        "adapter": str(adapter),
        "megabytes": round(adapter.stat().st_size / 1e6, 2),
    }


def export(
    adapter: Annotated[Path, typer.Argument(help="Folder that `parley tune sft` or `prefer` wrote.")],
    out: Annotated[Path | None, typer.Option("--out", help="GGUF to write (default: ADAPTER/adapter.gguf).")] = None,
    base: BaseOption = "embedded",
    as_json: JsonFlag = False,
) -> None:
    """Write a trained adapter as the GGUF that llama.cpp loads.

    Example: parley tune export ~/.parley/tuning/sft --out adapter.gguf
    """
    from parley.agent.tuning.export import export_adapter, read_shape

    target = export_adapter(adapter, out or adapter / "adapter.gguf", read_shape(base))
    _tell_report({"adapter": str(target), "megabytes": round(target.stat().st_size / 1e6, 2)}, as_json)


def prefer(
    start: Annotated[Path, typer.Argument(help="Folder that `parley tune sft` wrote: where the training starts.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="JSONL of pairs (default: sampled from the adapter and checked).")
    ] = None,
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Prompts to sample answers to, with what is right.")
    ] = None,
    prompts: Annotated[int, typer.Option("--prompts", min=1, help="How many prompts are sampled.")] = 200,
    samples: Annotated[int, typer.Option("--samples", min=2, help="Answers sampled to each.")] = 4,
    loss: Annotated[str, typer.Option("--loss", help="dpo, ipo, kto, orpo or simpo.")] = "dpo",
    beta: Annotated[float | None, typer.Option("--beta", help="Firmness (default: the paper's).")] = None,
    supervised: Annotated[float, typer.Option("--supervised", help="Weight of the chosen answers' likelihood.")] = 0.0,
    rate: RateOption = 1e-4,
    epochs: Annotated[float, typer.Option("--epochs", help="Passes over the pairs.")] = 1.0,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write (default: HOME/tuning/LOSS).")] = None,
    base: BaseOption = "embedded",
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Train an adapter further on better and worse answers: its own, ordered by what can be checked of them.

    Example: parley tune prefer ~/.parley/tuning/sft --examples examples.jsonl --loss orpo
    """
    from parley.agent.tuning.examples import load_preferences, write_examples
    from parley.agent.tuning.prefer import BETAS, PreferenceSettings
    from parley.agent.tuning.train import TrainSettings

    if loss not in BETAS:
        fail(f"no loss {loss!r}; known: {', '.join(BETAS)}")
    if data is None and examples is None:
        fail("nothing to prefer: give --data FILE with pairs, or --examples FILE to sample answers to its prompts")
    use_threads(threads)
    folder = out or home_folder(home) / "tuning" / loss
    if data is not None:
        pairs = load_preferences(data)
    else:
        assert examples is not None
        pairs = _sampled_pairs(examples, start / "adapter.gguf", base, prompts, samples, seed, home_folder(home))
        write_examples(folder / "pairs.jsonl", pairs)
    settings = PreferenceSettings.model_validate({"loss": loss, "beta": beta, "supervised": supervised})
    steps = TrainSettings(rate=rate, epochs=epochs, seed=seed)
    _tell_report(_train_on_pairs(base, start, pairs, settings, steps, folder), as_json)


def _train_on_pairs(
    base: str, start: Path, pairs: list[Preference], settings: PreferenceSettings, steps: TrainSettings, folder: Path
) -> dict[str, Any]:
    """Train the adapter in `start` further; how often it prefers the better of held-out pairs, before and after."""
    from parley.agent.tuning.examples import split_examples
    from parley.agent.tuning.export import export_adapter, shape_of
    from parley.agent.tuning.prefer import PairTask
    from parley.agent.tuning.student import load_student, saved_settings
    from parley.agent.tuning.train import train

    learn, test = split_examples(pairs, held_out=0.2, seed=steps.seed)
    if not learn or not test:
        fail(f"{len(pairs)} pairs are too few to train and to measure; sample more prompts")
    student = load_student(base, saved_settings(start), seed=steps.seed)
    student.load_adapter(start)
    held = PairTask(student, test, settings.model_copy(update={"loss": "orpo"}))
    task = PairTask(student, learn, settings)
    before = held.accuracy()
    done = train(student, task, steps, folder, tell=_teller(steps))
    export_adapter(folder, folder / "adapter.gguf", shape_of(student.base))
    return done.model_dump() | {
        "loss": settings.loss,
        "pairs": len(learn),
        "held_out_pairs": len(test),
        "pair_accuracy_before": round(before, 3),
        "pair_accuracy_after": round(held.accuracy(), 3),
        "adapter": str(folder / "adapter.gguf"),
    }


def evaluate(
    adapter: Annotated[
        Path | None, typer.Option("--adapter", help="GGUF adapter (default: the one that ships).")
    ] = None,
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Held-out examples, as `parley tune sft` writes them.")
    ] = None,
    acts: Annotated[Path | None, typer.Option("--acts", help="Dialogues with act labels, in IARD's form.")] = None,
    wishes: Annotated[bool, typer.Option("--wishes/--no-wishes", help="The 300 hand-written utterances.")] = True,
    untuned: Annotated[bool, typer.Option("--untuned/--no-untuned", help="The model without adapter too.")] = True,
    sample: Annotated[
        int | None, typer.Option("--sample", help="At most so many examples a role, and labelled turns in all.")
    ] = None,
    seed: SeedOption = 0,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure an adapter: held-out examples role by role, exact wishes, dialogue acts; beside rules and the bare model.

    Example: parley tune eval --examples ~/.parley/tuning/sft/held_out.jsonl
    """
    from parley.agent.tuning.serving import shipped_adapter
    from parley.evals.tuning.run import EvalSettings, measure

    chosen = adapter or shipped_adapter()
    if chosen is None:
        fail("this version ships no adapter; give --adapter FILE.gguf (parley tune sft writes one)")
    settings = EvalSettings(wishes=wishes, untuned=untuned, sample=sample, seed=seed)
    report = measure(chosen, settings, examples=examples, acts=acts, home=home_folder(home), tell=log.print)
    if as_json:
        emit(report)
        return
    for title in ("roles", "turns", "wishes", "acts"):
        if report.get(title):
            print_table(title, report[title])


def _sampled_pairs(
    path: Path, adapter: Path, base: str, prompts: int, samples: int, seed: int, home: Path
) -> list[Preference]:
    """The model's own answers to some prompts, paired by the checks."""
    import random

    from parley.agent.llm.llamacpp import LlamaCppChat
    from parley.agent.tuning.data_checks import Checks
    from parley.agent.tuning.data_pairs import prefer_checked
    from parley.agent.tuning.examples import load_examples
    from parley.agent.tuning.reader import sampled_answers
    from parley.agent.tuning.student import base_path
    from parley.tools.items import Catalog
    from parley.tools.linking import Linker

    known = [e for e in load_examples(path) if not e.open]
    chosen = random.Random(seed).sample(known, min(prompts, len(known)))
    catalog = Catalog.films()
    checks = Checks(catalog, Linker.for_catalog(catalog))
    chat = LlamaCppChat(
        path=str(base_path(base)), adapter=str(adapter), backend="engine", home=str(home), context_size=1024
    ).open()
    try:
        return list(prefer_checked(chosen, lambda e, n: sampled_answers(chat, e, n, seed=seed), checks, n=samples))
    finally:
        chat.close()


def use_threads(threads: int | None) -> None:
    """Let torch use so many threads; by default half the cores, for spinning pools on busy machines are slower."""
    import torch

    torch.set_num_threads(threads or max(1, len(os.sched_getaffinity(0)) // 2))


def _examples(data: Path | None, seed: int, *, tiny: bool) -> list[Example]:
    from parley.agent.tuning.data_build import Recipe, build_examples
    from parley.agent.tuning.examples import load_examples
    from parley.tools.items import Catalog

    if data is not None:
        return load_examples(data)
    mirror = os.environ.get("PARLEY_DATA_MIRROR")
    if not tiny and not mirror:
        fail("the labelled turns are named, not quoted: set PARLEY_DATA_MIRROR to the corpora, or give --data FILE")
    recipe = Recipe(seed=seed)
    corpora = None if tiny or mirror is None else Path(mirror)
    return build_examples(recipe.scaled(0.02) if tiny else recipe, Catalog.films(), corpora)


def _utterances(path: Path) -> list[str]:
    try:
        return [json.loads(line)["utterance"] for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        fail(f"--apart {str(path)!r}: {error!r}; give a JSONL file whose lines have an `utterance`")


def _roles(names: list[str] | None) -> list[Any]:
    from parley.agent.tuning.examples import ROLES

    for name in names or ():
        if name not in ROLES:
            fail(f"no role {name!r}; known: {', '.join(ROLES)}")
    return list(names or ())


def _times(pairs: list[str] | None) -> dict[str, int]:
    found = {}
    for pair in pairs or ():
        source, _, times = pair.partition("=")
        if not source or not times.isdigit():
            fail(f"--repeat {pair!r}: write SOURCE=N, for example redial=2")
        found[source] = int(times)
    return found


def _teller(settings: TrainSettings) -> Callable[[dict[str, Any]], None]:
    """Prints a line now and then: where it stands, the loss, the speed, and how long it will take."""
    last = 0.0

    def tell(at: dict[str, Any]) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < 15 and at["step"] not in (1, at["steps"]):
            return
        last = now
        left = (at["steps"] - at["step"]) * at["seconds"] / at["step"]
        log.print(
            f"step {at['step']}/{at['steps']}  loss {at['loss']:.3f}  rate {at['rate']:.1e}  "
            f"{at['tokens'] / 1000:.0f}k tokens  {at['tokens_per_second']:.0f} tokens/s  {left / 60:.1f} min left"
        )

    return tell


def _loads(base: str, adapter: Path, example: Example) -> bool:
    """Does llama.cpp load the adapter and write with it?"""
    from parley.agent.llm.llamacpp import LlamaCppChat
    from parley.agent.tuning.reader import role_messages
    from parley.agent.tuning.student import base_path

    chat = LlamaCppChat(path=str(base_path(base)), adapter=str(adapter), context_size=1024).open()
    try:
        pieces = chat.stream_text(role_messages(example.role, example.prompt), max_tokens=8)
        return isinstance("".join(pieces), str)
    finally:
        chat.close()


def _tell_report(report: dict[str, Any], as_json: bool) -> None:
    if as_json:
        emit(report)
    else:
        print_table("", [{"what": key, "value": value} for key, value in report.items()])
