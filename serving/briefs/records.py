"""Briefs in the store."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import UnknownRecord
from serving.access.callers import Caller, Role
from serving.briefs.schemas import BriefAnswer, BriefItem, BriefPage
from serving.schemas import BriefBody
from serving.store.database import Writing
from serving.store.pages import page_of
from serving.store.tables import BriefRevisionRow, BriefRow


def add_brief(writing: Writing, brief_id: str, department: str, body: BriefBody) -> BriefAnswer:
    """Keep a brief's first revision. The body must have been checked (`BriefBody.to_brief`)."""
    row = BriefRow(
        brief_id=brief_id, department=department, revision=1, created_at=writing.now, created_by=writing.actor
    )
    writing.session.add(row)
    writing.session.flush()
    return _add_revision(writing, row, body, "brief.create")


def revise_brief(writing: Writing, row: BriefRow, body: BriefBody) -> BriefAnswer:
    """Keep the next revision of a brief; earlier ones stay."""
    row.revision += 1
    return _add_revision(writing, row, body, "brief.revise")


def find_brief(session: Session, caller: Caller, brief_id: str) -> BriefRow:
    """A brief that the caller may see; held for the rest of a write transaction.

    Raises:
        UnknownRecord: there is none, or it is another department's.
    """
    row = session.execute(select(BriefRow).where(BriefRow.brief_id == brief_id)).scalar_one_or_none()
    if row is None or not caller.sees(row.department):
        raise UnknownRecord(
            f"There is no brief {brief_id!r} in your department. Check the id.",
            f"Không có bản yêu cầu {brief_id!r} trong phòng ban của bạn. Hãy kiểm tra mã.",
        )
    return row


def read_brief(session: Session, row: BriefRow, revision: int | None) -> BriefAnswer:
    """A brief as it read in one revision, by default the newest.

    Raises:
        UnknownRecord: it has no such revision.
    """
    found = session.get(BriefRevisionRow, (row.brief_id, revision or row.revision))
    if found is None:
        raise UnknownRecord(
            f"The brief {row.brief_id} has no revision {revision}; the newest is {row.revision}.",
            f"Bản yêu cầu {row.brief_id} không có lần sửa {revision}; mới nhất là {row.revision}.",
        )
    return _answer(row, found, BriefBody.model_validate(found.content))


def list_briefs(session: Session, caller: Caller, cursor: str | None, limit: int) -> BriefPage:
    """A page of the briefs that the caller may see."""
    wanted = select(BriefRow)
    if caller.role < Role.ADMIN:
        wanted = wanted.where(BriefRow.department == caller.department)
    page = page_of(session, wanted, BriefRow.seq, cursor, limit)
    return BriefPage(items=[_item(session, row) for row in page.rows], next_cursor=page.next_cursor)


def _add_revision(writing: Writing, row: BriefRow, body: BriefBody, action: str) -> BriefAnswer:
    revision = BriefRevisionRow(
        brief_id=row.brief_id,
        revision=row.revision,
        title=body.title,
        content=body.model_dump(mode="json", include=set(BriefBody.model_fields)),
        created_at=writing.now,
        created_by=writing.actor,
    )
    writing.session.add(revision)
    writing.note(action, row.brief_id, str(row.revision))
    return _answer(row, revision, BriefBody.model_validate(revision.content))


def _answer(row: BriefRow, revision: BriefRevisionRow, body: BriefBody) -> BriefAnswer:
    return BriefAnswer(
        brief_id=row.brief_id,
        department=row.department,
        revision=revision.revision,
        created_at=row.created_at,
        revised_at=revision.created_at,
        brief=body,
    )


def _item(session: Session, row: BriefRow) -> BriefItem:
    title = session.get_one(BriefRevisionRow, (row.brief_id, row.revision)).title
    return BriefItem(
        brief_id=row.brief_id,
        department=row.department,
        revision=row.revision,
        title=title,
        created_at=row.created_at,
    )
