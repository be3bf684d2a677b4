"""Pages of kept briefs: the list, one brief with its lists, its next revision."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from kolmatch.errors import BriefRefused, Outdated
from serving.access.callers import Caller, Role
from serving.access.guard import CallerIn
from serving.briefs.records import find_brief, list_briefs, read_brief, revise_brief
from serving.creating import check_match
from serving.creators.gone import gone
from serving.pages.brief_form import BriefForm
from serving.pages.forms import Fault, FormRefused, OnceIn, answered, checked, refusal, text_of, unfit, whole
from serving.pages.language import language_of
from serving.pages.rendering import page
from serving.pages.similar import choices, earlier_briefs, live_or_none
from serving.schemas import BriefBody, CursorIn, OfBriefRequest, RecordPath, bounded
from serving.service import RankingIn, Service, ServiceIn
from serving.shortlists.keeping import keep_once
from serving.shortlists.making import OfBrief
from serving.shortlists.records import list_shortlists, newest_filters
from serving.shortlists.schemas import ShortlistItem
from serving.signin import CheckedForm, page_needs
from serving.store.pages import DEFAULT_PAGE, MAX_PAGE

_SEE_OTHER: Final = 303

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=[page_needs(Role.VIEWER)])
def get_start() -> Response:
    """Where everyone begins."""
    return RedirectResponse("/briefs", _SEE_OTHER)


@router.get("/briefs", dependencies=[page_needs(Role.VIEWER)])
def get_briefs(request: Request, service: ServiceIn, caller: CallerIn, cursor: CursorIn = None) -> Response:
    """The department's briefs, newest first, with their lists."""
    with service.store.reading() as session:
        found = list_briefs(session, caller, cursor, DEFAULT_PAGE)
        lists = {item.brief_id: _lists(session, caller, item.brief_id) for item in found.items}
    return page(request, "briefs.html.j2", items=found.items, next_cursor=found.next_cursor, lists=lists)


@router.get("/briefs/{brief_id}", dependencies=[page_needs(Role.VIEWER)])
def get_brief(request: Request, brief_id: RecordPath, service: ServiceIn, caller: CallerIn) -> Response:
    """A brief as it reads now, its lists, whom people chose, and earlier briefs like it."""
    answers, left = live_or_none(service), gone(service.store)
    with service.store.reading() as session:
        answer = read_brief(session, find_brief(session, caller, brief_id), None)
        lists = _lists(session, caller, brief_id)
        chosen = list(choices(session, answers, brief_id, left))
        filters = newest_filters(session, brief_id)
    near = earlier_briefs(service, caller, answers, answer.brief.title) if answers else []
    return page(
        request,
        "brief.html.j2",
        brief=answer,
        lists=lists,
        chosen=chosen,
        filters=filters,
        similar=[one for one in near if one.brief_id != brief_id],
        faults=[],
        once=secrets.token_hex(8),
    )


@router.post("/briefs/{brief_id}/shortlists", dependencies=[page_needs(Role.STAFF)])
async def create_shortlist(
    request: Request,
    brief_id: RecordPath,
    form: CheckedForm,
    service: ServiceIn,
    caller: CallerIn,
    once: OnceIn,
    ranking: RankingIn,
) -> Response:
    """Another list for a kept brief, by today's model, under the conditions of its newest list."""
    shape = bounded(OfBriefRequest, service.settings.serving.max_results)
    filters = await run_in_threadpool(_newest_filters, service, caller, brief_id)
    values = {"by": text_of(form, "by") or None, "top": whole(text_of(form, "top")), "filters": filters}
    given = {name: value for name, value in values.items() if value is not None}
    try:
        body = checked(shape, given, language_of(request))
    except FormRefused as wrong:
        raise unfit(wrong) from wrong
    response = await keep_once(OfBrief(service, caller, brief_id, body), body, once, ranking.run)
    return RedirectResponse(f"/shortlists/{answered(response)['shortlist_id']}", _SEE_OTHER)


@router.get("/briefs/{brief_id}/edit", dependencies=[page_needs(Role.STAFF)])
def get_brief_form(request: Request, brief_id: RecordPath, service: ServiceIn, caller: CallerIn) -> Response:
    """The form of a kept brief."""
    with service.store.reading() as session:
        answer = read_brief(session, find_brief(session, caller, brief_id), None)
    return _edited(request, brief_id, str(answer.revision), BriefForm.kept(answer.brief))


@router.post("/briefs/{brief_id}/edit", dependencies=[page_needs(Role.STAFF)])
def revise(request: Request, brief_id: RecordPath, form: CheckedForm, service: ServiceIn, caller: CallerIn) -> Response:
    """Keep the next revision, unless somebody else was faster; what was typed stays in the form then."""
    sent, language, revision = BriefForm.sent(form), language_of(request), text_of(form, "revision")
    try:
        asked = sent.request(service.settings.serving.max_results, language)
        body = BriefBody.model_validate(asked.model_dump(include=set(BriefBody.model_fields)))
        with service.store.writing(caller.actor, service.now()) as writing:
            row = find_brief(writing.session, caller, brief_id)
            check_match(f'"{revision}"', row.revision)
            revise_brief(writing, row, body)
    except FormRefused as wrong:
        return _edited(request, brief_id, revision, sent, wrong.faults)
    except BriefRefused as error:
        return _edited(request, brief_id, revision, sent, refusal("title", error, language).faults)
    except Outdated as error:  # the newest revision's number: sent again, it is meant
        with service.store.reading() as session:
            newest = str(find_brief(session, caller, brief_id).revision)
        return _edited(request, brief_id, newest, sent, refusal("title", error, language).faults)
    return RedirectResponse(f"/briefs/{brief_id}", _SEE_OTHER)


def _edited(request: Request, brief_id: str, revision: str, form: BriefForm, faults: Sequence[Fault] = ()) -> Response:
    return page(
        request,
        "brief_edit.html.j2",
        status=422 if faults else 200,
        brief_id=brief_id,
        revision=revision,
        form=form,
        faults=faults,
        found=frozenset(),
    )


def _newest_filters(service: Service, caller: Caller, brief_id: str) -> dict[str, Any] | None:
    with service.store.reading() as session:
        return newest_filters(session, find_brief(session, caller, brief_id).brief_id)


def _lists(session: Session, caller: Caller, brief_id: str) -> list[ShortlistItem]:
    return list_shortlists(session, caller, brief_id, None, None, MAX_PAGE).items
