"""A store copied into another, whatever databases the two are in: for backups, and for moving to PostgreSQL."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, delete, func, select, text

from kolmatch.errors import InputRefused
from serving.store.audit import HEAD
from serving.store.database import Store
from serving.store.tables import AuditHeadRow, Base

_BATCH: Final = 200  # rows; a shortlist has some hundred kilobytes


def copy_store(source: Store, target: Store) -> None:
    """Copy every row, as it stood at one moment, in one transaction. Both must have today's tables, `target` no rows.

    Raises:
        InputRefused: something is kept in `target` already.
        StoreError: one of the two cannot be used.
    """
    with _one_moment(source) as reading, target.changing_schema() as writing:
        _check_empty(writing, target.engine)
        writing.execute(delete(AuditHeadRow))  # the migration made it; the copied one takes its place
        for table in Base.metadata.sorted_tables:
            rows = reading.execution_options(yield_per=_BATCH).execute(select(table)).mappings()
            for batch in rows.partitions(_BATCH):
                writing.execute(table.insert(), [dict(row) for row in batch])
        _number_on(writing)


def _one_moment(store: Store) -> Connection:
    """A connection that sees one state from its first statement to its last."""
    if store.engine.dialect.name == "postgresql":
        return store.engine.execution_options(isolation_level="REPEATABLE READ").connect()
    return store.engine.connect()


def _check_empty(writing: Connection, engine: Engine) -> None:
    if writing.execute(select(AuditHeadRow.number).where(AuditHeadRow.one == HEAD)).scalar_one() > 0:
        where = engine.url.set(query={}).render_as_string(hide_password=True)  # a query may hold a password too
        raise InputRefused(
            f"The store {where} holds something already. Restore into an empty one.",
            f"Kho lưu trữ {where} đã có dữ liệu. Hãy khôi phục vào một kho trống.",
        )


def _number_on(writing: Connection) -> None:
    """Let PostgreSQL go on counting where the copied rows end; SQLite does by itself."""
    if writing.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            highest = writing.execute(select(func.max(column))).scalar()
            sequence = {"table": table.name, "column": column.name, "next": (highest or 0) + 1}
            writing.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :next, false)"), sequence)
