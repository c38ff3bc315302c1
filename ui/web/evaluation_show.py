"""An evaluation as HTML: how far it is, how the agents do, and the conversation in view."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.evals.intervals import Estimate, bootstrap
from parley.evals.simulate.table import Row
from parley.evals.simulate.watch import Answered, Begun, Ended, Named, Said
from parley.tools.items import Catalog
from parley.ui.web.art import cover_uri
from parley.ui.web.evaluation import Evaluation, Talk, command_line
from parley.ui.web.evaluation_form import agent_words
from parley.ui.web.html import MARK, button, esc, icon, join_words, prose

MOST_LISTED = 60
"""Conversations of one agent listed at once."""
_PHASES = {
    "opening": "Opening the agents and drawing the users", "playing": "Playing", "counting": "Counting",
    "done": "Done", "stopped": "Stopped", "failed": "Not finished",
}  # fmt: skip
_SECOND = ("questions", "violations", "leaked")
"""Columns that follow the two headline ones, where the study has them."""


def show_progress(run: Evaluation | None) -> str:
    """The run's state and its table; before the first run, what there is to see."""
    if run is None:
        return (
            '<div class="unrun"><h3>No evaluation yet</h3><p>Choose who talks and press Run. The table grows here, '
            "with intervals at the end, and beside it you can read one conversation as it happens.</p>"
            f"{_look()}</div>"
        )
    bar = f'<div class="progress" role="progressbar" aria-label="Conversations played" aria-valuemin="0" aria-valuemax="{run.total}" aria-valuenow="{run.played}"><i style="width:{_percent(run)}%"></i></div>'  # noqa: E501
    stop = button("Stop", "stop", kind="stop", inner=f"{icon('stop')}<span>Stop</span>") if run.running else ""
    return (
        f'<section class="run {"running" if run.running else run.phase}">'
        f'<header><div role="status"><h3>{esc(_PHASES[run.phase])}</h3><p>{esc(_say_state(run))}</p></div>{stop}'
        f"</header>{bar}{_trouble(run)}{_table(run)}{_after(run)}{_look()}</section>"
    )


def show_watched(run: Evaluation | None, catalog: Catalog) -> str:
    """The conversation in view while a run goes on."""
    if run is None or run.watched is None or not run.running:
        return ""
    slow = run.speed == "reading"
    pace = button(
        "Read along: play slowly",
        "pace",
        kind="pace",
        inner=f"{icon('seen')}<span>Read along</span>",
        title="Play slowly enough to read",
        speed="full" if slow else "reading",
        aria_pressed="true" if slow else "false",
    )
    return f'<header class="live"><h3>Live</h3>{pace}</header>{show_talk(run.watched, catalog)}'


def show_talks(run: Evaluation | None, catalog: Catalog, agent: str = "", place: int = -1) -> str:
    """Once a run has ended: its conversations, one agent's at a time, and the one picked.

    Args:
        agent: Whose; the last one's unless given.
        place: Which of the run's conversations is open; below 0 the agent's first.
    """
    if run is None or run.running or not run.talks:
        return ""
    agents = list(dict.fromkeys(talk.begun.agent for talk in run.talks))
    agent = agent if agent in agents else agents[-1]
    theirs = [(n, talk) for n, talk in enumerate(run.talks) if talk.begun.agent == agent and talk.ended]
    if not theirs:
        return ""
    place = place if any(n == place for n, _ in theirs) else theirs[0][0]
    tabs = "".join(
        button(agent_words(name), "whose", kind="whose", agent=name, aria_pressed="true" if name == agent else "false")
        for name in agents
    )
    rows = "".join(_row(n, talk, chosen=n == place) for n, talk in theirs[:MOST_LISTED])
    left = len(theirs) - MOST_LISTED
    rest = f'<p class="hint">and {left} more, in the transcripts of a run on the command line</p>' if left > 0 else ""
    return (
        f'<header class="live"><h3>Conversations</h3></header><div class="whoses" role="group" aria-label="Whose">'
        f'{tabs}</div><ul class="talks">{rows}</ul>{rest}{show_talk(run.talks[place], catalog)}'
    )


