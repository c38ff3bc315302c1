"""`parley eval crs`: the next item of a human dialogue, beside published models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table

if TYPE_CHECKING:
    from parley.evals.crs.cases import CrsData
    from parley.evals.crs.run import CrsReport

PAGES = {
    "zero-shot-crs/redial": "crs-redial.md",
    "ievalm/redial": "crs-redial-ievalm.md",
    "ievalm/opendialkg": "crs-opendialkg.md",
}
"""A set by its folder and the folder above, to the name of its page."""


def register(commands: Commands) -> None:
    commands.group("eval", "Measure.").command("crs")(crs)


def crs(
    data: Annotated[
        Path, typer.Option("--data", help="zero-shot-crs/redial, ievalm/redial or ievalm/opendialkg, as a folder.")
    ],
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", help="Folder of the data sets to learn from; else two above --data.",
                     envvar="PARLEY_DATA_MIRROR"),
    ] = None,
    meaning: Annotated[bool, typer.Option("--meaning/--no-meaning", help="Use sentence embeddings.")] = True,
    parts: Annotated[bool, typer.Option("--parts/--no-parts", help="Also models with less evidence.")] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For folds, training and intervals.")] = 0,
    report: Annotated[Path | None, typer.Option("--report", help="Write the page and the JSON here.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:  # fmt: skip
    """Recall of the item a person recommended next, on clean and on all labels, beside the parrot and published rows.

    Example: parley eval crs --data ../shared/data/zero-shot-crs/redial --json
    """
    from parley.evals.crs.report import RememberingEmbedder, write_report
    from parley.evals.crs.run import evaluate_crs
    from parley.tools.retrieval.embedding import MiniLmEmbedder

    name, loaded = _load(data, mirror)
    embed = RememberingEmbedder(MiniLmEmbedder(threads=1).embed, home_folder(home) / "cache") if meaning else None
    found = evaluate_crs(loaded, embed=embed, seed=seed, parts=parts, progress=lambda share, words: log.print(words))
    if embed is not None:
        embed.save()
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        page = report / PAGES[name]
        page.write_text(write_report(found, f"parley eval crs --data {name}"), "utf-8")
        log.print(f"wrote {page}")
    if as_json:
        emit(found.model_dump(mode="json"))
    else:
        _print_tables(found)


def _load(data: Path, mirror: Path | None) -> tuple[str, CrsData]:
    """The evaluation set in a folder, with its name."""
    from parley.evals.crs.opendialkg import load_opendialkg
    from parley.evals.crs.redial import load_ievalm, load_zero_shot

    if not data.is_dir():
        fail(f"no folder {str(data)!r}; give the folder of one evaluation set, e.g. zero-shot-crs/redial")
    root = mirror or data.resolve().parent.parent
    name = f"{data.resolve().parent.name}/{data.resolve().name}"
    if name not in PAGES:
        fail(f"--data {name!r} is not one of {', '.join(PAGES)}")
    if name == "ievalm/opendialkg":
        return name, load_opendialkg(data)
    return name, load_ievalm(data, root) if name == "ievalm/redial" else load_zero_shot(data, root)


def _print_tables(found: CrsReport) -> None:
    for subset in ("clean", "all"):
        ours = [
            {"model": row.model, **{f"R@{k}": str(e) for k, e in row.recall.items()}}
            for row in found.rows if row.subset == subset
        ]  # fmt: skip
        theirs = [
            {"model": f"{model} ({source})", **{f"R@{k}": f"{v:.3f}" for k, v in recall.items()}}
            for model, source, of, recall in found.published if of == subset
        ]  # fmt: skip
        print_table(f"{found.data}, {subset} labels ({found.labels[subset]})", [*ours, *theirs])
