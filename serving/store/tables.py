"""The tables. Rows are added and, where a status moves on, marked; what happened is never overwritten without a trace.

`seq` numbers rows in the order they came and never leaves the service; the other ids are random and shown to callers.
People appear by reference: `created_by` is a key's id or a token's subject, `creator_id` the catalogue's id. The name
of the official who decides is kept because the law wants it (AI Law 134/2025/QH15, Art. 27).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

STATUSES = ("draft", "proposed", "approved")
DECISIONS = ("shortlisted", "invited", "rejected")
CHECK_KINDS = ("verified_account", "ad_disclosure", "unsafe_words", "conflict", "bought_attention")
DISPOSITIONS = ("open", "cleared", "accepted", "blocked")
RIGHTS_KINDS = ("access", "correction", "opt_out", "erasure")
TOMBSTONE_REASONS = ("opted_out", "erased")

# SQLite numbers rows by itself only in a column of its own INTEGER type.
_Number = BigInteger().with_variant(Integer, "sqlite")


class UtcTime(TypeDecorator[datetime]):
    """A moment with its zone, also in SQLite, which knows none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC on the way in."""
        if value is None:
            return None
        assert value.tzinfo is not None, "a time without a zone"
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC on the way out, whatever zone the server is set to."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; constraints have names of their own, so that a later migration can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime(),
        date: Date(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        bytes: LargeBinary(),
        str: Text(),
    }


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _seq() -> Mapped[int]:
    return mapped_column(_Number, primary_key=True, autoincrement=True)


def _public() -> Mapped[str]:
    return mapped_column(String(40), unique=True)


def _brief() -> Mapped[str]:
    return mapped_column(ForeignKey("briefs.brief_id"), index=True)


def _creator() -> Mapped[str]:
    return mapped_column(String(200), index=True)


class BriefRow(Base):
    """A policy brief; its words stand in its revisions."""

    __tablename__ = "briefs"
    seq: Mapped[int] = _seq()
    brief_id: Mapped[str] = _public()
    department: Mapped[str] = mapped_column(String(100), index=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class BriefRevisionRow(Base):
    """A brief as it read from one moment until the next revision; `content` is the body that was sent."""

    __tablename__ = "brief_revisions"
    brief_id: Mapped[str] = mapped_column(ForeignKey("briefs.brief_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ShortlistRow(Base):
    """A shortlist for ever as it was answered.

    `answer` holds the very bytes, `answer_sha256` their hash in hex; `request` is what was asked, down to the filters;
    `tombstones` is the highest number of `tombstones` that was left out, `blocked` the creators blocked then.
    """

    __tablename__ = "shortlists"
    __table_args__ = (_one_of("status", STATUSES),)
    seq: Mapped[int] = _seq()
    shortlist_id: Mapped[str] = _public()
    department: Mapped[str] = mapped_column(String(100), index=True)
    brief_id: Mapped[str] = _brief()
    brief_revision: Mapped[int]
    title: Mapped[str]
    request: Mapped[dict[str, Any]]
    blocked: Mapped[list[Any]]
    tombstones: Mapped[int] = mapped_column(_Number)
    bundle_id: Mapped[str] = mapped_column(String(64))
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    model_version: Mapped[int | None]
    model_month: Mapped[str] = mapped_column(String(7))
    kolmatch_version: Mapped[str] = mapped_column(String(20))
    catalogue_until: Mapped[datetime | None]
    synthetic: Mapped[bool]
    answer: Mapped[bytes]
    answer_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ShortlistStepRow(Base):
    """Who moved a shortlist to a status, when and why. `actor` is who called, `by` the official who answers for it."""

    __tablename__ = "shortlist_steps"
    __table_args__ = (_one_of("status", STATUSES),)
    seq: Mapped[int] = _seq()
    shortlist_id: Mapped[str] = mapped_column(ForeignKey("shortlists.shortlist_id"), index=True)
    status: Mapped[str] = mapped_column(String(20))
    by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class DecisionRow(Base):
    """What an official decided about one creator for one brief."""

    __tablename__ = "decisions"
    __table_args__ = (_one_of("decision", DECISIONS),)
    seq: Mapped[int] = _seq()
    decision_id: Mapped[str] = _public()
    brief_id: Mapped[str] = _brief()
    shortlist_id: Mapped[str | None] = mapped_column(ForeignKey("shortlists.shortlist_id"), index=True)
    creator_id: Mapped[str] = _creator()
    decision: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
    created_by: Mapped[str]


class NoteRow(Base):
    """Something noted down about a brief's campaign; `creator_id` null: about the campaign as a whole."""

    __tablename__ = "notes"
    seq: Mapped[int] = _seq()
    note_id: Mapped[str] = _public()
    brief_id: Mapped[str] = _brief()
    creator_id: Mapped[str | None] = mapped_column(String(200), index=True)
    text: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    created_by: Mapped[str]


