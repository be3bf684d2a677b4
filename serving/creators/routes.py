"""Creators over HTTP."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Query

from models.bundle_files import Manifest
from serving import examples
from serving.access.callers import Role
from serving.access.guard import needs
from serving.creating import JSON_BODY
from serving.creators.gone import check_there, gone
from serving.creators.schemas import HitsAnswer, NominationAnswer, NominationBody, SimilarsAnswer, TopicsAnswer
from serving.openapi import reads
from serving.patterns import SAYS_SOMETHING
from serving.schemas import (
    DEFAULT_TOP,
    MAX_TITLE,
    CreatorAnswer,
    CreatorPath,
    LimitIn,
    SyntheticLabel,
    creator_answer,
    model_reference,
    synthetic_label,
)
from serving.service import RankingIn, ServiceIn

_FEW: Final = 10

router = APIRouter(prefix="/v1/creators", tags=["creators"])
nominations = APIRouter(tags=["creators"])


@router.get(
    "",
    summary="Tìm nhà sáng tạo · Find creators",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(),
)
async def find_creators(
    q: Annotated[str, Query(pattern=SAYS_SOMETHING, max_length=MAX_TITLE, description="Gõ không dấu cũng được")],
    service: ServiceIn,
    ranking: RankingIn,
    limit: LimitIn = DEFAULT_TOP,
) -> HitsAnswer:
    """Creators in whose name, handle, field or id the text stands, with or without diacritics."""

    def work() -> HitsAnswer:
        model, left = service.live(), gone(service.store)
        found = [hit for hit in model.search.find(q, limit + len(left)) if hit.creator_id not in left]
        return _answer(HitsAnswer, model.manifest, items=found[:limit])

    return await ranking.run(work)


@router.get(
    "/{creator_id}",
    summary="Hồ sơ nhà sáng tạo · Creator",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404, example=examples.CREATOR),
)
async def get_creator(creator_id: CreatorPath, service: ServiceIn, ranking: RankingIn) -> CreatorAnswer:
    """What the live model knows of one creator."""

    def work() -> CreatorAnswer:
        check_there(service.store, creator_id)
        model = service.live()
        return creator_answer(model.creator(creator_id), model.manifest)

    return await ranking.run(work)


@router.get(
    "/{creator_id}/topics",
    summary="Chủ đề thường nói · Topics",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404),
)
async def get_topics(
    creator_id: CreatorPath, service: ServiceIn, ranking: RankingIn, limit: LimitIn = _FEW
) -> TopicsAnswer:
    """The hashtags that tell this creator from others."""

    def work() -> TopicsAnswer:
        check_there(service.store, creator_id)
        model = service.live()
        found = model.search.topics(creator_id, limit)
        return _answer(TopicsAnswer, model.manifest, creator_id=creator_id, items=found)

    return await ranking.run(work)


@router.get(
    "/{creator_id}/similar",
    summary="Người nói cùng chủ đề · Similar creators",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404),
)
async def get_similar(
    creator_id: CreatorPath, service: ServiceIn, ranking: RankingIn, limit: LimitIn = _FEW
) -> SimilarsAnswer:
    """Who speaks of the same things."""

    def work() -> SimilarsAnswer:
        check_there(service.store, creator_id)
        model, left = service.live(), gone(service.store)
        near = model.search.similar(creator_id, limit + len(left))
        found = [other for other in near if other.creator_id not in left][:limit]
        return _answer(SimilarsAnswer, model.manifest, creator_id=creator_id, items=found)

    return await ranking.run(work)


@nominations.post(
    "/v1/nominations",
    summary="Người chưa có trong dữ liệu · Someone who is not in the catalogue",
    dependencies=[needs(Role.VIEWER), JSON_BODY],
    responses=reads(400, 413, 415),
)
async def nominate_creator(body: NominationBody, service: ServiceIn, ranking: RankingIn) -> NominationAnswer:
    """The place by fit that someone with 20 to 50 captions would have on the list for a brief. Nothing is kept."""
    brief = body.brief.to_brief()

    def work() -> NominationAnswer:
        model = service.live()
        filters = body.filters.to_filters(opted_out=tuple(sorted(gone(service.store))))
        found = model.nominate(brief, body.name, body.captions, DEFAULT_TOP, filters)
        shown = {name: getattr(found, name) for name in found.__dataclass_fields__}
        return _answer(NominationAnswer, model.manifest, **shown)

    return await ranking.run(work)


_Shape = TypeVar("_Shape", bound=SyntheticLabel)


def _answer(shape: type[_Shape], manifest: Manifest, **values: object) -> _Shape:
    """An answer with the label of its data and the model that gave it."""
    label_vi, label_en = synthetic_label(manifest.synthetic)
    label = {"synthetic": manifest.synthetic, "label_vi": label_vi, "label_en": label_en}
    return shape.model_validate({**label, "model": model_reference(manifest), **values}, from_attributes=True)
