"""Commands for the store: its schema, its audit trail, backups, and shortlists asked again."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from kolmatch.cli.options import config_option, home_option, load_settings
from kolmatch.cli.progress import progress_bars

if TYPE_CHECKING:
    from kolmatch.settings import Settings
    from serving.store.audit import ChainEnd

_END: Final = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


def _known_end(_: click.Context, __: click.Parameter, value: str | None) -> ChainEnd | None:
    if value is None:
        return None
    match = _END.fullmatch(value)
    if match is None:
        raise click.BadParameter(f"{value!r}: give NUMBER:HASH as printed before / hãy ghi SỐ:MÃ như đã in lần trước")
    from serving.store.audit import ChainEnd

    return ChainEnd(int(match[1]), match[2])


@click.group()
def db() -> None:
    """Look after the database of briefs and decisions.

    Example: kolmatch db upgrade
    """


@db.command()
@home_option
@config_option
def upgrade(home: Path, config: Path | None) -> None:
    """Bring the tables to this kolmatch's version; make a backup first.

    Example: kolmatch db upgrade
    """
    from serving.store import schema
    from serving.store.database import Store, store_url

    settings = load_settings(config).store
    home.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Store.at(store_url(home, settings), busy_timeout_s=settings.busy_timeout_s)) as store:
        version = schema.upgrade(store)
    click.echo(f"Kho lưu trữ ở phiên bản {version}. / The store is at version {version}.")


@click.group()
def audit() -> None:
    """Look at the audit trail.

    Example: kolmatch audit verify
    """


@audit.command()
@home_option
@config_option
@click.option("--since", "known", callback=_known_end, default=None, help="NUMBER:HASH that an earlier run printed.")
def verify(home: Path, config: Path | None, known: ChainEnd | None) -> None:
    """Recompute the whole chain. Note its end elsewhere: with --since, a chain cut off at its end is found too.

    Example: kolmatch audit verify
    """
    from kolmatch.cli.service import open_store
    from serving.store.audit import verify as verify_chain

    with contextlib.closing(open_store(home, load_settings(config))) as store, store.reading() as session:
        end = verify_chain(session, known)
    click.echo(f"Nhật ký nguyên vẹn, {end.number} mục. / The audit trail is whole, {end.number} entries.")
    click.echo(f"{end.number}:{end.hash}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@home_option
@config_option
def backup(file: Path, home: Path, config: Path | None) -> None:
    """Write all that a home folder holds into one FILE, while the service runs.

    Example: kolmatch backup /mnt/backup/kolmatch-2026-11-25.tar
    """
    from kolmatch.cli.service import open_store
    from serving.backup import write_backup

    with contextlib.closing(open_store(home, load_settings(config))) as store, progress_bars() as report:
        parts = write_backup(home, store, file, report)
    click.echo(f"Đã sao lưu vào {file}: {', '.join(parts)}.")
    click.echo(f"Backup written to {file}: {', '.join(parts)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@home_option
@config_option
def restore(file: Path, home: Path, config: Path | None) -> None:
    """Bring back a backup FILE into an empty home folder, and into an empty database if store.url names one.

    Example: kolmatch restore /mnt/backup/kolmatch-2026-11-25.tar --home var
    """
    from serving.backup import read_backup

    with progress_bars() as report:
        parts = read_backup(file, home, load_settings(config).store, report)
    click.echo(f"Đã khôi phục vào {home}: {', '.join(parts)}.")
    click.echo(f"Restored into {home}: {', '.join(parts)}.")


@click.command()
@click.argument("shortlist_id")
@home_option
@config_option
def replay(shortlist_id: str, home: Path, config: Path | None) -> None:
    """Ask the model that made a kept shortlist again, and compare bit for bit; exit code 1 when they differ.

    Example: kolmatch replay list_5b0c61e0a97d4f32c8e1
    """
    from kolmatch.cli.service import open_store
    from models.matcher import Matcher
    from serving.shortlists.records import shortlist_named
    from serving.shortlists.replay import asked_then
    from serving.shortlists.replay import replay as ask_again

    settings = load_settings(config)
    with contextlib.closing(open_store(home, settings)) as store:
        with store.reading() as session:
            row = shortlist_named(session, shortlist_id)
        folder = _bundle(home, settings, row.bundle_id, row.model_version)
        found = ask_again(asked_then(store, row), Matcher.load(folder, settings.matcher))
    if found.rewritten or found.erased_places:
        places = ", ".join(map(str, found.erased_places)) or "-"
        order = ("như cũ", "as it was") if found.same_order else ("ĐÃ KHÁC", "DIFFERS")
        click.echo(f"Đã xóa người ở hạng {places} theo yêu cầu của họ; thứ tự những người còn lại {order[0]}.")
        click.echo(f"Those at place {places} were erased at their request; the order of the others {order[1]}.")
        raise click.exceptions.Exit(0 if found.same_order else 1)
    if not found.identical:
        click.echo(f"KHÁC / DIFFERS: {found.kept_sha256} (kolmatch {found.kept_by})", err=True)
        click.echo(f"               {found.replayed_sha256} (kolmatch {found.replayed_by})", err=True)
        raise click.exceptions.Exit(1)
    click.echo(f"Giống từng bit. / Identical, bit for bit. {found.bundle_id} {found.kept_sha256}")


def _bundle(home: Path, settings: Settings, bundle_id: str, version: int | None) -> Path:
    """The bundle under the home folder, or fetched from the registry when it is there no longer.

    Raises:
        BundleError: it is in neither.
    """
    from models.bundle_files import bundle_folder, is_whole
    from models.rewriting import successor

    folder = bundle_folder(home, bundle_id)
    rewritten = successor(home, bundle_id)
    if rewritten is not None:
        return rewritten
    if version is None or is_whole(folder, bundle_id):
        return folder
    from training.registry import Registry

    return Registry.open(home, settings.registry).fetch(str(version))
