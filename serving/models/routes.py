"""Models over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from serving.access.callers import Role
from serving.access.guard import needs
from serving.openapi import reads
from serving.schemas import ModelAnswer, model_answer
from serving.service import ServiceIn

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get(
    "/current",
    summary="Mô hình đang dùng · Live model",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
async def get_current_model(service: ServiceIn) -> ModelAnswer:
    """Which model answers now, what it was trained on and how good it was."""
    return model_answer(service.live().manifest)
