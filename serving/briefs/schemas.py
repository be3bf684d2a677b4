"""Briefs as they go over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from serving.schemas import BriefBody


class BriefAnswer(BaseModel):
    """A brief as it reads in one revision."""

    brief_id: str
    department: str
    revision: Annotated[int, Field(ge=1)]
    created_at: Annotated[datetime, Field(description="When the first revision was kept")]
    revised_at: Annotated[datetime, Field(description="When this revision was kept")]
    brief: BriefBody


class BriefItem(BaseModel):
    """A brief in a list."""

    brief_id: str
    department: str
    revision: int
    title: str
    created_at: datetime


class BriefPage(BaseModel):
    """Briefs, newest first."""

    items: list[BriefItem]
    next_cursor: str | None
