"""The HTTP service: briefs in, explained shortlists out, and what people decided about them.

`create_app` is given all it works with; it opens no file, no database and no network itself. Each resource has a folder
with the same files: `routes.py` (HTTP), `schemas.py` (shapes), `records.py` (the store).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from kolmatch import __version__
from kolmatch.settings import Settings
from serving.access.guard import Access, roles_of
from serving.answers import LiveModel, ModelSource
from serving.briefs import routes as briefs
from serving.checks import routes as checks
from serving.creators import routes as creators
from serving.decisions import routes as decisions
from serving.diligence import routes as diligence
from serving.envelope import REQUEST_ID_HEADER, Envelope
from serving.metrics import Metrics
from serving.models import routes as models
from serving.openapi import DESCRIPTION, TAGS, document
from serving.outcomes import routes as outcomes
from serving.pages import errors as error_pages
from serving.pages import rooms
from serving.pages.routes_new_brief import READ_PATH
from serving.probes import routes as probes
from serving.problems import TOO_LARGE, add_handlers, problem_response, too_large_here
from serving.reports import routes as reports
from serving.rights import routes as rights
from serving.service import Ranking, Service
from serving.shortlists import routes as shortlists
from serving.signin import routes as signin
from serving.signin.sessions import Sessions
from serving.store.database import Store
from serving.uploads import routes as uploads
from serving.uploads.bounded import Documents
from serving.widget import routes as widget

# Nothing of a request may leave the process, whatever telemetry another library has switched on.
_NO_TELEMETRY: Final[Any] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
# What pages of the listed origins may do from a browser: ask as any program does, with a token and without our cookies.
_CROSS_ORIGIN: Final[Any] = {
    "allow_methods": ["GET", "POST", "PUT"],
    "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", REQUEST_ID_HEADER],
    "expose_headers": ["ETag", "Idempotency-Replayed", "Location", "Retry-After", REQUEST_ID_HEADER],
}
_RESOURCES: Final = (
    briefs,
    uploads,
    shortlists,
    reports,
    decisions,
    outcomes,
    diligence,
    checks,
    rights,
    creators,
    models,
    probes,
    signin,
    widget,
)


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def service_of(live: LiveModel, store: Store, settings: Settings, now: Callable[[], datetime] = now) -> Service:
    """What the routes have at hand."""
    access = Access.of(store, settings.access, now)
    return Service(live, store, access, Sessions(store, settings.signin, now), settings, now)


def create_app(
    service: Service,
    *,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    clock: Callable[[], float] = time.perf_counter,
) -> FastAPI:
    """The application around a service.

    Args:
        service: the live model, the store, who may ask; `settings.serving` bounds the requests.
        new_id: makes the id of a request that brings none.
        clock: seconds, for the access log.
    """
    settings = service.settings.serving
    app = FastAPI(
        title="kolmatch",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url=None,  # served by the probes, so that it declares its role like every other route
        docs_url=None,  # its pages load scripts from another host
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host header, which the client chose
        telemetry=_NO_TELEMETRY,
    )
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # the documented way to extend it
    app.state.service = service
    app.state.ranking = ranking = Ranking(settings.max_waiting, settings.workers)
    app.state.metrics = metrics = Metrics(service.live, ranking, service.siblings)
    app.state.documents = Documents()
    app.state.show_problem = error_pages.show_problem
    add_handlers(app)
    signin.add_handlers(app)
    if service.settings.access.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=service.settings.access.cors_origins, **_CROSS_ORIGIN)
    app.add_middleware(
        Envelope,
        max_request_bytes=settings.max_request_bytes,
        larger={
            **dict.fromkeys((uploads.PATH, READ_PATH), settings.max_upload_bytes),
            # A form that came too late, packed once more.
            **dict.fromkeys(signin.RESUMED_PATHS, 2 * settings.max_request_bytes),
        },
        too_large=lambda request: problem_response(request, TOO_LARGE, too_large_here(request)),
        new_id=new_id,
        clock=clock,
        count=metrics.count,
    )
    shortlists.add_makers(app.router, settings.max_results)
    for resource in _RESOURCES:
        app.include_router(resource.router)
    app.include_router(creators.nominations)
    for router in rooms.ROUTERS:
        app.include_router(router)
    _check_roles(app)
    return app


def bare_app(settings: Settings = Settings()) -> FastAPI:  # noqa: B008  # frozen
    """The application without a model or store behind it, to be described."""
    return create_app(service_of(LiveModel(_Nothing()), Store.at("sqlite://", busy_timeout_s=1), settings))


class _Nothing(ModelSource):
    """No model: a description needs none."""

    def newest(self) -> NoReturn:
        raise AssertionError

    def kept(self) -> NoReturn:
        raise AssertionError

    def reports(self) -> NoReturn:
        raise AssertionError

    def load(self, bundle_id: str) -> NoReturn:
        raise AssertionError(bundle_id)


def _check_roles(app: FastAPI) -> None:
    """Refuse to start with a route that forgot to say who may use it."""
    forgotten = [f"{method} {path}" for (method, path), role in roles_of(app.routes).items() if role is None]
    if forgotten:
        raise AssertionError(f"routes without a role: {forgotten}")
