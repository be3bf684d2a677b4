"""The database: opened by its address, read in sessions, written in transactions that leave a trace.

SQLite in WAL, its writers one after another from the first statement on (BEGIN IMMEDIATE), each commit on the disk
before it is acknowledged; PostgreSQL writers wait for each other at the end of the audit trail.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVarTuple

from sqlalchemy import Connection, Engine, Row, Select, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from kolmatch.errors import StoreError
from kolmatch.settings import StoreSettings
from serving.store import audit
from serving.tracing import step

FILE_NAME: Final = "store.sqlite3"
_WRITES: Final = "kolmatch_writes"
_AUTOCOMMIT: Final = "AUTOCOMMIT"
_SCHEMA_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('kolmatch schema'))")
_CONNECT_TIMEOUT_S: Final = 5  # a server that does not answer by then is down
# The web framework runs forty handlers beside each other; a few connections stay open, the rest come and go.
_POOL: Final[dict[str, Any]] = {"poolclass": QueuePool, "pool_size": 8, "max_overflow": 32}

_Columns = TypeVarTuple("_Columns")


class Writing:
    """One write transaction. Whatever is changed in it is told to the audit trail by `note`."""

    def __init__(self, session: Session, actor: str, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.noted = False

    def note(self, action: str, subject: str, version: str = "") -> None:
        """Say what was done: a verb such as `brief.create`, the id of what it was done to, on which version."""
        audit.append(self.session, at=self.now, actor=self.actor, action=action, subject=subject, version=version)
        self.noted = True


class Store:
    """What staff create. Safe to use from several threads at once."""

    def __init__(self, engine: Engine, writer: Engine) -> None:
        self.engine = engine
        self._writer = writer
        self._kept: Connection | None = None
        self._kept_lock = threading.Lock()

    @classmethod
    def at(cls, url: str, *, busy_timeout_s: float) -> Store:
        """The store at a database address; nothing is opened before it is used.

        Raises:
            StoreError: the address is none that SQLAlchemy reads, or of a database that is not supported.
        """
        engine = _engine(url, busy_timeout_s)
        return cls(engine, engine.execution_options(**{_WRITES: True}))

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the store and changes nothing.

        Raises:
            StoreError: the database cannot be reached or used.
        """
        with step("store.read"), _failures(self.engine), Session(self.engine, autoflush=False) as session:
            yield session

    def rows(self, asked: Select[*_Columns]) -> Sequence[Row[*_Columns]]:
        """What one query finds now. For what every request asks: over a connection that stays open this costs a third
        of what a session does.

        Raises:
            StoreError: the database cannot be reached or used.
        """
        with step("store.read"), _failures(self.engine), self._kept_lock:
            if self._kept is not None:
                try:
                    return self._kept.execute(asked).all()
                except DBAPIError:  # the server may have closed what stayed open
                    self._drop_kept()
            # Outside any transaction: in one it would see for ever what was there at first.
            self._kept = self.engine.execution_options(isolation_level=_AUTOCOMMIT).connect()
            return self._kept.execute(asked).all()

    @contextmanager
    def writing(self, actor: str, now: datetime) -> Iterator[Writing]:
        """A transaction that is kept whole when the block ends without an error, and leaves nothing otherwise.

        Args:
            actor: who writes, by reference: a key's id, a token's subject, `cli`.
            now: when.

        Raises:
            StoreError: the database cannot be reached, is locked for too long, or its disk is full.
        """
        session = Session(self._writer, expire_on_commit=False)
        with step("store.write"), _failures(self.engine), session, session.begin():
            audit.locked_head(session)
            writing = Writing(session, actor, now)
            yield writing
            assert writing.noted, "a write that the audit trail was not told of"

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """A connection in a write transaction, for the migrations; others who want the same wait for its end.

        Raises:
            StoreError: the database cannot be reached or used.
        """
        with _failures(self.engine), self._writer.begin() as connection:
            if connection.dialect.name != "sqlite":  # whose writers wait for each other anyway
                connection.execute(_SCHEMA_LOCK)
            yield connection

    @contextmanager
    def maintaining(self) -> Iterator[Connection]:
        """A connection outside any transaction, for what is nobody's work: what the database does to itself, and when
        somebody signed in was last seen.

        Raises:
            StoreError: the database cannot be reached, or somebody holds it.
        """
        alone = self.engine.execution_options(isolation_level=_AUTOCOMMIT)
        with _failures(self.engine), alone.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        with self._kept_lock:
            self._drop_kept()
        self.engine.dispose()

    def _drop_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            with suppress(DBAPIError):
                kept.invalidate()
                kept.close()


def store_url(home: Path, settings: StoreSettings) -> str:
    """Where the store of a home folder is: the setting, else a SQLite file under the folder."""
    return settings.url or f"sqlite:///{home / FILE_NAME}"


def _engine(url: str, busy_timeout_s: float) -> Engine:
    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError):  # they may quote a piece of a password
        raise _wrong_address() from None
    if backend == "sqlite":
        engine = create_engine(
            url, connect_args={"timeout": busy_timeout_s, "isolation_level": None}, pool_timeout=busy_timeout_s, **_POOL
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if backend == "postgresql":
        waits = f"-c lock_timeout={int(busy_timeout_s * 1000)}"
        return create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": _CONNECT_TIMEOUT_S, "options": waits},
            pool_pre_ping=True,
            pool_timeout=busy_timeout_s,
            **_POOL,
        )
    raise _wrong_address()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == _AUTOCOMMIT:
        return
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _failures(engine: Engine) -> Iterator[None]:
    """The database's own failures in our words; they may quote what was written, so only their type is told."""
    try:
        yield
    except (IntegrityError, DataError):
        raise  # not the database's failure but ours
    except (DBAPIError, PoolTimeout) as error:
        where = engine.url.set(query={}).render_as_string(hide_password=True)  # a query may hold a password too
        cause = type(error.__cause__ or error).__name__
        raise StoreError(
            f"The store {where} cannot be used ({cause}). Check that the database runs, its disk and its rights, "
            "then try again.",
            f"Không dùng được kho lưu trữ {where} ({cause}). Hãy kiểm tra cơ sở dữ liệu, dung lượng đĩa và quyền truy "
            "cập rồi thử lại.",
        ) from error


def _wrong_address() -> StoreError:
    return StoreError(
        "The setting store.url is no address of a SQLite or PostgreSQL database, such as "
        "postgresql://user@host/name. Correct it, or leave it empty for a file under the home folder.",
        "Cấu hình store.url không phải địa chỉ cơ sở dữ liệu SQLite hay PostgreSQL, ví dụ "
        "postgresql://user@host/name. Hãy sửa, hoặc để trống để dùng tệp trong thư mục home.",
    )
