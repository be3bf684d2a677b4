"""Commands about the catalogue: what comes in, from which files, and the templates staff start from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kolmatch.cli.options import home_option
from kolmatch.errors import FileUnreadable, KolmatchError, RowsRejected

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from data.catalogue import ImportReport, Progress

REJECTS_SHOWN: Final = 20
ALIKE_SHOWN: Final = 5
QUIET_S: Final = 2.0  # what is done sooner needs no progress bar
TABLE_NAMES: Final = ("creators", "accounts", "posts", "audiences", "briefs", "outcomes", "decisions")


@click.command("import")
@click.argument("table", type=click.Choice(TABLE_NAMES))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@home_option
@click.option("--dry-run", is_flag=True, help="Check and report only; change nothing.")
@click.option("--strict", is_flag=True, help="Take nothing from a file that has a bad row.")
@click.option("--synthetic", is_flag=True, help="Label the rows as synthetic (made up), for as long as they are there.")
def import_files(table: str, files: tuple[Path, ...], home: Path, dry_run: bool, strict: bool, synthetic: bool) -> None:
    """Take rows of a table from CSV, XLSX, JSONL or Parquet files (.gz too) into the catalogue.

    Good rows go in; each bad one is reported with file, row, column, value and reason. Exit code 0: all were good.

    Example: kolmatch import posts posts.xlsx older.jsonl.gz
    """
    from rich.console import Console

    from data.catalogue import import_file

    console = Console()
    reports: list[ImportReport] = []
    failures: list[FileUnreadable] = []
    for file in files:
        try:
            with _bar(file) as progress:
                report = import_file(
                    *(home, table, file),
                    now=datetime.now(UTC),
                    dry_run=dry_run,
                    strict=strict,
                    synthetic=synthetic,
                    progress=progress,
                )
        except FileUnreadable as error:
            failures.append(error)
            continue
        reports.append(report)
        _show(console, report, dry_run=dry_run)
    _end(home, table, reports, failures, keep=not dry_run)


@click.command()
@click.argument("table", type=click.Choice(TABLE_NAMES))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Default: TABLE.xlsx here.")
def template(table: str, out: Path | None) -> None:
    """Write an Excel template of a table, each column explained in Vietnamese.

    Example: kolmatch template posts --out bai-dang.xlsx
    """
    from data.contract import table_named
    from data.templates import write_template

    file = out or Path(f"{table}.xlsx")
    if file.suffix.lower() != ".xlsx":
        raise click.BadParameter(f"{file}: must end in .xlsx / phải có đuôi .xlsx", param_hint="--out")
    if file.exists() and out is None:
        raise click.BadParameter(f"{file} is there already; name another with --out / đã có tệp {file}")
    write_template(table_named(table), file)
    click.echo(f"Đã ghi mẫu / Template written: {file}")


@contextmanager
def _bar(file: Path) -> Iterator[Progress]:
    """A progress bar on standard error that appears when a file takes longer than two seconds."""
    from time import monotonic

    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    bar = Bar(console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task(file.name, total=1.0)
    began = monotonic()

    def progress(share: float) -> None:
        if not bar.live.is_started and monotonic() - began > QUIET_S:
            bar.start()
        bar.update(task, completed=share)

    try:
        yield progress
    finally:
        if bar.live.is_started:
            bar.stop()


def _show(console: Console, report: ImportReport, *, dry_run: bool) -> None:
    from rich.table import Table

    console.print(f"\n{report.file} → {report.table}", markup=False, highlight=False, soft_wrap=True)
    counts = Table()
    counts.add_column("")
    counts.add_column("Số dòng · Rows", justify="right")
    for words, number in _counts(report):
        counts.add_row(words, f"{number:,}")
    console.print(counts)
    for line in _remarks(report, dry_run=dry_run):
        console.print(line, markup=False)
    if report.rejects.height:
        _show_rejects(console, report.rejects)


def _counts(report: ImportReport) -> list[tuple[str, int]]:
    fates = [
        ("   mới · new", report.new),
        ("   thay dòng cũ · replaced", report.replaced),
        ("   không đổi · unchanged", report.unchanged),
        ("   cũ hơn dữ liệu đã có · superseded", report.superseded),
    ]
    return [
        ("Đọc được · Read", report.read),
        ("Hợp lệ · Accepted", report.accepted),
        *(fate for fate in fates if fate[1]),
        ("Bị loại · Rejected", report.rejected),
        *([("Của người đã xóa, bỏ qua · Of erased creators, left out", report.erased)] if report.erased else []),
    ]


def _remarks(report: ImportReport, *, dry_run: bool) -> Iterator[str]:
    if report.unknown_columns:
        names = ", ".join(report.unknown_columns)
        yield f"Cột không biết, đã bỏ qua · Unknown columns, kept out: {names}"
    if report.orphans:
        yield (
            f"{report.orphans:,} dòng nhắc tới người sáng tạo hoặc bản yêu cầu chưa được nhập · "
            "rows name a creator or brief that is not imported yet"
        )
    if report.alike:
        yield (
            f"Mã chỉ khác nhau ở chữ hoa, có thể là một người: {shown_alike(report.alike)}. Từ chối của mã này không "
            "áp dụng cho mã kia; hãy sửa cho thống nhất · Ids differ only by capital letters, maybe one person; an "
            "opt-out of one is none of the other: write them the same"
        )
    if dry_run:
        yield "Chỉ kiểm tra, không ghi gì · Dry run: nothing was written"
    elif not report.written:
        yield "Kho dữ liệu không thay đổi · The catalogue is unchanged"


def shown_alike(groups: Sequence[Sequence[str]]) -> str:
    """The first groups of ids that differ only by capital letters, and how many more there are."""
    first = "; ".join(" = ".join(group) for group in groups[:ALIKE_SHOWN])
    return first + (f"; … +{len(groups) - ALIKE_SHOWN}" if len(groups) > ALIKE_SHOWN else "")


def _show_rejects(console: Console, rejects: pl.DataFrame) -> None:
    from rich.markup import escape
    from rich.table import Table

    shown = Table(title=f"Dòng bị loại · Rejects ({min(REJECTS_SHOWN, rejects.height)}/{rejects.height:,})")
    for heading in ("Dòng · Row", "Cột · Column", "Giá trị · Value", "Lý do · Reason"):
        shown.add_column(heading, overflow="fold")
    for reject in rejects.head(REJECTS_SHOWN).iter_rows(named=True):
        reason = f"{reject['reason_vi']}\n{reject['reason_en']}"
        cells = [str(reject["row"]), reject["column"] or "", reject["value"] or "", reason]
        shown.add_row(*(escape(cell) for cell in cells))
    console.print(shown)


def _end(home: Path, table: str, reports: list[ImportReport], failures: list[FileUnreadable], *, keep: bool) -> None:
    """Keep all rejects in a file, and leave with an error when anything was refused."""
    rejected = sum(report.rejected for report in reports)
    where = _keep_rejects(home, table, reports) if keep and rejected else None
    for error in failures:
        click.echo(f"Lỗi: {error.vi}\nError: {error.en}", err=True)
    if rejected:
        raise _rejected(rejected, where)
    if failures:
        raise click.exceptions.Exit(failures[0].exit_code)


def _keep_rejects(home: Path, table: str, reports: list[ImportReport]) -> Path:
    from data.reasons import write_rejects

    file = home / "rejects" / f"{table}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.csv"
    write_rejects([report.rejects for report in reports], file)
    return file


def _rejected(rows: int, where: Path | None) -> KolmatchError:
    listed = (f" All are listed in {where}.", f" Danh sách đầy đủ: {where}.") if where else ("", "")
    return RowsRejected(
        f"{rows:,} rows were rejected.{listed[0]} Correct them and import the file again; good rows do no harm twice.",
        f"{rows:,} dòng bị loại.{listed[1]} Hãy sửa rồi nhập lại tệp; các dòng đúng nhập lại không sao.",
    )
