"""Rights requests as they go over the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field

from serving.schemas import Body, CreatorId

RightsKind: TypeAlias = Literal["access", "correction", "opt_out", "erasure"]


def _stripped(value: object) -> object:
    """Blanks around an id came with it from elsewhere; no id has any."""
    return value.strip() if isinstance(value, str) else value


class RightsBody(Body):
    """What a creator asks for. From an opt-out or erasure on, no answer names them any more."""

    creator_id: Annotated[CreatorId, BeforeValidator(_stripped)]
    kind: Annotated[RightsKind, Field(description="access, correction, opt_out or erasure")]


class RightsAnswer(BaseModel):
    """A request and its clocks. After an erasure `creator_id` is a mark that names nobody."""

    request_id: str
    creator_id: str
    kind: RightsKind
    received_at: datetime
    answer_due_on: Annotated[date, Field(description="Last day to answer: 2 working days")]
    complete_due_on: Annotated[date, Field(description="Last day to carry it out: 10 to 20 days by kind")]
    answered_at: datetime | None
    completed_at: datetime | None
    record: Annotated[dict[str, Any] | None, Field(description="The signed record of an erasure")]
    known: Annotated[
        bool | None,
        Field(description="Said of a new request: whether the live model lists this id; it is kept all the same"),
    ] = None
    alike: Annotated[list[str], Field(description="Ids that may be meant instead")] = []


class RightsPage(BaseModel):
    """Requests, newest first."""

    items: list[RightsAnswer]
    next_cursor: str | None


class DueItem(BaseModel):
    """Something that a request still waits for."""

    request_id: str
    kind: RightsKind
    step: Annotated[Literal["answer", "complete"], Field(description="What is to be done next")]
    due_on: date
    overdue: bool
    days_left: Annotated[int, Field(description="Calendar days; below zero: that late")]


class DueList(BaseModel):
    """What is due, the most urgent first."""

    today: date
    items: list[DueItem]
