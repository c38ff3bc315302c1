"""Those who play on a Ray cluster: one worker a CPU, each with agents of its own, results in the personas' order.

Sessions depend on their persona and seed alone, so a cluster gives the bytes of one process, and a session whose
worker died is simply played again on another.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from parley.evals.simulate.records import Persona, SessionRecord
from parley.evals.simulate.run import OpenBench, Play, RunSettings, simulate_session
from parley.evals.simulate.seam import SimulationError

OBJECT_STORE_BYTES = 80 * 1024**2
"""Shared memory of a local Ray: what passes through it is one persona or one session at a time."""
DEATHS_FORGIVEN = 3
"""How often a worker, and the session it was playing, is started anew after its process or node went away."""

ONE_MACHINE = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""At 0, Ray binds to loopback on every system, not only on the two in its name."""


@contextmanager
def ray_players(open_bench: OpenBench, workers: int) -> Iterator[Play]:
    """Players on the cluster at `RAY_ADDRESS`, or on a Ray of this machine's own that ends with the run.

    Args:
        open_bench: pickled to the workers; files it names must be there under the same path.
        workers: how many play at the same time, one CPU each.

    Raises:
        SimulationError: Ray is missing, no cluster answers, or it has fewer CPUs than workers.
    """
    with _connected(workers) as ray:
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if workers > cpus:
            raise SimulationError(f"--jobs {workers} asks for more than the cluster's {cpus} CPUs; use at most {cpus}")
        actor = ray.remote(
            num_cpus=1,
            scheduling_strategy="SPREAD",
            max_restarts=DEATHS_FORGIVEN,
            max_task_retries=DEATHS_FORGIVEN,
        )(Player)
        pool = [actor.remote(open_bench) for _ in range(workers)]
        try:
            yield lambda settings, personas: _play_in_order(pool, settings, personas)
        finally:
            _close(ray, pool)


class Player:
    """One worker: opens the agents once, then plays session after session."""

    def __init__(self, open_bench: OpenBench) -> None:
        self._opened = open_bench()
        self._bench = self._opened.__enter__()

    def play(self, persona: str, settings: RunSettings) -> str:
        """The session as JSON."""
        return simulate_session(Persona.model_validate_json(persona), self._bench, settings).model_dump_json()

    def close(self) -> None:
        """Give back what the bench holds, its scratch folder among it."""
        self._opened.__exit__(None, None, None)


def _play_in_order(pool: Sequence[Any], settings: RunSettings, personas: Sequence[Persona]) -> Iterator[SessionRecord]:
    from ray.util import ActorPool

    players = ActorPool(list(pool))
    for line in players.map(lambda player, persona: player.play.remote(persona.model_dump_json(), settings), personas):
        yield SessionRecord.model_validate_json(line)


def _close(ray: Any, pool: Sequence[Any]) -> None:
    """Ask the workers to tidy up; one that is gone has nothing to tidy."""
    for done in [player.close.remote() for player in pool]:
        try:
            ray.get(done, timeout=10)
        except ray.exceptions.RayError as error:
            logging.getLogger(__name__).debug("a worker was not closed: %s", error)


@contextmanager
def _connected(workers: int) -> Iterator[Any]:
    """Ray, connected, and let go of at the end. A Ray of our own listens on loopback only and reports to nobody."""
    address = os.environ.get("RAY_ADDRESS", "")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not address:
        os.environ.setdefault(ONE_MACHINE, "0")  # read when ray is imported
    try:
        import ray
    except ModuleNotFoundError as error:
        raise SimulationError("--backend ray needs Ray: pip install 'parley-rec[ray]'") from error
    if ray.is_initialized():
        yield ray
        return
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        try:
            if address:
                ray.init(address=address, **quiet)
            else:
                ray.init(
                    address="local",
                    num_cpus=workers,
                    include_dashboard=False,
                    object_store_memory=OBJECT_STORE_BYTES,
                    _node_ip_address="127.0.0.1",
                    _temp_dir=folder,
                    **quiet,
                )
        except (ConnectionError, ValueError, RuntimeError) as error:
            where = f"at RAY_ADDRESS {address!r}" if address else "on this machine"
            raise SimulationError(
                f"no Ray {where} ({error}); start one with `ray start --head`, or unset RAY_ADDRESS"
            ) from error
        try:
            yield ray
        finally:
            ray.shutdown()
