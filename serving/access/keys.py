"""API keys: 256 random bits, of which only the SHA-256 is kept. A key is shown once, when it is made.

kolm_1f9c03ab7d2e_Zk3...   `kolm_`, the key's id, the secret
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import UnknownRecord
from kolmatch.settings import AccessSettings
from serving.access.callers import ROLES, Caller
from serving.store.database import Store, Writing
from serving.store.tables import ApiKeyRow

_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 6
_SHAPE: Final = re.compile(r"kolm_([0-9a-f]{12})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown, this once, and the id under which it is listed and revoked."""

    key_id: str
    secret: str


def create_key(
    writing: Writing, *, name: str, role: str, department: str, expires_at: datetime, requests_per_minute: int | None
) -> NewKey:
    """Make a key and keep its hash. `role` is one of `ROLES`; the default rate holds without one of its own."""
    key_id = secrets.token_hex(_ID_BYTES)
    secret = f"kolm_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    writing.session.add(
        ApiKeyRow(
            key_id=key_id,
            name=name,
            role=role,
            department=department_named(department),
            sha256=_digest(secret),
            requests_per_minute=requests_per_minute,
            created_at=writing.now,
            expires_at=expires_at,
            revoked_at=None,
        )
    )
    writing.note("key.create", key_id)
    return NewKey(key_id, secret)


def department_named(said: str) -> str:
    """A department's name as it is kept and compared: composed letters, single blanks. "Sở  Y tế " is "Sở Y tế"."""
    return " ".join(unicodedata.normalize("NFC", said).split())


def list_keys(session: Session) -> Sequence[ApiKeyRow]:
    """Every key's record, oldest first."""
    return session.execute(select(ApiKeyRow).order_by(ApiKeyRow.created_at, ApiKeyRow.key_id)).scalars().all()


def revoke_key(writing: Writing, key_id: str) -> None:
    """Let a key hold no longer; revoking it again changes nothing.

    Raises:
        UnknownRecord: there is no such key.
    """
    row = writing.session.get(ApiKeyRow, key_id)
    if row is None:
        raise UnknownRecord(
            f"There is no key {key_id!r}. `kolmatch keys list` shows them.",
            f"Không có khóa {key_id!r}. Hãy xem danh sách bằng `kolmatch keys list`.",
        )
    row.revoked_at = row.revoked_at or writing.now
    writing.note("key.revoke", key_id)


def any_key(session: Session) -> bool:
    """Whether a key was ever made, revoked and expired ones too: then nobody gets in without one."""
    return session.execute(select(ApiKeyRow.key_id).limit(1)).first() is not None


def is_demo(store: Store, settings: AccessSettings) -> bool:
    """Whether no key was ever made and no issuer set: anyone may then ask from this machine, and keep nothing.

    Raises:
        StoreError: the store cannot be used.
    """
    if settings.oidc_issuer:
        return False
    with store.reading() as session:
        return not any_key(session)


def caller_of_key(session: Session, secret: str, now: datetime, default_rate: int) -> Caller | None:
    """Whose key this is; None when it is no key, an unknown, expired or revoked one."""
    shape = _SHAPE.fullmatch(secret)
    row = session.get(ApiKeyRow, shape[1]) if shape else None
    # Compared in any case, so that the time taken does not tell whether the id exists.
    same = hmac.compare_digest(_digest(secret), row.sha256 if row else _digest(""))
    if row is None or not same or not _holds(row, now):
        return None
    return Caller(f"key:{row.key_id}", ROLES[row.role], row.department, row.requests_per_minute or default_rate)


def key_holds(session: Session, key_id: str, now: datetime) -> bool:
    """Whether a key was neither revoked nor has expired."""
    row = session.get(ApiKeyRow, key_id)
    return row is not None and _holds(row, now)


def looks_like_key(secret: str) -> bool:
    """Whether a bearer token is a key rather than a token of the portal."""
    return secret.startswith("kolm_")


def _holds(row: ApiKeyRow, now: datetime) -> bool:
    return row.revoked_at is None and row.expires_at > now


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
