"""Checks in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import InputRefused, UnknownRecord
from serving.access.callers import Caller
from serving.briefs.records import find_brief
from serving.checks.schemas import CheckAnswer, CheckBody, CheckPage, DispositionBody
from serving.creators.gone import Gone, refuse_gone
from serving.store.database import Writing
from serving.store.pages import of_departments, page_of
from serving.store.tables import BriefRow, CheckRow, CheckStepRow

NOBODY: Final = Gone()


def add_check(writing: Writing, caller: Caller, check_id: str, body: CheckBody) -> CheckAnswer:
    """Keep a check, open.

    Raises:
        UnknownRecord: the caller's department has no such brief.
        UnknownCreator: the creator has opted out, or was erased.
    """
    find_brief(writing.session, caller, body.brief_id)
    refuse_gone(writing.session, body.creator_id)
    row = CheckRow(
        check_id=check_id,
        revision=1,
        disposition="open",
        by=None,
        reason=None,
        until=None,
        created_at=writing.now,
        updated_at=writing.now,
        created_by=writing.actor,
        **body.model_dump(),
    )
    writing.session.add(row)
    writing.session.flush()
    add_step(writing, row)
    return answer_of(row, NOBODY)


def settle_check(writing: Writing, row: CheckRow, body: DispositionBody) -> CheckAnswer:
    """Give a check another disposition; earlier ones stay in its steps.

    Raises:
        InputRefused: it would hold until a day that is over.
    """
    check_holds(body, writing.now.date())
    row.revision += 1
    row.disposition, row.by, row.reason, row.until = body.disposition, body.by, body.reason, body.until
    row.updated_at = writing.now
    add_step(writing, row)
    return answer_of(row, Gone.read(writing.session))


def check_holds(body: DispositionBody, today: date) -> None:
    """Make sure that a disposition does not end before it begins.

    Raises:
        InputRefused: it does.
    """
    if body.until is not None and body.until < today:
        raise InputRefused(
            f"until {body.until} is over: it would hold nothing. Give today or a later day, or none.",
            f"until {body.until} đã qua nên không có hiệu lực. Hãy ghi từ hôm nay trở đi, hoặc để trống.",
        )


def find_check(session: Session, caller: Caller, check_id: str) -> CheckRow:
    """A check that the caller may see.

    Raises:
        UnknownRecord: there is none, or it is another department's.
    """
    found = select(CheckRow, BriefRow.department).join(BriefRow, BriefRow.brief_id == CheckRow.brief_id)
    pair = session.execute(found.where(CheckRow.check_id == check_id)).first()
    if pair is None or not caller.sees(pair.department):
        raise UnknownRecord(
            f"There is no check {check_id!r} in your department. See the list at /v1/checks.",
            f"Không có mục thẩm tra {check_id!r} trong phòng ban của bạn. Hãy xem danh sách tại /v1/checks.",
        )
    row: CheckRow = pair[0]
    return row


def list_checks(
    session: Session, caller: Caller, wanted: Mapping[str, str | None], cursor: str | None, limit: int
) -> CheckPage:
    """A page of the checks that the caller may see; `wanted` maps a column to what it must be, None: anything."""
    selected = of_departments(select(CheckRow), CheckRow.brief_id, caller)
    for column, value in wanted.items():
        selected = selected if value is None else selected.where(getattr(CheckRow, column) == value)
    page = page_of(session, selected, CheckRow.seq, cursor, limit)
    left = Gone.read(session)
    return CheckPage(items=[answer_of(row, left) for row in page.rows], next_cursor=page.next_cursor)


def answer_of(row: CheckRow, left: Gone) -> CheckAnswer:
    """A check as it may be told: of whoever is gone without the posts and words that it rests on."""
    answer = CheckAnswer.model_validate(row, from_attributes=True)
    return answer.model_copy(update={"evidence": []}) if row.creator_id in left else answer


def add_step(writing: Writing, row: CheckRow) -> None:
    """Keep what a check says now, with who changed it."""
    writing.session.add(
        CheckStepRow(
            check_id=row.check_id,
            revision=row.revision,
            disposition=row.disposition,
            by=row.by,
            reason=row.reason,
            until=row.until,
            at=writing.now,
            actor=writing.actor,
        )
    )
    writing.note(f"check.{row.disposition}", row.check_id, str(row.revision))
