"""What every request and answer is wrapped in: a request id, a size limit, security headers and one log line."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.tracing import describe, request_span, trace_id

REQUEST_ID_HEADER: Final = "X-Request-ID"
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STATE_KEY: Final = "kolmatch_request_id"

# Answers are data for programs: nothing in them may be run, framed, guessed at or kept by a browser. A page brings
# its own headers, which go before these.
SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# Pages bring no code and no style of their own and load nothing from elsewhere. The referrer stays with us: without it
# browsers would not say either which page a form stood on.
PAGE_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}

_access = logging.getLogger("kolmatch.access")
LIMIT_KEY: Final = "kolmatch_max_bytes"  # under which the scope of a request holds how large its body may be
REFUSAL: Final = "kolmatch_refusal"  # under which the scope of a refused request holds the problem's code
Refuse = Callable[[Request], Response]
Count = Callable[[str, str, int, float, str | None], None]  # method, route, status, seconds, refusal


def request_id(scope: Scope) -> str:
    """The id of the request that `scope` is of."""
    return str(scope[_STATE_KEY])


class Envelope:
    """ASGI middleware around the whole application.

    The log line holds method, route template, status, milliseconds and request id: never a path, query or body,
    which may name people. `larger` maps a path to the bytes that a body may have there instead.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_request_bytes: int,
        larger: Mapping[str, int],
        too_large: Refuse,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        count: Count,
    ) -> None:
        self._app = app
        self._count = count
        self._max_bytes = max_request_bytes
        self._larger = larger
        self._too_large = too_large
        self._new_id = new_id
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, wrapped."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = self._clock()
        headers = Headers(scope=scope)
        scope[_STATE_KEY] = identity = _given_id(headers) or self._new_id()
        status = 500  # what the framework answers when nothing was sent

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), identity)
            await send(message)

        with request_span(headers) as span:
            try:
                await self._pass_on(scope, headers, receive, sending)
            finally:
                seconds, route = self._clock() - started, route_of(scope)
                self._count(scope["method"], route, status, seconds, scope.get(REFUSAL))
                describe(span, scope["method"], route, status, identity)
                _log_access(scope, status, seconds * 1000, trace_id(span))

    async def _pass_on(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        scope[LIMIT_KEY] = max_bytes = self._larger.get(scope["path"], self._max_bytes)
        if _declared_bytes(headers) > max_bytes:
            await self._too_large(Request(scope))(scope, receive, send)
        else:
            await self._app(scope, _limited(receive, max_bytes), send)


def _add_headers(headers: MutableHeaders, identity: str) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers[REQUEST_ID_HEADER] = identity


def _given_id(headers: Headers) -> str | None:
    """The client's own request id, when it is short and plain enough to be put into logs and headers."""
    given = headers.get(REQUEST_ID_HEADER, "")
    return given if _SANE_ID.fullmatch(given) else None


def _declared_bytes(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else 0


def _limited(receive: Receive, max_bytes: int) -> Callable[[], Awaitable[Message]]:
    """`receive` that stops a body as soon as it has grown too large, whatever length was declared."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > max_bytes:
            raise HTTPException(413)
        return message

    return receiving


def _log_access(scope: Scope, status: int, milliseconds: float, trace: str | None) -> None:
    route = route_of(scope)
    fields = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "milliseconds": round(milliseconds, 1),
        "request_id": request_id(scope),
        **({"trace_id": trace} if trace else {}),
    }
    ids = " ".join(filter(None, (request_id(scope), trace)))
    _access.info("%s %s %d %.1fms %s", scope["method"], route, status, milliseconds, ids, extra=fields)


def route_of(scope: Scope) -> str:
    """The template of the route that took a request, `-` when none did."""
    return getattr(scope.get("route"), "path", "-")
