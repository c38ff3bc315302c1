"""`parley`: the command line. Finds the commands in `ui/commands/`, runs one, tells mistakes in one line."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import typer

from parley.ui import commands as command_package
from parley.ui.commands.common import Commands


def build() -> Commands:
    """The whole command line. Modules in `ui/commands/` with a `register` add themselves."""
    commands = Commands()
    for module in pkgutil.iter_modules(command_package.__path__):
        register = getattr(importlib.import_module(f"{command_package.__name__}.{module.name}"), "register", None)
        if register is not None:
            register(commands)
    return commands


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 2 bad input, 1 our fault, 130 interrupted."""
    try:
        code = build().app(args=list(arguments) if arguments is not None else None, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _one_line("interrupted; finished work is kept, run the same command to go on")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        _tell(error)


def _tell(error: Exception) -> NoReturn:
    """One line for what went wrong, and whose fault it is by the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help was asked for by saying nothing
        print(error.format_message())  # type: ignore[attr-defined]
        sys.exit(0)
    if hasattr(error, "format_message"):  # the command line itself was wrong
        _one_line(f"{error.format_message()} (see --help)")
        sys.exit(2)
    if type(error).__module__.startswith("parley."):
        _one_line(str(error))
        sys.exit(2)
    what = f"{type(error).__name__}: {error}"
    _one_line(f"{what}; this is our fault: set PARLEY_DEBUG=1 for the traceback and report it")
    if os.environ.get("PARLEY_DEBUG"):
        traceback.print_exception(error)
    sys.exit(1)


def _one_line(message: str) -> None:
    print(f"parley: {' '.join(message.split())}", file=sys.stderr)


if __name__ == "__main__":
    main()
