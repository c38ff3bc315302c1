"""`parley bench llm|ttft_staged_turn|...`: the engine beside its peers, ratios with quality guards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table

if TYPE_CHECKING:
    from parley.evals.bench.llm_common import BenchResult

NAMES = (
    "ttft_staged_turn",
    "prefill_format",
    "intent_json",
    "rank20_latency",
    "sim_dialogues_per_core_hour",
    "endpoint_efficiency",
    "grounded_reply",
    "engine_identity",
    "engine_soak",
)


def register(commands: Commands) -> None:
    """`parley bench llm NAME ...`, and each benchmark as a command of its own."""
    group = commands.group("bench", "The benchmark suite: ours beside a peer, in the same run.")
    group.command("llm")(bench_llm)
    for name in NAMES:
        group.command(name)(_single(name))


def bench_llm(
    names: Annotated[list[str] | None, typer.Argument(help=f"Which: {', '.join(NAMES)} (default: all).")] = None,
    scale: Annotated[float, typer.Option(help="Work per benchmark; 1 is the full size.", min=0.02, max=10)] = 1.0,
    report: Annotated[Path | None, typer.Option(help="Write the table here as Markdown.")] = None,
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Run language-model benchmarks. Example: parley bench llm intent_json rank20_latency --scale 0.2"""
    chosen = list(names or NAMES)
    unknown = [name for name in chosen if name not in NAMES]
    if unknown:
        fail(f"benchmark {unknown[0]!r} is unknown; choose from {', '.join(NAMES)}")
    results, told = run(chosen, home, scale)
    if report is not None:
        _write_report(report, results, told, scale)
    if json:
        for result in results:
            emit({**result.model_dump(mode="json"), "environment": told})
        return
    print_table(
        ", ".join(f"{k}: {v}" for k, v in told.items()),
        [
            {"benchmark": r.name, "ours": f"{r.ours:.4g}", "peer": f"{r.peer:.4g}", "unit": r.unit,
             "ratio": r.valid_ratio, "aim": r.aim, "guard": r.guard}
            for r in results
        ],
    )  # fmt: skip


def _write_report(report: Path, results: list[BenchResult], told: dict[str, str], scale: float) -> None:
    """Put the rows into the report's JSON beside it (replacing rows of the same name) and write the table anew."""
    import json as jsonlib

    from parley.evals.bench.llm_common import BenchResult, table

    report.parent.mkdir(parents=True, exist_ok=True)
    beside = report.with_suffix(".json")
    kept = jsonlib.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    for result in results:
        row = result.model_dump(mode="json")
        row["details"] |= {"scale": scale} | {k: told[k] for k in ("processor", "load at start", "format") if k in told}
        kept[result.name] = row
    beside.write_text(jsonlib.dumps(kept, indent=1) + "\n", encoding="utf-8")
    rows = [BenchResult.model_validate(kept[name]) for name in NAMES if name in kept]
    report.write_text(table(rows, f"parley bench llm NAME --scale S --report {report.name}"), encoding="utf-8")


def _single(name: str) -> Callable[..., None]:
    def command(
        scale: Annotated[float, typer.Option(help="Work; 1 is the full size.", min=0.02, max=10)] = 1.0,
        report: Annotated[Path | None, typer.Option(help="Write the table here as Markdown.")] = None,
        home: HomeOption = None,
        json: JsonFlag = False,
    ) -> None:
        bench_llm([name], scale, report, home, json)

    command.__doc__ = f"One benchmark of the engine. Example: parley bench {name} --scale 0.2 --json"
    return command


def run(names: list[str], home: Path | None, scale: float) -> tuple[list[BenchResult], dict[str, str]]:
    """The results, and the machine they were made on."""
    from parley.evals.bench import llm_common, llm_endpoint, llm_grounded, llm_json, llm_many, llm_speed

    def sized(full: int, least: int) -> int:
        return max(least, round(full * scale))

    folder = str(home_folder(home))
    steady = {"sim_dialogues_per_core_hour", "engine_identity"}
    chat: Any = None
    if set(names) - steady - {"endpoint_efficiency"}:
        chat = llm_common.open_engine(folder)
    told = llm_common.environment(chat)

    def reproducible(work: Callable[[Any], BenchResult]) -> BenchResult:
        crowd = llm_common.open_engine(folder, reproducible=True)
        try:
            return work(crowd)
        finally:
            crowd.close()

    work: dict[str, Callable[[], BenchResult]] = {
        "ttft_staged_turn": lambda: llm_speed.ttft_staged_turn(chat, turns=sized(10, 4)),
        "prefill_format": lambda: llm_speed.prefill_format(chat),
        "intent_json": lambda: llm_json.intent_json(chat, count=sized(200, 10)),
        "rank20_latency": lambda: llm_speed.rank20_latency(chat, lists=sized(12, 3)),
        "sim_dialogues_per_core_hour": lambda: reproducible(
            lambda crowd: llm_many.sim_dialogues_per_core_hour(
                crowd, dialogues=sized(256, 16), peer_dialogues=sized(16, 1), checked=sized(64, 4)
            )
        ),
        "endpoint_efficiency": lambda: llm_endpoint.endpoint_efficiency(dialogues=sized(500, 100)),
        "grounded_reply": lambda: llm_grounded.grounded_reply(chat, replies=sized(200, 10)),
        "engine_identity": lambda: reproducible(
            lambda crowd: llm_many.engine_identity(crowd, conversations=sized(64, 8))
        ),
        "engine_soak": lambda: llm_many.engine_soak(chat, requests=sized(10_000, 500)),
    }
    results = []
    for name in names:
        log.print(f"{name} ...")
        results.append(work[name]())
    if chat is not None:
        chat.close()
    return results, told
