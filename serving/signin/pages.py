"""The pages of signing in: the sign-in itself, and a form that is shown once more."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from kolmatch.errors import KolmatchError
from serving.envelope import PAGE_HEADERS
from serving.signin import cookies
from serving.signin.forms import CSRF_FIELD, HOME, Typed, token_of
from serving.signin.wording import Language, words

_TEMPLATES: Final = Path(__file__).parent / "templates"


def signin_page(
    request: Request,
    *,
    then: str = HOME,
    typed: Typed | None = None,
    error: KolmatchError | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The page where one signs in.

    Args:
        request: whose language it is in.
        then: the page to go to afterwards.
        typed: a form that could not be taken, to be gone on with instead.
        error: why the last try failed.
        status: HTTP status.
    """
    language = language_of(request)
    return _page(
        request,
        "signin.html.j2",
        status,
        then=then,
        typed=typed.packed() if typed else None,
        error=(error.vi if language == "vi" else error.en) if error else None,
        portal=bool(cookies.settings_of(request).oidc_client_id),
    )


def again_page(request: Request, typed: Typed, secret: str) -> HTMLResponse:
    """A form shown once more, with the token of the session that `secret` opens."""
    return _page(request, "again.html.j2", 200, typed=typed, token=token_of(secret), csrf_field=CSRF_FIELD)


def done_page(request: Request) -> HTMLResponse:
    """What a tab shows that was opened only to sign in."""
    return _page(request, "done.html.j2", 200)


def language_of(request: Request) -> Language:
    """Vietnamese, unless English is asked for."""
    return "en" if request.query_params.get("lang", request.cookies.get("lang")) == "en" else "vi"


def _page(request: Request, template: str, status: int, **values: Any) -> HTMLResponse:  # noqa: ANN401
    language = language_of(request)
    content = _templates().get_template(template).render(language=language, words=words(language), **values)
    return HTMLResponse(content, status, {**PAGE_HEADERS, "Content-Language": language})


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
