"""Evaluations that the page runs: one at a time, each in a process of its own with a scratch home.

The page's agent, its memory and its conversations are not touched: the process opens agents of its own. It
tells this one what happens, and can be ended at any moment.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import secrets
import shlex
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from parley.evals.simulate.seam import SimulationError
from parley.evals.simulate.study import Study, StudySettings
from parley.evals.simulate.table import Row
from parley.evals.simulate.watch import Answered, Begun, Ended, Moment, Said, WatchedBench
from parley.tools.items import Catalog

log = logging.getLogger(__name__)

MOST_USERS = 200
MOST_TURNS = 10
READING_PAUSE_S = 1.5
"""Between one line and the next, for who wants to read along."""
HOLD_S = 3.0
"""A conversation that is over stays in view so long before another takes its place."""
PAINT_S = 0.3
NICENESS = 5
"""An evaluation makes way for those who talk."""

Phase = Literal["opening", "playing", "counting", "done", "stopped", "failed"]
Speed = Literal["full", "reading"]
PlayStudy = Callable[[StudySettings, Path, Connection, Any], None]
"""Plays a study, telling what happens over the connection; the last argument holds the pause between lines."""


class EvaluationBusyError(ValueError):
    """One runs already."""


@dataclass
class Talk:
    """One simulated conversation as the watcher sees it."""

    begun: Begun
    lines: list[Said | Answered] = field(default_factory=list)
    ended: Ended | None = None


@dataclass
class Tally:
    """How one agent does so far."""

    scores: list[float] = field(default_factory=list)
    played: int = 0
    leaked: int = 0

    def count(self, end: Ended) -> None:
        self.played += 1
        self.leaked += end.leaked
        if end.score is not None:
            self.scores.append(end.score)


@dataclass
class Prepared:
    """What a run is going to play."""

    agents: Sequence[str]
    users: int
    headline: str


@dataclass
class Finished:
    """What a run came to."""

    rows: Sequence[Row]
    notes: Sequence[str]


@dataclass
class Failed:
    """Why a run ended early."""

    reason: str


class Evaluation:
    """One run: its process, and all that has been heard from it."""

    def __init__(self, settings: StudySettings, folder: Path, play: PlayStudy) -> None:
        self.settings = settings
        self.run_id = secrets.token_hex(8)
        self.phase: Phase = "opening"
        self.prepared: Prepared | None = None
        self.tallies: dict[str, Tally] = {}
        self.talks: list[Talk] = []
        self.watched: Talk | None = None
        """The conversation in view: one begun a while ago, while it and what came of it can still be read."""
        self.finished: Finished | None = None
        self.error = ""
        self.started = time.monotonic()
        self.playing_since = 0.0
        self.ended = threading.Event()
        self._seen_until = 0.0
        self._folder = folder
        context = multiprocessing.get_context("spawn")
        self._wire, theirs = context.Pipe(duplex=False)
        self._pause = context.Value("d", 0.0)
        self._process = context.Process(
            target=play, args=(settings, folder, theirs, self._pause), daemon=True, name="parley-evaluation"
        )
        self._process.start()
        theirs.close()
        threading.Thread(target=self._listen, daemon=True, name="parley-evaluation").start()

    @property
    def running(self) -> bool:
        return self.phase in ("opening", "playing", "counting")

    @property
    def total(self) -> int:
        return len(self.prepared.agents) * self.prepared.users if self.prepared else 0

    @property
    def played(self) -> int:
        return sum(tally.played for tally in self.tallies.values())

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None before there is one."""
        if self.phase != "playing" or self.played < 3:
            return None
        return (time.monotonic() - self.playing_since) / self.played * (self.total - self.played)

    @property
    def report(self) -> Path | None:
        """The HTML report, once written."""
        page = self._folder / "report.html"
        return page if self.phase == "done" and page.is_file() else None

    @property
    def speed(self) -> Speed:
        return "reading" if self._pause.value else "full"

    def set_speed(self, speed: Speed) -> None:
        """Play at full speed, or slowly enough to read along."""
        self._pause.value = READING_PAUSE_S if speed == "reading" else 0.0

    def stop(self) -> None:
        """End it now; what was played stays in view."""
        if self.running:
            self.phase = "stopped"
            self._process.terminate()

    def follow(self) -> Iterator[Evaluation]:
        """Itself, each time it is to be painted; once more when it has ended."""
        while not self.ended.wait(PAINT_S):
            yield self
        yield self

    def _listen(self) -> None:
        try:
            while True:
                self._hear(self._wire.recv())
        except (EOFError, OSError):
            self._process.join(5)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        if self.phase not in ("done", "stopped", "failed"):
            self.phase, self.error = "failed", "The evaluation ended unexpectedly; the log says more. Try it again."
        self.watched = None
        self._process.close()
        self._wire.close()
        self.ended.set()

    def _hear(self, heard: Moment | Prepared | Finished | Failed) -> None:
        if self.phase == "stopped":
            return
        match heard:
            case Prepared():
                self.prepared, self.phase, self.playing_since = heard, "playing", time.monotonic()
                self.tallies = {agent: Tally() for agent in heard.agents}
            case Begun():
                self.talks.append(Talk(heard))
                self._choose_watched()
            case Said() | Answered():
                self.talks[-1].lines.append(heard)
            case Ended():
                self.talks[-1].ended = heard
                self.tallies[heard.agent].count(heard)
                if self.watched is self.talks[-1]:
                    self._seen_until = time.monotonic() + HOLD_S
                if self.played == self.total:
                    self.phase = "counting"
            case Finished():
                self.finished, self.phase = heard, "done"
            case Failed():
                self.error, self.phase = heard.reason, "failed"

    def _choose_watched(self) -> None:
        """Change what is in view only when it is over and could be read to its end."""
        over = self.watched is None or (self.watched.ended is not None and time.monotonic() > self._seen_until)
        if over or self.speed == "reading":
            self.watched = self.talks[-1]


