"""Decisions as they go over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from serving.schemas import Body, CreatorId, Person, Reason, RecordId

Decision: TypeAlias = Literal["shortlisted", "invited", "rejected"]


class DecisionBody(Body):
    """What an official decided about a creator, and why."""

    brief_id: RecordId
    shortlist_id: Annotated[RecordId | None, Field(description="The list that was looked at, if one was")] = None
    creator_id: CreatorId
    decision: Decision
    reason: Annotated[Reason, Field(description="Lý do · Why")]
    decided_by: Annotated[Person, Field(description="Người quyết định · The official who answers for it")]


class DecisionAnswer(BaseModel):
    """A decision that is kept; a later one about the same creator and brief speaks for it."""

    decision_id: str
    brief_id: str
    shortlist_id: str | None
    creator_id: str
    decision: Decision
    reason: str
    decided_by: str
    decided_at: datetime


class DecisionPage(BaseModel):
    """Decisions, newest first."""

    items: list[DecisionAnswer]
    next_cursor: str | None
