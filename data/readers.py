"""Files in, frames of text out: CSV, XLSX, JSONL and Parquet, gzipped or not, a chunk of rows at a time.

A reader decides nothing about values: it finds the columns of the contract and keeps each cell as text (lists
of Parquet as lists), with the row's number as a person counts it in that file. What cannot be read as a row at
all is a problem of that row; what cannot be read as a file is `FileUnreadable`.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import fastexcel
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data.contract import EXACT_INTEGER, ROW, Kind, Table
from data.json_lines import LINE_BYTES, parsed
from data.reasons import PROBLEMS
from kolmatch.errors import FileUnreadable

ROWS_PER_CHUNK: Final = 200_000  # at about 1 kB a post, a chunk and its copies stay under 1 GiB
BYTES_PER_CHUNK: Final = 1 << 26
XLSX_BYTES: Final = 1 << 30  # unpacked; a full sheet of posts is about 600 MB, a zip bomb far more
DELIMITERS: Final = ",;\t|"
ROUNDED_SHARE: Final = 0.05  # of long ids that are exact doubles; text ids are so by chance in 1 of 1,024
SUFFIXES: Final = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".xlsx", ".parquet")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file: `frame` has `ROW` and the contract's columns found there, `problems` the rest.

    `columns` are all columns of the file as it spells them, `done` the share of the file read so far.
    """

    frame: pl.DataFrame
    problems: pl.DataFrame
    columns: tuple[str, ...]
    unknown: tuple[str, ...]
    done: float


def read_chunks(file: Path, table: Table, *, rows: int = ROWS_PER_CHUNK) -> Iterator[Chunk]:
    """Read a file of one table, at most `rows` rows at a time.

    Raises:
        FileUnreadable: it is not there, of no known format, damaged, or lacks a required column.
    """
    with _unreadable(file):
        yield from _reader(file)(file, table, rows)


def _reader(file: Path) -> Callable[[Path, Table, int], Iterator[Chunk]]:
    suffix = _format(file)
    if suffix in (".csv", ".tsv", ".txt"):
        return _read_csv
    if suffix in (".jsonl", ".ndjson"):
        return _read_jsonl
    if suffix == ".xlsx":
        return _read_xlsx
    if suffix == ".parquet":
        return _read_parquet
    known = ", ".join(SUFFIXES)
    raise FileUnreadable(
        f"{file}: the name ends in no known format. Use one of {known}, also with .gz; save .xls as .xlsx.",
        f"{file}: đuôi tệp không thuộc định dạng nào đã biết. Hãy dùng {known}, có thể thêm .gz; tệp .xls hãy lưu "
        "thành .xlsx.",
    )


def _format(file: Path) -> str:
    name = file.name.lower().removesuffix(".gz")
    return Path(name).suffix


@contextmanager
def _unreadable(file: Path) -> Iterator[None]:
    """Turn what readers raise on a damaged file into our own error."""
    known = (
        *(OSError, EOFError, zlib.error, csv.Error, UnicodeError, zipfile.BadZipFile, NotImplementedError),
        *(pa.ArrowException, fastexcel.FastExcelError, pl.exceptions.PolarsError),
    )
    try:
        yield
    except known as error:
        raise _cannot_read(file, error) from error
    except BaseException as error:
        # A panic inside the Rust readers is no Exception, and each library has a class of its own for it.
        if type(error).__name__ != "PanicException":
            raise
        raise _cannot_read(file, error) from error


def _cannot_read(file: Path, error: BaseException) -> FileUnreadable:
    why = " ".join(str(error).split("\n")[0].split())
    return FileUnreadable(
        f"{file} cannot be read: {why}. Check that it opens in the program it came from, and save it again.",
        f"Không đọc được {file}: {why}. Hãy kiểm tra tệp có mở được bằng chương trình gốc không, rồi lưu lại.",
    )


