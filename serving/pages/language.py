"""The language of a page: `?lang=` for now and later, else what was chosen before, else Vietnamese."""

from __future__ import annotations

from typing import Final, cast, get_args
from urllib.parse import urlencode

from fastapi import Request, Response

from serving.problems import Language

COOKIE: Final = "lang"
_YEAR_S: Final = 365 * 24 * 3600


def language_of(request: Request) -> Language:
    """The language a page is shown in."""
    for wanted in (request.query_params.get(COOKIE), request.cookies.get(COOKIE)):
        if wanted in get_args(Language):
            return cast("Language", wanted)
    return "vi"


def remember(request: Request, response: Response) -> None:
    """Keep a language that was chosen just now; it says nothing about anyone."""
    if request.query_params.get(COOKIE) in get_args(Language):
        response.set_cookie(COOKIE, language_of(request), max_age=_YEAR_S, samesite="lax", httponly=True)


def in_other_language(request: Request) -> str:
    """This page's address in the other language. What was posted to cannot be asked for again: then the start."""
    other = "en" if language_of(request) == "vi" else "vi"
    if request.method != "GET":
        return f"/?{COOKIE}={other}"
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != COOKIE]
    return f"{request.url.path}?{urlencode([*kept, (COOKIE, other)])}"
