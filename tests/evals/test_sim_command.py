"""`parley eval simulate`: bad input is one line that names the value and the mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.evals.simulate.seam import SimulationError
from parley.evals.simulate.sources import mirror_of
from parley.evals.simulate.study import Study, StudySettings


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"simulator": "oracle"}, "no simulator 'oracle'; known: agenda"),
        ({"agents": "parley,siri"}, "no agent 'siri'; known: random"),
        ({"data": "netflix"}, "no personas from 'netflix'; known: drawn"),
        ({"simulator": "ievalm-free", "data": "ievalm-imdb"}, "no iEvaLM corpus 'imdb'; known: redial, opendialkg"),
        ({"model": "replay"}, "name it with --cassette"),
    ],
)
def test_a_setting_that_names_nothing_is_told_with_what_there_is(
    settings: dict[str, str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(SimulationError) as error:
        Study.prepare(StudySettings(users=1, **settings), tmp_path)

    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_data_set_that_is_not_there_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PARLEY_DATA_MIRROR", raising=False)
    with pytest.raises(SimulationError, match="parley data get movielens-100k"):
        mirror_of("movielens-100k")
    monkeypatch.setenv("PARLEY_DATA_MIRROR", str(tmp_path))
    with pytest.raises(SimulationError, match="no folder 'movielens-100k'"):
        mirror_of("movielens-100k")


def test_movielens_100k_is_matched_by_title_because_its_ids_are_its_own(data_mirror: Path) -> None:
    from parley.evals.simulate.sources import film_interactions
    from parley.tools.items import Catalog

    catalog = Catalog.films()
    log = film_interactions("movielens-100k", catalog)
    newest = max(catalog[item_id].year or 0 for item_id in log.item_ids)

    assert len(log) > 50_000
    assert newest <= 1999


def test_published_contexts_that_name_a_target_are_never_among_the_clean(data_mirror: Path) -> None:
    from parley.evals.simulate.ievalm_data import TEST_FILES, build_catalog, ievalm_personas, read_rows
    from parley.evals.simulate.leaks import LeakGuard

    folder = data_mirror / "ievalm" / "opendialkg"
    catalog = build_catalog(folder, "ievalm-opendialkg")
    rows = read_rows(folder / TEST_FILES["opendialkg"])
    clean, counts = ievalm_personas(rows, catalog, 10_000, dirty=False, seed=1)
    guard = LeakGuard(catalog)

    assert len(clean) == counts["clean"] > 600
    assert counts["dirty"] >= 424
    assert not any(guard.finds(p.opening, p.targets) for p in clean)
    assert not any(set(dict(p.history)) & set(p.targets) for p in clean)


def test_the_summary_is_one_json_document(tmp_path: Path) -> None:
    from parley.evals.simulate.records import Score
    from parley.evals.simulate.run import RunSettings, players, run_sessions
    from parley.evals.simulate.study import StudyResult
    from parley.evals.simulate.table import score_rows
    from tests.evals.sim_world import SPACE, people, space_bench

    with players(space_bench) as play:
        runs = {"list": [run_sessions(people(3), play, RunSettings("list", "agenda", 2, 1), tmp_path)]}
    scorers = {"one": lambda session: Score(value=1.0)}
    rows = score_rows(runs, scorers, SPACE, {})
    result = StudyResult(StudySettings(users=3), runs, rows, [], scorers, SPACE, [])

    assert json.loads(json.dumps(result.summary()))["rows"][0]["scores"]["one"]["mean"] == 1.0
