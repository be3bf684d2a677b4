"""What people do with a list: decide about single creators, look into them, propose, approve, send back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from kolmatch.errors import Conflict, InputRefused
from serving.access.callers import Caller, Role
from serving.access.guard import CallerIn
from serving.checks.records import check_holds, find_check, settle_check
from serving.checks.schemas import DispositionBody
from serving.creating import check_match, created
from serving.creators.gone import check_there
from serving.decisions.records import add_decision
from serving.decisions.schemas import DecisionBody
from serving.diligence.looking import looked
from serving.diligence.opening import open_checks
from serving.notes.records import add_note
from serving.notes.schemas import NoteBody
from serving.pages.forms import Fault, FormRefused, OnceIn, checked, iso_day, refusal, text_of, unfit
from serving.pages.language import language_of
from serving.pages.rendering import piece
from serving.pages.shortlist_page import KeptList, kept_page, last_name, read_list
from serving.problems import Language
from serving.schemas import CreatorId, RecordPath
from serving.service import RankingIn, ServiceIn
from serving.shortlists import status
from serving.shortlists.records import find_shortlist
from serving.shortlists.schemas import StepBody
from serving.signin import CheckedForm, page_needs
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.store.tables import ShortlistRow

_SEE_OTHER: Final = 303
router = APIRouter(prefix="/shortlists/{shortlist_id}", include_in_schema=False)
CreatorIn = Annotated[CreatorId, Query(max_length=200)]


@router.get("/decide", dependencies=[page_needs(Role.STAFF)])
def get_decision_form(
    request: Request, shortlist_id: RecordPath, creator_id: CreatorIn, service: ServiceIn, caller: CallerIn
) -> Response:
    """The form of a decision about one creator of the list, with what was looked into."""
    check_there(service.store, creator_id)
    return _form_page(request, read_list(service, caller, shortlist_id), caller, {"creator_id": creator_id}, ())


@router.post("/decide", dependencies=[page_needs(Role.STAFF)])
def decide(
    request: Request, shortlist_id: RecordPath, form: CheckedForm, service: ServiceIn, caller: CallerIn, once: OnceIn
) -> Response:
    """Keep a decision with its reason and who answers for it, and go back to the creator's place."""
    kept = read_list(service, caller, shortlist_id)
    typed = {name: text_of(form, name) for name in ("creator_id", "decision", "reason", "decided_by")}
    check_there(service.store, typed["creator_id"])
    try:
        values = {"brief_id": kept.item.brief_id, "shortlist_id": shortlist_id, **typed}
        body = checked(DecisionBody, values, language_of(request))
    except FormRefused as wrong:
        place = _place(kept, typed["creator_id"])
        return _form_page(request, kept, caller, typed, [(f"{field}-{place}", said) for field, said in wrong.faults])

    def make(writing: Writing) -> Answered:
        answer = add_decision(writing, caller, service.new_id("decision"), body)
        return created(answer, f"/v1/decisions?brief_id={answer.brief_id}")

    once.once(body, make)
    return _back(shortlist_id, f"c{_place(kept, body.creator_id) or 1}")


@router.post("/notes", dependencies=[page_needs(Role.STAFF)])
def create_note(
    request: Request, shortlist_id: RecordPath, form: CheckedForm, service: ServiceIn, caller: CallerIn, once: OnceIn
) -> Response:
    """Keep a note about a creator of the list, or about the campaign as a whole."""
    kept = read_list(service, caller, shortlist_id)
    typed = {name: text_of(form, name) for name in ("creator_id", "text", "note_by")}
    about = typed["creator_id"] or None
    if about:
        check_there(service.store, about)
    values = {"brief_id": kept.item.brief_id, "creator_id": about, "text": typed["text"], "by": typed["note_by"]}
    try:
        body = checked(NoteBody, values, language_of(request))
    except FormRefused as wrong:
        raise unfit(wrong) from wrong

    def make(writing: Writing) -> Answered:
        return created(add_note(writing, caller, service.new_id("note"), body), f"/shortlists/{shortlist_id}")

    once.once(body, make)
    return _to_decide(shortlist_id, about) if about else _back(shortlist_id, "notes")


@router.post("/checks", dependencies=[page_needs(Role.STAFF)])
async def look_into_all(
    shortlist_id: RecordPath, _form: CheckedForm, service: ServiceIn, caller: CallerIn, ranking: RankingIn
) -> Response:
    """Open what should be looked into about everyone on the list."""

    def look() -> tuple[str, list[Any]]:
        with service.store.reading() as session:
            row = find_shortlist(session, caller, shortlist_id)
        return row.brief_id, looked(service, row)

    def keep(brief_id: str, found: list[Any]) -> None:
        with service.store.writing(caller.actor, service.now()) as writing:
            open_checks(writing, brief_id, found, lambda: service.new_id("check"))

    await run_in_threadpool(keep, *await ranking.run(look))
    return _back(shortlist_id, "list")


