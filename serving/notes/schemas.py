"""Notes as they are given and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from serving.schemas import Body, CreatorId, Person, Reason, RecordId


class NoteBody(Body):
    """Something to remember about a brief's campaign."""

    brief_id: RecordId
    creator_id: Annotated[CreatorId | None, Field(description="null: about the campaign as a whole")] = None
    text: Annotated[Reason, Field(description="Ghi chú · The note")]
    by: Annotated[Person, Field(description="Người ghi · Who notes it")]


class NoteAnswer(BaseModel):
    """A note that is kept."""

    note_id: str
    brief_id: str
    creator_id: str | None
    text: str
    by: str
    at: datetime
