"""Commands about the versions there are: which is live, who made it so, and how much disk they take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kolmatch.cli.model import fitted
from kolmatch.cli.options import config_option, home_option, load_settings
from kolmatch.cli.retraining import referred_bundles

if TYPE_CHECKING:
    from rich.table import Table

    from training.moves import Move
    from training.registry import ModelVersion

_MEGABYTE = 1e6  # bytes
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


@click.group(invoke_without_command=True)
@click.pass_context
@home_option
@config_option
def models(context: click.Context, home: Path, config: Path | None) -> None:
    """Show model versions, aliases, metrics, who made which live and why, and disk use.

    Example: kolmatch models
    """
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console

    from training.registry import Registry

    console = Console()
    registry = Registry.open(home, load_settings(config).registry)
    versions = registry.versions()
    console.print(_versions(home, versions))
    if moves := registry.moves():
        console.print(_moves(moves))
    _say_disk_use(home)


@models.command("prune")
@home_option
@config_option
@click.option("--dry-run", is_flag=True, help="Only say which bundles would go.")
def prune_models(home: Path, config: Path | None, dry_run: bool) -> None:
    """Remove bundles that nobody needs: not live, not among the newest, old, and no kept shortlist was made with them.

    The record of their versions stays in MLflow. How many stay: retrain.keep_versions and retrain.keep_months.

    Example: kolmatch models prune --dry-run
    """
    from training.registry import Registry
    from training.retention import prunable, prune

    settings = load_settings(config)
    registry = Registry.open(home, settings.registry)
    referred = referred_bundles(home, settings)
    found = prunable(home, registry, referred, settings.retrain, datetime.now(UTC))
    if not dry_run:
        prune(home, registry, found)
    done = ("sẽ bị xóa", "would go") if dry_run else ("đã xóa", "removed")
    for one in found:
        numbers = ", ".join(map(str, one.versions)) or "-"
        click.echo(f"{one.bundle_id} (# {numbers}, {one.bytes / _MEGABYTE:.1f} MB): {done[0]} / {done[1]}")
    total = sum(one.bytes for one in found) / _MEGABYTE
    click.echo(f"{len(found)} gói, {total:.1f} MB {done[0]}. / {len(found)} bundles, {total:.1f} MB {done[1]}.")


def _say_disk_use(home: Path) -> None:
    """Bytes of each part of the home folder, and what is free."""
    import shutil

    from training.retention import size_of

    parts = {name: size_of(home / name) / _MEGABYTE for name in ("catalogue", "bundles", "mlflow", "retrain")}
    told = ", ".join(f"{name} {size:.1f} MB" for name, size in parts.items())
    free = shutil.disk_usage(home).free / _MEGABYTE if home.exists() else 0.0
    click.echo(f"Ổ đĩa / Disk: {told}; còn trống / free {free:.0f} MB.")


def _versions(home: Path, versions: Sequence[ModelVersion]) -> Table:
    from rich.table import Table

    from models.bundle_files import bundle_folder
    from training.retention import size_of

    names = fitted(versions)
    table = Table(title="Phiên bản mô hình / Model versions")
    for heading in ("#", "tên / alias", "tháng / month", "gói / bundle", "dữ liệu / data", "MB", *names):
        table.add_column(heading, overflow="fold")
    for version in versions:
        kind = "MẪU / SYNTHETIC" if version.synthetic else "thật / real"
        figures = [f"{version.metrics[name]:.3f}" if name in version.metrics else "-" for name in names]
        size = f"{size_of(bundle_folder(home, version.bundle_id)) / _MEGABYTE:.1f}"
        aliases = ", ".join(version.aliases)
        table.add_row(str(version.version), aliases, version.month, version.bundle_id, kind, size, *figures)
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
