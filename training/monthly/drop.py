"""The drop folder: where others put each month's files, named by what they hold, and how they come in.

`posts-2026-11.csv`, `creators_tiktok.xlsx`, `audiences.jsonl.gz`: the name begins with the table. A file that is still
being written is left for the next run; one that was taken in before, byte for byte, is not read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from data.catalogue import SYNTHETIC_MARKER, ImportReport, import_file
from data.contract import TABLES
from data.reasons import write_rejects
from kolmatch.errors import FileUnreadable, RowsRejected
from kolmatch.files import sha256_of

# How programs that copy call a file that is not whole yet.
_UNFINISHED: Final = (".part", ".tmp", ".partial", ".crdownload", ".filepart", ".swp")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies in a drop folder.

    Attributes:
        ready: (table, file), in the order of the contract, so that creators come before their posts.
        unfinished: names of files that are still being written.
        unknown: names that begin with no table.
    """

    ready: tuple[tuple[str, Path], ...]
    unfinished: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file."""

    file: str
    table: str
    sha256: str
    read: int
    new: int
    replaced: int
    rejected: int
    erased: int

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def waiting(folder: Path, now: datetime, settle_s: float) -> Waiting:
    """Look into a drop folder; a file changed in the last `settle_s` seconds counts as still being written."""
    there = [path for path in sorted(folder.iterdir()) if path.is_file()]
    files = [path for path in there if not path.name.startswith(".") and path.name != SYNTHETIC_MARKER]
    unfinished = [path for path in files if _is_unfinished(path, now, settle_s)]
    whole = [path for path in files if path not in unfinished]
    ready = [(table, path) for table in TABLES for path in whole if _is_of(path, table)]
    known = {path for _, path in ready}
    return Waiting(
        ready=tuple(ready),
        unfinished=tuple(path.name for path in unfinished),
        unknown=tuple(path.name for path in whole if path not in known),
    )


def _is_unfinished(path: Path, now: datetime, settle_s: float) -> bool:
    quiet_s = now.timestamp() - path.stat().st_mtime
    return path.suffix.lower() in _UNFINISHED or quiet_s < settle_s


def _is_of(path: Path, table: str) -> bool:
    name = path.name.lower()
    return name.startswith(table) and not name[len(table) : len(table) + 1].isalnum()


def take_in(
    home: Path,
    found: Waiting,
    known: Collection[str],
    rejects: Path,
    *,
    now: datetime,
    max_rejected_share: float,
    progress: Progress,
) -> list[Taken]:
    """Import every ready file whose SHA-256 is not among the known ones.

    Every file is first looked through without taking anything, so that one that is refused stops the job while the
    catalogue is as it was. Rejected rows of all files are listed in the file `rejects`.

    Raises:
        FileUnreadable: a file cannot be parsed or lacks a required column.
        RowsRejected: more rows of a file break the contract than the share allows.
        CatalogueBusy, CatalogueDamaged: see `data.catalogue.import_file`.
    """
    hashed = [(table, file, sha256_of(file)) for table, file in found.ready]
    wanted = [one for one in hashed if one[2] not in known]
    for done, (table, file, _) in enumerate(wanted):
        progress("check files", done, len(wanted))
        report = import_file(home, table, file, now=now, dry_run=True)
        _check_share(report, rejects, max_rejected_share)
    taken, reports = [], []
    for done, (table, file, digest) in enumerate(wanted):
        progress("import", done, len(wanted))
        report = import_file(home, table, file, now=now)
        reports.append(report)
        counts = (report.read, report.new, report.replaced, report.rejected, report.erased)
        taken.append(Taken(file.name, table, digest, *counts))
    progress("import", len(wanted), max(len(wanted), 1))
    if any(report.rejected for report in reports):
        write_rejects([report.rejects for report in reports], rejects)
    return taken


def _check_share(report: ImportReport, rejects: Path, most: float) -> None:
    if not report.read:
        raise FileUnreadable(
            f"{report.file} has no row. Put the whole file there, or take it away, then run the month again.",
            f"{report.file} không có dòng nào. Hãy đặt lại tệp đầy đủ hoặc bỏ tệp đi, rồi chạy lại tháng này.",
        )
    share = report.rejected / report.read
    if share > most:
        write_rejects([report.rejects], rejects)
        raise RowsRejected(
            f"{report.rejected:,} of {report.read:,} rows of {report.file} break the contract, more than "
            f"retrain.max_rejected_share = {most:g} allows; {rejects} lists them. Nothing was taken in. Correct the "
            "file, then run the month again.",
            f"{report.rejected:,} trong {report.read:,} dòng của {report.file} sai quy định, nhiều hơn mức cho phép "
            f"retrain.max_rejected_share = {most:g}; danh sách ở {rejects}. Chưa nhập gì. Hãy sửa tệp rồi chạy lại.",
        )
