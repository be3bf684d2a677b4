"""Shortlists as they go over the wire, beside the answer itself (`serving/shortlist_answer.py`)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from serving.schemas import Body, Person, Reason

Status: TypeAlias = Literal["draft", "proposed", "approved"]


class ShortlistItem(BaseModel):
    """A shortlist in a list, with what made it."""

    shortlist_id: str
    brief_id: str
    brief_revision: int
    department: str
    title: str
    status: Status
    bundle_id: str
    bundle_sha256: str
    model_version: Annotated[int | None, Field(description="Number in the registry")]
    model_month: str
    catalogue_until: Annotated[datetime | None, Field(description="When the newest post known then was published")]
    synthetic: bool
    answer_sha256: Annotated[str, Field(description="Of the bytes that were answered")]
    created_at: datetime


class ShortlistPage(BaseModel):
    """Shortlists, newest first."""

    items: list[ShortlistItem]
    next_cursor: str | None


class StepBody(Body):
    """Who answers for a step, and why."""

    by: Annotated[Person, Field(description="Người chịu trách nhiệm · The official who answers for it")]
    reason: Annotated[Reason, Field(description="Lý do · Why")]


class StepAnswer(BaseModel):
    """A step that was taken."""

    status: Status
    by: str
    reason: str
    at: datetime


class StatusAnswer(BaseModel):
    """How far a shortlist has come."""

    shortlist_id: str
    status: Status
    steps: Annotated[list[StepAnswer], Field(description="In the order they were taken")]


class ReplayAnswer(BaseModel):
    """Whether the same request to the same model gives the same list, bit for bit."""

    shortlist_id: str
    identical: bool
    bundle_id: str
    kept_sha256: str
    replayed_sha256: str
    rewritten: Annotated[bool, Field(description="The model was rewritten since, without somebody who was erased")]
    erased_places: Annotated[list[int], Field(description="Places of the kept list whose creators were erased since")]
    same_order: Annotated[bool, Field(description="All other creators come in the same order")]
    kept_by: Annotated[str, Field(description="Version of kolmatch that answered then")]
    replayed_by: Annotated[str, Field(description="Version of kolmatch that answered now")]
