"""Signing in and out over HTTP."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, FastAPI, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from kolmatch.errors import NotSignedIn, StoreError
from serving.access.callers import Caller, Role
from serving.access.guard import needs
from serving.access.keys import looks_like_key
from serving.service import Service, ServiceIn
from serving.signin import cookies, portal
from serving.signin.forms import HOME, CheckedForm, FormAgain, Typed, address_of, check_origin, local
from serving.signin.gate import ToSignIn, page_needs
from serving.signin.pages import again_page, done_page, signin_page
from serving.signin.portal import Started
from serving.signin.wording import WORDS

SIGN_IN: Final = "/signin"
RESUME: Final = f"{SIGN_IN}/resume"
RESUMED_PATHS: Final = (SIGN_IN, RESUME)  # which forms that were typed before come through
_SEE_OTHER: Final = 303
_Then = Annotated[str, Query(max_length=2000)]

router = APIRouter(include_in_schema=False)


@router.get(SIGN_IN, dependencies=[needs(Role.PUBLIC)])
async def get_signin(request: Request, service: ServiceIn, then: _Then = HOME) -> Response:
    """The page where one signs in; who is signed in already goes on."""
    if await _is_signed_in(request, service):
        return _see(local(then))
    return signin_page(request, then=local(then))


@router.get(f"{SIGN_IN}/done", dependencies=[page_needs(Role.VIEWER)])
def get_done(request: Request) -> Response:
    """What a tab shows that was opened only to sign in."""
    return done_page(request)


@router.post(SIGN_IN, dependencies=[needs(Role.PUBLIC)])
async def create_session(request: Request, service: ServiceIn) -> Response:
    """Sign in with a key."""
    check_origin(request)
    form = await request.form()
    typed = Typed.unpacked(_text(form.get("typed")))
    then = local(_text(form.get("then")))
    try:
        caller = await _caller_of_key(service, _text(form.get("key")))
    except NotSignedIn as error:
        _count_refusal(request, service)
        return signin_page(request, then=then, typed=typed, error=error, status=error.http_status)
    except StoreError as error:  # no fault of theirs; what they typed stays in the form
        return signin_page(request, then=then, typed=typed, error=error, status=error.http_status)
    return await _signed_in(request, service, caller, then, typed)


@router.get(f"{SIGN_IN}/portal", dependencies=[needs(Role.PUBLIC)])
def get_portal(request: Request, service: ServiceIn, then: _Then = HOME) -> Response:
    """Go to the portal to sign in there."""
    if not service.settings.signin.oidc_client_id:
        return _see(SIGN_IN)
    started = Started.anew(local(then))
    response = _see(portal.address_to_sign_in(service.settings.signin, started))
    cookies.hold(request, response, portal.cookie_of(started.state), started.packed(), portal.STARTED_S)
    return response


@router.get(portal.CALLBACK, dependencies=[needs(Role.PUBLIC)])
async def get_callback(
    request: Request, service: ServiceIn, state: str = "", code: str = "", iss: str | None = None
) -> Response:
    """Come back from the portal, signed in there."""
    cookie = portal.cookie_of(state)
    started = Started.unpacked(cookies.held(request, cookie))
    try:
        known = portal.check_return(started, state, iss, service.settings.access.oidc_issuer)
        caller = await run_in_threadpool(_caller_at_portal, service, known, code)
    except NotSignedIn as error:
        _count_refusal(request, service)
        response: Response = signin_page(request, error=error, status=error.http_status)
    except StoreError as error:  # no fault of theirs
        response = signin_page(request, error=error, status=error.http_status)
    else:
        response = await _signed_in(request, service, caller, local(known.then), None)
    cookies.drop(request, response, cookie)
    return response


@router.post(RESUME, dependencies=[needs(Role.PUBLIC)])
async def create_resume(request: Request, service: ServiceIn) -> Response:
    """Go on with a form, signed in meanwhile in another tab; who is not is asked once more."""
    check_origin(request)
    typed = Typed.unpacked(_text((await request.form()).get("typed")))
    if typed is None:
        return _see(HOME)
    if not await _is_signed_in(request, service):
        return signin_page(request, typed=typed, status=401)
    return again_page(request, typed, cookies.held(request, cookies.SESSION))


@router.post("/signout", dependencies=[page_needs(Role.VIEWER)])
async def create_signout(request: Request, service: ServiceIn, _form: CheckedForm) -> Response:
    """Sign out: the session is over wherever its secret may be."""
    await run_in_threadpool(service.sessions.end, cookies.held(request, cookies.SESSION))
    response = _see(SIGN_IN)
    cookies.drop(request, response, cookies.SESSION)
    return response


def add_handlers(app: FastAPI) -> None:
    """Lead who is not signed in to where they can, and back with what they typed."""
    app.add_exception_handler(ToSignIn, _to_sign_in)
    app.add_exception_handler(FormAgain, _form_again)


async def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, ToSignIn)
    if error.typed is not None:
        return _whole(request, signin_page(request, typed=error.typed, status=401))
    if "hx-request" in request.headers:  # a part of a page: the whole page must go there
        seen = urlsplit(request.headers.get("hx-current-url", ""))
        address = local(seen.path + (f"?{seen.query}" if seen.query else ""))
        return Response(status_code=401, headers={"HX-Redirect": f"{SIGN_IN}?{urlencode({'then': address})}"})
    return _see(f"{SIGN_IN}?{urlencode({'then': local(address_of(request))})}")


async def _form_again(request: Request, error: Exception) -> Response:
    assert isinstance(error, FormAgain)
    return _whole(request, again_page(request, error.typed, cookies.held(request, cookies.SESSION)))


def _whole(request: Request, response: Response) -> Response:
    """A page in answer to a form that htmx sent, which would put it where it expects a part of its own."""
    if "hx-request" in request.headers:
        response.status_code = 200  # others are not shown
        response.headers.update({"HX-Retarget": "body", "HX-Reswap": "innerHTML"})
    return response


async def _signed_in(request: Request, service: Service, caller: Caller, then: str, typed: Typed | None) -> Response:
    """Begin a session, ending the one before, so that nobody goes on under a secret that was known earlier."""
    await run_in_threadpool(service.sessions.end, cookies.held(request, cookies.SESSION))
    secret = await run_in_threadpool(service.sessions.begin, caller)
    response = again_page(request, typed, secret) if typed else _see(then)
    cookies.hold(request, response, cookies.SESSION, secret)
    return response


async def _is_signed_in(request: Request, service: Service) -> bool:
    secret = cookies.held(request, cookies.SESSION)
    return bool(secret) and await run_in_threadpool(service.sessions.caller, secret) is not None


async def _caller_of_key(service: Service, key: str) -> Caller:
    """Whose key this is.

    Raises:
        NotSignedIn: nobody's.
    """
    wrong = WORDS["key_wrong"]
    refused = NotSignedIn(wrong["en"], wrong["vi"])
    if not looks_like_key(key.strip()):  # tokens of the portal belong to programs
        raise refused
    try:
        return await service.access.caller(f"Bearer {key.strip()}")
    except NotSignedIn as error:
        raise refused from error


def _caller_at_portal(service: Service, started: Started, code: str) -> Caller:
    settings = service.settings.signin
    token = portal.id_token_for(settings, code, started.verifier)
    return service.access.portal_caller(token, settings.oidc_client_id, started.nonce)


def _count_refusal(request: Request, service: Service) -> None:
    """Count a failed sign-in of an address, as a refused key of the API is.

    Raises:
        TooManyRequests: it is one too many in this minute.
    """
    host = request.client.host if request.client else ""
    service.access.count(f"refused:{host}", service.access.failures_per_minute)


def _see(address: str) -> RedirectResponse:
    return RedirectResponse(address, _SEE_OTHER)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
