"""Checks as they go over the wire."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, Field

from serving.patterns import ANY_TEXT
from serving.schemas import Body, CreatorId, Person, Reason, RecordId

CheckKind: TypeAlias = Literal["verified_account", "ad_disclosure", "unsafe_words", "conflict", "bought_attention"]
Disposition: TypeAlias = Literal["open", "cleared", "accepted", "blocked"]
_MAX_EVIDENCE: Final = 50  # a person reads a few
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


_Word: TypeAlias = Annotated[str, Field(pattern=ANY_TEXT, max_length=200)]


def _day(value: object) -> object:
    """JSON has no dates: one comes as text, in the one form that the description names; what is no day stays text."""
    with suppress(ValueError):  # 30 February
        return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value
    return value


class EvidenceBody(Body):
    """What a check rests on: a post, and the words found in it."""

    post_id: CreatorId | None = None
    words: list[_Word] = Field(default_factory=list, max_length=50)
    note: Annotated[str, Field(pattern=ANY_TEXT, max_length=2000)] = ""


class CheckBody(Body):
    """Something to look into about a creator, for this brief and no other."""

    brief_id: RecordId
    creator_id: CreatorId
    kind: CheckKind
    evidence: list[EvidenceBody] = Field(default_factory=list, max_length=_MAX_EVIDENCE)


class DispositionBody(Body):
    """What became of a check: who settled it, why, and until when that holds."""

    disposition: Disposition
    by: Person
    reason: Reason
    until: Annotated[
        Annotated[date, Field(description="Last day; null = for the whole campaign")] | None, BeforeValidator(_day)
    ] = None


class CheckAnswer(BaseModel):
    """A check as it stands."""

    check_id: str
    brief_id: str
    creator_id: str
    kind: CheckKind
    evidence: list[EvidenceBody]
    revision: int
    disposition: Disposition
    by: str | None
    reason: str | None
    until: date | None
    created_at: datetime
    updated_at: datetime


class CheckPage(BaseModel):
    """Checks, newest first."""

    items: list[CheckAnswer]
    next_cursor: str | None
