"""The Ray backend on a real Ray of two nodes: the bytes of one process, whatever dies on the way."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from parley.evals.simulate.seam import SimulationError
from parley.evals.simulate.study import Study, StudySettings
from tests.evals.sim_world import run_all

ROOT = Path(__file__).parents[2]
NAME = "sessions-parley-agenda-3.jsonl"

pytest.importorskip("ray", reason="needs Ray: pip install 'parley-rec[ray]'")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What one process plays."""
    folder = tmp_path_factory.mktemp("one")
    run_all(folder)
    return (folder / NAME).read_bytes()


@pytest.mark.net
@pytest.mark.slow
def test_two_nodes_give_the_bytes_of_one_process_even_if_a_worker_dies(expected: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    run = subprocess.run(
        [sys.executable, "-m", "tests.evals.ray_world", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert run.returncode == 0, run.stderr
    assert (folder / NAME).read_bytes() == expected
    workers = [path.name.split(".") for path in folder.glob("*.worker")]
    assert len({node for node, _, _ in workers}) == 2, "both nodes play"
    assert len(workers) == 3, "the killed worker was started anew"


@pytest.mark.net
@pytest.mark.slow
def test_with_no_cluster_named_ray_runs_here_on_loopback_only_and_ends_with_the_run(
    expected: bytes, tmp_path: Path
) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from parley.evals.simulate.cluster import ray_players\n"
        "from parley.evals.simulate.run import RunSettings, run_sessions\n"
        "from tests.evals.ray_world import listening\n"
        "from tests.evals.sim_world import people, space_bench\n"
        "with ray_players(space_bench, 2) as play:\n"
        "    run_sessions(people(), play, RunSettings('parley', 'agenda', 4, 3), Path(sys.argv[1]))\n"
        "    print(*listening())\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"} | {"TMPDIR": tempfile.gettempdir()}
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip

    assert run.returncode == 0, run.stderr
    assert (tmp_path / NAME).read_bytes() == expected
    addresses = set(run.stdout.split())
    assert addresses, "Ray listens somewhere"
    assert addresses <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


def test_an_unknown_backend_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match="no backend 'spark'; known: processes, ray"):
        Study.prepare(StudySettings(users=1, backend="spark"), tmp_path)
