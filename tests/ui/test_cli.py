"""The command line tells a mistake in one line, and whose it is by the exit code."""

from __future__ import annotations

import importlib.metadata

import pytest

from parley.ui.cli import build, main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bogus",), "bogus"),
        (("web", "--port", "99999"), "--port"),
        (("chat", "--nonsense"), "--nonsense"),
        (("chat", "--json"), "--say"),
        (("chat", "--model", "none", "--planner", "zzz", "--say", "hi"), "zzz"),
        (("chat", "--model", "llamacpp:/nowhere.gguf", "--say", "hi"), "/nowhere.gguf"),
        (("chat", "--model", "none", "--catalog", "nowhere", "--say", "hi"), "nowhere"),
        (("chat", "--model", "none", "--user", "", "--say", "hi"), "user id ''"),
        (("search", "x", "--filter", '{"yer": 1}'), "yer"),
        (("search", "x", "--filter", "{bad"), "{bad"),
        (("recommend", "--like", "Zorblax"), "Zorblax"),
        (("recommend", "--like", "The Matrix", "--k", "0"), "k"),
        (("understand", "--input", "/nowhere.jsonl"), "/nowhere.jsonl"),
        (("replay", "/nowhere.jsonl"), "/nowhere.jsonl"),
        (("trace", "--user", "nobody"), "nobody"),
        (("eval", "plan", "--strategy", "zzz"), "zzz"),
        (("eval", "transcripts", "--out", "x", "--set", "zzz"), "zzz"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_2(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2

    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("parley: ")]
    assert len(lines) == 1
    assert told in lines[0]


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    app = build().app
    commands = [
        (command.callback.__name__, command.callback.__doc__ or "")
        for command in app.registered_commands
        if command.callback
    ]
    commands += [
        (f"{group.name} {command.callback.__name__}", command.callback.__doc__ or "")
        for group in app.registered_groups
        for command in (group.typer_instance.registered_commands if group.typer_instance else ())
        if command.callback
    ]

    assert len(commands) > 20
    assert [name for name, doc in commands if "Example" not in doc] == []


def test_the_version_is_the_installed_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"parley {importlib.metadata.version('parley-rec')}\n"
