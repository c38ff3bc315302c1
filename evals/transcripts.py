"""Conversations worth reading: fixed scripts of users, played against the agent and written as Markdown.

The users' lines are fixed; everything else is what Parley says. Reading these is how its manners are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from parley.agent.api import Agent
from parley.agent.ledger import Stance
from parley.agent.messages import Turn
from parley.agent.trace import tell_story
from parley.agent.wish_words import say_wish

FIRST_EVENING = datetime(2026, 1, 9, 20, 0, tzinfo=UTC)
"""When the first sessions take place; further ones are a week apart."""


class Script(BaseModel):
    """One user's side of one or more sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    sessions: tuple[tuple[str, ...], ...]
    """Lines by session. "/like 2", "/reject 1", "/seen 3" press a button on the last slate."""
    remember: bool = False
    """Whether the user agrees to be remembered."""


def load_scripts(name: str = "conversations.jsonl") -> list[Script]:
    """The scripts that ship with Parley."""
    text = (files("parley.evals") / "data" / name).read_text("utf-8")
    return [Script.model_validate_json(line) for line in text.splitlines() if line.strip()]


def play(agent: Agent, script: Script) -> Iterator[tuple[int, str, Turn | None]]:
    """Run a script; (session, what the user did, the turn it led to or None for a button)."""
    if script.remember:
        agent.set_consent(script.name, True)
    for number, lines in enumerate(script.sessions, 1):
        set_clock(agent, FIRST_EVENING + timedelta(weeks=number - 1))
        session = f"{script.name}-{number}"
        for line in lines:
            if line.startswith("/"):
                yield number, _press(agent, line, script.name, session), None
            else:
                yield number, line, agent.chat(line, user=script.name, session=session)


def set_clock(agent: Agent, start: datetime) -> None:
    """Let memory believe it is this evening, a minute later at every look."""
    looks = count()

    def clock() -> datetime:
        return start + timedelta(minutes=next(looks))

    agent.parts.store.clock = clock
    agent.parts.services.remembering.clock = clock


def _press(agent: Agent, line: str, user: str, session: str) -> str:
    """Press a button on the last slate; what was pressed, in words."""
    word, place = line[1:].split()
    item = agent.slate(user=user, session=session).items[int(place) - 1]
    agent.react(item.item_id, Stance(word), user=user, session=session)
    return f"[{word}] {item.title}"


def write_transcript(agent: Agent, script: Script, folder: Path) -> Path:
    """One Markdown file with the conversation, the wishes at its end and the story of its last turn."""
    lines = [f"# {script.about}", ""]
    last_session, last = 0, None
    for number, said, turn in play(agent, script):
        if number != last_session and len(script.sessions) > 1:
            lines += _memories(agent, script) if last_session and script.remember else []
            when = FIRST_EVENING + timedelta(weeks=number - 1)
            lines += [f"## Session {number}, {when:%A %d %B %Y}", ""]
        last_session = number
        lines += [f"**You:** {said}", ""]
        if turn is not None:
            lines += [*_quoted(turn), ""]
            last = turn
    lines += ["---", "", *_wishes(agent, script, last_session), ""]
    lines += _memories(agent, script) if script.remember else []
    story = _story(agent, script, last_session)
    if story and last is not None:
        lines += ["", f"How turn {last.turn} went:", "", *[f"- {line}" for line in story]]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{script.name}.md"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _memories(agent: Agent, script: Script) -> list[str]:
    """What is remembered now, how firmly, and since which words."""
    memory = agent.parts.services.remembering
    rows = [
        "What Parley remembers now:",
        "",
        "| about | kind | status | confidence | because of |",
        "|---|---|---|---|---|",
    ]
    for statement in agent.statements(script.name):
        because = "; ".join(
            f"{'' if e.speaks_for else 'against: '}{e.words or 'a button'} ({e.session}, turn {e.turn})"
            for e in statement.evidence
        ).replace("|", "/")
        about = memory.say(statement)
        rows.append(
            f"| {about} | {statement.kind.value} | {statement.status.value} | {statement.confidence:.2f} | {because} |"
        )
    return [*rows, ""]


def _quoted(turn: Turn) -> list[str]:
    text = [f"> {line}".rstrip() for line in f"**Parley:** {turn.reply}".splitlines()]
    if turn.quick_replies:
        text += [">", "> " + " ".join(f"`{reply}`" for reply in turn.quick_replies)]
    return text


def _wishes(agent: Agent, script: Script, session: int) -> list[str]:
    ledger = agent.ledger(user=script.name, session=f"{script.name}-{session}")
    rows = ["What Parley understood:", "", "| wish | kind | turn | words | now |", "|---|---|---|---|---|"]
    for wish in ledger:
        now = wish.status.value + (f" in turn {wish.ended_turn}" if wish.ended_turn else "")
        words = wish.words.replace("|", "/")
        said = say_wish(wish, agent.parts.services.catalog)
        rows.append(f"| {said} | {wish.hardness.value} | {wish.turn} | {words} | {now} |")
    return rows


def _story(agent: Agent, script: Script, session: int) -> Sequence[str]:
    traces = agent.traces(user=script.name, session=f"{script.name}-{session}")
    return tell_story(traces[-1], agent.parts.services.catalog)[:-1] if traces else ()
