"""A create that is sent twice creates once: what was answered to a key is kept for a day and answered again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from kolmatch.errors import Conflict
from serving.store.database import Writing
from serving.store.tables import IdempotencyRow

KEPT: Final = timedelta(hours=24)  # a client that has not noticed by then asks a person
REPLAYED_HEADER: Final = "Idempotency-Replayed"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer to a create: HTTP status, body and the headers that belong to it."""

    status: int
    body: bytes
    headers: dict[str, str]


def fingerprint(*parts: bytes) -> str:
    """SHA-256 over what was sent and where to, by which the same request is told from another with the same key."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def kept_answer(session: Session, actor: str, key: str, sent: str, now: datetime) -> Answered | None:
    """What was answered to this key before; None when nothing was, or a day has passed.

    Raises:
        Conflict: the key was used for another request.
    """
    row = session.get(IdempotencyRow, (actor, key))
    if row is None or row.at < now - KEPT:
        return None
    if row.fingerprint != sent:
        raise Conflict(
            f"The Idempotency-Key {key!r} was used for another request within the last day. Send a new key.",
            f"Idempotency-Key {key!r} đã dùng cho một yêu cầu khác trong 24 giờ qua. Hãy gửi khóa mới.",
        )
    return Answered(row.status, row.body, {**row.headers, REPLAYED_HEADER: "true"})


def keep_answer(writing: Writing, key: str, sent: str, answered: Answered) -> None:
    """Keep an answer in the transaction of what it tells of; what is older than a day goes."""
    session = writing.session
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.at < writing.now - KEPT))
    session.add(
        IdempotencyRow(
            actor=writing.actor,
            key=key,
            fingerprint=sent,
            status=answered.status,
            headers=answered.headers,
            body=answered.body,
            at=writing.now,
        )
    )