class OutcomeRow(Base):
    """What came of inviting a creator; null is not known, never zero. A later row speaks for the earlier ones."""

    __tablename__ = "outcomes"
    seq: Mapped[int] = _seq()
    outcome_id: Mapped[str] = _public()
    brief_id: Mapped[str] = _brief()
    creator_id: Mapped[str] = _creator()
    post_id: Mapped[str | None]
    invited: Mapped[bool | None]
    accepted: Mapped[bool | None]
    published: Mapped[bool | None]
    views: Mapped[int | None] = mapped_column(BigInteger)
    target_viewers: Mapped[int | None] = mapped_column(BigInteger)
    cost_vnd: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class CheckRow(Base):
    """Something to look into before a creator is invited for one brief, never carried to another.

    `evidence` is a list of objects (a post's id, the words found); `disposition`, `by`, `reason`, `until` are the last
    of its steps; `until` is the last day on which the disposition holds, null: for the whole campaign.
    """

    __tablename__ = "checks"
    __table_args__ = (_one_of("kind", CHECK_KINDS), _one_of("disposition", DISPOSITIONS))
    seq: Mapped[int] = _seq()
    check_id: Mapped[str] = _public()
    brief_id: Mapped[str] = _brief()
    creator_id: Mapped[str] = _creator()
    kind: Mapped[str] = mapped_column(String(30))
    evidence: Mapped[list[Any]]
    revision: Mapped[int]
    disposition: Mapped[str] = mapped_column(String(20))
    by: Mapped[str | None]
    reason: Mapped[str | None]
    until: Mapped[date | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    created_by: Mapped[str]


class CheckStepRow(Base):
    """One disposition of a check: who set it, when, why, until when."""

    __tablename__ = "check_steps"
    __table_args__ = (_one_of("disposition", DISPOSITIONS),)
    check_id: Mapped[str] = mapped_column(ForeignKey("checks.check_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    disposition: Mapped[str] = mapped_column(String(20))
    by: Mapped[str | None]
    reason: Mapped[str | None]
    until: Mapped[date | None]
    at: Mapped[datetime]
    actor: Mapped[str]


class RightsRequestRow(Base):
    """What a creator asked for under Law 91/2025/QH15, its legal clocks, and the record of what was done."""

    __tablename__ = "rights_requests"
    __table_args__ = (_one_of("kind", RIGHTS_KINDS),)
    seq: Mapped[int] = _seq()
    request_id: Mapped[str] = _public()
    creator_id: Mapped[str] = _creator()
    kind: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime]
    answer_due_on: Mapped[date]
    complete_due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    record: Mapped[dict[str, Any] | None]
    created_by: Mapped[str]


class TombstoneRow(Base):
    """A creator whom no answer may name from `at` on, whatever model is live."""

    __tablename__ = "tombstones"
    __table_args__ = (_one_of("reason", TOMBSTONE_REASONS),)
    number: Mapped[int] = _seq()
    creator_id: Mapped[str] = mapped_column(String(200), unique=True)
    reason: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    request_id: Mapped[str | None] = mapped_column(ForeignKey("rights_requests.request_id"))


class ApiKeyRow(Base):
    """A key's record; of the key itself only the SHA-256 is kept. `key_id` is the part of it that may be shown."""

    __tablename__ = "api_keys"
    key_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(20))
    department: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    requests_per_minute: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SessionRow(Base):
    """Somebody signed in to the pages, until they sign out, are idle for too long, or `ends_at` comes.

    Of what the browser holds only the SHA-256 is kept. `key_id` is the key that was signed in with, without which the
    session does not hold either; null: the portal's sign-in. `seen_at` is when they last did something, to the minute.
    """

    __tablename__ = "sessions"
    session_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    actor: Mapped[str]
    role: Mapped[str] = mapped_column(String(20))
    department: Mapped[str] = mapped_column(String(100))
    key_id: Mapped[str | None] = mapped_column(ForeignKey("api_keys.key_id"), index=True)
    requests_per_minute: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyRow(Base):
    """What was answered to a create with this key, so that a repeated call gets the same and creates nothing."""

    __tablename__ = "idempotency"
    actor: Mapped[str] = mapped_column(String(300), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(index=True)


class AuditRow(Base):
    """One entry of the chain; `serving/store/audit.py` says what is hashed. The database refuses changes to it."""

    __tablename__ = "audit"
    number: Mapped[int] = mapped_column(_Number, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str]
    version: Mapped[str]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """The chain's end. Locked by each writer, so that entries come one after another."""

    __tablename__ = "audit_head"
    one: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(_Number)
    hash: Mapped[str] = mapped_column(String(64))