@router.post("/checks/{check_id}", dependencies=[page_needs(Role.STAFF)])
def settle(
    request: Request,
    shortlist_id: RecordPath,
    check_id: RecordPath,
    form: CheckedForm,
    service: ServiceIn,
    caller: CallerIn,
) -> Response:
    """Say what became of a check."""
    typed = {name: text_of(form, name) for name in ("disposition", "by", "reason", "until")}
    try:
        body = checked(DispositionBody, {**typed, "until": iso_day(typed["until"])}, language_of(request))
        _check_holds(body, service.now().date(), language_of(request))
    except FormRefused as wrong:
        kept = read_list(service, caller, shortlist_id)
        about = {"creator_id": text_of(form, "creator_id")}
        faults = [(f"{field}-{check_id}", said) for field, said in wrong.faults]
        return _form_page(request, kept, caller, about, faults, {**typed, "check_id": check_id})
    with service.store.writing(caller.actor, service.now()) as writing:
        row = find_check(writing.session, caller, check_id)
        check_match(f'"{text_of(form, "revision")}"', row.revision)
        settle_check(writing, row, body)
        creator_id = row.creator_id
    return _to_decide(shortlist_id, creator_id)


def _check_holds(body: DispositionBody, today: date, language: Language) -> None:
    try:
        check_holds(body, today)
    except InputRefused as error:
        raise refusal("until", error, language) from error


def _add_step(name: str, role: Role, move: Callable[[Writing, ShortlistRow, StepBody], None], says: str) -> None:
    def create_step(
        request: Request,
        shortlist_id: RecordPath,
        form: CheckedForm,
        service: ServiceIn,
        caller: CallerIn,
        once: OnceIn,
    ) -> Response:
        typed = {"by": text_of(form, "by"), "reason": text_of(form, "reason")}

        def make(writing: Writing) -> Answered:
            row = find_shortlist(writing.session, caller, shortlist_id)
            move(writing, row, body)
            return created(status.status_of(writing.session, row), f"/v1/shortlists/{shortlist_id}/status")

        try:
            body = checked(StepBody, dict(typed), language_of(request))
            once.once(body, make)
        except FormRefused as wrong:
            kept = read_list(service, caller, shortlist_id)
            return kept_page(request, kept, caller, status=422, refused=wrong.faults, reason=typed["reason"])
        except Conflict as error:
            kept = read_list(service, caller, shortlist_id)
            faults = refusal("by", error, language_of(request)).faults
            return kept_page(request, kept, caller, status=409, refused=faults, reason=typed["reason"])
        return _back(shortlist_id, "decide")

    create_step.__doc__ = says
    router.post(f"/{name}", name=f"page_{name}", dependencies=[page_needs(role)])(create_step)


_add_step("propose", Role.STAFF, status.propose, "A draft is proposed to whoever approves.")
_add_step("approve", Role.APPROVER, status.approve, "A proposed list is approved by another person.")
_add_step("return", Role.APPROVER, status.send_back, "A proposed list becomes a draft again.")


def _form_page(
    request: Request,
    kept: KeptList,
    caller: Caller,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
    settling: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    creator_id = typed["creator_id"]
    return piece(
        request,
        "decide.html.j2",
        "decide_part.html.j2",
        status=422 if faults else 200,
        kept=kept,
        creator_id=creator_id,
        place=_place(kept, creator_id),
        name=kept.names.get(creator_id, creator_id),
        checks=kept.checks.get(creator_id, ()),
        notes=[note for note in kept.notes if note.creator_id == creator_id],
        history=[row for row in kept.decisions if row.creator_id == creator_id],
        typed={"decision": "", "reason": "", "decided_by": last_name(kept, caller), **typed},
        settling=settling,
        faults=faults,
        once=secrets.token_hex(8),
    )


def _place(kept: KeptList, creator_id: str) -> int:
    """A creator's place on the list; 0 for somebody who is not on it."""
    return next((int(entry["rank"]) for entry in kept.entries if entry["creator_id"] == creator_id), 0)


def _to_decide(shortlist_id: str, creator_id: str) -> Response:
    return RedirectResponse(f"/shortlists/{shortlist_id}/decide?creator_id={quote(creator_id)}", _SEE_OTHER)


def _back(shortlist_id: str, place: str) -> Response:
    return RedirectResponse(f"/shortlists/{shortlist_id}#{place}", _SEE_OTHER)
