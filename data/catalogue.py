"""The catalogue at rest: what was imported, typed, one row per thing, and the way a file gets into it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from data import generations
from data.checks import check
from data.contract import OBSERVATIONS, ROW, STORED, Table, table_named
from data.generations import Generation
from data.merging import ORDER, SYNTHETIC, Merged, alike, labelled, merge, observations_of, orphans, stored_schema
from data.readers import read_chunks
from data.reasons import PROBLEMS, REJECTS, explained
from data.tombstones import Tombstones
from kolmatch.errors import CatalogueDamaged, UsageError

ROW_GROUP: Final = 50_000  # rows; small enough to read a part, large enough to pack well
SYNTHETIC_MARKER: Final = "SYNTHETIC.txt"  # a folder with this file holds synthetic data, whatever the caller says

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A frozen view of one generation: later imports do not change it."""

    generation: Generation

    @classmethod
    def open(cls, home: Path) -> Catalogue:
        """Open what was imported into a home folder.

        Raises:
            CatalogueEmpty: nothing was.
            CatalogueDamaged: a file is missing or has not the length it was written with.
        """
        return cls(generations.current(home))

    def table(self, name: str) -> pl.DataFrame:
        """A table of the contract, or `observations`: typed, every column there, sorted by key; empty if not imported.

        Raises:
            UsageError: there is no such table.
            CatalogueDamaged: its file cannot be read.
        """
        table = _stored_table(name)
        try:
            return stored_rows(self.generation, table).select(table.names).collect()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise CatalogueDamaged(
                f"The table {name} of the catalogue cannot be read: {error}. Restore it from a backup or import again.",
                f"Không đọc được bảng {name} của kho dữ liệu: {error}. Hãy khôi phục từ bản sao lưu hoặc nhập lại.",
            ) from error

    def rows(self) -> dict[str, int]:
        """How many rows each imported table has."""
        return {name: file.rows for name, file in sorted(self.generation.tables.items())}

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each imported table, to say later what a model was trained on."""
        return {name: file.sha256 for name, file in sorted(self.generation.tables.items())}

    def is_synthetic(self) -> bool:
        """Whether any row is synthetic; then whatever is made from it must say so."""
        return self.generation.synthetic

    def alike(self) -> tuple[tuple[str, ...], ...]:
        """Ids of creators, with a row or with posts alone, that differ only by capital letters, in groups."""
        everybody = pl.concat([_stored_of(self, name).select("creator_id") for name in ("creators", "posts")])
        return alike(everybody, everybody)

    def verify(self) -> None:
        """Compare every file with its SHA-256.

        Raises:
            CatalogueDamaged: one is not what was written.
        """
        generations.verify(self.generation)


def copy_until(catalogue: Catalogue, moment: datetime, home: Path) -> Catalogue:
    """Write what a catalogue says of the time before a moment into another home folder.

    Left out are posts published later with all their readings, audiences reported later, outcomes and decisions. What
    is kept is kept as it was read last: a catalogue seldom knows what an older post's views were back then.

    Raises:
        CatalogueError: the folder cannot be written.
    """
    earlier = _stored_of(catalogue, "posts").filter(pl.col("published_at") < moment)
    tables = {name: _stored_of(catalogue, name) for name in ("creators", "accounts", "briefs")}
    tables |= {"posts": earlier, "audiences": _stored_of(catalogue, "audiences").filter(pl.col("as_of") < moment)}
    tables["observations"] = _stored_of(catalogue, "observations").join(earlier, on="post_id", how="semi")
    with generations.writing(home):
        return Catalogue(generations.publish(home, {name: table_writer(rows) for name, rows in tables.items()}))


_LATER_BY: Final = {"posts": "published_at", "audiences": "as_of", "decisions": "decided_at"}


def copy_month(catalogue: Catalogue, end: datetime, home: Path) -> Catalogue:
    """Write all that a catalogue says up to a moment, the end of a month, into another home folder.

    Left out are posts, audiences and decisions from then on. A table in which nothing is later is copied as it is, so
    that its hash stays the same.

    Raises:
        CatalogueError: the folder cannot be written.
    """
    tables = {name: _up_to(catalogue, name, end) for name in catalogue.generation.tables}
    with generations.writing(home):
        return Catalogue(generations.publish(home, tables))


def _up_to(catalogue: Catalogue, name: str, end: datetime) -> Callable[[Path], tuple[int, int]]:
    earlier = _earlier(catalogue, name, end)
    told = catalogue.generation.tables[name]
    if earlier.select(pl.len()).collect().item() < told.rows:
        return table_writer(earlier)

    def copy(path: Path) -> tuple[int, int]:
        shutil.copyfile(catalogue.generation.path(name), path)
        return told.rows, told.synthetic

    return copy


def _earlier(catalogue: Catalogue, name: str, end: datetime) -> pl.LazyFrame:
    rows = _stored_of(catalogue, name)
    if name in _LATER_BY:
        return rows.filter(pl.col(_LATER_BY[name]) < end)
    if name == OBSERVATIONS.name:
        return rows.join(_earlier(catalogue, "posts", end), on="post_id", how="semi")
    return rows


def _stored_of(catalogue: Catalogue, name: str) -> pl.LazyFrame:
    return stored_rows(catalogue.generation, STORED[name])


def _stored_table(name: str) -> Table:
    if name in STORED:
        return STORED[name]
    known = ", ".join(STORED)
    raise UsageError(
        f"There is no table {name!r}. Tables are {known}.", f"Không có bảng {name!r}. Các bảng là {known}."
    )


def stored_rows(generation: Generation | None, table: Table) -> pl.LazyFrame:
    """The rows at rest, lazily; a column that the contract gained since is missing in them."""
    schema = stored_schema(table)
    if generation is None or table.name not in generation.tables:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(
        generation.path(table.name), schema=schema, missing_columns="insert", extra_columns="ignore", glob=False
    )


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of one file: `read` is `accepted`, `rejected` and `erased`; `accepted` is `new` to `superseded`.

    `rejects` has a line per problem (schema `REJECTS`), so more lines than rejected rows when a row has several.
    `erased` counts rows left out because their creator was erased: no fault of the file, and no report repeats the id.
    `orphans` counts accepted rows that name a creator or brief not imported yet; `alike` are creators' ids that differ
    only by capital letters from another's. `written` is False after a dry
    run, when nothing changed, and when `strict` refused the file.
    """

    file: Path
    table: str
    rejected: int = 0
    new: int = 0
    replaced: int = 0
    unchanged: int = 0
    superseded: int = 0
    erased: int = 0
    orphans: int = 0
    alike: tuple[tuple[str, ...], ...] = ()
    written: bool = False
    unknown_columns: tuple[str, ...] = ()
    rejects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS))

    @property
    def accepted(self) -> int:
        """Rows that keep the contract."""
        return self.new + self.replaced + self.unchanged + self.superseded

    @property
    def read(self) -> int:
        """Rows of the file, empty ones left out."""
        return self.accepted + self.rejected + self.erased


