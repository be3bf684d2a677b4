"""Pages of campaigns: what had been forecast, what came of it, and a form to write that down."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from serving.access.callers import Caller, Role
from serving.access.guard import CallerIn
from serving.briefs.records import find_brief
from serving.creating import created
from serving.outcomes.records import add_outcome
from serving.outcomes.schemas import OutcomeBody
from serving.pages.campaigns import campaign, campaigns
from serving.pages.forms import Fault, FormRefused, OnceIn, checked, text_of, whole
from serving.pages.language import language_of
from serving.pages.rendering import page
from serving.schemas import RecordPath
from serving.service import Service, ServiceIn
from serving.signin import CheckedForm, page_needs
from serving.store.database import Writing
from serving.store.idempotency import Answered

_SEE_OTHER: Final = 303
_KNOWN: Final = {"yes": True, "no": False}
_COUNTS: Final = ("views", "target_viewers", "cost_vnd")

router = APIRouter(prefix="/campaigns", include_in_schema=False)


@router.get("", dependencies=[page_needs(Role.VIEWER)])
def get_campaigns(request: Request, service: ServiceIn, caller: CallerIn) -> Response:
    """Every campaign, with how often the forecast held."""
    with service.store.reading() as session:
        found = campaigns(session, caller)
    return page(request, "campaigns.html.j2", campaigns=found)


@router.get("/{brief_id}", dependencies=[page_needs(Role.VIEWER)])
def get_campaign(request: Request, brief_id: RecordPath, service: ServiceIn, caller: CallerIn) -> Response:
    """One campaign, creator by creator."""
    return _shown(request, service, caller, brief_id, {}, ())


@router.post("/{brief_id}/outcomes", dependencies=[page_needs(Role.STAFF)])
def create_outcome(
    request: Request, brief_id: RecordPath, form: CheckedForm, service: ServiceIn, caller: CallerIn, once: OnceIn
) -> Response:
    """Write down what came of inviting a creator; what is left empty is not known."""
    typed = {name: text_of(form, name) for name in ("creator_id", "accepted", "published", *_COUNTS)}
    values: dict[str, object] = {
        "brief_id": brief_id,
        "creator_id": typed["creator_id"],
        "invited": True,
        "accepted": _KNOWN.get(typed["accepted"]),
        "published": _KNOWN.get(typed["published"]),
        **{name: whole(typed[name]) for name in _COUNTS},
    }
    try:
        body = checked(OutcomeBody, values, language_of(request))
    except FormRefused as wrong:
        return _shown(request, service, caller, brief_id, typed, wrong.faults)

    def make(writing: Writing) -> Answered:
        answer = add_outcome(writing, caller, service.new_id("outcome"), body)
        return created(answer, f"/v1/outcomes?brief_id={brief_id}")

    once.once(body, make)
    return RedirectResponse(f"/campaigns/{brief_id}", _SEE_OTHER)


def _shown(
    request: Request,
    service: Service,
    caller: Caller,
    brief_id: str,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
) -> Response:
    with service.store.reading() as session:
        found = campaign(session, caller, find_brief(session, caller, brief_id))
    return page(
        request,
        "campaign.html.j2",
        status=422 if faults else 200,
        campaign=found,
        typed={"creator_id": "", "accepted": "", "published": "", **dict.fromkeys(_COUNTS, ""), **typed},
        faults=faults,
        once=secrets.token_hex(8),
    )
