"""A Ray of two nodes on loopback, and a run on it: started by a test as a process of its own.

`python -m tests.evals.ray_world FOLDER` plays the people of `sim_world`; each worker leaves a note of where it is,
and one worker's process is killed in the middle.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # loopback only
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from parley.evals.simulate.cluster import OBJECT_STORE_BYTES, ray_players
from parley.evals.simulate.records import SessionRecord
from parley.evals.simulate.run import Bench, RunSettings, run_sessions
from tests.evals.sim_world import people, space_bench


@dataclass(frozen=True)
class NotingBench:
    """The bench of `sim_world`; opening it leaves an empty file named after the node and the process."""

    folder: Path

    def __call__(self) -> Any:
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[Bench]:
        import ray

        (self.folder / f"{ray.get_runtime_context().get_node_id()}.{os.getpid()}.worker").touch()
        with space_bench() as bench:
            yield bench


def listening() -> set[str]:
    """The addresses that this process and those it started listen on."""
    import psutil

    me = psutil.Process()
    return {
        connection.laddr.ip
        for process in (me, *me.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def main(folder: Path) -> None:
    from ray.cluster_utils import Cluster

    folder.mkdir(parents=True)
    node = {"num_cpus": 1, "object_store_memory": OBJECT_STORE_BYTES}
    cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        cluster.add_node(**node)
        os.environ["RAY_ADDRESS"] = cluster.address
        played: list[str] = []

        def note(session: SessionRecord) -> None:
            played.append(session.persona.persona_id)
            if len(played) == 5:
                victim = next(folder.glob("*.worker"))
                os.kill(int(victim.suffixes[-2][1:]), signal.SIGKILL)

        with ray_players(NotingBench(folder), 2) as play:
            run_sessions(people(), play, RunSettings("parley", "agenda", 4, 3), folder, done=note)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