class Evaluations:
    """The page's evaluations: at most one runs; the newest stays in view.

    Args:
        play: What the other process runs, `play_study` unless given.
    """

    def __init__(self, play: PlayStudy | None = None) -> None:
        self._play = play or play_study
        self.current: Evaluation | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._lock = threading.Lock()

    def start(self, settings: StudySettings) -> Evaluation:
        """Begin a run; the one before is forgotten.

        Raises:
            EvaluationBusyError: one is under way.
        """
        with self._lock:
            if self.current is not None and self.current.running:
                raise EvaluationBusyError("an evaluation is under way; wait for it or stop it")
            if self._folder is not None and self.current is not None:
                self.current.ended.wait(10)
                self._folder.cleanup()
            self._folder = tempfile.TemporaryDirectory(prefix="parley-evaluation-", ignore_cleanup_errors=True)
            self.current = Evaluation(settings, Path(self._folder.name), self._play)
            return self.current

    def report(self, run_id: str) -> Path | None:
        """The report of the run of that id, if it is the newest and done."""
        run = self.current
        return run.report if run is not None and run.run_id == run_id else None

    def close(self) -> None:
        """End what runs and delete what it wrote."""
        with self._lock:
            if self.current is not None:
                self.current.stop()
                self.current.ended.wait(10)
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None


def play_study(settings: StudySettings, folder: Path, wire: Connection, pause: Any) -> None:
    """The other process: play the study, tell what happens, write the report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the page's affair; it ends us
    os.nice(NICENESS)
    scratch = folder / "scratch"
    scratch.mkdir()
    tempfile.tempdir = str(scratch)  # a stopped run leaves nothing outside its folder
    try:
        _play(settings, folder, wire, pause)
    except SimulationError as error:
        wire.send(Failed(str(error)))
    except (BrokenPipeError, EOFError):
        log.info("the page went away")
    except Exception:
        log.exception("an evaluation failed")
        wire.send(Failed("Something went wrong on Parley's side; the log says more."))


def _play(settings: StudySettings, folder: Path, wire: Connection, pause: Any) -> None:
    from parley.evals.report import write_report

    def tell(moment: Moment) -> None:
        wire.send(moment)
        if pause.value:
            time.sleep(pause.value)

    study = Study.prepare(settings, folder / "scratch")
    bench = WatchedBench(study.bench, {p.persona_id: p for p in study.personas}, tell)
    study.bench = bench
    name, scorer = next(iter(study.scorers(Catalog.films()).items()))  # the headline asks nothing of the catalogue
    wire.send(Prepared(study.agents, len(study.personas), name))
    result = study.run(folder, lambda session: bench.tell_end(session, scorer))
    write_report(result, folder)
    wire.send(Finished(result.rows, result.notes))


def command_line(settings: StudySettings) -> str:
    """The same study on the command line."""
    words = ["parley eval simulate", f"--simulator {settings.simulator}"]
    options: Mapping[str, object] = {
        "rules": settings.rules, "users": settings.users, "turns": settings.turns, "seed": settings.seed,
        "data": settings.data, "catalog": shlex.quote(settings.catalog) if settings.catalog else "",
        "model": settings.model if settings.model != "none" else "",
        "agents": f'"{settings.agents}"' if settings.agents else "",
    }  # fmt: skip
    return " ".join([*words, *(f"--{name} {value}" for name, value in options.items() if value != "")])
