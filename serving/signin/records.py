"""Sessions in the store. Of what a browser holds only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.orm import Session

from serving.access.callers import ROLES, Caller
from serving.access.keys import key_holds
from serving.store.database import Writing
from serving.store.tables import SessionRow

_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 10
_KEY: Final = "key:"  # how the actor of a key begins


def add_session(writing: Writing, caller: Caller, ends_at: datetime) -> str:
    """Sign somebody in; what their browser is to hold. Sessions that are over go."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    session_id = f"session_{secrets.token_hex(_ID_BYTES)}"
    writing.session.execute(delete(SessionRow).where(SessionRow.ends_at <= writing.now))
    writing.session.add(
        SessionRow(
            session_id=session_id,
            sha256=_digest(secret),
            actor=caller.actor,
            role=caller.role.label,
            department=caller.department,
            key_id=caller.actor.removeprefix(_KEY) if caller.actor.startswith(_KEY) else None,
            requests_per_minute=caller.requests_per_minute,
            created_at=writing.now,
            seen_at=writing.now,
            ends_at=ends_at,
        )
    )
    writing.note("session.begin", session_id)
    return secret


def find_session(session: Session, secret: str, now: datetime, idle: timedelta) -> SessionRow | None:
    """The session of who holds this; None when there is none, it is over, or the key behind it holds no longer."""
    row = session.execute(select(SessionRow).where(SessionRow.sha256 == _digest(secret))).scalar_one_or_none()
    if row is None or now >= row.ends_at or now >= row.seen_at + idle:
        return None
    return row if row.key_id is None or key_holds(session, row.key_id, now) else None


def see(connection: Connection, session_id: str, now: datetime) -> None:
    """Note that who is signed in did something."""
    connection.execute(update(SessionRow).where(SessionRow.session_id == session_id).values(seen_at=now))


def remove_session(writing: Writing, row: SessionRow) -> None:
    """Sign somebody out."""
    writing.session.execute(delete(SessionRow).where(SessionRow.session_id == row.session_id))
    writing.note("session.end", row.session_id)


def caller_in(row: SessionRow) -> Caller:
    """Who is signed in."""
    return Caller(row.actor, ROLES[row.role], row.department, row.requests_per_minute)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