def found_columns(file: Path, table: Table, names: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """How the file spells the contract's columns (spelling -> column), and what else it has.

    Raises:
        FileUnreadable: a required column is missing.
    """
    known = {name: _bare(name) for name in names if _bare(name) in table.schema}
    unknown = tuple(name.strip() for name in names if _bare(name) not in table.schema and name.strip())
    missing = [name for name in table.required if name not in known.values()]
    if missing:
        raise FileUnreadable(
            f"{file} lacks the required column {', '.join(missing)}; it has {', '.join(names) or 'none'}. "
            f"See `kolmatch template {table.name}`.",
            f"{file} thiếu cột bắt buộc {', '.join(missing)}; tệp có: {', '.join(names) or 'không có cột nào'}. "
            f"Xem `kolmatch template {table.name}`.",
        )
    return known, unknown


def _bare(name: str) -> str:
    return name.strip().lower()


def _once(file: Path, known: dict[str, str]) -> None:
    """Refuse a header in which a column stands twice."""
    for name in known.values():
        if list(known.values()).count(name) > 1:
            raise _header_twice(file, name)


def _header_twice(file: Path, name: str) -> FileUnreadable:
    return FileUnreadable(
        f"{file} has the column {name} twice. Remove one.", f"{file} có cột {name} hai lần. Hãy bỏ một cột."
    )


@contextmanager
def _opened(file: Path) -> Iterator[tuple[IO[bytes], Callable[[], float]]]:
    """The unpacked bytes of a file, and a function that says which share of it was read."""
    size = max(file.stat().st_size, 1)
    with file.open("rb") as raw, gzip.GzipFile(fileobj=raw) as packed:
        stream = packed if file.name.lower().endswith(".gz") else raw
        yield cast(IO[bytes], stream), lambda: min(raw.tell() / size, 1.0)


@contextmanager
def _unpacked(file: Path) -> Iterator[Path]:
    """The file itself, or a temporary unpacked copy: XLSX and Parquet are not read from front to back."""
    if not file.name.lower().endswith(".gz"):
        yield file
        return
    with tempfile.TemporaryDirectory() as folder, gzip.open(file) as packed:
        copy = Path(folder) / "unpacked"
        with copy.open("wb") as target:
            shutil.copyfileobj(packed, target)
        yield copy


# --- JSONL -----------------------------------------------------------------------------------------------------------


def _read_jsonl(file: Path, table: Table, rows: int) -> Iterator[Chunk]:
    columns: dict[str, None] = {}
    first, anything = 1, False
    with _opened(file) as (stream, done):
        while lines := _some_lines(stream, rows):
            frame, broken, names = parsed(lines, first, table)
            columns |= dict.fromkeys(names)
            first += len(lines)
            anything |= frame.height + broken.height > 0
            _, unknown = found_columns(file, table, list(columns)) if frame.height else ({}, ())
            yield Chunk(frame, broken, tuple(columns), unknown, done())
    if not anything:
        found_columns(file, table, ())  # an empty file is refused as an empty CSV is


def _some_lines(stream: IO[bytes], rows: int) -> list[bytes]:
    """The next lines, the over-long ones cut to one byte more than the limit so that they are refused."""
    lines: list[bytes] = []
    size = 0
    while len(lines) < rows and size < BYTES_PER_CHUNK and (line := stream.readline(LINE_BYTES + 1)):
        rest = line
        while len(rest) > LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(LINE_BYTES + 1)
        lines.append(line)
        size += len(line)
    return lines


# --- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(file: Path, table: Table, rows: int) -> Iterator[Chunk]:
    with _opened(file) as (stream, done):
        text = io.TextIOWrapper(stream, encoding=_encoding(stream), newline="")
        try:
            yield from _csv_chunks(file, table, rows, text, done)
        except UnicodeDecodeError as error:
            raise _not_utf8(file, error) from error
        finally:
            text.detach()


def _encoding(stream: IO[bytes]) -> str:
    """UTF-16 when the file says so (Excel's "Unicode text"), else UTF-8 with or without a byte order mark."""
    start = stream.read(2)
    stream.seek(0)
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _not_utf8(file: Path, error: UnicodeDecodeError) -> FileUnreadable:
    line = _line_of_bad_byte(file)
    return FileUnreadable(
        f"{file}, line {line}: the text is not UTF-8 ({error.reason}). In Excel, save it as 'CSV UTF-8' or as .xlsx.",
        f"{file}, dòng {line}: văn bản không phải UTF-8 ({error.reason}). Trong Excel, hãy lưu dạng 'CSV UTF-8' "
        "hoặc .xlsx.",
    )


def _line_of_bad_byte(file: Path) -> int:
    with _opened(file) as (stream, _):
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _csv_chunks(file: Path, table: Table, rows: int, text: IO[str], done: Callable[[], float]) -> Iterator[Chunk]:
    first_line = text.readline()
    delimiter = _delimiter(first_line, table)
    reader = csv.reader(itertools.chain([first_line], text), delimiter=delimiter, strict=True)
    header = [name.strip() for name in next(reader, [])]
    known, unknown = found_columns(file, table, header)
    _once(file, {str(place): known[name] for place, name in enumerate(header) if name in known})
    numbered = enumerate(_records(reader), start=2)
    while batch := _some_records(numbered, rows):
        good, problems = _sorted_out(batch, len(header))
        frame = _from_records(good, header, known)
        yield Chunk(frame, problems, tuple(header), unknown, done())


def _delimiter(header: str, table: Table) -> str:
    """The delimiter that yields most columns of the contract."""

    def columns(delimiter: str) -> tuple[int, int]:
        cells = [_bare(cell.strip().strip('"')) for cell in header.split(delimiter)]
        return sum(cell in table.schema for cell in cells), len(cells)

    return max(DELIMITERS, key=columns)


def _records(reader: Iterator[list[str]]) -> Iterator[list[str] | str]:
    """Rows; where one cannot be read, the code of the reason instead of the row."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield "long_cell" if "field limit" in str(error) else "quotes"


def _some_records(numbered: Iterator[tuple[int, list[str] | str]], rows: int) -> list[tuple[int, list[str] | str]]:
    batch = []
    size = 0
    for number, record in numbered:
        batch.append((number, record))
        size += sum(map(len, record))
        if len(batch) >= rows or size >= BYTES_PER_CHUNK:
            break
    return batch


def _sorted_out(
    batch: list[tuple[int, list[str] | str]], width: int
) -> tuple[list[tuple[int, list[str]]], pl.DataFrame]:
    """Rows with as many cells as the header has, and the others as problems; empty rows are neither."""
    good: list[tuple[int, list[str]]] = []
    wrong: list[tuple[int, str | None, str | None, str]] = []
    for number, record in batch:
        if isinstance(record, str):
            wrong.append((number, None, None, record))
        elif not any(map(str.strip, record)):
            continue
        elif len(record) < width or any(record[width:]):
            wrong.append((number, None, f"{len(record)} ≠ {width}", "cell_count"))
        else:
            good.append((number, record[:width]))
    return good, pl.DataFrame(wrong, schema=PROBLEMS, orient="row")


def _from_records(good: list[tuple[int, list[str]]], header: list[str], known: dict[str, str]) -> pl.DataFrame:
    cells = list(zip(*(record for _, record in good), strict=True)) or [() for _ in header]
    series = [pl.Series(ROW, [number for number, _ in good], dtype=pl.Int64)]
    series += [
        pl.Series(known[name], column, dtype=pl.String)
        for name, column in zip(header, cells, strict=True)
        if name in known
    ]
    return pl.DataFrame(series)


# --- XLSX ------------------------------------------------------------------------------------------------------------


def _read_xlsx(file: Path, table: Table, rows: int) -> Iterator[Chunk]:
    with _unpacked(file) as unpacked:
        _check_size(file, unpacked)
        sheet = _sheet(unpacked, table)
    header_row = _first_row(sheet)
    header = [str(cell).strip() if cell is not None else "" for cell in sheet.row(header_row)] if sheet.height else []
    known, unknown = found_columns(file, table, header)
    places = {sheet.columns[place]: known[name] for place, name in enumerate(header) if name in known}
    _once(file, places)
    body, problems = _without_rounded_ids(_body(sheet, header_row, places), table)
    for start in range(0, max(body.height, 1), rows):
        found = problems if start == 0 else problems.clear()
        done = min((start + rows) / max(body.height, 1), 1.0)
        yield Chunk(body.slice(start, rows), found, tuple(header), unknown, done)


def _check_size(file: Path, unpacked: Path) -> None:
    with zipfile.ZipFile(unpacked) as archive:
        size = sum(item.file_size for item in archive.infolist())
    if size > XLSX_BYTES:
        raise FileUnreadable(
            f"{file} unpacks to {size:,} bytes, more than {XLSX_BYTES:,}. Save it as CSV UTF-8, or split it.",
            f"{file} giải nén thành {size:,} byte, vượt mức {XLSX_BYTES:,}. Hãy lưu dạng CSV UTF-8 hoặc chia nhỏ tệp.",
        )


def _sheet(file: Path, table: Table) -> pl.DataFrame:
    """The sheet named as the table, else the first; every cell as text, row 0 being the sheet's own first row."""
    book = fastexcel.read_excel(str(file))
    if not book.sheet_names:
        raise _cannot_read(file, ValueError("the workbook has no sheet"))
    names = {_bare(name): name for name in reversed(book.sheet_names)}
    chosen = names.get(table.name, book.sheet_names[0])
    sheet = book.load_sheet(chosen, header_row=None, skip_rows=0, dtypes="string")
    frame = sheet.to_polars()
    assert isinstance(frame, pl.DataFrame)
    return frame


def _first_row(sheet: pl.DataFrame) -> int:
    filled = sheet.select(pl.any_horizontal(pl.all().is_not_null()).arg_max()).item() if sheet.width else 0
    return int(filled or 0)


def _body(sheet: pl.DataFrame, header_row: int, places: dict[str, str]) -> pl.DataFrame:
    """The rows below the header that hold anything, numbered as in the sheet."""
    filled = pl.any_horizontal(pl.all().exclude(ROW).str.strip_chars() != "").fill_null(value=False)
    body = sheet.with_row_index(ROW, offset=1).slice(header_row + 1).filter(filled).rename(places)
    return body.select(pl.col(ROW).cast(pl.Int64), *places.values())


def _without_rounded_ids(body: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take out rows with an id that Excel kept as a number and so rounded."""
    ids = [column.name for column in table.columns if column.kind is Kind.ID and column.name in body.columns]
    problems = [_rounded(body, name) for name in ids]
    found = pl.concat([pl.DataFrame(schema=PROBLEMS), *problems])
    return body.filter(~pl.col(ROW).is_in(found["row"].implode())), found


def _rounded(body: pl.DataFrame, name: str) -> pl.DataFrame:
    number = pl.col(name).str.strip_chars().cast(pl.Int128, strict=False)
    long = body.select(ROW, name, number=number).filter(pl.col("number").abs() > EXACT_INTEGER)
    exact = long.filter(pl.col("number").cast(pl.Float64).cast(pl.Int128) == pl.col("number"))
    if exact.height <= ROUNDED_SHARE * long.height:
        exact = exact.clear()
    return exact.select(row=ROW, column=pl.lit(name), value=pl.col(name), code=pl.lit("rounded_id"))


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _read_parquet(file: Path, table: Table, rows: int) -> Iterator[Chunk]:
    with _unpacked(file) as unpacked, pq.ParquetFile(unpacked) as parquet:
        header = list(parquet.schema_arrow.names)
        known, unknown = found_columns(file, table, header)
        _once(file, known)
        total = max(parquet.metadata.num_rows, 1)
        read = 0
        for batch in parquet.iter_batches(batch_size=rows, columns=list(known)):
            numbers = pl.int_range(read + 1, read + 1 + pl.len(), dtype=pl.Int64).alias(ROW)
            frame = _as_frame(batch).rename(known).select(numbers, pl.all())
            frame, problems = _without_float_ids(frame, table)
            frame = frame.select(ROW, *(_text_of(name, kind) for name, kind in frame.schema.items() if name != ROW))
            read += batch.num_rows
            yield Chunk(frame, problems, tuple(header), unknown, read / total)


def _as_frame(batch: pa.RecordBatch) -> pl.DataFrame:
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            column.validate(full=True)  # text that is not UTF-8 must not get into polars
        except pa.ArrowInvalid as error:
            raise pa.ArrowInvalid(f"column {name}: {error}") from error
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _without_float_ids(frame: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Ids kept as floats as whole numbers, and rows taken out whose id is beyond what a float holds exactly.

    pandas makes floats of a column of whole numbers that has a gap; NaN is such a gap.
    """
    kinds = {column.name: column.kind for column in table.columns}
    ids = [name for name, dtype in frame.schema.items() if kinds.get(name) is Kind.ID and dtype.is_float()]
    wrong = [
        frame.filter(pl.col(name).abs() >= EXACT_INTEGER).select(
            row=ROW, column=pl.lit(name), value=pl.col(name).cast(pl.String), code=pl.lit("float_id")
        )
        for name in ids
    ]
    problems = pl.concat([pl.DataFrame(schema=PROBLEMS), *wrong])
    good = frame.filter(~pl.col(ROW).is_in(problems["row"].implode()))
    whole = [
        pl.when(pl.col(name) == pl.col(name).round())
        .then(pl.col(name).cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(pl.col(name).fill_nan(None).cast(pl.String))
        .alias(name)
        for name in ids
    ]
    return good.with_columns(whole), problems


def _text_of(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.List):
        return column.cast(pl.List(pl.String))
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f" + ("%:z" if dtype.time_zone else ""))
    if isinstance(dtype, pl.Struct):
        return column.struct.json_encode()
    return column.cast(pl.String)
