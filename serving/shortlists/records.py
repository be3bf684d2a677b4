"""Shortlists in the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from kolmatch import __version__
from kolmatch.errors import UnknownRecord
from models.bundle_files import content_sha256
from serving.access.callers import Caller, Role
from serving.answers import Loaded
from serving.shortlists.leaving_out import LeftOut
from serving.shortlists.schemas import ShortlistItem, ShortlistPage
from serving.store.database import Writing
from serving.store.pages import page_of
from serving.store.tables import ShortlistRow


@dataclass(frozen=True, slots=True)
class Made:
    """A shortlist that was answered and is to be kept; `request` is what replay asks again."""

    shortlist_id: str
    brief_id: str
    brief_revision: int
    department: str
    title: str
    request: dict[str, Any]
    left_out: LeftOut
    model: Loaded
    answer: bytes


def bundles_referred_to(session: Session) -> frozenset[str]:
    """Ids of the bundles that kept shortlists were made with."""
    return frozenset(session.execute(select(ShortlistRow.bundle_id).distinct()).scalars())


def add_shortlist(writing: Writing, made: Made) -> None:
    """Keep a shortlist for ever as it was answered."""
    manifest = made.model.answers.manifest
    row = ShortlistRow(
        shortlist_id=made.shortlist_id,
        department=made.department,
        brief_id=made.brief_id,
        brief_revision=made.brief_revision,
        title=made.title,
        request=made.request,
        blocked=list(made.left_out.blocked),
        tombstones=made.left_out.tombstones,
        bundle_id=manifest.bundle_id,
        bundle_sha256=content_sha256(manifest.files),
        model_version=made.model.version,
        model_month=manifest.created_month,
        kolmatch_version=__version__,
        catalogue_until=made.model.answers.data_until,
        synthetic=manifest.synthetic,
        answer=made.answer,
        answer_sha256=sha256(made.answer),
        status="draft",
        created_at=writing.now,
        created_by=writing.actor,
    )
    writing.session.add(row)
    writing.note("shortlist.create", made.shortlist_id, manifest.bundle_id)


def find_shortlist(session: Session, caller: Caller, shortlist_id: str) -> ShortlistRow:
    """A shortlist that the caller may see.

    Raises:
        UnknownRecord: there is none, or it is another department's.
    """
    row = shortlist_named(session, shortlist_id)
    if not caller.sees(row.department):
        raise _unknown(shortlist_id)
    return row


def shortlist_named(session: Session, shortlist_id: str) -> ShortlistRow:
    """A shortlist, whosever it is.

    Raises:
        UnknownRecord: there is none.
    """
    row = session.execute(select(ShortlistRow).where(ShortlistRow.shortlist_id == shortlist_id)).scalar_one_or_none()
    if row is None:
        raise _unknown(shortlist_id)
    return row


def newest_filters(session: Session, brief_id: str) -> dict[str, Any] | None:
    """Who might be listed on the newest list of a brief; None without a list."""
    found = select(ShortlistRow.request).where(ShortlistRow.brief_id == brief_id).order_by(ShortlistRow.seq.desc())
    request = session.execute(found.limit(1)).scalar_one_or_none()
    return None if request is None else request["filters"]


def list_shortlists(
    session: Session, caller: Caller, brief_id: str | None, status: str | None, cursor: str | None, limit: int
) -> ShortlistPage:
    """A page of the shortlists that the caller may see."""
    shown = (getattr(ShortlistRow, name) for name in ShortlistItem.model_fields)
    wanted = select(ShortlistRow).options(load_only(*shown, raiseload=True))  # answers are large
    if caller.role < Role.ADMIN:
        wanted = wanted.where(ShortlistRow.department == caller.department)
    if brief_id is not None:
        wanted = wanted.where(ShortlistRow.brief_id == brief_id)
    if status is not None:
        wanted = wanted.where(ShortlistRow.status == status)
    page = page_of(session, wanted, ShortlistRow.seq, cursor, limit)
    items = [ShortlistItem.model_validate(row, from_attributes=True) for row in page.rows]
    return ShortlistPage(items=items, next_cursor=page.next_cursor)


def sha256(answer: bytes) -> str:
    """Hex SHA-256 of an answer."""
    return hashlib.sha256(answer).hexdigest()


def _unknown(shortlist_id: str) -> UnknownRecord:
    return UnknownRecord(
        f"There is no shortlist {shortlist_id!r} in your department. Check the id.",
        f"Không có danh sách {shortlist_id!r} trong phòng ban của bạn. Hãy kiểm tra mã.",
    )
