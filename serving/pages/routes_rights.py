"""Pages for administrators: what creators asked for and by when it is due; the audit trail."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from kolmatch.errors import AuditBroken, Conflict
from serving.access.callers import Role
from serving.access.guard import CallerIn
from serving.creating import created
from serving.pages.forms import Fault, FormRefused, OnceIn, answered, checked, refusal, text_of
from serving.pages.language import language_of
from serving.pages.rendering import page
from serving.rights.recognising import recognised
from serving.rights.records import (
    Received,
    add_request,
    answer_request,
    complete_request,
    due_list,
    find_request,
    list_requests,
)
from serving.rights.schemas import RightsAnswer, RightsBody
from serving.schemas import CursorIn, RecordPath
from serving.service import Service, ServiceIn
from serving.signin import CheckedForm, page_needs
from serving.store.audit import verify
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.pages import DEFAULT_PAGE, MAX_PAGE, page_of
from serving.store.tables import AuditRow, RightsRequestRow

_SEE_OTHER: Final = 303
router = APIRouter(include_in_schema=False)


@router.get("/rights", dependencies=[page_needs(Role.ADMIN)])
def get_rights(request: Request, service: ServiceIn, cursor: CursorIn = None) -> Response:
    """What is due, the most urgent first; then every request."""
    return _rights_page(request, service, {}, (), cursor)


@router.post("/rights", dependencies=[page_needs(Role.ADMIN)])
def create_request(request: Request, form: CheckedForm, service: ServiceIn, once: OnceIn) -> Response:
    """Keep a request with its legal clocks."""
    typed = {name: text_of(form, name) for name in ("creator_id", "kind")}

    def make(writing: Writing) -> Answered:
        received = Received(service.new_id("rights"), body, writing.now)
        answer = recognised(service, add_request(writing, received, service.settings.rights))
        return created(answer, f"/v1/rights/{answer.request_id}")

    try:
        body = checked(RightsBody, typed, language_of(request))
        kept = answered(once.once(body, make))
    except FormRefused as wrong:
        return _rights_page(request, service, typed, wrong.faults, None)
    except Conflict as error:
        return _rights_page(request, service, typed, refusal("creator_id", error, language_of(request)).faults, None)
    if kept["known"] is False:
        return _rights_page(request, service, {}, (), None, unknown=kept)
    return RedirectResponse("/rights", _SEE_OTHER)


def _add_step(name: str, move: Callable[[Writing, RightsRequestRow], RightsAnswer], says: str) -> None:
    def create_step(request_id: RecordPath, _form: CheckedForm, service: ServiceIn, caller: CallerIn) -> Response:
        with service.store.writing(caller.actor, service.now()) as writing:
            move(writing, find_request(writing.session, request_id))
        return RedirectResponse("/rights", _SEE_OTHER)

    create_step.__doc__ = says
    router.post(f"/rights/{{request_id}}/{name}", name=f"page_{name}", dependencies=[page_needs(Role.ADMIN)])(
        create_step
    )


_add_step("answer", answer_request, "The creator was told what will be done.")
_add_step("completion", complete_request, "What was asked for is done.")


def _rights_page(
    request: Request,
    service: Service,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
    cursor: str | None,
    *,
    unknown: Mapping[str, Any] | None = None,
) -> Response:
    with service.store.reading() as session:
        due = due_list(session, service.now())
        found = list_requests(session, None, cursor, DEFAULT_PAGE)
    return page(
        request,
        "rights.html.j2",
        status=422 if faults else 200,
        due=due,
        items=found.items,
        next_cursor=found.next_cursor,
        typed={"creator_id": "", "kind": "", **typed},
        faults=faults,
        unknown=unknown,
        once=secrets.token_hex(8),
    )


@router.get("/audit", dependencies=[page_needs(Role.ADMIN)])
def get_audit(
    request: Request, service: ServiceIn, cursor: CursorIn = None, check: Annotated[bool, Query()] = False
) -> Response:
    """Who did what to which thing, the newest first; on request the whole chain is recomputed."""
    broken, end = None, None
    with service.store.reading() as session:
        found = page_of(session, select(AuditRow), AuditRow.number, cursor, MAX_PAGE)
        if check:
            try:
                end = verify(session)
            except AuditBroken as error:
                broken = error
    return page(
        request, "audit.html.j2", rows=found.rows, next_cursor=found.next_cursor, check=check, end=end, broken=broken
    )
