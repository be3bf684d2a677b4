"""The tables' own version: from any earlier one to today's, step by step, and never past what this kolmatch knows.

Alembic takes the steps and is imported only then: a service whose store has today's version does without its 12 MiB.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from sqlalchemy import Connection, inspect, text

from kolmatch import __version__
from kolmatch.errors import StoreError, StoreNewer
from serving.store.database import Store

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

FOLDER: Final = Path(__file__).parent / "migrations"


def newest() -> str:
    """The version that this kolmatch writes."""
    return known()[-1]


def known() -> list[str]:
    """All versions, the oldest first: each is the beginning of the name of the file that leads to it."""
    return sorted(file.name.partition("_")[0] for file in FOLDER.glob("r*_*.py"))


def current(store: Store) -> str | None:
    """The version of a store; None when it has no tables yet.

    Raises:
        StoreError: the database cannot be used.
    """
    with store.reading() as session:
        return _current(session.connection())


def upgrade(store: Store) -> str:
    """Bring a store to this kolmatch's version, in one transaction; one that is there already is left alone.

    Raises:
        StoreNewer: it was written by a later kolmatch.
        StoreError: the database cannot be used.
    """
    if current(store) != newest():
        with store.changing_schema() as connection:
            check_known(_current(connection))
            _upgrade(connection)
    return newest()


def check(store: Store) -> None:
    """Make sure that a store has this kolmatch's version.

    Raises:
        StoreNewer: it was written by a later kolmatch.
        StoreError: it must be upgraded first, or cannot be used.
    """
    found = current(store)
    check_known(found)
    if found != newest():
        raise StoreError(
            f"The store has schema {found or '(none)'}, this kolmatch {__version__} needs {newest()}. "
            "Make a backup, then run `kolmatch db upgrade`.",
            f"Kho lưu trữ có phiên bản {found or '(chưa có)'}, kolmatch {__version__} cần {newest()}. "
            "Hãy sao lưu rồi chạy `kolmatch db upgrade`.",
        )


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):  # Alembic's own, of one row
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return version


def check_known(found: str | None) -> None:
    """Make sure that a version is not a later kolmatch's.

    Raises:
        StoreNewer: it is.
    """
    if found is not None and found not in known():
        raise StoreNewer(
            f"The store has schema {found}, which this kolmatch {__version__} does not know: a later one wrote it. "
            "Install that version, or restore a backup made before the upgrade.",
            f"Kho lưu trữ có phiên bản {found} mà kolmatch {__version__} không biết: một bản mới hơn đã ghi. "
            "Hãy cài bản đó, hoặc khôi phục bản sao lưu từ trước khi nâng cấp.",
        )


def _upgrade(connection: Connection) -> None:
    """Alembic's own upgrade, without the script `env.py` that it would run as a program."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(FOLDER, version_locations=[str(FOLDER)])

    def steps(revision: tuple[str, ...], _context: MigrationContext) -> list[RevisionStep]:
        # What alembic.command.upgrade calls; there is no public way.
        return scripts._upgrade_revs("head", cast(str, revision))

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