def import_file(
    home: Path,
    table_name: str,
    file: Path,
    *,
    now: datetime,
    dry_run: bool = False,
    strict: bool = False,
    synthetic: bool = False,
    progress: Progress = lambda _: None,
) -> ImportReport:
    """Take the good rows of a file into the catalogue, all of them or, after a crash, none.

    `dry_run` only reports; `strict` takes nothing from a file with a bad row; `progress` is told the share read.

    Raises:
        UsageError: there is no such table.
        FileUnreadable: the file cannot be parsed or lacks a required column.
        CatalogueBusy: another process is writing.
        CatalogueDamaged: what is there already is not what was written.
    """
    table = table_named(table_name)
    invented = synthetic or (file.parent / SYNTHETIC_MARKER).exists()
    with _workplace(home, dry_run=dry_run) as staging:
        erased = Tombstones.read(home)
        staged = _stage(table, file, staging, erased, now=now, synthetic=invented, progress=progress)
        report, changed = _weighed(home, table, staged)
        if not changed or dry_run or (strict and report.rejected):
            return report
        generations.publish(home, {name: table_writer(merged.rows) for name, merged in changed.items()})
        return replace(report, written=True)


@contextmanager
def _workplace(home: Path, *, dry_run: bool) -> Iterator[Path]:
    """A folder for checked rows: inside the catalogue and under its lock, or for a dry run anywhere."""
    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    with (
        generations.writing(home) as catalogue,
        tempfile.TemporaryDirectory(prefix=generations.STAGING_PREFIX, dir=catalogue) as folder,
    ):
        yield Path(folder)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A file's checked rows on disk, what was wrong with the others, and how many were of erased creators."""

    file: Path
    rows: pl.LazyFrame
    problems: pl.DataFrame
    erased: int
    unknown: tuple[str, ...]


