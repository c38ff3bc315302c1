"""What every command shares: groups, `--json`, and how a mistake is told.

Exit codes: 0 done, 2 bad input (one line: the reason and the mend), 1 our fault.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

log = Console(stderr=True, highlight=False)
"""People read this; programs read stdout."""

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON document or JSON lines on stdout, logs on stderr.")]
HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where data lives (default: PARLEY_HOME, else ~/.parley).", envvar="PARLEY_HOME"),
]
MirrorOption = Annotated[
    Path | None,
    typer.Option("--mirror", help="A folder with one sub-folder per data set.", envvar="PARLEY_DATA_MIRROR"),
]


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"parley {importlib.metadata.version('parley-rec')}")
        raise typer.Exit


def _about(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """A recommender you talk to."""


class Commands:
    """The command line while it is put together: top-level commands and named groups."""

    def __init__(self) -> None:
        self.app = typer.Typer(
            name="parley",
            help="A recommender you talk to.",
            no_args_is_help=True,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
            callback=_about,
        )
        self._groups: dict[str, typer.Typer] = {}

    def group(self, name: str, help: str = "") -> typer.Typer:
        """The sub-application `parley NAME ...`, made on first use."""
        if name not in self._groups:
            self._groups[name] = typer.Typer(no_args_is_help=True)
            self.app.add_typer(self._groups[name], name=name, help=help)
        return self._groups[name]


class UsageError(ValueError):
    """A user's mistake; the message names the value and the mend."""


def fail(message: str) -> NoReturn:
    """End with exit code 2 and one line."""
    raise UsageError(message)


def emit(value: Any) -> None:
    """One JSON document (or line) on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def split_names(given: str) -> list[str]:
    """The names in a list with commas."""
    return [name.strip() for name in given.split(",") if name.strip()]


def home_folder(home: Path | None) -> Path:
    """The home in force: the option, `PARLEY_HOME`, or ~/.parley."""
    return (home or Path(os.environ.get("PARLEY_HOME") or "~/.parley")).expanduser()


def print_table(title: str, rows: list[Mapping[str, Any]]) -> None:
    """Rows as a table for people, on stdout."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    Console().print(table)