def show_talk(talk: Talk, catalog: Catalog) -> str:
    """One conversation: the hidden wish, the lines, the verdict."""
    lines = "".join(_line(line, talk.begun) for line in talk.lines)
    waiting = ""
    if talk.ended is None and talk.lines and isinstance(talk.lines[-1], Said):
        waiting = '<p class="status"><span class="dots"><i></i><i></i><i></i></span></p>'
    return (
        f'<article class="watched" aria-label="A simulated conversation">{_hidden(talk.begun, catalog)}{lines}{waiting}'
        f"{_verdict(talk.ended) if talk.ended else ''}</article>"
    )


def _say_state(run: Evaluation) -> str:
    parts = [f"{run.played} of {run.total} conversations"] if run.total else []
    left = run.seconds_left
    if left is not None and run.speed == "full":
        parts.append(f"about {left:.0f} s left" if left < 90 else f"about {left / 60:.0f} min left")
    if run.played:
        leaked = sum(tally.leaked for tally in run.tallies.values())
        parts.append(f"leaks in {leaked} of {run.played}")
    return " · ".join(parts)


def _percent(run: Evaluation) -> str:
    return f"{100 * run.played / run.total:.1f}" if run.total else "0"


def _trouble(run: Evaluation) -> str:
    if run.phase == "stopped":
        return '<p class="hint">What was played is below; an interval over few users is wide.</p>'
    return f'<p class="trouble" role="alert">{esc(run.error)}</p>' if run.error else ""


def _table(run: Evaluation) -> str:
    """The agents with the headline score as a bar, its interval across it; the study's own figures at the end."""
    if run.prepared is None:
        return ""
    rows = {row.agent: row for row in run.finished.rows} if run.finished else {}
    second = [label for label in next(iter(rows.values())).scores if label != run.prepared.headline] if rows else []
    columns = [label for label in second if label in _SECOND or label == second[0]]
    estimates = {agent: _estimate(run, agent, rows.get(agent)) for agent in run.prepared.agents}
    top = max([1.0, *(e.high for e in estimates.values() if e is not None and e.high == e.high)])
    heads = "".join(f'<th scope="col">{esc(label)}</th>' for label in columns)
    body = "".join(
        f'<tr class="{"ours" if agent == "parley" else ""}"><th scope="row">{esc(agent_words(agent))}</th>'
        f'<td class="plot">{_plot(estimates[agent], top)}</td>{_cells(rows.get(agent), columns)}</tr>'
        for agent in run.prepared.agents
    )
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">Agent</th><th scope="col">{esc(run.prepared.headline)}'
        f"</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _estimate(run: Evaluation, agent: str, row: Row | None) -> Estimate | None:
    if row is not None:
        return next(iter(row.scores.values()))
    scores = run.tallies[agent].scores
    if not scores:
        return None
    if run.running:  # the mean so far; the interval comes when there is time to draw it
        mean = sum(scores) / len(scores)
        return Estimate(mean=mean, low=mean, high=mean, n=len(scores))
    return bootstrap(scores, seed=run.settings.seed)


def _plot(estimate: Estimate | None, top: float) -> str:
    if estimate is None or estimate.mean != estimate.mean:
        return '<span class="none">not yet</span>'
    mean, low, high = (100 * value / top for value in (estimate.mean, estimate.low, estimate.high))
    whisker = f'<b style="left:{low:.1f}%;width:{max(0.0, high - low):.1f}%"></b>' if high > low else ""
    interval = f" <small>{estimate.low:.2f} to {estimate.high:.2f}</small>" if whisker else ""
    return (
        f'<span class="bar"><i style="width:{mean:.1f}%"></i>{whisker}</span><span class="figure">{estimate.mean:.2f}'
        f"{interval}</span>"
    )


def _cells(row: Row | None, columns: Sequence[str]) -> str:
    if row is None:
        return ""
    return "".join(
        f"<td>{'' if estimate.mean != estimate.mean else f'{estimate.mean:.2f}'}</td>"
        for estimate in (row.scores[label] for label in columns)
    )


def _after(run: Evaluation) -> str:
    """Below the table of a finished run: the report, what to believe, and the same on the command line."""
    if run.running:
        return ""
    report = (
        f'<a class="new" href="/evaluation/{run.run_id}/report.html" target="_blank" rel="noopener">{icon("page")}'
        "<span>Open the report</span></a>"
        if run.report
        else ""
    )
    notes = "".join(_note(note) for note in run.finished.notes) if run.finished else ""
    meaning = "<p>Bars are means, lines their 95 % bootstrap intervals over users.</p>" if run.finished else ""
    return (
        f'<div class="after">{report}<div class="hint">{meaning}{notes}</div><p class="hint">The same on the command '
        f"line, kept in a folder:</p><code>{esc(command_line(run.settings))} --report out/</code></div>"
    )


