"""Probes over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import PlainTextResponse

from serving.access.callers import Role
from serving.access.guard import needs
from serving.metrics import Metrics
from serving.openapi import document, outcomes, reads
from serving.schemas import LiveAnswer, ReadyAnswer
from serving.service import ServiceIn

router = APIRouter(tags=["probes"])


@router.get(
    "/livez",
    summary="Tiến trình đang chạy · Live",
    dependencies=[needs(Role.PUBLIC)],
    responses=outcomes(500),
)
async def get_live() -> LiveAnswer:
    """Whether the process runs."""
    return LiveAnswer()


@router.get(
    "/readyz",
    summary="Sẵn sàng trả lời · Ready",
    dependencies=[needs(Role.PUBLIC)],
    responses=outcomes(500, 503),
)
def get_ready(service: ServiceIn) -> ReadyAnswer:
    """Whether a model is loaded and the store can be read."""
    bundle_id = service.live().manifest.bundle_id
    with service.store.reading() as session:
        session.connection()
    return ReadyAnswer(bundle_id=bundle_id)


@router.get("/openapi.json", include_in_schema=False, dependencies=[needs(Role.PUBLIC)])
async def get_description(request: Request) -> dict[str, Any]:
    """The API's own description."""
    return document(request.app)


@router.get(
    "/metrics",
    summary="Số liệu vận hành · Figures for Prometheus",
    dependencies=[needs(Role.VIEWER)],
    response_class=PlainTextResponse,
    responses=reads(),
)
def get_metrics(request: Request) -> Response:
    """Requests, refusals, times, the live model: Prometheus text format 0.0.4."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.rendered(), media_type="text/plain; version=0.0.4")
