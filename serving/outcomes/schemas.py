"""Outcomes as they go over the wire; null is not known, never zero."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from serving.schemas import Body, Count, CreatorId, RecordId


class OutcomeBody(Body):
    """What came of inviting a creator for a brief, as far as it is known."""

    brief_id: RecordId
    creator_id: CreatorId
    post_id: CreatorId | None = None
    invited: bool | None = None
    accepted: bool | None = None
    published: bool | None = None
    views: Count | None = None
    target_viewers: Annotated[Count | None, Field(description="Viewers of the brief's age and area")] = None
    cost_vnd: Annotated[Count | None, Field(description="Đồng")] = None


class OutcomeAnswer(BaseModel):
    """An outcome that is kept; a later one of the same creator, brief and post speaks for it."""

    outcome_id: str
    brief_id: str
    creator_id: str
    post_id: str | None
    invited: bool | None
    accepted: bool | None
    published: bool | None
    views: int | None
    target_viewers: int | None
    cost_vnd: int | None
    created_at: datetime


class OutcomePage(BaseModel):
    """Outcomes, newest first."""

    items: list[OutcomeAnswer]
    next_cursor: str | None