def _stage(
    table: Table,
    file: Path,
    folder: Path,
    erased: Tombstones,
    *,
    now: datetime,
    synthetic: bool,
    progress: Progress,
) -> _Staged:
    problems = [pl.DataFrame(schema=PROBLEMS)]
    unknown: dict[str, None] = {}
    parts = []
    gone = 0
    for number, chunk in enumerate(read_chunks(file, table)):
        checked = check(table, chunk.frame, now=now)
        good = _still_there(checked.good, erased)
        gone += checked.good.height - good.height
        parts.append(folder / f"{number:06d}.parquet")
        labelled(table, good, synthetic=synthetic).rename({ROW: ORDER}).write_parquet(parts[-1], compression="lz4")
        problems += [chunk.problems, checked.problems]
        unknown |= dict.fromkeys(chunk.unknown)
        progress(chunk.done)
    schema = pl.Schema({ORDER: pl.Int64(), **stored_schema(table)})
    rows = pl.scan_parquet(parts, glob=False) if parts else pl.LazyFrame(schema=schema)
    return _Staged(file, rows, pl.concat(problems), gone, tuple(unknown))


def _still_there(rows: pl.DataFrame, erased: Tombstones) -> pl.DataFrame:
    """Rows of creators who were not erased."""
    if not erased.marks or "creator_id" not in rows.columns:
        return rows
    gone = erased.among(rows["creator_id"].drop_nulls().unique().to_list())
    return rows.filter(~pl.col("creator_id").is_in(list(gone)))


def _weighed(home: Path, table: Table, staged: _Staged) -> tuple[ImportReport, dict[str, Merged]]:
    """The report, and the tables that would change."""
    old = generations.current_or_none(home)
    if old is not None:
        generations.verify(old)  # or what was damaged would be written anew with a hash that says it is whole
    merged = {table.name: merge(table, stored_rows(old, table), staged.rows)}
    if table.name == "posts":
        merged[OBSERVATIONS.name] = merge(OBSERVATIONS, stored_rows(old, OBSERVATIONS), observations_of(staged.rows))
    referred = {other: stored_rows(old, STORED[other]) for other in table.refers_to.values()}
    main = merged[table.name]
    report = ImportReport(
        file=staged.file,
        table=table.name,
        rejected=staged.problems["row"].n_unique(),
        new=main.new,
        replaced=main.replaced,
        unchanged=main.unchanged,
        superseded=main.superseded,
        erased=staged.erased,
        orphans=orphans(table, staged.rows, referred),
        alike=_alike(old, staged.rows),
        unknown_columns=staged.unknown,
        rejects=explained(staged.problems, table.columns, staged.file.name),
    )
    return report, {name: change for name, change in merged.items() if change.changes}


def _alike(old: Generation | None, rows: pl.LazyFrame) -> tuple[tuple[str, ...], ...]:
    if "creator_id" not in rows.collect_schema():
        return ()
    return alike(stored_rows(old, STORED["creators"]), rows)


def table_writer(rows: pl.LazyFrame) -> Callable[[Path], tuple[int, int]]:
    """What writes a table's rows to the path it is given and tells how many they are, and how many synthetic."""

    def write(path: Path) -> tuple[int, int]:
        rows.sink_parquet(path, compression="zstd", row_group_size=ROW_GROUP)
        counts = pl.scan_parquet(path, glob=False).select(pl.len(), pl.col(SYNTHETIC).sum()).collect().row(0)
        return int(counts[0]), int(counts[1])

    return write
