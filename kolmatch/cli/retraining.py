"""The commands of the monthly job."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kolmatch.cli.model import month_named
from kolmatch.cli.options import config_option, home_option, load_settings, share_cores
from kolmatch.cli.progress import progress_bars
from kolmatch.errors import TrainingBusy

if TYPE_CHECKING:
    from kolmatch.settings import Settings

KEPT: Final = 10  # exit code: the month is done, and the champion stayed
BUSY: Final = 11  # exit code: another run is at it


def _month(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """The month asked for, else the last one that has ended in the city.

    Raises:
        BadParameter: it has not ended: it would count as done, and what is posted until its end would never be learned.
    """
    from training.monthly.calendar import month_before, month_of

    last = month_before(month_of(datetime.now(UTC)))
    if value and month_named(value) > last:
        raise click.BadParameter(
            f"{value} has not ended; the last month that has is {last}. A month is done once: run it when it is over / "
            f"tháng {value} chưa kết thúc; tháng gần nhất đã kết thúc là {last}. Mỗi tháng chỉ chạy một lần, hãy đợi "
            "hết tháng"
        )
    return value or last


@click.command()
@home_option
@config_option
@click.option("--month", callback=_month, help="Like 2026-11. Default: the last month that has ended.")
@click.option(
    "--drop",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of new files, named posts-2026-11.csv and so on. Default: retrain.drop_folder of the settings.",
)
@click.option(
    "--warm-start",
    "warm_start",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="As in `kolmatch train`. Repeatable.",
)
def retrain(home: Path, config: Path | None, month: str, drop: Path | None, warm_start: tuple[Path, ...]) -> None:
    """Take new files in, train, compare with the champion, and make the new model live only if it is no worse.

    Cut off anywhere, the same command goes on where it stopped; for a month that is done it does nothing and says how
    it ended, unless files were left waiting: then it takes them in once they are whole. Report, log and journal:
    retrain/MONTH under the home folder.

    Exit codes: 0 the new model is live, 10 the champion stayed, 11 another run is at it; 1 refused input, 2 wrong
    usage, 3 internal.

    Example: kolmatch retrain --month 2026-11 --drop /srv/kolmatch/drop
    """
    from kolmatch.cli.decisions import decided
    from kolmatch.cli.rights import tombstones

    settings = load_settings(config)
    share_cores()
    with progress_bars() as report:
        from training.monthly.job import RETRAIN_FOLDER, Order, left_waiting
        from training.monthly.job import retrain as run
        from training.monthly.journal import Journal

        order = Order(
            month=month,
            drop=drop or (Path(settings.retrain.drop_folder) if settings.retrain.drop_folder else None),
            warm_start=warm_start,
            gone=tombstones(home, settings),
            decided=decided(home, settings),
            referred=referred_bundles(home, settings),
            clock=lambda: datetime.now(UTC),
        )
        try:
            outcome = run(home, settings, order, report)
        except TrainingBusy as error:
            click.echo(f"Lỗi: {error.vi}\nError: {error.en}", err=True)
            raise click.exceptions.Exit(BUSY) from error
    click.echo(f"{outcome.vi}\n{outcome.en}")
    if waits := ", ".join(left_waiting(Journal.open(home / RETRAIN_FOLDER / month))):
        click.echo(f"Chưa nhập vì đang ghi dở hoặc tên không bắt đầu bằng tên bảng: {waits}. Sửa tên, rồi chạy lại.")
        click.echo(f"Not taken in, being written then or named as no table: {waits}. Mend names, then run this again.")
    click.echo(f"{home / RETRAIN_FOLDER / month}")
    raise click.exceptions.Exit(0 if outcome.promoted else KEPT)


def referred_bundles(home: Path, settings: Settings) -> frozenset[str]:
    """Bundles that shortlists in the store were made with, and can be replayed with only."""
    if not settings.store.url and not (home / "store.sqlite3").exists():
        return frozenset()
    from kolmatch.cli.service import open_store
    from serving.shortlists.records import bundles_referred_to

    with contextlib.closing(open_store(home, settings)) as store, store.reading() as session:
        return bundles_referred_to(session)


@click.command()
@click.argument("version")
@home_option
@config_option
@click.option(
    "--warm-start",
    "warm_start",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The files that the version was made with. Repeatable.",
)
def reproduce(version: str, home: Path, config: Path | None, warm_start: tuple[Path, ...]) -> None:
    """Make VERSION again from the catalogue as it was then, and compare rankings; exit code 1 when they differ.

    Example: kolmatch reproduce champion
    """
    from kolmatch.cli.decisions import decided
    from kolmatch.cli.rights import tombstones

    settings = load_settings(config)
    share_cores()
    with progress_bars() as report:
        from training.reproduction import LEAST_OVERLAP, Again
        from training.reproduction import reproduce as make_again

        order = Again(version, warm_start, tombstones(home, settings), decided(home, settings))
        found = make_again(home, settings, order, report)
    for name, same in (("mã / code", found.same_code), ("gói Python / packages", found.same_packages)):
        if not same:
            click.echo(f"Khác lúc đó / Not as it was then: {name}")
    if found.identical:
        click.echo(f"Giống từng bit. / Identical, bit for bit. {found.made}")
        return
    figures = f"{found.overlap:.3f} ({found.asked}), {found.bundle_id} → {found.made}"
    click.echo(f"20 người đầu trùng nhau: {figures}. / The first 20 in common: {figures}.")
    raise click.exceptions.Exit(0 if found.overlap >= LEAST_OVERLAP else 1)
