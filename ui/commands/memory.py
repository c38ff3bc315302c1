"""`parley memory`: what is remembered of a person, and their hand on it: correct, forget, export, agree."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table
from parley.ui.commands.memory_import import import_list

if TYPE_CHECKING:
    from parley.memory.statements import Statement
    from parley.memory.store import MemoryStore

UserOption = Annotated[str, typer.Option("--user", "-u", help="Whose memory.")]


def register(commands: Commands) -> None:
    group = commands.group("memory", "What is remembered of a person: show, correct, import, forget, export.")
    group.command("show")(show)
    group.command("correct")(correct)
    group.command("forget")(forget)
    group.command("export")(export)
    group.command("consent")(consent)
    group.command("reflect")(reflect)
    group.command("import")(import_list)


def show(user: UserOption, home: HomeOption = None, json: JsonFlag = False) -> None:
    """Every statement about a person with its evidence, and the profile they add up to.

    Example: parley memory show --user ana
    """
    with _reading(home) as store:
        told = _told(store, user) if store is not None else _nothing(user)
    if json:
        emit(told)
        return
    log.print(f"Remembering: {told['consent']}. {told['profile'] or 'Nothing is remembered.'}")
    rows: list[Mapping[str, Any]] = [
        {
            "id": s["statement_id"],
            "what": s["text"],
            "kind": s["kind"],
            "sure": f"{s['confidence']:.2f}",
            "status": s["status"],
            "since": s["first_seen"][:10],
            "evidence": "; ".join(_say_place(e) for e in s["evidence"][-2:]),
        }
        for s in told["statements"]
    ]
    if rows:
        print_table(f"Memory of {user}", rows)


def correct(
    user: UserOption,
    statement: Annotated[str, typer.Option("--statement", "-s", help="Its id, as `parley memory show` lists it.")],
    value: Annotated[str | None, typer.Option("--value", help="What it is about instead.")] = None,
    polarity: Annotated[str | None, typer.Option("--polarity", help="want or avoid.")] = None,
    hardness: Annotated[str | None, typer.Option("--hardness", help="hard (must) or soft (would be nice).")] = None,
    strength: Annotated[float | None, typer.Option("--strength", help="0 to 1.")] = None,
    gte: Annotated[float | None, typer.Option("--gte", help="At least.")] = None,
    lte: Annotated[float | None, typer.Option("--lte", help="At most.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the statement.")] = False,
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Change or delete one statement; what you correct is believed over anything inferred.

    Example: parley memory correct --user ana --statement 3f2a... --polarity avoid
    """
    given = {
        "value": value, "polarity": polarity, "hardness": hardness, "strength": strength, "gte": gte, "lte": lte,
    }  # fmt: skip
    changes = {name: change for name, change in given.items() if change is not None}
    if delete == bool(changes):
        fail("give either --delete or a change (--value, --polarity, --hardness, --strength, --gte, --lte)")
    with owning(home) as store:
        if delete:
            store.delete_statement(user, statement)
            store.database.scrub()
            outcome: dict[str, Any] = {"user": user, "deleted": statement}
        else:
            outcome = {"user": user, "statement": _as_row(store, store.correct(user, statement, **changes))}
    emit(outcome) if json else log.print("Done.")


