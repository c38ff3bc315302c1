"""Public data sets: fetched whole and verified, or not at all."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.tools.datasets import DATA_SETS, DataError, DataSet, Source, Unreachable, fetch, list_data
from parley.tools.datasets.fetch import download
from parley.tools.datasets.unpack import unpack_zip


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    (folder / "movielens-100k").mkdir(parents=True)
    (folder / "movielens-100k" / "u.data").write_text("1\t2\t3\t4\n")
    digest = hashlib.sha256(b"1\t2\t3\t4\n").hexdigest()
    (folder / "SHA256SUMS").write_text(f"{digest}  movielens-100k/u.data\n")
    return folder


def test_a_mirror_serves_what_its_sums_vouch_for(mirror: Path, tmp_path: Path) -> None:
    found = fetch("movielens-100k", tmp_path, mirror=mirror)

    assert (tmp_path / "data" / "movielens-100k" / "u.data").read_text() == "1\t2\t3\t4\n"
    assert found.pinned
    state = {row["name"]: row["state"] for row in list_data(tmp_path, mirror)}
    assert state["movielens-100k"] == "here"
    assert state["steam-games"] == "by hand"


@pytest.mark.parametrize("harm", ["changed", "missing", "unlisted"])
def test_a_mirror_that_does_not_match_its_sums_gives_nothing(mirror: Path, tmp_path: Path, harm: str) -> None:
    if harm == "changed":
        (mirror / "movielens-100k" / "u.data").write_text("other")
    elif harm == "missing":
        (mirror / "movielens-100k" / "u.data").rename(mirror / "movielens-100k" / "else")
    else:
        (mirror / "movielens-100k" / "extra").write_text("x")

    with pytest.raises(DataError, match=r"SHA256SUMS|lacks"):
        fetch("movielens-100k", tmp_path, mirror=mirror)

    assert [p.name for p in (tmp_path / "data").iterdir()] == []


def test_what_is_whole_is_not_fetched_again_and_what_is_damaged_is(mirror: Path, tmp_path: Path) -> None:
    fetch("movielens-100k", tmp_path, mirror=mirror)
    file = tmp_path / "data" / "movielens-100k" / "u.data"
    before = file.stat().st_mtime_ns
    fetch("movielens-100k", tmp_path, mirror=mirror)
    assert file.stat().st_mtime_ns == before

    file.write_text("damaged")
    fetch("movielens-100k", tmp_path, mirror=mirror)
    assert file.read_text() == "1\t2\t3\t4\n"


def test_an_unknown_name_and_one_without_address_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="known: movielens-100k"):
        fetch("movielens", tmp_path)
    with pytest.raises(DataError, match="--mirror MIRROR"):
        fetch("steam-games", tmp_path)


def test_pinned_hashes_are_hashes() -> None:
    pins = [source.sha256 for data in DATA_SETS.values() for source in data.sources if source.sha256]
    assert len(set(pins)) == len(pins) == 5
    assert all(len(pin) == 64 and int(pin, 16) for pin in pins)


class Publisher(http.server.BaseHTTPRequestHandler):
    """Serves one zip; breaks off half-way the first time if told to; honours Range."""

    body = b""
    break_off = False
    ranges: list[str | None] = []  # noqa: RUF012

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        type(self).ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        body = self.body[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if type(self).break_off:
            type(self).break_off = False
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def publisher() -> Iterator[str]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ml-tiny/u.data", "1\t2\t3\t4\n" * 50_000)
    Publisher.body, Publisher.break_off, Publisher.ranges = packed.getvalue(), False, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tiny.zip"
    server.shutdown()


def a_set(url: str, sha256: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    data = DataSet(name="tiny", about="", licence="", home="here", sources=(Source(url=url, sha256=sha256),))
    monkeypatch.setitem(DATA_SETS, "tiny", data)


@pytest.mark.net
def test_a_broken_download_goes_on_where_it_stopped(
    publisher: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_set(publisher, hashlib.sha256(Publisher.body).hexdigest(), monkeypatch)
    Publisher.break_off = True
    with pytest.raises(DataError, match="run the same command again"):
        fetch("tiny", tmp_path)

    found = fetch("tiny", tmp_path)

    assert Publisher.ranges[0] is None
    assert (Publisher.ranges[1] or "").startswith("bytes=")
    assert list(found.files) == ["u.data"]
    assert found.pinned
    assert [p.name for p in (tmp_path / "data").iterdir()] == ["tiny"]


@pytest.mark.net
def test_an_archive_that_is_not_the_pinned_one_is_thrown_away(
    publisher: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_set(publisher, "0" * 64, monkeypatch)
    with pytest.raises(DataError, match="nothing was kept"):
        fetch("tiny", tmp_path)
    assert list((tmp_path / "data").iterdir()) == []


def test_an_address_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be fetched"):
        download(Source(url="http://127.0.0.1:9/x.zip"), tmp_path / "x.part", lambda *_: None)


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../evil", "x")
    with pytest.raises(DataError, match="leads out"):
        list(unpack_zip(tmp_path / "a.zip", tmp_path / "out"))
    assert not (tmp_path / "evil").exists()
