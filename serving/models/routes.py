"""Models over HTTP."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from kolmatch.errors import BundleError
from serving.access.callers import Role
from serving.access.guard import CallerIn, needs
from serving.answers import KeptModel
from serving.models.schemas import KeptModelAnswer, KeptModels, Outcome, ReloadAnswer
from serving.openapi import reads
from serving.schemas import ModelAnswer, model_answer
from serving.service import Service, ServiceIn

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get(
    "",
    summary="Các mô hình trên máy chủ · Models kept here",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
def get_models(service: ServiceIn) -> KeptModels:
    """Every model whose bundle is kept on this server."""
    return kept_models(service)


@router.get(
    "/current",
    summary="Mô hình đang dùng · Live model",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
async def get_current_model(service: ServiceIn) -> ModelAnswer:
    """Which model answers now, what it was trained on and how good it was."""
    return model_answer(service.live().manifest)


@router.post(
    "/reload",
    summary="Nạp mô hình mới nhất · Load the newest model",
    dependencies=[needs(Role.ADMIN)],
    responses=reads(403),
)
async def reload_model(service: ServiceIn, caller: CallerIn) -> ReloadAnswer:
    """Load the champion beside the live model, then change to it; one that cannot be used is refused by name."""
    return await run_in_threadpool(reload, service, caller.actor)


def kept_models(service: Service) -> KeptModels:
    """Every model whose bundle is kept on this server: which answers, which is to."""
    champion = _champion_id(service)
    live = service.live().manifest.bundle_id
    return KeptModels(items=[_kept(model, live, champion) for model in service.live.source.kept()])


def reload(service: Service, actor: str) -> ReloadAnswer:
    """Load the champion beside the live model, then change to it, and say what became of it."""
    before = service.live.loaded()
    refused: BundleError | None = None
    try:
        service.live.load()
    except BundleError as error:
        refused = error
    now = service.live.loaded()
    changed = now.answers is not before.answers
    outcome: Outcome = "refused" if refused else "changed" if changed else "same"
    bundle_id = now.answers.manifest.bundle_id
    with service.store.writing(actor, service.now()) as writing:
        writing.note(f"model.reload.{outcome}", bundle_id, str(now.version))
    return ReloadAnswer(
        outcome=outcome,
        bundle_id=bundle_id,
        version=now.version,
        problem=refused.code if refused else None,
        detail_vi=refused.vi if refused else None,
        detail_en=refused.en if refused else None,
    )


def _champion_id(service: Service) -> str | None:
    try:
        return service.live.source.newest().bundle_id
    except BundleError:
        return None


def _kept(model: KeptModel, live: str, champion: str | None) -> KeptModelAnswer:
    manifest = model.manifest
    return KeptModelAnswer(
        bundle_id=model.bundle_id,
        live=model.bundle_id == live,
        champion=model.bundle_id == champion,
        problem=model.problem,
        created_month=manifest.created_month if manifest else None,
        format_version=manifest.format_version if manifest else None,
        kolmatch_version=manifest.kolmatch_version if manifest else None,
        synthetic=manifest.synthetic if manifest else None,
        metrics=manifest.metrics if manifest else None,
    )
