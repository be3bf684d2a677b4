"""From a request to a shortlist that is kept: what is asked, who is left out, the answer, the rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TypeAlias

from serving.access.callers import Caller
from serving.answers import Loaded
from serving.briefs.records import add_brief, find_brief, read_brief
from serving.schemas import BriefBody, OfBriefRequest, ShortlistRequest
from serving.service import Service
from serving.shortlist_answer import Kept, shortlist_json, without_reasons
from serving.shortlists.leaving_out import LeftOut, left_out
from serving.shortlists.records import Made, add_shortlist
from serving.store.database import Writing
from serving.store.idempotency import Answered
from serving.tracing import step


@dataclass(frozen=True, slots=True)
class NewBrief:
    """A request whose brief is kept together with the list."""

    service: Service
    caller: Caller
    body: ShortlistRequest


@dataclass(frozen=True, slots=True)
class OfBrief:
    """A request for a brief that is kept already."""

    service: Service
    caller: Caller
    brief_id: str
    body: OfBriefRequest


Wanted: TypeAlias = NewBrief | OfBrief


@dataclass(frozen=True, slots=True)
class _Ask:
    """The whole request, the brief it is for, and who is left out."""

    request: ShortlistRequest
    brief_id: str
    revision: int
    department: str
    left_out: LeftOut


def ranked(service: Service, body: ShortlistRequest) -> Answered:
    """The answer to a request that is not kept, and how long the matcher took for it (W3C Server Timing)."""
    brief = body.to_brief()
    out = left_out(service.store, None, service.now().date())
    answers = service.live()
    filters = body.filters.to_filters(opted_out=out.opted_out)
    started = time.perf_counter()
    with step("match") as span:
        span.set_attribute("kolmatch.bundle_id", answers.manifest.bundle_id)
        found = answers.shortlist(brief, body.top, body.by, filters)
    timing = f"match;dur={(time.perf_counter() - started) * 1000:.3f}"
    return Answered(200, shortlist_json(found, answers.manifest, None, explain=body.explain), {"Server-Timing": timing})


def made(wanted: Wanted) -> Made:
    """The answer to a request that is to be kept, with all reasons, and what it came from.

    Raises:
        BriefRefused: the brief cannot be answered.
        UnknownRecord: the caller's department has no such brief.
    """
    ask = _new(wanted) if isinstance(wanted, NewBrief) else _of_brief(wanted)
    model = wanted.service.live.loaded()
    shortlist_id = wanted.service.new_id("list")
    return Made(
        shortlist_id=shortlist_id,
        brief_id=ask.brief_id,
        brief_revision=ask.revision,
        department=ask.department,
        title=ask.request.title,
        request=ask.request.model_dump(mode="json", exclude={"explain"}),
        left_out=ask.left_out,
        model=model,
        answer=_answered(ask, model, Kept(shortlist_id, ask.brief_id)),
    )


def keep(wanted: Wanted, found: Made, writing: Writing) -> Answered:
    """Keep a list, and its brief when that is new; the answer to the caller."""
    if isinstance(wanted, NewBrief):
        add_brief(writing, found.brief_id, found.department, wanted.body)
    add_shortlist(writing, found)
    body = found.answer if wanted.body.explain else without_reasons(found.answer)
    headers = {"Location": f"/v1/shortlists/{found.shortlist_id}"}
    return Answered(201, body, headers)


def _answered(ask: _Ask, model: Loaded, kept: Kept) -> bytes:
    filters = ask.request.filters.to_filters(opted_out=ask.left_out.opted_out, blocked=ask.left_out.blocked)
    with step("match") as span:
        span.set_attribute("kolmatch.bundle_id", model.answers.manifest.bundle_id)
        found = model.answers.shortlist(ask.request.to_brief(), ask.request.top, ask.request.by, filters)
    return shortlist_json(found, model.answers.manifest, kept, explain=True)


def _new(wanted: NewBrief) -> _Ask:
    service = wanted.service
    out = left_out(service.store, None, service.now().date())
    return _Ask(wanted.body, service.new_id("brief"), 1, wanted.caller.department, out)


def _of_brief(wanted: OfBrief) -> _Ask:
    service = wanted.service
    with service.store.reading() as session:
        row = find_brief(session, wanted.caller, wanted.brief_id)
        content = read_brief(session, row, None).brief
    out = left_out(service.store, wanted.brief_id, service.now().date())
    return _Ask(_request(content, wanted.body), row.brief_id, row.revision, row.department, out)


def _request(content: BriefBody, body: OfBriefRequest) -> ShortlistRequest:
    return ShortlistRequest.model_validate({**content.model_dump(), **body.model_dump()})
