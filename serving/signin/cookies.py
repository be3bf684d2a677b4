"""What the browser holds: the session's secret, and while somebody signs in at the portal, what only they can know."""

from __future__ import annotations

import ipaddress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from kolmatch.settings import SigninSettings
from serving.service import Service

SESSION: Final = "kolmatch"
_HOST: Final = "__Host-"  # which browsers take over TLS from this very host alone, for no path or subdomain


def held(request: Request, name: str) -> str:
    """What the browser holds under this name; empty when nothing."""
    return request.cookies.get(_full_name(request, name), "")


def hold(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Let the browser hold something, out of reach of scripts and other sites; until it is closed, or for `seconds`."""
    secure = is_secure(request)
    response.set_cookie(
        _full_name(request, name), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop(request: Request, response: Response, name: str) -> None:
    """Let the browser forget something."""
    secure = is_secure(request)
    response.delete_cookie(_full_name(request, name), path="/", secure=secure, httponly=True, samesite="lax")


def is_secure(request: Request) -> bool:
    """Whether cookies go over TLS alone: always, except to this machine itself, or where the setting says http."""
    public_url = settings_of(request).public_url
    return public_url.startswith("https:") if public_url else not _is_this_machine(request.url.hostname or "")


def settings_of(request: Request) -> SigninSettings:
    """How people sign in."""
    service: Service = request.app.state.service
    return service.settings.signin


def _full_name(request: Request, name: str) -> str:
    return f"{_HOST}{name}" if is_secure(request) else name


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
