"""What every page has: language, who is signed in, the label of invented data, headers that let nothing foreign in."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from kolmatch.errors import BundleError
from serving.access.callers import DEMO, Caller, Role
from serving.envelope import PAGE_HEADERS
from serving.pages import wording
from serving.pages.codes import labels
from serving.pages.language import in_other_language, language_of, remember
from serving.pages.writing import Writing
from serving.service import Service
from serving.signin import CSRF_FIELD, csrf_token

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"
_VARY: Final = {"Vary": "Cookie, HX-Request"}
# (address, words of `wording.WORDS`, role)
_ROOMS: Final = (
    ("/briefs", "nav.briefs", Role.VIEWER),
    ("/campaigns", "nav.campaigns", Role.VIEWER),
    ("/creators", "nav.creators", Role.VIEWER),
    ("/models", "nav.models", Role.VIEWER),
    ("/rights", "nav.rights", Role.ADMIN),
    ("/audit", "nav.audit", Role.ADMIN),
)


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401  # what a template shows
    """A page for whoever is signed in, as HTML."""
    html = _environment().get_template(template).render(**_common(request), **values)
    response = Response(html, status, {**PAGE_HEADERS, **_VARY}, "text/html; charset=utf-8")
    response.headers["Content-Language"] = language_of(request)
    remember(request, response)
    return response


def piece(request: Request, whole: str, part: str, **values: Any) -> Response:  # noqa: ANN401  # what a template shows
    """A part of a page where htmx asked for one, else the whole page."""
    return page(request, part if _wants_piece(request) else whole, **values)


def _wants_piece(request: Request) -> bool:
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def service_of(request: Request) -> Service:
    """The service behind a request."""
    service: Service = request.app.state.service
    return service


def _common(request: Request) -> dict[str, Any]:
    language = language_of(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is not None and caller.role is Role.PUBLIC:
        caller = None  # a page for anyone, such as the one where one signs in
    return {
        "lang": language,
        "t": wording.in_language(language),
        "w": Writing(language),
        "caller": caller,
        "rooms": [room for room in _ROOMS if caller and caller.role >= room[2]],
        "here": request.url.path,
        "other_language": in_other_language(request),
        "demo": caller is not None and caller.actor == DEMO,
        "keeps": caller is not None and caller.role >= Role.STAFF,
        "approves": caller is not None and caller.role >= Role.APPROVER,
        "administers": caller is not None and caller.role >= Role.ADMIN,
        "synthetic": _is_synthetic(request),
        "csrf": Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token(request)),
        "labels": labels(language),
        "static": static_address,
    }


def _is_synthetic(request: Request) -> bool:
    """Whether the live model was trained on invented data; without a model there are no figures to label."""
    try:
        return service_of(request).live().manifest.synthetic
    except BundleError:
        return False


def static_address(name: str) -> str:
    """Where a browser finds a file: the address changes with the content, so that it may keep the file for ever."""
    return f"/static/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
