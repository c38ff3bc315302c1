"""`parley eval alignment`: do simulated users choose as people did?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, print_table

if TYPE_CHECKING:
    from parley.evals.intervals import Estimate


def alignment(
    users: Annotated[int, typer.Option(min=1, help="How many of Agent4Rec's users.")] = 1000,
    seed: Annotated[int, typer.Option(help="Items shown and bootstrap samples.")] = 1,
    record: Annotated[bool, typer.Option(help="Keep the figures for the trust block of simulation reports.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Agent4Rec's 1:1, 1:3 and 1:9 test with confusion counts; acceptance against people's in ReDial and INSPIRED.

    Example: parley eval alignment --users 1000 --json
    """
    from parley.agent.opening import open_recommender
    from parley.evals.alignment.agent4rec import PUBLISHED
    from parley.evals.alignment.dialogues import agreement, best_bar, inspired_outcomes, redial_suggestions
    from parley.evals.simulate.agent4rec_data import agent4rec_personas
    from parley.evals.simulate.sources import mirror_of
    from parley.tools.items import Catalog

    catalog = Catalog.films()
    recommender, renown = open_recommender(catalog, Path())
    popularity = {item.item_id: float(p) for item, p in zip(catalog, renown, strict=True)}
    personas = agent4rec_personas(catalog, users, seed=seed)
    rows, even = _ratios(personas, catalog, popularity, recommender, seed)
    redial = mirror_of("redial")
    bar = best_bar(redial_suggestions(redial / "valid_linked.jsonl.gz", catalog, popularity))
    corpora = [
        agreement("ReDial test half", redial_suggestions(redial / "test_dev_half.jsonl.gz", catalog, popularity), bar),
        agreement("INSPIRED train", inspired_outcomes(mirror_of("inspired"), catalog, popularity), bar),
    ]
    if record:
        _keep(even, {c.corpus: c.kappa for c in corpora}, seed)
    if as_json:
        emit({"users": len(personas), "seed": seed, "agent4rec": rows, "people": [c.model_dump() for c in corpora]})
        return
    print_table(f"Agent4Rec's users, {len(personas)} of them, seed {seed}", list[Any](rows))
    people = [
        {"corpus": c.corpus, "n": c.dialogues, **c.confusion.model_dump(), "AUC": str(c.auc), "kappa": str(c.kappa)}
        for c in corpora
    ]
    print_table("Acceptance against people's", list[Any](people))
    published = [{"published": name, **{f"1:{r}": v for r, v in cells.items()}} for name, cells in PUBLISHED.items()]
    print_table("Accuracy/precision/recall/F1 as published", list[Any](published))


def _keep(even: dict[str, Estimate], kappas: dict[str, Estimate], seed: int) -> None:
    from parley.evals.trust import Measured, record_trust

    command = "parley eval alignment"
    for part, values in (("alignment", even), ("acceptance", kappas)):
        record_trust(part, [Measured(what=w, value=v, command=command, seed=seed) for w, v in values.items()])


def _ratios(
    personas: Any, catalog: Any, popularity: Any, recommender: Any, seed: int
) -> tuple[list[dict[str, str]], dict[str, Estimate]]:
    """The rows, and each user's accuracy at 1:1."""
    from parley.evals.alignment.agent4rec import align, appeal_by_model, total
    from parley.evals.intervals import bootstrap

    rows = []
    even: dict[str, Estimate] = {}
    users: dict[str, dict[str, Any]] = {
        "browsing user": {},
        "popularity only": {"tasteless": True},
        "shipped taste model": {"appeal": appeal_by_model(recommender)},
    }
    for name, options in users.items():
        for ratio in (1, 3, 9):
            parts = align(personas, catalog, popularity, ratio=ratio, seed=seed, **options)
            everything = total(parts)
            accuracy = bootstrap([part.rates()["accuracy"] for part in parts], seed=seed)
            even.setdefault(name, accuracy)
            rates = {key: f"{value:.3f}" for key, value in everything.rates().items() if key != "accuracy"}
            rows.append(
                {"user": name, "ratio": f"1:{ratio}", **{k: str(v) for k, v in everything.model_dump().items()},
                 "accuracy": str(accuracy), **rates}
            )  # fmt: skip
    return rows, even


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("alignment")(alignment)