def _note(note: str) -> str:
    """A note with what stands between backticks as code; one that begins with a dash is an item of a list."""
    kind = ' class="item"' if note.startswith("- ") else ""
    words = re.sub(r"`([^`]+)`", r"<code>\1</code>", esc(note.removeprefix("- ")))
    return f"<p{kind}>{words}</p>"


def _look() -> str:
    """Pressed by the page itself when the tab opens, so that a run under way is joined."""
    return '<button type="button" data-do="look" hidden tabindex="-1">Look</button>'


def _hidden(begun: Begun, catalog: Catalog) -> str:
    first = catalog.get(begun.wants[0].item_id) if begun.wants else None
    cover = f'<img src="{cover_uri(first)}" alt="" width="200" height="300">' if first else ""
    wants = join_words(named.label for named in begun.wants) or "nothing in particular: whatever suits their taste"
    likes = f"<p>Liked {esc(join_words(named.label for named in begun.likes))}</p>" if begun.likes else ""
    return (
        f'<div class="secret">{cover}<div><small>{icon("lock")} Only you see this</small><p><strong>Wants {esc(wants)}'
        f'</strong></p>{likes}<p class="who">talks to {esc(agent_words(begun.agent))}</p></div></div>'
    )


def _line(line: Said | Answered, begun: Begun) -> str:
    if isinstance(line, Said):
        return f'<div class="said"><span class="sr">User: </span><p>{esc(line.text)}</p></div>'
    name = f'<span class="sr">{esc(agent_words(begun.agent))}: </span>'
    reply = _without_list(line.reply) if line.slate else line.reply
    words = prose(reply) if reply else f"<p>{'Shows a list:' if line.slate else 'No answer.'}</p>"
    slate = "".join(_chip(named) for named in line.slate)
    shown = f'<ul class="shown">{slate}</ul>' if slate else ""
    return f'<div class="answer">{MARK if line.reply else ""}<div class="words">{name}{words}{shown}</div></div>'


def _without_list(reply: str) -> str:
    """The reply without its lines about the titles, which stand below it anyway."""
    return "\n".join(line for line in reply.splitlines() if not line.lstrip().startswith(("- ", "\u2022 ", "* ")))


def _chip(named: Named) -> str:
    if not named.is_target:
        return f"<li>{esc(named.label)}</li>"
    return f'<li class="hit">{icon("check")}<span class="sr">wanted: </span>{esc(named.label)}</li>'


def _verdict(end: Ended) -> str:
    turns = f"{end.turns} turn{'s' * (end.turns != 1)}"
    kind, words = {
        "accepted": ("met", f"Took {end.accepted} on turn {end.turns}"),
        "turns": ("missed", f"Not found in {turns}"),
        "left": ("missed", f"Left after {turns}"),
        "agent_error": ("missed", f"The agent broke: {end.error}"),
        "simulator_error": ("missed", f"Not judged, the simulator broke: {end.error}"),
    }[end.ended_by]
    leak = " A message named the target: the turn is no evidence." if end.leaked else ""
    return f'<p class="verdict {kind}">{icon("check" if kind == "met" else "miss")}<span>{esc(words)}.{leak}</span></p>'


def _row(place: int, talk: Talk, *, chosen: bool) -> str:
    end = talk.ended
    assert end is not None
    wants = talk.begun.wants[0].label if talk.begun.wants else "something to their taste"
    found = end.ended_by == "accepted"
    outcome = f"turn {end.turns}" if found else "left" if end.ended_by == "left" else "not found"
    inner = f"{icon('check' if found else 'miss')}<span>{esc(wants)}</span><small>{esc(outcome)}</small>"
    pick = button(
        f"{wants}: {outcome}",
        "pick",
        kind=f"pick {'found' if found else ''}",
        inner=inner,
        agent=talk.begun.agent,
        place=place,
        aria_current="true" if chosen else "false",
    )
    return f"<li>{pick}</li>"
