"""Everything that the page of a shortlist shows, read from the answer and from what people did since."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic_core import from_json
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from serving.access.callers import Caller
from serving.checks.records import answer_of
from serving.checks.schemas import CheckAnswer
from serving.creators.gone import Gone, gone
from serving.notes.records import notes_of
from serving.notes.schemas import NoteAnswer
from serving.pages import charts
from serving.pages.brief_form import BriefForm
from serving.pages.entries import Entry, Wish, facets, fit_share, grouped, too_little
from serving.pages.forms import Fault
from serving.pages.language import language_of
from serving.pages.marks import marked
from serving.pages.rendering import piece
from serving.pages.writing import Writing
from serving.service import Service
from serving.shortlists.records import find_shortlist
from serving.shortlists.schemas import ShortlistItem, StatusAnswer
from serving.shortlists.showing import shown
from serving.shortlists.status import status_of
from serving.store.tables import CheckRow, DecisionRow, ShortlistRow


@dataclass(frozen=True, slots=True)
class KeptList:
    """A kept shortlist with what people did about it.

    Attributes:
        item: what it is and what made it.
        answer: as it was answered; of whoever is gone only the place, without a name.
        request: what was asked.
        status: how far it has come.
        decisions: of its brief, oldest first.
        checks: of its brief, by creator.
        notes: of its brief, oldest first.
        left: whom no answer may name any more.
    """

    item: ShortlistItem
    answer: Mapping[str, Any]
    request: Mapping[str, Any]
    status: StatusAnswer
    decisions: Sequence[DecisionRow]
    checks: Mapping[str, Sequence[CheckAnswer]]
    notes: Sequence[NoteAnswer]
    left: Gone

    @property
    def entries(self) -> list[Entry]:
        """Its entries, best first."""
        return list(self.answer["entries"])

    @property
    def latest(self) -> dict[str, DecisionRow]:
        """The last decision about each creator."""
        return {row.creator_id: row for row in self.decisions}

    @property
    def names(self) -> dict[str, str]:
        """Creators' names by id."""
        return {entry["creator_id"]: entry["name"] for entry in self.entries}


def read_list(service: Service, caller: Caller, shortlist_id: str) -> KeptList:
    """A shortlist that the caller may see, with all that belongs to it.

    Raises:
        UnknownRecord: there is none, or it is another department's.
    """
    left = gone(service.store)
    with service.store.reading() as session:
        row = find_shortlist(session, caller, shortlist_id)
        return KeptList(
            item=ShortlistItem.model_validate(row, from_attributes=True),
            answer=shown(from_json(row.answer), left, ""),
            request=row.request,
            status=status_of(session, row),
            decisions=_decisions(session, row),
            checks=_checks(session, row),
            notes=notes_of(session, row.brief_id),
            left=left,
        )


def kept_page(
    request: Request,
    kept: KeptList,
    caller: Caller,
    *,
    status: int = 200,
    refused: Sequence[Fault] = (),
    reason: str = "",
) -> Response:
    """The page of a kept list, or its cards alone where only they are to change.

    Args:
        request: by whose address entries are picked and sorted.
        kept: the list.
        caller: who looks.
        status: of HTTP.
        refused: what was wrong with a step that was tried.
        reason: the reason that was typed for it.
    """
    wish = Wish.of(request.query_params)
    decided = {creator: row.decision for creator, row in kept.latest.items()}
    return piece(
        request,
        "shortlist.html.j2",
        "shortlist_cards.html.j2",
        status=status,
        refused=refused,
        reason=reason,
        kept=kept,
        hidden={},
        address=f"/shortlists/{kept.item.shortlist_id}",
        signs=last_name(kept, caller),
        once=secrets.token_hex(8),
        **_shown(request, kept.answer, wish, decided),
    )


def unkept_page(request: Request, answer: Mapping[str, Any], brief: BriefForm, form: FormData) -> Response:
    """The page of a list that is not kept: every form on it carries the brief."""
    return piece(
        request,
        "shortlist.html.j2",
        "shortlist_cards.html.j2",
        refused=(),
        reason="",
        kept=None,
        hidden=brief.hidden,
        address="/briefs",
        signs="",
        once="",
        **_shown(request, answer, Wish.of(form), {}),
    )


def _shown(request: Request, answer: Mapping[str, Any], wish: Wish, decided: Mapping[str, str]) -> dict[str, Any]:
    entries, writing = list(answer["entries"]), Writing(language_of(request))
    picked = wish.pick(entries, decided)
    scale = charts.viewers_scale(entries)
    return {
        "answer": answer,
        "wish": wish,
        "entries": entries,
        "picked": picked,
        "groups": grouped(picked, wish),
        "few": too_little(picked),
        "facets": facets(entries),
        "axis": charts.axis(scale, writing),
        "interval": lambda points, said: charts.interval(points, scale, said),
        "marked": marked,
        "fit": {entry["creator_id"]: fit_share(entry, entries) for entry in entries},
        "choices_of": _choices(entries),
    }


def _choices(entries: Sequence[Entry]) -> dict[str, list[str]]:
    """What the filters can be set to: only what is on the list."""
    reaches = [entry["reach"] for entry in entries if entry["reach"]]
    found = {
        "platform": {reach["platform"] for reach in reaches},
        "format": {reach["format"] for reach in reaches},
        "kind": {entry["kind"] for entry in entries},
    }
    return {name: sorted(value for value in values if value) for name, values in found.items()}


def _decisions(session: Session, row: ShortlistRow) -> Sequence[DecisionRow]:
    found = select(DecisionRow).where(DecisionRow.brief_id == row.brief_id).order_by(DecisionRow.seq)
    return session.execute(found).scalars().all()


def _checks(session: Session, row: ShortlistRow) -> dict[str, Sequence[CheckAnswer]]:
    found = select(CheckRow).where(CheckRow.brief_id == row.brief_id).order_by(CheckRow.seq)
    by_creator: dict[str, list[CheckAnswer]] = defaultdict(list)
    left = Gone.read(session)
    for check in session.execute(found).scalars():
        by_creator[check.creator_id].append(answer_of(check, left))
    return dict(by_creator)


def last_name(kept: KeptList, caller: Caller) -> str:
    """The name that this caller last decided under, so that it is typed once."""
    own = [row.decided_by for row in kept.decisions if row.created_by == caller.actor]
    return own[-1] if own else ""
