"""Questions beside a list: why is somebody not on it, and where would somebody stand who is in no catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from models.attention import attention_text
from models.shortlist import AGAINST, STATES, Entry
from models.swap import swap
from serving.access.callers import Caller, Role
from serving.access.guard import CallerIn
from serving.creators.gone import check_there, gone
from serving.creators.schemas import LEAST_CAPTIONS, MOST_CAPTIONS, NominationBody
from serving.pages.asked import Asked
from serving.pages.brief_form import BriefForm
from serving.pages.forms import Fault, FormRefused, checked, lines_of, text_of, unfit
from serving.pages.language import language_of
from serving.pages.marks import marked
from serving.pages.rendering import piece
from serving.pages.shortlist_page import read_list
from serving.problems import Language
from serving.schemas import DEFAULT_TOP, BriefBody, RecordPath, ShortlistRequest
from serving.service import RankingIn, Service, ServiceIn
from serving.signin import CheckedForm, page_needs

_HITS: Final = 10
router = APIRouter(include_in_schema=False)


@router.get("/shortlists/{shortlist_id}/why", dependencies=[page_needs(Role.VIEWER)])
async def why_not(
    request: Request, shortlist_id: RecordPath, service: ServiceIn, caller: CallerIn, ranking: RankingIn
) -> Response:
    """Where somebody would stand on a kept list today, and why."""
    params = request.query_params
    asked = partial(_of_list, service, caller, shortlist_id)
    found = await ranking.run(lambda: _why(service, asked(), text_of(params, "q"), text_of(params, "creator_id")))
    address = f"/shortlists/{shortlist_id}"
    return piece(
        request, "why.html.j2", "why_part.html.j2", address=address, hidden={}, **found, **_words(language_of(request))
    )


@router.post("/briefs/why", dependencies=[page_needs(Role.VIEWER)])
async def why_not_unkept(request: Request, form: CheckedForm, service: ServiceIn, ranking: RankingIn) -> Response:
    """The same for a list that is not kept: the form carries the brief."""
    sent = BriefForm.sent(form)
    asked = await ranking.run(lambda: _of_form(request, service, sent))
    found = await ranking.run(lambda: _why(service, asked, text_of(form, "q"), text_of(form, "creator_id")))
    return piece(
        request,
        "why.html.j2",
        "why_part.html.j2",
        address="/briefs",
        hidden=sent.hidden,
        **found,
        **_words(language_of(request)),
    )


def _of_form(request: Request, service: Service, sent: BriefForm) -> Asked:
    try:
        asked = sent.request(service.settings.serving.max_results, language_of(request))
    except FormRefused as wrong:
        raise unfit(wrong) from wrong
    return Asked.now(service, asked, None)


def _of_list(service: Service, caller: Caller, shortlist_id: str) -> Asked:
    kept = read_list(service, caller, shortlist_id)
    request = ShortlistRequest.model_validate(kept.request)
    return Asked.now(service, request, kept.item.brief_id)


def _why(service: Service, asked: Asked, text: str, creator_id: str) -> dict[str, Any]:
    """Whom the text may mean; and when it is one, or one was chosen, why they stand where they do."""
    answers, left = service.live(), gone(service.store)
    hits = [hit for hit in answers.search.find(text, _HITS + len(left)) if hit.creator_id not in left] if text else []
    if len(hits) == 1 and not creator_id:
        creator_id = hits[0].creator_id
    if not creator_id:
        return {"q": text, "hits": hits[:_HITS], "why": None, "name": "", "step": None, "blocked": False}
    check_there(service.store, creator_id)
    why = answers.why(asked.request.to_brief(), creator_id, asked.request.by, asked.filters)
    return {
        "q": text,
        "hits": [],
        "why": why,
        "name": answers.creator(creator_id).name,
        "step": swap(why.entry, why.above) if why.entry and why.above else None,
        "blocked": creator_id in asked.filters.blocked,
    }


def _words(language: Language) -> dict[str, Any]:
    """The core's codes in words."""
    place = int(language == "en")

    def against(entry: Entry) -> list[str]:
        flags = [attention_text(asdict(flag))[place] for flag in entry.flags]
        return [*(AGAINST[code][place] for code in entry.against), *flags]

    return {"marked": marked, "against": against, "state": lambda code: STATES[code][place]}


@router.post("/shortlists/{shortlist_id}/nominate", dependencies=[page_needs(Role.VIEWER)])
async def nominate(
    request: Request,
    shortlist_id: RecordPath,
    form: CheckedForm,
    service: ServiceIn,
    caller: CallerIn,
    ranking: RankingIn,
) -> Response:
    """Where somebody outside the catalogue would stand on a kept list."""
    asked = await ranking.run(partial(_of_list, service, caller, shortlist_id))
    return await _nominated(request, form, ranking, asked, f"/shortlists/{shortlist_id}", {})


@router.post("/briefs/nominate", dependencies=[page_needs(Role.VIEWER)])
async def nominate_unkept(request: Request, form: CheckedForm, service: ServiceIn, ranking: RankingIn) -> Response:
    """The same for a list that is not kept: the form carries the brief."""
    sent = BriefForm.sent(form)
    asked = await ranking.run(lambda: _of_form(request, service, sent))
    return await _nominated(request, form, ranking, asked, "/briefs", sent.hidden)


async def _nominated(
    request: Request,
    form: CheckedForm,
    ranking: RankingIn,
    asked: Asked,
    address: str,
    hidden: Mapping[str, list[str]],
) -> Response:
    captions, name = lines_of(text_of(form, "captions")), text_of(form, "nominee")
    faults: list[Fault] = []
    found = None
    try:
        body = _nomination(asked, name, captions, language_of(request))
        live = request.app.state.service.live
        found = await ranking.run(
            lambda: live().nominate(body.brief.to_brief(), body.name, body.captions, DEFAULT_TOP, asked.filters)
        )
    except FormRefused as wrong:
        faults = [("nominee" if field == "name" else field, said) for field, said in wrong.faults]
    return piece(
        request,
        "nominate.html.j2",
        "nominate_part.html.j2",
        status=422 if faults else 200,
        address=address,
        hidden=hidden,
        name=name,
        captions=text_of(form, "captions"),
        found=found,
        faults=faults,
        marked=marked,
        least=LEAST_CAPTIONS,
        most=MOST_CAPTIONS,
    )


def _nomination(asked: Asked, name: str, captions: list[str], language: Language) -> NominationBody:
    brief = asked.request.model_dump(include=set(BriefBody.model_fields))
    return checked(NominationBody, {"name": name, "captions": captions, "brief": brief}, language)
