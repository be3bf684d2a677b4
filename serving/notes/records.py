"""Notes in the store."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.access.callers import Caller
from serving.briefs.records import find_brief
from serving.notes.schemas import NoteAnswer, NoteBody
from serving.store.database import Writing
from serving.store.tables import NoteRow


def add_note(writing: Writing, caller: Caller, note_id: str, body: NoteBody) -> NoteAnswer:
    """Keep a note.

    Raises:
        UnknownRecord: the caller's department has no such brief.
    """
    find_brief(writing.session, caller, body.brief_id)
    row = NoteRow(note_id=note_id, at=writing.now, created_by=writing.actor, **body.model_dump())
    writing.session.add(row)
    writing.note("note.create", note_id, body.brief_id)
    return NoteAnswer.model_validate(row, from_attributes=True)


def notes_of(session: Session, brief_id: str) -> list[NoteAnswer]:
    """All notes of a brief's campaign, oldest first; whoever may see the brief may see them."""
    found = select(NoteRow).where(NoteRow.brief_id == brief_id).order_by(NoteRow.seq)
    return [NoteAnswer.model_validate(row, from_attributes=True) for row in session.execute(found).scalars()]
