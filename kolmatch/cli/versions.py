"""Commands about the versions there are: which is live, who made it so, and how much disk they take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kolmatch.cli.model import fitted
from kolmatch.cli.options import config_option, home_option, load_settings

if TYPE_CHECKING:
    from rich.table import Table

    from training.moves import Move
    from training.registry import ModelVersion

_MOST_LETTERS = 1000  # of a name or note: MLflow keeps a tag of 5,000 at most
_ACTIONS = {"promote": "đưa vào dùng / promoted", "rollback": "quay lại / rolled back"}


def _said(_: click.Context, parameter: click.Parameter, value: str) -> str:
    """A name or note that says something; it stands in the record for ever, in a tag that holds no more."""
    if not 0 < len(value.strip()) <= _MOST_LETTERS:
        raise click.BadParameter(f"1 to {_MOST_LETTERS} letters / từ 1 đến {_MOST_LETTERS} chữ", param=parameter)
    return value.strip()


_by = click.option("--by", required=True, callback=_said, help="Name of the person who answers for it.")
_note = click.option("--note", required=True, callback=_said, help="Why; kept with the version.")


@click.command()
@click.argument("version")
@home_option
@config_option
@_by
@_note
def promote(version: str, home: Path, config: Path | None, by: str, note: str) -> None:
    """Make VERSION, a number or `challenger`, the live model; a running service follows by itself.

    Example: kolmatch promote 4 --by "Trần Thị Mẫu" --note "danh sách vàng đạt, mô hình mới hơn"
    """
    from training.promotion import promote as make_live
    from training.registry import Registry

    registry = Registry.open(home, load_settings(config).registry)
    _say_live(make_live(registry, version, by=by, note=note, at=datetime.now(UTC)))


@click.command()
@home_option
@config_option
@_by
@_note
def rollback(home: Path, config: Path | None, by: str, note: str) -> None:
    """Make the model live again that was live before the present one; again: one step further back.

    Example: kolmatch rollback --by "Trần Thị Mẫu" --note "danh sách thiếu báo chí"
    """
    from training.promotion import rollback as go_back
    from training.registry import Registry

    registry = Registry.open(home, load_settings(config).registry)
    _say_live(go_back(registry, by=by, note=note, at=datetime.now(UTC)))


def _say_live(version: ModelVersion) -> None:
    click.echo(f"Đang dùng phiên bản {version.version}, gói {version.bundle_id}, tháng {version.month}.")
    click.echo(f"Live: version {version.version}, bundle {version.bundle_id}, month {version.month}.")


@click.command()
@home_option
@config_option
def models(home: Path, config: Path | None) -> None:
    """Show model versions, aliases, metrics, who made which live and why, and disk use.

    Example: kolmatch models
    """
    from rich.console import Console

    from training.registry import Registry

    console = Console()
    registry = Registry.open(home, load_settings(config).registry)
    console.print(_versions(registry.versions()))
    if moves := registry.moves():
        console.print(_moves(moves))


def _versions(versions: Sequence[ModelVersion]) -> Table:
    from rich.table import Table

    names = fitted(versions)
    table = Table(title="Phiên bản mô hình / Model versions")
    for heading in ("#", "tên / alias", "tháng / month", "gói / bundle", "dữ liệu / data", *names):
        table.add_column(heading, overflow="fold")
    for version in versions:
        kind = "MẪU / SYNTHETIC" if version.synthetic else "thật / real"
        figures = [f"{version.metrics[name]:.3f}" if name in version.metrics else "-" for name in names]
        table.add_row(
            str(version.version), ", ".join(version.aliases), version.month, version.bundle_id, kind, *figures
        )
    return table


def _moves(moves: Sequence[Move]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Đưa vào dùng / Made live")
    for heading in ("lúc / when (UTC)", "việc / action", "# trước / before", "# sau / after", "ai / who", "vì / why"):
        table.add_column(heading, overflow="fold")
    for move in moves:
        before = "-" if move.before is None else str(move.before)
        when = f"{move.at.astimezone(UTC):%d/%m/%Y %H:%M}"
        table.add_row(
            when, _ACTIONS.get(move.action, move.action), before, str(move.version), escape(move.by), escape(move.note)
        )
    return table
