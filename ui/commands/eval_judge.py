"""`parley eval judge`: how far each judge of conversations agrees with people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, home_folder, print_table

if TYPE_CHECKING:
    from parley.evals.judge.people import JudgeRow
    from parley.evals.judge.rubric import Judge


def judge(
    model: Annotated[str, typer.Option(help="Also a model as judge, e.g. embedded or openai:NAME@URL.")] = "none",
    marks: Annotated[
        str, typer.Option(help="How a model marks: scores (off its probabilities) or written (under a schema).")
    ] = "scores",
    limit: Annotated[int, typer.Option(min=10, help="Dialogues judged at the most.")] = 320,
    seed: Annotated[int, typer.Option(help="Folds and bootstrap samples.")] = 1,
    record: Annotated[bool, typer.Option(help="Keep the figures for the trust block of simulation reports.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Kappa and rank correlation of each judge with people's labels of CRSArena dialogues.

    Example: parley eval judge --json
    """
    from parley.evals.judge.learned import cross_validated
    from parley.evals.judge.people import compare, judge_rows, read_arena
    from parley.evals.judge.rubric import LengthJudge, RubricJudge
    from parley.evals.simulate.sources import mirror_of

    labelled = read_arena(mirror_of("crsarena"))[:limit]
    judges: list[Judge] = [LengthJudge(), RubricJudge(), *([_ask(model, marks, seed)] if model != "none" else [])]
    rows = judge_rows(labelled, judges, seed=seed)
    people = [d.overall for d in labelled]
    for name, groups in (
        ("learned, on people not seen", [d.person for d in labelled]),
        ("learned, on systems not seen", [d.family for d in labelled]),
    ):
        told = cross_validated(labelled, groups, seed=seed)
        rows.insert(len(judges), compare(name, list(told), people, seed=seed))
    if record:
        _keep(rows, seed)
    if as_json:
        emit({"dialogues": len(labelled), "seed": seed, "rows": [row.model_dump() for row in rows]})
        return
    table = [
        {"judge": r.judge, "Spearman": str(r.spearman), "kappa": str(r.kappa), **r.confusion.model_dump()} for r in rows
    ]
    print_table(f"{len(labelled)} dialogues with nine recommenders, labelled by people", list[Any](table))


def _ask(model: str, marks: str, seed: int) -> Judge:
    from parley.agent.llm.loading import load_model
    from parley.evals.judge.model import ModelJudge, ScoredJudge

    if marks not in ("scores", "written"):
        fail(f"--marks {marks!r} must be scores or written")
    opened = load_model(model, home=home_folder(None), seed=seed)
    return ScoredJudge(opened, model) if marks == "scores" else ModelJudge(opened, model)


def _keep(rows: list[JudgeRow], seed: int) -> None:
    from parley.evals.trust import Measured, record_trust

    command = "parley eval judge"
    record_trust("judge", [Measured(what=r.judge, value=r.spearman, command=command, seed=seed) for r in rows])


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("judge")(judge)
