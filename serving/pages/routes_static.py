"""Style sheet, script and icon: the only files that a page loads."""

from __future__ import annotations

import gzip
from functools import cache
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from serving.access.callers import Role
from serving.access.guard import needs
from serving.pages.rendering import STATIC

router = APIRouter(include_in_schema=False)
_KINDS: Final = {
    "pages.css": "text/css; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_KEPT: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}  # the address changes with the content


@router.get("/static/{name}", dependencies=[needs(Role.PUBLIC)])
def get_static(name: str, request: Request) -> Response:
    """A file by its name, packed for whoever can unpack it. Pages are not packed: they hold a form's token."""
    if name not in _KINDS:
        raise HTTPException(404)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_packed(name), headers={**_KEPT, "Content-Encoding": "gzip"}, media_type=_KINDS[name])
    return Response((STATIC / name).read_bytes(), headers=_KEPT, media_type=_KINDS[name])


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((STATIC / name).read_bytes(), mtime=0)
