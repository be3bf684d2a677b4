"""Campaigns: whom a brief's department invited, what had been forecast of them, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import select
from sqlalchemy.orm import Session

from serving.access.callers import Caller
from serving.creators.gone import Gone
from serving.store.pages import of_departments
from serving.store.tables import BriefRevisionRow, BriefRow, DecisionRow, OutcomeRow, ShortlistRow

INVITED = "invited"


@dataclass(frozen=True, slots=True)
class Part:
    """One creator's part in one campaign.

    Attributes:
        brief_id, title: of the campaign's brief.
        creator_id, name: who; the name as on the list, else the id; no name for whoever is gone.
        decision, decided_at: the last one, if any.
        forecast: young viewers (p10, p50, p90) as the list had them; None where nothing was forecast.
        outcome: the last one that was kept, if any.
    """

    brief_id: str
    title: str
    creator_id: str
    name: str
    decision: str | None
    decided_at: datetime | None
    forecast: Mapping[str, float] | None
    outcome: OutcomeRow | None

    @property
    def held(self) -> bool | None:
        """Whether the young viewers fell into the interval; None while they, or it, are not known."""
        if self.forecast is None or self.outcome is None or self.outcome.target_viewers is None:
            return None
        return self.forecast["p10"] <= self.outcome.target_viewers <= self.forecast["p90"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A brief with the parts of everyone invited for it, or of whom an outcome is known."""

    brief_id: str
    title: str
    parts: tuple[Part, ...]

    @property
    def told(self) -> list[Part]:
        """Parts of which can be said whether the forecast held."""
        return [part for part in self.parts if part.held is not None]


def campaigns(session: Session, caller: Caller) -> list[Campaign]:
    """Every campaign that the caller may see, the newest brief first."""
    ids = {row.brief_id for row in _decisions(session, caller) if row.decision == INVITED}
    ids |= {row.brief_id for row in _outcomes(session, caller)}
    order = select(BriefRow).where(BriefRow.brief_id.in_(ids)).order_by(BriefRow.seq.desc())
    return [campaign(session, caller, row) for row in session.execute(order).scalars()]


def campaign(session: Session, caller: Caller, brief: BriefRow) -> Campaign:
    """The campaign of one brief."""
    decisions = [row for row in _decisions(session, caller) if row.brief_id == brief.brief_id]
    outcomes = [row for row in _outcomes(session, caller) if row.brief_id == brief.brief_id]
    parts = _parts(session, decisions, outcomes)
    shown = [part for part in parts if part.decision == INVITED or part.outcome is not None]
    return Campaign(brief.brief_id, _title(session, brief.brief_id), tuple(shown))


def past(session: Session, caller: Caller, creator_id: str) -> list[Part]:
    """What one creator had to do with the campaigns that the caller may see, the newest first."""
    decisions = [row for row in _decisions(session, caller) if row.creator_id == creator_id]
    outcomes = [row for row in _outcomes(session, caller) if row.creator_id == creator_id]
    return _parts(session, decisions, outcomes)[::-1]


def _parts(session: Session, decisions: Sequence[DecisionRow], outcomes: Sequence[OutcomeRow]) -> list[Part]:
    """One part per brief and creator, in the order in which they were first decided about."""
    latest = {(row.brief_id, row.creator_id): row for row in decisions}
    came = {(row.brief_id, row.creator_id): row for row in outcomes}
    lists = {brief_id: list(_entries(session, brief_id)) for brief_id in {key[0] for key in (*latest, *came)}}
    left = Gone.read(session)
    parts = []
    for brief_id, creator_id in dict.fromkeys((*latest, *came)):
        own = [entry for entry in lists[brief_id] if entry["creator_id"] == creator_id]
        decision = latest.get((brief_id, creator_id))
        parts.append(
            Part(
                brief_id=brief_id,
                title=_title(session, brief_id),
                creator_id=creator_id,
                name="" if creator_id in left else own[-1]["name"] if own else creator_id,
                decision=decision.decision if decision else None,
                decided_at=decision.decided_at if decision else None,
                forecast=own[-1]["reach"]["viewers"] if own and own[-1]["reach"] else None,
                outcome=came.get((brief_id, creator_id)),
            )
        )
    return parts


def _entries(session: Session, brief_id: str) -> Iterable[dict[str, Any]]:
    """The entries of all lists of a brief, the newest list last."""
    found = select(ShortlistRow.answer).where(ShortlistRow.brief_id == brief_id).order_by(ShortlistRow.seq)
    for answer in session.execute(found).scalars():
        yield from from_json(answer)["entries"]


def _title(session: Session, brief_id: str) -> str:
    found = select(BriefRevisionRow.title).where(BriefRevisionRow.brief_id == brief_id)
    return session.execute(found.order_by(BriefRevisionRow.revision.desc()).limit(1)).scalar_one()


def _decisions(session: Session, caller: Caller) -> Sequence[DecisionRow]:
    wanted = of_departments(select(DecisionRow), DecisionRow.brief_id, caller)
    return session.execute(wanted.order_by(DecisionRow.seq)).scalars().all()


def _outcomes(session: Session, caller: Caller) -> Sequence[OutcomeRow]:
    wanted = of_departments(select(OutcomeRow), OutcomeRow.brief_id, caller)
    return session.execute(wanted.order_by(OutcomeRow.seq)).scalars().all()
