"""A new brief: pasted, read from a document, looked through, then asked or kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic_core import from_json
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from kolmatch.errors import BriefRefused, InputRefused
from models.brief import SimilarBrief
from serving.access.callers import Caller, Role
from serving.access.guard import CallerIn
from serving.briefs.records import add_brief
from serving.creating import Creating, created
from serving.pages.brief_form import BriefForm, Read, read_form
from serving.pages.forms import Fault, FormRefused, OnceIn, answered, file_of, refusal, text_of
from serving.pages.language import language_of
from serving.pages.rendering import piece
from serving.pages.shortlist_page import unkept_page
from serving.pages.similar import LEAST, EarlierBrief, earlier_briefs, live_or_none
from serving.schemas import MAX_TEXT, BriefBody, ShortlistRequest
from serving.service import DocumentsIn, RankingIn, Service, ServiceIn
from serving.shortlists.keeping import keep_once
from serving.shortlists.making import NewBrief, ranked
from serving.signin import CheckedForm, page_needs
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.uploads.bounded import DOCX, KINDS, PDF, Documents

READ_PATH: Final = "/briefs/new/read"
_SEE_OTHER: Final = 303
_IMPORTED: Final = 3  # earlier briefs of the catalogue shown

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Filled:
    """A form with what is shown beside it."""

    read: Read
    similar: Sequence[EarlierBrief] = ()
    imported: Sequence[SimilarBrief] = ()
    cut: bool = False
    faults: Sequence[Fault] = ()


_EMPTY: Final = Read(BriefForm(), frozenset())


@router.get("/briefs/new", dependencies=[page_needs(Role.VIEWER)])
def get_new_brief(request: Request, caller: CallerIn) -> Response:
    """An empty form."""
    return _shown(request, caller, _Filled(_EMPTY))


@router.post(READ_PATH, dependencies=[page_needs(Role.VIEWER)])
async def read_brief_text(
    request: Request, form: CheckedForm, service: ServiceIn, caller: CallerIn, documents: DocumentsIn
) -> Response:
    """The form filled from a document, or from what was pasted; nothing is kept."""
    upload = file_of(form, "document")
    field = "document" if upload else "pasted"
    try:
        text, cut = await _document(documents, upload) if upload else (text_of(form, "pasted"), False)
        if not text:
            raise InputRefused("Paste a text, or choose a file.", "Hãy dán văn bản, hoặc chọn tệp.")
    except InputRefused as error:
        wrong = refusal(field, error, language_of(request)).faults
        kept = BriefForm(pasted=text_of(form, "pasted"))
        return _shown(request, caller, _Filled(Read(kept, frozenset()), faults=wrong))
    return _shown(request, caller, await run_in_threadpool(_filled, service, caller, text, cut))


@router.post("/briefs", dependencies=[page_needs(Role.VIEWER)])
async def create_brief(
    request: Request, form: CheckedForm, service: ServiceIn, caller: CallerIn, once: OnceIn, ranking: RankingIn
) -> Response:
    """Keep the brief, with a list unless only the brief is wanted. Who may keep nothing sees the list alone."""
    sent = BriefForm.sent(form)
    try:
        asked = sent.request(service.settings.serving.max_results, language_of(request))
        if caller.role < Role.STAFF:
            answer = await ranking.run(partial(ranked, service, asked))
            return unkept_page(request, from_json(answer.body), sent, form)
        if text_of(form, "do") == "keep":
            brief_id = await run_in_threadpool(_keep, service, caller, once, asked)
            return RedirectResponse(f"/briefs/{brief_id}", _SEE_OTHER)
        response = await keep_once(NewBrief(service, caller, asked), asked, once, ranking.run)
        return RedirectResponse(f"/shortlists/{answered(response)['shortlist_id']}", _SEE_OTHER)
    except FormRefused as wrong:
        return _shown(request, caller, _Filled(Read(sent, frozenset()), faults=wrong.faults))
    except BriefRefused as error:
        wrong_title = refusal("title", error, language_of(request)).faults
        return _shown(request, caller, _Filled(Read(sent, frozenset()), faults=wrong_title))


def _keep(service: Service, caller: Caller, once: Creating, asked: ShortlistRequest) -> str:
    body = BriefBody.model_validate(asked.model_dump(include=set(BriefBody.model_fields)))

    def make(writing: Writing) -> Answered:
        answer = add_brief(writing, service.new_id("brief"), caller.department, body)
        return created(answer, f"/v1/briefs/{answer.brief_id}")

    return str(answered(once.once(body, make))["brief_id"])


async def _document(documents: Documents, upload: UploadFile) -> tuple[str, bool]:
    kind = PDF if upload.content_type == PDF or (upload.filename or "").lower().endswith(".pdf") else DOCX
    read = await run_in_threadpool(documents.read, KINDS[kind], await upload.read(), MAX_TEXT)
    return read["text"], read["cut"]


def _filled(service: Service, caller: Caller, text: str, cut: bool) -> _Filled:
    """What a text says, and earlier briefs like it; without a model only what needs none."""
    answers = live_or_none(service)
    read = read_form(text, answers)
    if answers is None:
        return _Filled(read, cut=cut)
    title = read.form.title
    return _Filled(
        read,
        similar=earlier_briefs(service, caller, answers, title),
        imported=[brief for brief in answers.similar_briefs(title, _IMPORTED) if brief.similarity >= LEAST],
        cut=cut,
    )


def _shown(request: Request, caller: Caller, filled: _Filled) -> Response:
    return piece(
        request,
        "brief_new.html.j2",
        "brief_new_part.html.j2",
        status=422 if filled.faults else 200,
        action="/briefs",
        form=filled.read.form,
        found=filled.read.found,
        similar=filled.similar,
        imported=filled.imported,
        cut=filled.cut,
        faults=filled.faults,
        once=secrets.token_hex(8),
    )
