"""The first tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from serving.store.tables import UtcTime

revision: Final = "r0001"
down_revision: Final = None

_TIME: Final = UtcTime()
_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From nothing."""
    _access()
    _rights()
    _briefs()
    _shortlists()
    _decisions()
    _checks()
    for statement in _append_only(op.get_bind().dialect.name):
        op.execute(statement)
    head = sa.table("audit_head", sa.column("one"), sa.column("number"), sa.column("hash"))
    op.execute(head.insert().values(one=1, number=0, hash="0" * 64))


def _seq() -> sa.Column[Any]:
    return sa.Column("seq", _NUMBER, autoincrement=True, nullable=False)


def _access() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("revoked_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.String(length=300), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_head")),
    )


def _rights() -> None:
    op.create_table(
        "rights_requests",
        _seq(),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("creator_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("answer_due_on", sa.Date(), nullable=False),
        sa.Column("complete_due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("completed_at", _TIME, nullable=True),
        sa.Column("record", sa.JSON(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('access', 'correction', 'opt_out', 'erasure')", name=op.f("ck_rights_requests_kind")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_rights_requests")),
        sa.UniqueConstraint("request_id", name=op.f("uq_rights_requests_request_id")),
    )
    op.create_index(op.f("ix_rights_requests_creator_id"), "rights_requests", ["creator_id"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("creator_id", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.CheckConstraint("reason IN ('opted_out', 'erased')", name=op.f("ck_tombstones_reason")),
        sa.ForeignKeyConstraint(["request_id"], ["rights_requests.request_id"], name=op.f("fk_tombstones_request_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_tombstones")),
        sa.UniqueConstraint("creator_id", name=op.f("uq_tombstones_creator_id")),
    )


def _briefs() -> None:
    op.create_table(
        "briefs",
        _seq(),
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_briefs")),
        sa.UniqueConstraint("brief_id", name=op.f("uq_briefs_brief_id")),
    )
    op.create_index(op.f("ix_briefs_department"), "briefs", ["department"], unique=False)
    op.create_table(
        "brief_revisions",
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.brief_id"], name=op.f("fk_brief_revisions_brief_id")),
        sa.PrimaryKeyConstraint("brief_id", "revision", name=op.f("pk_brief_revisions")),
    )


def _shortlists() -> None:
    op.create_table(
        "shortlists",
        _seq(),
        sa.Column("shortlist_id", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=100), nullable=False),
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("brief_revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("blocked", sa.JSON(), nullable=False),
        sa.Column("tombstones", _NUMBER, nullable=False),
        sa.Column("bundle_id", sa.String(length=64), nullable=False),
        sa.Column("bundle_sha256", sa.String(length=64), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=True),
        sa.Column("model_month", sa.String(length=7), nullable=False),
        sa.Column("kolmatch_version", sa.String(length=20), nullable=False),
        sa.Column("catalogue_until", _TIME, nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("answer_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'proposed', 'approved')", name=op.f("ck_shortlists_status")),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.brief_id"], name=op.f("fk_shortlists_brief_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_shortlists")),
        sa.UniqueConstraint("shortlist_id", name=op.f("uq_shortlists_shortlist_id")),
    )
    op.create_index(op.f("ix_shortlists_brief_id"), "shortlists", ["brief_id"], unique=False)
    op.create_index(op.f("ix_shortlists_department"), "shortlists", ["department"], unique=False)
    op.create_table(
        "shortlist_steps",
        _seq(),
        sa.Column("shortlist_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'proposed', 'approved')", name=op.f("ck_shortlist_steps_status")),
        sa.ForeignKeyConstraint(
            ["shortlist_id"], ["shortlists.shortlist_id"], name=op.f("fk_shortlist_steps_shortlist_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_shortlist_steps")),
    )
    op.create_index(op.f("ix_shortlist_steps_shortlist_id"), "shortlist_steps", ["shortlist_id"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        _seq(),
        sa.Column("decision_id", sa.String(length=40), nullable=False),
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("shortlist_id", sa.String(length=40), nullable=True),
        sa.Column("creator_id", sa.String(length=200), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("decision IN ('shortlisted', 'invited', 'rejected')", name=op.f("ck_decisions_decision")),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.brief_id"], name=op.f("fk_decisions_brief_id")),
        sa.ForeignKeyConstraint(["shortlist_id"], ["shortlists.shortlist_id"], name=op.f("fk_decisions_shortlist_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_decisions")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_decisions_decision_id")),
    )
    op.create_index(op.f("ix_decisions_brief_id"), "decisions", ["brief_id"], unique=False)
    op.create_index(op.f("ix_decisions_creator_id"), "decisions", ["creator_id"], unique=False)
    op.create_index(op.f("ix_decisions_shortlist_id"), "decisions", ["shortlist_id"], unique=False)
    op.create_table(
        "outcomes",
        _seq(),
        sa.Column("outcome_id", sa.String(length=40), nullable=False),
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("creator_id", sa.String(length=200), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=True),
        sa.Column("invited", sa.Boolean(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("published", sa.Boolean(), nullable=True),
        sa.Column("views", sa.BigInteger(), nullable=True),
        sa.Column("target_viewers", sa.BigInteger(), nullable=True),
        sa.Column("cost_vnd", sa.BigInteger(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.brief_id"], name=op.f("fk_outcomes_brief_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("outcome_id", name=op.f("uq_outcomes_outcome_id")),
    )
    op.create_index(op.f("ix_outcomes_brief_id"), "outcomes", ["brief_id"], unique=False)
    op.create_index(op.f("ix_outcomes_creator_id"), "outcomes", ["creator_id"], unique=False)


def _checks() -> None:
    op.create_table(
        "checks",
        _seq(),
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("brief_id", sa.String(length=40), nullable=False),
        sa.Column("creator_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "disposition IN ('open', 'cleared', 'accepted', 'blocked')", name=op.f("ck_checks_disposition")
        ),
        sa.CheckConstraint(
            "kind IN ('verified_account', 'ad_disclosure', 'unsafe_words', 'conflict', 'bought_attention')",
            name=op.f("ck_checks_kind"),
        ),
        sa.ForeignKeyConstraint(["brief_id"], ["briefs.brief_id"], name=op.f("fk_checks_brief_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_checks")),
        sa.UniqueConstraint("check_id", name=op.f("uq_checks_check_id")),
    )
    op.create_index(op.f("ix_checks_brief_id"), "checks", ["brief_id"], unique=False)
    op.create_index(op.f("ix_checks_creator_id"), "checks", ["creator_id"], unique=False)
    op.create_table(
        "check_steps",
        sa.Column("check_id", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("disposition", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "disposition IN ('open', 'cleared', 'accepted', 'blocked')", name=op.f("ck_check_steps_disposition")
        ),
        sa.ForeignKeyConstraint(["check_id"], ["checks.check_id"], name=op.f("fk_check_steps_check_id")),
        sa.PrimaryKeyConstraint("check_id", "revision", name=op.f("pk_check_steps")),
    )


def _append_only(dialect: str) -> Iterator[str]:
    """Statements after which the database itself refuses to change or remove an entry of the audit trail."""
    if dialect == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            )
    else:
        yield (
            "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
        )
        yield (
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
        )
