"""The widget's files, and the page that shows it in a frame. They hold no data: the API gives it for a token."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.responses import HTMLResponse

from serving.access.callers import Role
from serving.access.guard import needs
from serving.envelope import PAGE_HEADERS
from serving.pages.language import language_of
from serving.schemas import RecordPath
from serving.service import ServiceIn

_HERE: Final = Path(__file__).parent
_TITLES: Final = {"vi": "Danh sách đề xuất", "en": "Shortlist"}
_SCRIPT: Final = "text/javascript; charset=utf-8"
_FILES: Final = {"kol-shortlist.js": _SCRIPT, "frame.js": _SCRIPT, "frame.css": "text/css; charset=utf-8"}
_KEPT: Final = {"Cache-Control": "public, max-age=300"}  # seconds: a mended widget is everywhere soon
_NOBODY: Final = "frame-ancestors 'none'"

router = APIRouter(prefix="/widget", include_in_schema=False)


@router.get("/{name}", dependencies=[needs(Role.PUBLIC)])
def get_file(name: str) -> Response:
    """The element and what its frame needs. Other sites load it as a module, which browsers let the listed alone do."""
    if name not in _FILES:
        raise HTTPException(404)
    return Response(_content(name), headers=_KEPT, media_type=_FILES[name])


@router.get("/shortlist/{brief_id}", dependencies=[needs(Role.PUBLIC)])
def get_frame(request: Request, brief_id: RecordPath, service: ServiceIn) -> Response:
    """The element alone on a page, to be framed by the listed origins; the page around it gives the token."""
    origins = " ".join(service.settings.access.frame_ancestors)
    language = language_of(request)
    content = _template().render(language=language, title=_TITLES[language], brief_id=brief_id, origins=origins)
    policy = PAGE_HEADERS["Content-Security-Policy"]
    framed = policy.replace(_NOBODY, f"frame-ancestors {origins}") if origins else policy
    return HTMLResponse(content, headers={**PAGE_HEADERS, "Content-Security-Policy": framed})


@cache
def _content(name: str) -> bytes:
    return (_HERE / "static" / name).read_bytes()


@cache
def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("frame.html.j2")