def forget(
    user: UserOption,
    session: Annotated[str | None, typer.Option("--session", help="Only this conversation.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Forget a conversation, or everything about a person; no byte is left in the files.

    Example: parley memory forget --user ana --yes
    """
    what = f"the session {session!r} of {user!r}" if session else f"everything about {user!r}"
    if not yes:
        typer.confirm(f"Forget {what}? This cannot be undone", abort=True, err=True)
    with owning(home) as store:
        if session:
            store.forget_session(user, session)
        else:
            store.forget_user(user)
    emit({"user": user, "session": session, "forgotten": True}) if json else log.print(f"Forgot {what}.")


def export(
    user: UserOption,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; stdout by default.")] = None,
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Everything held about a person as one JSON document: sessions, reactions, statements, consent.

    Example: parley memory export --user ana --output ana.json
    """
    from parley.memory.store import MemoryStore

    with _reading(home) as store:
        if store is not None:
            document = store.export_user(user)
        else:
            with MemoryStore.open(":memory:") as empty:
                document = empty.export_user(user)
    if output is None:
        emit(document)
        return
    try:
        output.write_text(json_module.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as error:
        fail(f"cannot write {str(output)!r} ({error.strerror}); name a file in a folder that exists")
    emit({"user": user, "output": str(output)}) if json else log.print(f"Wrote {output}.")


def consent(
    user: UserOption,
    answer: Annotated[str, typer.Argument(help="yes or no.")],
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Say whether a person may be remembered from one session to the next.

    Example: parley memory consent --user ana yes
    """
    if answer not in ("yes", "no"):
        fail(f"answer {answer!r} is neither yes nor no")
    with owning(home) as store:
        store.set_consent(user, answer == "yes")
        told = store.consent(user).value
    emit({"user": user, "consent": told}) if json else log.print(f"Remembering {user}: {told}.")


def reflect(user: UserOption, home: HomeOption = None, json: JsonFlag = False) -> None:
    """Learn tastes from everything liked and disliked, keeping only what predicts; runs in the background otherwise.

    Example: parley memory reflect --user ana
    """
    from parley.memory.rah import reflect_on
    from parley.tools.items import Catalog

    catalog = Catalog.films()
    with owning(home) as store:
        written = reflect_on(store, user, lambda item: _attributes(catalog, item), lambda _: 0.5, store.clock())
        rows = [_as_row(store, statement) for statement in written]
    emit({"user": user, "written": rows}) if json else log.print(f"{len(rows)} statements learned.")


@contextmanager
def _reading(home: Path | None) -> Iterator[MemoryStore | None]:
    """The store for looking only; a running Parley may hold the home. None: there is nothing yet."""
    from parley.memory.opening import has_memory, open_store

    folder = home_folder(home)
    if not has_memory(folder):
        yield None
        return
    with open_store(folder) as store:
        yield store


@contextmanager
def owning(home: Path | None) -> Iterator[MemoryStore]:
    """The store for changing, with the checkpoints tied to it; refused while another process owns the home."""
    from parley.memory.home import HomeLock
    from parley.memory.opening import open_memory

    folder = home_folder(home)
    with HomeLock(folder):
        store, checkpointer = open_memory(folder)
        try:
            with store:
                yield store
        finally:
            checkpointer.close()


def _told(store: MemoryStore, user: str) -> dict[str, Any]:
    from parley.memory.profile import load_profile

    profile = load_profile(store, user, store.clock())
    return {
        "user": user,
        "consent": store.consent(user).value,
        "profile": profile.paragraph(_label),
        "statements": [_as_row(store, statement) for statement in store.statements(user)],
        "sessions": [info.model_dump(mode="json") for info in store.sessions(user)],
    }


def _nothing(user: str) -> dict[str, Any]:
    from parley.memory.errors import check_id

    check_id("user", user)
    return {"user": user, "consent": "unasked", "profile": "", "statements": [], "sessions": []}


def _as_row(store: MemoryStore, statement: Statement) -> dict[str, Any]:
    from parley.memory.recall import say_line

    row = statement.model_dump(mode="json")
    return {**row, "text": say_line(statement, _label), "weight": round(statement.weight(store.clock()), 3)}


def _say_place(evidence: Mapping[str, Any]) -> str:
    """Where it shows: the words, or which turn, or that a list said so."""
    from parley.memory.learn import BROUGHT

    if evidence["words"]:
        return str(evidence["words"])
    return "your list" if evidence["session"] == BROUGHT else f"{evidence['session']}, turn {evidence['turn']}"


def _label(item_id: str) -> str:
    from parley.tools.items import Catalog

    item = Catalog.films().get(item_id)
    return item.label if item is not None else item_id


def _attributes(catalog: Any, item_id: str) -> list[tuple[str, str]]:
    item = catalog.get(item_id)
    facets = ("genre", "mood", "keyword", "director", "cast", "country", "language")
    return [] if item is None else [(facet, value) for facet in facets for value in item.values(facet)]
