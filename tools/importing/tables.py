"""Any table as rows of text: CSV, TSV, JSON lines, Parquet, RecBole atomic files, MovieLens files; packed or not.

Rows stream, so a file of any length needs little memory. Files come from outside: a field, a line and
an unpacked size are bounded, and a file that is not what it says it is gives one error.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from parley.tools.datasets.registry import DataError
from parley.tools.datasets.unpack import BoundedReader, list_zip, open_gzip, open_member

MOST_FIELD = 1 << 20
"""Characters in one field; more is damage or mischief."""
_SAMPLE = 1 << 16
_TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".item", ".inter", ".jsonl", ".ndjson", ".parquet", ".data")


class ImportFault(ValueError):
    """A file that cannot be imported; the message names the place, the value and the mend."""


Row = dict[str, str]


class Layout(NamedTuple):
    """How a table is written."""

    kind: str
    """"delimited", "jsonl" or "parquet"."""
    columns: tuple[str, ...]
    separator: str = ","
    has_header: bool = True
    encoding: str = "utf-8"
    types: tuple[str, ...] = ()
    """RecBole's types by column (token, token_seq, float, float_seq), if it says them."""
    note: str = ""


class Table:
    """A table on disk.

    Args:
        path: the file; `.gz` and `.zip` (with one table in it) are unpacked on the fly.
        encoding: of the text; found out if not given.
    """

    def __init__(self, path: Path, *, encoding: str | None = None) -> None:
        if not path.is_file():
            raise ImportFault(f"no file {str(path)!r}; check the path")
        self.path = path
        self._wanted = encoding
        self.name = _inner_name(path)
        self.layout = self._find_layout()
        repeated = {c for c in self.layout.columns if self.layout.columns.count(c) > 1}
        if repeated:
            raise ImportFault(f"{path.name}: column {sorted(repeated)[0]!r} occurs twice; rename one of them")

    @property
    def columns(self) -> tuple[str, ...]:
        return self.layout.columns

    def rows(self) -> Iterator[tuple[int, Row | str]]:
        """Line number and the row, or what is wrong with it.

        Raises:
            ImportFault: the file is damaged or a field is far too long.
        """
        try:
            if self.layout.kind == "parquet":
                yield from self._parquet_rows()
            elif self.layout.kind == "jsonl":
                yield from self._json_rows()
            else:
                yield from self._delimited_rows()
        except DataError as error:
            raise ImportFault(str(error)) from error
        except UnicodeDecodeError as error:
            raise ImportFault(
                f"{self.path.name}: byte 0x{error.object[error.start]:02x} is not {self.layout.encoding}; "
                "say the encoding, e.g. --encoding cp1252"
            ) from error

    @contextmanager
    def _bytes(self) -> Iterator[BoundedReader | IO[bytes]]:
        try:
            if self.path.suffix == ".gz":
                yield open_gzip(self.path)
            elif self.path.suffix == ".zip":
                with zipfile.ZipFile(self.path) as archive:
                    yield open_member(archive, _the_table(self.path))
            else:
                with self.path.open("rb") as stream:
                    yield stream
        except DataError as error:
            raise ImportFault(str(error)) from error

    def _lines(self) -> Iterator[str]:
        """Lines of text with their ends, each bounded."""
        decoder = codecs.getincrementaldecoder(self.layout.encoding)()
        rest = ""
        with self._bytes() as stream:
            while True:
                block = stream.read(1 << 18)
                rest += decoder.decode(block, final=not block)
                lines = rest.split("\n")
                rest = lines.pop() if block else ""
                yield from (line + "\n" for line in lines)
                if len(rest) > 2 * MOST_FIELD:
                    raise ImportFault(f"{self.path.name}: a line longer than 2 MB; split or mend it")
                if not block:
                    return

    def _delimited_rows(self) -> Iterator[tuple[int, Row | str]]:
        layout = self.layout
        width = len(layout.columns)
        records: Iterator[list[str]]
        if len(layout.separator) > 1 or layout.separator == "|":
            records = (line.rstrip("\r\n").split(layout.separator) for line in self._lines())
        else:
            csv.field_size_limit(MOST_FIELD)
            lines = _without_nul(self._lines())
            if layout.types:  # RecBole quotes nothing
                records = csv.reader(lines, delimiter=layout.separator, quoting=csv.QUOTE_NONE)
            else:
                records = csv.reader(lines, delimiter=layout.separator)
        number = 0
        while True:
            number += 1
            try:
                record = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                raise ImportFault(f"{self.path.name} row {number}: {error}; mend or remove that row") from error
            if (number == 1 and layout.has_header) or not any(record):
                continue
            if any(len(cell) > MOST_FIELD for cell in record):
                raise ImportFault(f"{self.path.name} row {number}: a field longer than 1 MB; mend or remove that row")
            if len(record) > width:
                yield number, f"{len(record)} columns, {width} expected"
                continue
            cells = record + [""] * (width - len(record))
            yield number, {c: v.strip() for c, v in zip(layout.columns, cells, strict=True)}

    def _json_rows(self) -> Iterator[tuple[int, Row | str]]:
        for number, line in enumerate(self._lines(), 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                yield number, "not JSON"
                continue
            yield (
                number,
                {str(k): _as_text(v) for k, v in value.items()} if isinstance(value, dict) else "not an object",
            )

    def _parquet_rows(self) -> Iterator[tuple[int, Row | str]]:
        number = 0
        file = _open_parquet(self.path)
        try:
            for batch in file.iter_batches(batch_size=2048):
                for row in batch.to_pylist():
                    number += 1
                    yield number, {str(k): _as_text(v) for k, v in row.items()}
        except Exception as error:  # pyarrow's own errors share no narrower base with its OSError
            if isinstance(error, ImportFault | GeneratorExit):
                raise
            raise ImportFault(
                f"{self.path.name} is a damaged Parquet file ({str(error)[:80]}); write it anew"
            ) from error

    def _find_layout(self) -> Layout:
        if self.name.endswith(".parquet"):
            if self.path.suffix in (".gz", ".zip"):
                raise ImportFault(f"{self.path.name}: Parquet inside an archive; unpack it first")
            columns = tuple(str(c) for c in _open_parquet(self.path).schema_arrow.names)
            return Layout("parquet", columns)
        with self._bytes() as stream:
            sample = stream.read(_SAMPLE)
        if not sample.strip():
            raise ImportFault(f"{self.path.name} is empty; name a file with rows")
        encoding, note = self._find_encoding(sample)
        text = sample.decode(encoding, errors="ignore")
        if "\x00" in text:
            raise ImportFault(f"{self.path.name} is not a text table (it holds NUL bytes); export it as CSV in UTF-8")
        if self.name.endswith((".jsonl", ".ndjson", ".json")) or text.lstrip()[:1] == "{":
            return Layout("jsonl", _json_columns(text, self.path.name), encoding=encoding, note=note)
        return _delimited_layout(self.name, text, encoding, note)

    def _find_encoding(self, sample: bytes) -> tuple[str, str]:
        """The encoding given, or the one all bytes agree with."""
        if self._wanted:
            try:
                codecs.lookup(self._wanted)
            except LookupError as error:
                raise ImportFault(f"no encoding {self._wanted!r}; try utf-8, cp1252 or iso-8859-1") from error
            return self._wanted, ""
        for mark, name in (
            (codecs.BOM_UTF8, "utf-8-sig"),
            (codecs.BOM_UTF16_LE, "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-16"),
        ):
            if sample.startswith(mark):
                return name, ""
        decoder = codecs.getincrementaldecoder("utf-8")()
        at = 0
        with self._bytes() as stream:
            try:
                while block := stream.read(1 << 20):
                    decoder.decode(block)
                    at += len(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                where = at + error.start
                return "cp1252x", f"not UTF-8 (byte {where}): read as Windows-1252; --encoding says otherwise"
        return "utf-8", ""


def _delimited_layout(name: str, text: str, encoding: str, note: str) -> Layout:
    lines = text.splitlines()
    first = lines[0]
    if name.endswith((".item", ".inter", ".user")) and re.search(r":(token|float)", first):
        parts = [cell.rpartition(":") for cell in first.split("\t")]
        return Layout("delimited", tuple(p[0] for p in parts), "\t", True, encoding, tuple(p[2] for p in parts), note)
    if "::" in first and name.endswith(".dat"):
        width = len(first.split("::"))
        columns = (
            ("item_id", "title", "genres") if width == 3 else ("user_id", "item_id", "rating", "timestamp")[:width]
        )
        return Layout("delimited", columns, "::", False, encoding, (), note)
    if re.search(r"(^|/)u\.item$", name):
        return Layout("delimited", _U_ITEM, "|", False, encoding, (), note)
    if re.search(r"(^|/)u\.data$", name):
        return Layout("delimited", ("user_id", "item_id", "rating", "timestamp"), "\t", False, encoding, (), note)
    separator = max(("\t", ",", ";", "|"), key=lambda s: (first.count(s), s == ","))
    if not first.count(separator):
        separator = ","
    try:
        cells = next(csv.reader(io.StringIO(first), delimiter=separator)) if separator != "|" else first.split("|")
    except csv.Error as error:
        raise ImportFault(f"{name}: its first line is no row of column names ({error}); mend it") from error
    has_header = all(cell.strip() and not _is_number(cell) for cell in cells)
    named = [c.strip().lstrip("\ufeff") for c in cells]
    if not has_header:
        named = [f"column{n}" for n in range(1, len(cells) + 1)]
    return Layout("delimited", tuple(named), separator, has_header, encoding, (), note)


_U_ITEM = (
    "item_id", "title", "release_date", "video_date", "url", "unknown", "Action", "Adventure", "Animation",
    "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery",
    "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    return (line.replace("\x00", "") for line in lines)


def _json_columns(text: str, name: str) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    for line in text.splitlines()[:200]:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            columns |= dict.fromkeys(map(str, value))
    if not columns:
        raise ImportFault(f"{name}: no JSON object in its first lines; write one object a line")
    return tuple(columns)


def _as_text(value: Any) -> str:
    """A cell as text; lists joined by "|"."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list | tuple):
        return "|".join(_as_text(v) for v in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    if len(text) > MOST_FIELD:
        raise ImportFault(f"a field of {len(text)} characters begins {text[:30]!r}; mend or remove that row")
    return text.strip()


def _open_parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportFault("reading Parquet needs pyarrow; pip install pyarrow, or export the table as CSV") from error
    try:
        return pyarrow.parquet.ParquetFile(path)
    except Exception as error:
        raise ImportFault(f"{path.name} is no Parquet file ({str(error)[:80]}); write it anew") from error


def _inner_name(path: Path) -> str:
    """The table's own file name, without the packing."""
    if path.suffix == ".gz":
        return path.name[:-3].casefold()
    if path.suffix == ".zip":
        return _the_table(path).filename.casefold()
    return path.name.casefold()


def _the_table(path: Path) -> zipfile.ZipInfo:
    try:
        members = [m for m in list_zip(path) if not m.filename.startswith("__MACOSX")]
    except DataError as error:
        raise ImportFault(str(error)) from error
    tables = [m for m in members if m.filename.casefold().endswith((*_TABLE_SUFFIXES, "u.item"))]
    if len(tables) != 1:
        names = ", ".join(m.filename for m in (tables or members)[:4])
        raise ImportFault(f"{path.name} holds {len(tables)} tables ({names}); unpack it and name one")
    return tables[0]


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*-?\d[\d.,:/-]*\s*", text) is not None


def _search_cp1252x(name: str) -> codecs.CodecInfo | None:
    """Windows-1252 that reads its five undefined bytes as control characters instead of failing."""
    if name != "cp1252x":
        return None
    table = "".join(bytes([b]).decode("cp1252", errors="ignore") or chr(b) for b in range(256))

    class Decoder(codecs.IncrementalDecoder):
        def decode(self, input: Any, final: bool = False) -> str:
            return codecs.charmap_decode(input, self.errors, table)[0]

    return codecs.CodecInfo(
        encode=codecs.lookup("cp1252").encode,
        decode=lambda data, errors="strict": codecs.charmap_decode(data, errors, table),
        incrementaldecoder=Decoder,
        name="cp1252x",
    )


codecs.register(_search_cp1252x)
