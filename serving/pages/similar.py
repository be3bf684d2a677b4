"""Earlier briefs like a new one, with whom people chose then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from kolmatch.errors import BundleError, UnknownCreator
from serving.access.callers import Caller
from serving.briefs.records import list_briefs
from serving.creators.gone import gone
from serving.service import Service
from serving.store.pages import MAX_PAGE
from serving.store.tables import DecisionRow

if TYPE_CHECKING:
    from serving.answers import Answers

_SHOWN: Final = 3
LEAST: Final = 0.6  # cosine: of titles of the sample world nine pairs in ten are less alike


@dataclass(frozen=True, slots=True)
class Choice:
    """What was decided last about a creator."""

    creator_id: str
    name: str
    decision: str


@dataclass(frozen=True, slots=True)
class EarlierBrief:
    """A kept brief that is near a new one in meaning."""

    brief_id: str
    title: str
    created_at: datetime
    similarity: float
    chosen: tuple[Choice, ...]


def earlier_briefs(service: Service, caller: Caller, answers: Answers, text: str) -> list[EarlierBrief]:
    """The department's newest briefs that are like a text, nearest first."""
    left = gone(service.store)
    with service.store.reading() as session:
        items = list_briefs(session, caller, None, MAX_PAGE).items
        near = _nearest(answers.details.likeness(text, [item.title for item in items]))
        return [
            EarlierBrief(
                items[row].brief_id,
                items[row].title,
                items[row].created_at,
                likeness,
                tuple(choices(session, answers, items[row].brief_id, left)),
            )
            for row, likeness in near
        ]


def live_or_none(service: Service) -> Answers | None:
    """The live model; None while there is none: what is kept can be read all the same."""
    try:
        return service.live()
    except BundleError:
        return None


def choices(session: Session, answers: Answers | None, brief_id: str, left: Collection[str]) -> Iterable[Choice]:
    """The last decision about each creator of a brief, those shortlisted or invited; nobody who is gone."""
    found = select(DecisionRow).where(DecisionRow.brief_id == brief_id).order_by(DecisionRow.seq)
    latest = {row.creator_id: row.decision for row in session.execute(found).scalars()}
    for creator_id, decision in latest.items():
        if decision != "rejected" and creator_id not in left:
            yield Choice(creator_id, name_of(answers, creator_id), decision)


def name_of(answers: Answers | None, creator_id: str) -> str:
    """A creator's name as the live model knows it, else the id."""
    try:
        return answers.creator(creator_id).name if answers else creator_id
    except UnknownCreator:
        return creator_id


def _nearest(likenesses: Sequence[float]) -> list[tuple[int, float]]:
    ranked = sorted(enumerate(likenesses), key=lambda found: -found[1])
    return [(row, likeness) for row, likeness in ranked[:_SHOWN] if likeness >= LEAST]
