"""The pages of signing in: the sign-in itself, and a form that is shown once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from kolmatch.errors import KolmatchError
from serving.pages.language import language_of
from serving.pages.rendering import page
from serving.signin import cookies
from serving.signin.forms import CSRF_FIELD, HOME, Typed, token_of
from serving.signin.wording import words

# Fields of the pages' forms in which people write, with the words of their labels: what is shown before it is sent
# again. The rest (what was ticked, which revision was read) goes with it unseen.
WRITTEN: Final[Mapping[str, str]] = {
    "title": "f.title",
    "text": "f.text",
    "pasted": "new.pasted",
    "must": "f.must",
    "nice": "f.nice",
    "must_not": "f.must_not",
    "age_min": "f.age_min",
    "age_max": "f.age_max",
    "provinces": "f.provinces",
    "budget_vnd": "f.budget",
    "team_size": "f.team",
    "home_provinces": "f.home",
    "max_rate_vnd": "f.rate",
    "nominee": "nominate.name",
    "captions": "nominate.captions",
    "reason": "decide.reason",
    "decided_by": "decide.by",
    "q": "why.name",
    "views": "outcome.views",
    "target_viewers": "outcome.viewers",
    "cost_vnd": "outcome.cost",
    "creator_id": "rights.creator",
}


def signin_page(
    request: Request,
    *,
    then: str = HOME,
    typed: Typed | None = None,
    error: KolmatchError | None = None,
    status: int = 200,
) -> Response:
    """The page where one signs in.

    Args:
        request: whose language it is in.
        then: the page to go to afterwards.
        typed: a form that could not be taken, to be gone on with instead.
        error: why the last try failed.
        status: HTTP status.
    """
    language = language_of(request)
    return page(
        request,
        "signin.html.j2",
        status=status,
        words=words(language),
        then=then,
        typed=typed.packed() if typed else None,
        error=(error.vi if language == "vi" else error.en) if error else None,
        portal=bool(cookies.settings_of(request).oidc_client_id),
    )


def again_page(request: Request, typed: Typed, secret: str) -> Response:
    """A form shown once more, with the token of the session that `secret` opens."""
    return page(
        request,
        "again.html.j2",
        words=words(language_of(request)),
        typed=typed,
        shown=[(WRITTEN[name], value) for name, value in typed.fields if name in WRITTEN and value.strip()],
        token=token_of(secret),
        csrf_field=CSRF_FIELD,
    )


def done_page(request: Request) -> Response:
    """What a tab shows that was opened only to sign in."""
    return page(request, "signed_in.html.j2", words=words(language_of(request)))
