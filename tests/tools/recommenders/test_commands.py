"""`parley recommend` and `parley train`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.tools.items import Catalog
from parley.tools.recommenders import load_recommender
from parley.tools.seams import Taste
from parley.ui.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


def test_recommend_obeys_the_filter_and_leaves_out_what_was_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(
        capsys, "recommend", "--like", "the matrix", "--like", "inception", "--filter", '{"year": {"gte": 2000}}',
        "--k", "5", "--home", str(tmp_path), "--json",
    )  # fmt: skip
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert len(rows) == 5
    assert all(row["year"] >= 2000 for row in rows)
    assert "inception-2010" not in {row["item_id"] for row in rows}
    assert set(rows[0]["because_of"]) <= {"the-matrix-1999", "inception-2010"}


def test_recommend_without_a_like_offers_what_is_popular(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = run(capsys, "recommend", "--k", "3", "--home", str(tmp_path), "--json")
    assert code == 0
    assert [json.loads(line)["because_of"] for line in out.splitlines()] == [[], [], []]


def test_an_unknown_title_is_told_with_the_nearest_ones(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "recommend", "--like", "zzxqv kwpfgh", "--home", str(tmp_path))
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "'zzxqv kwpfgh'" in err
    assert "nearest titles" in err


@pytest.mark.parametrize("filter_text", ['{"colour": "red"}', "{", '{"year": {"any": ["x"]}}'])
def test_a_filter_that_does_not_fit_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, filter_text: str
) -> None:
    code, _, err = run(capsys, "recommend", "--filter", filter_text, "--home", str(tmp_path))
    assert code == 2
    assert err.count("\n") == 1


def test_train_keeps_a_model_that_loads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = small_ratings(tmp_path)
    code, out, _ = run(capsys, "train", "itemknn", "--data", str(folder), "--home", str(tmp_path), "--json")
    report = json.loads(out)
    assert code == 0
    assert report["items"] == 4
    model = load_recommender(Path(report["path"]))
    assert model.recommend(Taste(reactions=(("2571", 1.0),)), 1)[0][0] == "79132"


def test_an_interrupted_train_goes_on_and_leaves_no_unfinished_work(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    from parley.tools.recommenders.sasrec import SasRec, SasRecConfig, _Run

    small = SasRec.small_config().model_dump() | {"epochs": 3}
    monkeypatch.setattr(SasRecConfig, "__init__", lambda self, **_: super(SasRecConfig, self).__init__(**small))
    plain, epochs = _Run.train_epoch, []

    def stumble(self: _Run, histories: object, epoch: int) -> float:
        epochs.append(epoch)
        if len(epochs) == 3:
            raise KeyboardInterrupt
        return plain(self, histories, epoch)  # type: ignore[arg-type]

    monkeypatch.setattr(_Run, "train_epoch", stumble)
    arguments = ("train", "sasrec", "--data", str(small_ratings(tmp_path)), "--out", str(tmp_path / "out"), "--json")
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        main((*arguments, "--home", str(tmp_path)))
    code, _, _ = run(capsys, *arguments, "--home", str(tmp_path))
    assert code == 0
    assert epochs == [0, 1, 2, 2]
    assert not (tmp_path / "out" / "unfinished").exists()


def test_train_taste_maps_ratings_to_the_films(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = small_ratings(tmp_path)
    code, out, _ = run(
        capsys,
        "train",
        "taste",
        "--data",
        str(folder),
        "--out",
        str(tmp_path / "model"),
        "--home",
        str(tmp_path),
        "--json",
    )
    assert code == 0
    known = {item.links.get("movielens") for item in Catalog.films()}
    assert json.loads(out)["items"] == len({"2571", "79132", "1721"} & known)
    assert (tmp_path / "model" / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "oracle", "--data", "DATA"), "no recommender 'oracle'"),
        (("train", "ease", "--data", "no-such-data"), "parley data get no-such-data"),
        (("train", "ease", "--data", "DATA", "--ship"), "only `taste` ships"),
    ],
)
def test_train_tells_a_mistake_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    folder = small_ratings(tmp_path)
    filled = [str(folder) if word == "DATA" else word for word in arguments]
    code, _, err = run(capsys, *filled, "--home", str(tmp_path))
    assert code == 2
    assert message in err
    assert err.count("\n") == 1


def small_ratings(folder: Path) -> Path:
    """Ten people; most like The Matrix and Inception together, some Titanic; film 999999 is in no catalogue."""
    data = folder / "movielens-latest-small"
    data.mkdir()
    lines = ["userId,movieId,rating,timestamp"]
    for user in range(10):
        films = ("2571", "79132") if user < 7 else ("1721", "999999")
        lines += [f"{user},{film},5.0,{100 + place}" for place, film in enumerate(films)]
    (data / "ratings.csv").write_text("\n".join(lines) + "\n")
    return data
