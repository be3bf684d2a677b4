"""What stands before every page: who is signed in, whether their role is enough. Who is nobody is led to sign in."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from kolmatch.errors import NotSignedIn
from serving.access.callers import Caller, Role
from serving.access.guard import Requires, check_role
from serving.service import Service
from serving.signin import cookies
from serving.signin.forms import Typed, typed_in


class ToSignIn(Exception):  # no error: it leads to the sign-in page, and back from there
    """Nobody is signed in, or not any more; `typed` is the form that they sent, if any."""

    def __init__(self, typed: Typed | None) -> None:
        self.typed = typed


async def signed_in(request: Request) -> Caller:
    """Who is signed in to the pages; anyone is the demo's caller as long as there are no keys.

    Raises:
        ToSignIn: nobody is.
        TooManyRequests: they ask too often.
        StoreError: the store cannot be used.
    """
    service: Service = request.app.state.service
    caller = await _caller(service, cookies.held(request, cookies.SESSION))
    if caller is None:
        raise ToSignIn(await typed_in(request) if request.method == "POST" else None)
    service.access.count(caller.actor, caller.requests_per_minute)
    request.state.caller = caller
    return caller


async def _caller(service: Service, secret: str) -> Caller | None:
    caller = await run_in_threadpool(service.sessions.caller, secret) if secret else None
    if caller is not None:
        return caller
    try:
        return await service.access.caller("")
    except NotSignedIn:
        return None


class PageRequires(Requires):
    """A dependency of a page: lets pass who is signed in with the role, and notes who it was."""

    async def __call__(self, request: Request) -> None:
        """Find who is signed in.

        Raises:
            ToSignIn, NotAllowed, TooManyRequests: the page is not for them.
        """
        check_role(await signed_in(request), self.role)


def page_needs(role: Role) -> Any:  # noqa: ANN401  # what fastapi.Depends returns
    """The declaration of a page's role."""
    return Depends(PageRequires(role))
