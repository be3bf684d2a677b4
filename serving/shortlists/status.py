"""A person decides: a list is a draft, is proposed by staff, and approved by someone else; each says why."""

from __future__ import annotations

import unicodedata
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import Conflict
from serving.shortlists.schemas import StatusAnswer, StepAnswer, StepBody
from serving.store.database import Writing
from serving.store.tables import ShortlistRow, ShortlistStepRow

_VI: Final = {"draft": "bản nháp", "proposed": "đã đề xuất", "approved": "đã duyệt"}


def propose(writing: Writing, row: ShortlistRow, body: StepBody) -> None:
    """From draft to proposed.

    Raises:
        Conflict: it is no draft.
    """
    _move(writing, row, "draft", "proposed", body)


def approve(writing: Writing, row: ShortlistRow, body: StepBody) -> None:
    """From proposed to approved, by another than who proposed it.

    Raises:
        Conflict: it is not proposed, or the same key, person or name proposed it.
    """
    _check_other_person(writing, row, body)
    _move(writing, row, "proposed", "approved", body)


def send_back(writing: Writing, row: ShortlistRow, body: StepBody) -> None:
    """From proposed back to draft, with the reason.

    Raises:
        Conflict: it is not proposed.
    """
    _move(writing, row, "proposed", "draft", body)


def status_of(session: Session, row: ShortlistRow) -> StatusAnswer:
    """How far a shortlist has come, and by whom."""
    steps = [StepAnswer.model_validate(step, from_attributes=True) for step in _steps(session, row)]
    return StatusAnswer.model_validate({"shortlist_id": row.shortlist_id, "status": row.status, "steps": steps})


def _steps(session: Session, row: ShortlistRow) -> list[ShortlistStepRow]:
    found = select(ShortlistStepRow).where(ShortlistStepRow.shortlist_id == row.shortlist_id)
    return list(session.execute(found.order_by(ShortlistStepRow.seq)).scalars())


def _check_other_person(writing: Writing, row: ShortlistRow, body: StepBody) -> None:
    proposals = [step for step in _steps(writing.session, row) if step.status == "proposed"]
    last = proposals[-1] if proposals else None
    if last and (last.actor == writing.actor or _plain(last.by) == _plain(body.by)):
        raise Conflict(
            "Who proposed a list cannot approve it: another person must, signed in by their own account.",
            "Người đề xuất không được tự duyệt: cần người khác duyệt, đăng nhập bằng tài khoản của họ.",
        )


def _move(writing: Writing, row: ShortlistRow, before: str, after: str, body: StepBody) -> None:
    if row.status != before:
        raise Conflict(
            f"The shortlist {row.shortlist_id} is {row.status}; only a list that is {before} can become {after}.",
            f"Danh sách {row.shortlist_id} đang ở trạng thái “{_VI[row.status]}”; chỉ danh sách “{_VI[before]}” "
            f"mới thành “{_VI[after]}”.",
        )
    row.status = after
    writing.session.add(
        ShortlistStepRow(
            shortlist_id=row.shortlist_id,
            status=after,
            by=body.by,
            reason=body.reason,
            at=writing.now,
            actor=writing.actor,
        )
    )
    writing.session.flush()
    writing.note(f"shortlist.{after}", row.shortlist_id, row.bundle_id)


def _plain(name: str) -> str:
    """The same for one name however it was typed: capitals, blanks, letters composed or not."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
