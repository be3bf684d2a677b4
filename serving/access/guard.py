"""What stands before every route: who asks, whether their role is enough, whether they ask too often.

A route declares its role in its own decorator (`dependencies=[needs(Role.STAFF)]`); `roles_of` reads the declarations
back, and a service with a route that has none does not start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from kolmatch.errors import NotAllowed, NotSignedIn, TooManyRequests
from kolmatch.settings import AccessSettings
from serving.access.callers import DEMO, NOBODY, Caller, Role
from serving.access.keys import caller_of_key, is_demo, looks_like_key
from serving.access.rates import Rates
from serving.store.database import Store

if TYPE_CHECKING:
    from serving.access.tokens import Tokens  # brings cryptography with it

REMEMBERED_S: Final = 1.0  # how long a key's record is not looked up again: within a second a revoked key is out
_REMEMBERED_KEYS: Final = 1000
_SCHEME: Final = "bearer "


class Access:
    """Who may ask. One per process; rates are counted per process."""

    def __init__(
        self, store: Store, settings: AccessSettings, tokens: Tokens | None, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._settings = settings
        self._tokens = tokens
        self._now = now
        self._remembered: dict[str, tuple[float, Caller]] = {}
        self._rates = Rates()

    @classmethod
    def of(cls, store: Store, settings: AccessSettings, now: Callable[[], datetime]) -> Access:
        """By the keys of the store, and by the portal's tokens if the settings name an issuer."""
        return cls(store, settings, _tokens(settings) if settings.oidc_issuer else None, now)

    def is_demo(self) -> bool:
        """Whether anyone may ask, see `serving.access.keys.is_demo`.

        Raises:
            StoreError: the store cannot be used.
        """
        return is_demo(self._store, self._settings)

    async def caller(self, authorization: str) -> Caller:
        """Who sent this `Authorization` header.

        Raises:
            NotSignedIn: nobody known.
            StoreError: the store, or the issuer, cannot be reached.
        """
        remembered = self._remembered.get(authorization)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        caller = await run_in_threadpool(self._identify, authorization)
        if not caller.actor.startswith("oidc:"):  # a token says by itself how long it holds
            self._remember(authorization, caller)
        return caller

    def count(self, who: str, per_minute: int) -> None:
        """Count a request of `who`.

        Raises:
            TooManyRequests: it is one too many in this minute.
        """
        wait = self._rates.wait_s(who, per_minute)
        if wait is not None:
            raise TooManyRequests(
                f"More than {per_minute} requests in a minute. Wait {wait} s, and ask less often.",
                f"Quá {per_minute} yêu cầu trong một phút. Hãy đợi {wait} giây và giảm số yêu cầu.",
                retry_after_s=wait,
            )

    def portal_caller(self, id_token: str, client_id: str, nonce: str) -> Caller:
        """Who signed in at the portal, by the ID token that it made for `client_id` and this one `nonce`.

        Raises:
            NotSignedIn: the token does not hold, or names no known role.
            StoreError: the issuer cannot be reached for its keys.
        """
        assert self._tokens is not None, "the settings see to it that there is an issuer"
        return self._tokens.signed_in(id_token, client_id, nonce, self.default_rate)

    @property
    def default_rate(self) -> int:
        """Requests a minute of a key without a rate of its own."""
        return self._settings.requests_per_minute

    @property
    def failures_per_minute(self) -> int:
        """Refused sign-ins a minute from one address."""
        return self._settings.refused_per_minute

    def _identify(self, authorization: str) -> Caller:
        if not authorization and self.is_demo():
            return Caller(DEMO, Role.VIEWER, "", self.default_rate)
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise _not_signed_in()
        secret = authorization[len(_SCHEME) :].strip()
        if self._tokens is not None and not looks_like_key(secret):
            return self._tokens.caller(secret, self.default_rate)
        with self._store.reading() as session:
            found = caller_of_key(session, secret, self._now(), self.default_rate)
        if found is None:
            raise _not_signed_in()
        return found

    def _remember(self, authorization: str, caller: Caller) -> None:
        if len(self._remembered) >= _REMEMBERED_KEYS:
            self._remembered.clear()
        self._remembered[authorization] = (time.monotonic() + REMEMBERED_S, caller)


class Requires:
    """A dependency of a route: lets pass who has the role, and notes who it was."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> None:
        """Find the caller of a request.

        Raises:
            NotSignedIn, NotAllowed, TooManyRequests: it is refused.
        """
        access: Access = request.app.state.service.access
        if self.role is Role.PUBLIC:
            request.state.caller = Caller(NOBODY, Role.PUBLIC, "", access.default_rate)
            return
        host = request.client.host if request.client else ""
        try:
            caller = await access.caller(request.headers.get("authorization", ""))
        except NotSignedIn:
            access.count(f"refused:{host}", access.failures_per_minute)
            raise
        access.count(caller.actor, caller.requests_per_minute)
        check_role(caller, self.role)
        request.state.caller = caller


def check_role(caller: Caller, needed: Role) -> None:
    """Make sure that a caller may do what needs this role.

    Raises:
        NotAllowed: they may not.
    """
    if caller.role < needed:
        raise _not_allowed(caller, needed)


def needs(role: Role) -> Any:  # noqa: ANN401  # what fastapi.Depends returns
    """The declaration of a route's role."""
    return Depends(Requires(role))


def roles_of(routes: Sequence[BaseRoute]) -> dict[tuple[str, str], Role | None]:
    """(method, path) -> declared role of every operation; None where a route forgot to say."""
    found: dict[tuple[str, str], Role | None] = {}
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            declared = [d.call.role for d in context.dependant.dependencies if isinstance(d.call, Requires)]
            assert context.path is not None
            role = declared[0] if declared else None
            found |= {(method, context.path): role for method in context.methods or ()}
    return found


def _tokens(settings: AccessSettings) -> Tokens:
    from serving.access.tokens import Tokens  # 8 MiB that a service with keys alone does without

    return Tokens.of(settings)


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerIn = Annotated[Caller, Depends(_caller)]


def _not_signed_in() -> NotSignedIn:
    return NotSignedIn(
        "A key or token that holds is needed: `Authorization: Bearer ...`. Ask the administrator for a key "
        "(`kolmatch keys create`), or sign in again.",
        "Cần khóa hoặc mã đăng nhập còn hiệu lực: `Authorization: Bearer ...`. Hãy xin quản trị viên cấp khóa "
        "(`kolmatch keys create`), hoặc đăng nhập lại.",
    )


def _not_allowed(caller: Caller, needed: Role) -> NotAllowed:
    if caller.actor == DEMO:
        return NotAllowed(
            "Without keys this is a demo that keeps nothing. Make a key (`kolmatch keys create`) to keep briefs and "
            "decisions.",
            "Chưa có khóa nên đây là bản chạy thử, không lưu gì. Hãy tạo khóa (`kolmatch keys create`) để lưu yêu cầu "
            "và quyết định.",
        )
    return NotAllowed(
        f"This needs the role {needed.label}; yours is {caller.role.label}. Ask the administrator.",
        f"Việc này cần vai trò {needed.label}; vai trò của bạn là {caller.role.label}. Hãy hỏi quản trị viên.",
    )
