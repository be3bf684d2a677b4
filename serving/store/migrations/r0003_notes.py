"""What people note down about campaigns."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from serving.store.tables import UtcTime

revision: Final = "r0003"
down_revision: Final = "r0002"


def upgrade() -> None:
    """Add the table of notes."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "notes",
        sa.Column("seq", number, autoincrement=True, nullable=False),
        sa.Column("note_id", sa.String(length=40), nullable=False),
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("creator_id", sa.String(length=200), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.brief_id"], name=op.f("fk_notes_brief_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_notes")),
        sa.UniqueConstraint("note_id", name=op.f("uq_notes_note_id")),
    )
    op.create_index(op.f("ix_notes_brief_id"), "notes", ["brief_id"], unique=False)
    op.create_index(op.f("ix_notes_creator_id"), "notes", ["creator_id"], unique=False)
