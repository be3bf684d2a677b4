"""The command that says how good a model is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kolmatch.cli.options import config_option, home_option, load_settings, share_cores
from kolmatch.cli.progress import progress_bars

if TYPE_CHECKING:
    from training.assessment import Assessment


@click.command()
@home_option
@config_option
@click.option("--version", "version", default="champion", show_default=True, help="Number or alias of the version.")
@click.option(
    "--from",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day (UTC) of the posts that are forecast. Default: the latest posts, training.holdout_share of all.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="Folder of the report. Default: evaluations/VERSION under the home folder.",
)
def evaluate(home: Path, config: Path | None, version: str, day: datetime | None, out: Path | None) -> None:
    """Hold forecasts and lists against what came, and write a report as HTML and JSON; MLflow keeps both.

    A second model is trained on the posts before the day, so this takes as long as `kolmatch train`.

    Example: kolmatch evaluate --version champion --out report
    """
    settings = load_settings(config)
    share_cores()
    moment = None if day is None else day.replace(tzinfo=UTC)
    with progress_bars() as report:
        from training.reporting import evaluate as evaluated

        found, folder = evaluated(home, settings, version, moment, out, report)
    _say(found, folder)


def _say(found: Assessment, folder: Path) -> None:
    if found.synthetic:
        click.echo("DỮ LIỆU MẪU, KHÔNG CÓ THẬT / SYNTHETIC DATA")
    click.echo(f"Đã đánh giá phiên bản {found.version}, báo cáo trong {folder}.")
    click.echo(f"Evaluated version {found.version}, report in {folder}.")
    for name, value in sorted(found.metrics().items()):
        click.echo(f"  {name}: {value:.3f}")
