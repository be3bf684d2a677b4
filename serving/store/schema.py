"""The tables' own version: from any earlier one to today's, step by step, and never past what this kolmatch knows."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from kolmatch import __version__
from kolmatch.errors import StoreError, StoreNewer
from serving.store.database import Store

_FOLDER: Final = Path(__file__).parent / "migrations"


def newest() -> str:
    """The version that this kolmatch writes."""
    head = _scripts().get_current_head()
    assert head is not None
    return head


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
            _check_known(_current(connection))
            _upgrade(connection)
    return newest()


def check(store: Store) -> None:
    """Make sure that a store has this kolmatch's version.

    Raises:
        StoreNewer: it was written by a later kolmatch.
        StoreError: it must be upgraded first, or cannot be used.
    """
    found = current(store)
    _check_known(found)
    if found != newest():
        raise StoreError(
            f"The store has schema {found or '(none)'}, this kolmatch {__version__} needs {newest()}. "
            "Make a backup, then run `kolmatch db upgrade`.",
            f"Kho lưu trữ có phiên bản {found or '(chưa có)'}, kolmatch {__version__} cần {newest()}. "
            "Hãy sao lưu rồi chạy `kolmatch db upgrade`.",
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(_FOLDER, version_locations=[str(_FOLDER)])


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _check_known(found: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise StoreNewer(
            f"The store has schema {found}, which this kolmatch {__version__} does not know: a later one wrote it. "
            "Install that version, or restore a backup made before the upgrade.",
            f"Kho lưu trữ có phiên bản {found} mà kolmatch {__version__} không biết: một bản mới hơn đã ghi. "
            "Hãy cài bản đó, hoặc khôi phục bản sao lưu từ trước khi nâng cấp.",
        )


def _upgrade(connection: Connection) -> None:
    """Alembic's own upgrade, without the script `env.py` that it would run as a program."""
    scripts = _scripts()

    def steps(revision: tuple[str, ...], _context: MigrationContext) -> list[RevisionStep]:
        # What alembic.command.upgrade calls; there is no public way.
        return scripts._upgrade_revs("head", cast(str, revision))

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
