"""The HTTP service: one brief in, one explained shortlist out.

`create_app` is given where the live model comes from; it opens no file, no database and no network itself.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Final, Protocol, TypeVar

import anyio
from fastapi import Body, Depends, FastAPI, HTTPException, Path, Request, Response

from kolmatch import __version__
from kolmatch.settings import Settings
from serving import examples
from serving.answers import AnswersSource
from serving.envelope import Envelope
from serving.openapi import DESCRIPTION, TAGS, document, outcomes
from serving.problems import TOO_LARGE, add_handlers, problem_response
from serving.schemas import (
    CreatorAnswer,
    LiveAnswer,
    ModelAnswer,
    ReadyAnswer,
    ShortlistRequest,
    creator_answer,
    model_answer,
    request_model,
)
from serving.shortlist_answer import ShortlistAnswer, shortlist_json

# Nothing of a request may leave the process, whatever telemetry another library has switched on.
_NO_TELEMETRY: Final[Any] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
_Made = TypeVar("_Made")
_MAX_ID: Final = 200  # characters of a creator's id


class _InThread(Protocol):
    """Runs work beside the event loop and waits for it."""

    def __call__(self, work: Callable[[], _Made], /) -> Awaitable[_Made]: ...


def create_app(
    answers: AnswersSource,
    settings: Settings,
    *,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    clock: Callable[[], float] = time.perf_counter,
) -> FastAPI:
    """The application around a model.

    Args:
        answers: gives the live model for each request, or raises BundleError while there is none.
        settings: `serving` bounds the requests.
        new_id: makes the id of a request that brings none.
        clock: seconds, for the access log.
    """
    app = FastAPI(
        title="kolmatch",
        version=__version__,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # its pages load scripts from another host
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the Host header, which the client chose
        telemetry=_NO_TELEMETRY,
    )
    app.openapi = lambda: document(app)  # type: ignore[method-assign]  # the documented way to extend it
    add_handlers(app)
    app.add_middleware(
        Envelope,
        max_request_bytes=settings.serving.max_request_bytes,
        too_large=lambda request: problem_response(request, TOO_LARGE),
        new_id=new_id,
        clock=clock,
    )
    # A shortlist is milliseconds of arithmetic: threads beyond the cores would only slow each other down, and on the
    # event loop it would hold up the probes.
    in_thread = partial(anyio.to_thread.run_sync, limiter=anyio.CapacityLimiter(os.cpu_count() or 1))
    _add_shortlists(app, answers, settings.serving.max_results, in_thread)
    _add_lookups(app, answers, in_thread)
    _add_probes(app, answers)
    return app


def _add_shortlists(app: FastAPI, answers: AnswersSource, max_results: int, in_thread: _InThread) -> None:
    async def create_shortlist(body: ShortlistRequest) -> Response:
        """Rank creators for a policy brief, with the reasons for each place."""

        def work() -> bytes:
            model = answers()
            return shortlist_json(model.shortlist(brief, body.top), model.manifest, explain=body.explain)

        brief = body.to_brief()
        return Response(await in_thread(work), media_type="application/json")

    # The bound of `top` is a setting, known only now.
    body: Any = Annotated[request_model(max_results), Body(openapi_examples=examples.REQUESTS)]
    create_shortlist.__annotations__["body"] = body
    app.post(
        "/v1/shortlists",
        tags=["shortlists"],
        summary="Danh sách đề xuất · Shortlist",
        response_model=ShortlistAnswer,  # for the description; the response is made above
        dependencies=[Depends(_json_only)],
        responses=outcomes(400, 413, 415, 422, 500, 503, example=examples.SHORTLIST),
    )(create_shortlist)


def _add_lookups(app: FastAPI, answers: AnswersSource, in_thread: _InThread) -> None:
    @app.get(
        "/v1/creators/{creator_id}",
        tags=["creators"],
        summary="Hồ sơ nhà sáng tạo · Creator",
        responses=outcomes(404, 422, 500, 503, example=examples.CREATOR),
    )
    async def get_creator(
        creator_id: Annotated[str, Path(max_length=_MAX_ID, pattern=r"^[^\x00]+$", examples=["syn-0007"])],
    ) -> CreatorAnswer:
        """What the live model knows of one creator."""

        def work() -> CreatorAnswer:
            model = answers()
            return creator_answer(model.creator(creator_id), model.manifest)

        return await in_thread(work)

    @app.get(
        "/v1/models/current",
        tags=["models"],
        summary="Mô hình đang dùng · Live model",
        responses=outcomes(500, 503),
    )
    async def get_current_model() -> ModelAnswer:
        """Which model answers now, what it was trained on and how good it was."""
        return model_answer(answers().manifest)


def _add_probes(app: FastAPI, answers: AnswersSource) -> None:
    @app.get("/livez", tags=["probes"], summary="Tiến trình đang chạy · Live", responses=outcomes(500))
    async def get_live() -> LiveAnswer:
        """Whether the process runs."""
        return LiveAnswer()

    @app.get("/readyz", tags=["probes"], summary="Sẵn sàng trả lời · Ready", responses=outcomes(500, 503))
    async def get_ready() -> ReadyAnswer:
        """Whether a model is loaded."""
        return ReadyAnswer(bundle_id=answers().manifest.bundle_id)


async def _json_only(request: Request) -> None:
    """Refuse other bodies; a browser cannot send JSON to another site without asking that site first."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415)
