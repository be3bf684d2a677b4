"""Refusals as a page, for whoever came with a browser; programs get problem details as everywhere else."""

from __future__ import annotations

from fastapi import Request, Response

from serving.pages.language import language_of
from serving.pages.rendering import piece
from serving.problems import KINDS, Problem


def _is_for_a_person(request: Request) -> bool:
    """Whether a browser asked for a page: the API is for programs, whatever they accept."""
    asked = "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers
    return asked and not request.url.path.startswith("/v1/")


def show_problem(request: Request, problem: Problem) -> Response | None:
    """What went wrong and what to do, in the reader's language; None for a program."""
    if not _is_for_a_person(request):
        return None
    vi = language_of(request) == "vi"
    detail = problem.detail_vi if vi else problem.detail_en
    faults = [(fault.pointer, fault.detail_vi if vi else fault.detail_en) for fault in problem.errors]
    kind = KINDS.get(problem.code)
    heading = (kind.vi if vi else kind.en) if kind else problem.title
    values = {"problem": problem, "heading": heading, "detail": detail, "faults": faults}
    response = piece(request, "error.html.j2", "error_part.html.j2", status=problem.status, **values)
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
