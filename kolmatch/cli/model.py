"""The command that makes a model, and what its options share with the monthly job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kolmatch.cli.options import config_option, home_option, load_settings, share_cores
from kolmatch.cli.progress import progress_bars

if TYPE_CHECKING:
    from training.registry import ModelVersion

_FIRST_MONTH: Final = "2000-01"  # no post is older: see `data.checks`


def _month(_: click.Context, __: click.Parameter, value: str | None) -> str:
    """The month asked for, else this one in the city."""
    from training.monthly.calendar import month_of

    return month_named(value or month_of(datetime.now(UTC)))


def month_named(given: str) -> str:
    """A month that is one, has begun in the city, and may have posts.

    Raises:
        BadParameter: it is not like 2026-11, lies in the future, or before the year 2000.
    """
    from training.monthly.calendar import month_of

    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", given):
        raise click.BadParameter(f"{given!r} is not a month like 2026-11 / không phải tháng dạng 2026-11")
    now = month_of(datetime.now(UTC))
    if not _FIRST_MONTH <= given <= now:
        raise click.BadParameter(
            f"{given}: give a month from {_FIRST_MONTH} to {now}, this month in Ho Chi Minh City / hãy ghi tháng từ "
            f"{_FIRST_MONTH} đến {now}"
        )
    return given


@click.command()
@home_option
@config_option
@click.option("--month", callback=_month, help="Month the model is made for, like 2026-11. Default: this month.")
@click.option(
    "--warm-start",
    "warm_start",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Text, JSONL or CSV files (also .gz) that teach the encoder general Vietnamese. Repeatable.",
)
def train(home: Path, config: Path | None, month: str, warm_start: tuple[Path, ...]) -> None:
    """Make a model from the catalogue and register it in MLflow; the first becomes champion.

    Example: kolmatch train --month 2026-11 --warm-start news.jsonl.gz
    """
    from kolmatch.cli.decisions import decided
    from kolmatch.cli.rights import tombstones

    settings = load_settings(config)
    share_cores()
    with progress_bars() as report:
        from training.publishing import train_and_publish

        version = train_and_publish(
            *(home, settings),
            month=month,
            warm_start=warm_start,
            opted_out=tombstones(home, settings),
            decided=decided(home, settings),
            progress=report,
        )
    alias = ", ".join(version.aliases) or "-"
    click.echo(f"Đã tạo phiên bản {version.version} ({alias}), gói {version.bundle_id}.")
    click.echo(f"Made version {version.version} ({alias}), bundle {version.bundle_id}.")
    if not fitted([version]):
        click.echo("Chưa đủ dữ liệu để học trọng số: dùng trọng số mặc định. Cần thêm bài của những người đã có bài.")
        click.echo("Too little data to fit weights: the defaults are used. More posts of the same creators are needed.")
    for name, value in sorted(version.metrics.items()):
        click.echo(f"  {name}: {value:.3f}")


def fitted(versions: Sequence[ModelVersion]) -> list[str]:
    """Names of the figures of fitted weights; a version whose data were too little to fit has none."""
    return sorted({name for version in versions for name in version.metrics if name.endswith(": mix")})
