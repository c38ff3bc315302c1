"""`parley eval judge`: how far each judge of conversations agrees with people."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, home_folder, print_table


def judge(
    model: Annotated[str, typer.Option(help="Also a model as judge, e.g. embedded or openai:NAME@URL.")] = "none",
    limit: Annotated[int, typer.Option(min=10, help="Dialogues judged at the most.")] = 320,
    seed: Annotated[int, typer.Option(help="Bootstrap samples.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Kappa and rank correlation of each judge with people's labels of CRSArena dialogues.

    Example: parley eval judge --json
    """
    from parley.evals.judge.people import judge_rows, read_arena
    from parley.evals.judge.rubric import Judge, LengthJudge, RubricJudge
    from parley.evals.simulate.sources import mirror_of

    labelled = read_arena(mirror_of("crsarena"))[:limit]
    judges: list[Judge] = [LengthJudge(), RubricJudge()]
    if model != "none":
        from parley.agent.llm.loading import load_model
        from parley.evals.judge.model import ModelJudge

        judges.append(ModelJudge(load_model(model, home=home_folder(None), seed=seed), model))
    rows = judge_rows(labelled, judges, seed=seed)
    if as_json:
        emit({"dialogues": len(labelled), "seed": seed, "rows": [row.model_dump() for row in rows]})
        return
    table = [
        {"judge": r.judge, "Spearman": str(r.spearman), "kappa": str(r.kappa), **r.confusion.model_dump()} for r in rows
    ]
    print_table(f"{len(labelled)} dialogues with nine recommenders, labelled by people", list[Any](table))


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("judge")(judge)
