"""The audit trail: who did what to which thing, when, on which version; each entry hashed together with the one before.

    hash = SHA-256 of the canonical JSON of [number, at, actor, action, subject, version, previous hash]

Changing, removing or inserting an entry breaks the chain from there on. Cutting its end off does not, so `head` is also
worth writing down elsewhere now and then (`kolmatch audit verify` prints it and takes an earlier one to compare).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import AuditBroken
from serving.store.tables import AuditHeadRow, AuditRow

GENESIS: Final = "0" * 64
HEAD: Final = 1  # the one row of audit_head


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """How many entries there are, and the hash of the last."""

    number: int
    hash: str


def locked_head(session: Session) -> AuditHeadRow:
    """The chain's end, held until the transaction ends: on PostgreSQL too, writers come one after another."""
    return session.execute(select(AuditHeadRow).where(AuditHeadRow.one == HEAD).with_for_update()).scalar_one()


def append(session: Session, *, at: datetime, actor: str, action: str, subject: str, version: str) -> None:
    """Add an entry in the transaction of what it tells of. References only: no name, no text of a brief."""
    head = locked_head(session)
    number, moment = head.number + 1, at.astimezone(UTC).isoformat()
    digest = _digest(number, moment, actor, action, subject, version, head.hash)
    session.add(
        AuditRow(
            number=number,
            at=moment,
            actor=actor,
            action=action,
            subject=subject,
            version=version,
            previous=head.hash,
            hash=digest,
        )
    )
    head.number, head.hash = number, digest


def verify(session: Session, known: ChainEnd | None = None) -> ChainEnd:
    """Recompute the whole chain; `known` is an end noted earlier, which must still be part of it.

    Raises:
        AuditBroken: an entry was changed, removed or inserted, or the chain was cut off; the message names the entry.
    """
    end = ChainEnd(0, GENESIS)
    for row in session.execute(select(AuditRow).order_by(AuditRow.number)).yield_per(1000).scalars():
        expected = _digest(end.number + 1, row.at, row.actor, row.action, row.subject, row.version, end.hash)
        if (row.number, row.previous, row.hash) != (end.number + 1, end.hash, expected):
            raise _broken(end.number + 1)
        end = ChainEnd(row.number, row.hash)
        if known and known.number == end.number and known.hash != end.hash:
            raise _broken(end.number)
    head = session.get_one(AuditHeadRow, HEAD)
    if (head.number, head.hash) != (end.number, end.hash) or (known and known.number > end.number):
        raise _broken(end.number + 1)
    return end


def _digest(*fields: str | int) -> str:
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _broken(number: int) -> AuditBroken:
    return AuditBroken(
        f"The audit trail is broken at entry {number}: it is missing, was changed or does not follow the one before. "
        "Compare the store with its last backup and find out who could write to the database.",
        f"Nhật ký kiểm toán bị đứt ở mục {number}: mục này thiếu, bị sửa hoặc không nối tiếp mục trước. "
        "Hãy đối chiếu với bản sao lưu gần nhất và kiểm tra ai có quyền ghi vào cơ sở dữ liệu.",
    )
