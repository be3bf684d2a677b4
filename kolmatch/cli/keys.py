"""Commands that give and take access."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import click

from kolmatch.cli.options import config_option, home_option, load_settings

_ROLES: Final = ("viewer", "staff", "approver", "admin")
_ACTOR: Final = "cli"  # whoever can run commands on the server; the operating system knows who that was
_LONGEST_DAYS: Final = 3660


def _expiry(_: click.Context, __: click.Parameter, value: str) -> datetime:
    """A day (2027-06-30, included) or a number of days from now (90d)."""
    now = datetime.now(UTC)
    try:
        if value.endswith("d"):
            until = now + timedelta(days=min(int(value[:-1]), _LONGEST_DAYS))
        else:
            until = datetime.combine(date.fromisoformat(value) + timedelta(days=1), time(), UTC)
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: give 90d or 2027-06-30 / hãy ghi 90d hoặc 2027-06-30") from error
    if until <= now:
        raise click.BadParameter(f"{value!r} is past / đã qua")
    return until


@click.group()
def keys() -> None:
    """Give and take access to the API.

    Example: kolmatch keys create --name "Cổng thành phố" --role staff --department so-tttt --expires 90d
    """


@keys.command()
@home_option
@config_option
@click.option("--name", required=True, help="What the key is for, shown in lists.")
@click.option(
    "--role", required=True, type=click.Choice(_ROLES), help="What it may do; each also what those before may."
)
@click.option("--department", required=True, help="Whose briefs it sees; an admin sees all.")
@click.option("--expires", "expires_at", required=True, callback=_expiry, help="90d, or the last day: 2027-06-30.")
@click.option(
    "--requests-per-minute",
    type=click.IntRange(1, 1_000_000),
    default=None,
    help="Default: access.requests_per_minute of the settings.",
)
def create(
    home: Path,
    config: Path | None,
    name: str,
    role: str,
    department: str,
    expires_at: datetime,
    requests_per_minute: int | None,
) -> None:
    """Make a key. It is shown once and cannot be shown again; only its hash is kept.

    Example: kolmatch keys create --name "Cổng thành phố" --role staff --department so-tttt --expires 90d
    """
    from kolmatch.cli.service import open_store
    from serving.access.keys import create_key

    with (
        contextlib.closing(open_store(home, load_settings(config))) as store,
        store.writing(_ACTOR, datetime.now(UTC)) as writing,
    ):
        key = create_key(
            writing,
            name=name,
            role=role,
            department=department,
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
        )
    click.echo(f"Khóa {key.key_id}, chỉ hiện một lần này, hãy cất ngay:", err=True)
    click.echo(f"Key {key.key_id}, shown only this once, keep it now:", err=True)
    click.echo(key.secret)


@keys.command(name="list")
@home_option
@config_option
def list_(home: Path, config: Path | None) -> None:
    """Show every key's record, never the key.

    Example: kolmatch keys list
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from kolmatch.cli.service import open_store
    from serving.access.keys import list_keys

    table = Table(title="Khóa truy cập / API keys")
    for heading in ("mã / id", "tên / name", "vai trò / role", "phòng ban / department", "hết hạn / expires", ""):
        table.add_column(heading, overflow="fold")
    now = datetime.now(UTC)
    with contextlib.closing(open_store(home, load_settings(config))) as store, store.reading() as session:
        for row in list_keys(session):
            state = "đã thu hồi / revoked" if row.revoked_at else "hết hạn / expired" if row.expires_at <= now else ""
            expires = row.expires_at.strftime("%Y-%m-%d %H:%M UTC")
            table.add_row(row.key_id, escape(row.name), row.role, escape(row.department), expires, state)
    Console(emoji=False).print(table)


@keys.command()
@click.argument("key_id")
@home_option
@config_option
def revoke(key_id: str, home: Path, config: Path | None) -> None:
    """Let the key KEY_ID hold no longer; a running service refuses it within a second.

    Example: kolmatch keys revoke 1f9c03ab7d2e
    """
    from kolmatch.cli.service import open_store
    from serving.access.keys import revoke_key

    with (
        contextlib.closing(open_store(home, load_settings(config))) as store,
        store.writing(_ACTOR, datetime.now(UTC)) as writing,
    ):
        revoke_key(writing, key_id)
    click.echo(f"Đã thu hồi khóa {key_id}. / Revoked the key {key_id}.")
