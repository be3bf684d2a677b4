"""Creators over HTTP."""

from __future__ import annotations

from fastapi import APIRouter

from kolmatch.errors import UnknownCreator
from serving import examples
from serving.access.callers import Role
from serving.access.guard import needs
from serving.openapi import reads
from serving.schemas import CreatorAnswer, CreatorPath, creator_answer
from serving.service import RankingIn, Service, ServiceIn
from serving.shortlists.leaving_out import is_gone

router = APIRouter(prefix="/v1/creators", tags=["creators"])


@router.get(
    "/{creator_id}",
    summary="Hồ sơ nhà sáng tạo · Creator",
    dependencies=[needs(Role.VIEWER)],
    responses=reads(404, example=examples.CREATOR),
)
async def get_creator(creator_id: CreatorPath, service: ServiceIn, ranking: RankingIn) -> CreatorAnswer:
    """What the live model knows of one creator."""

    def work() -> CreatorAnswer:
        _check_there(service, creator_id)
        model = service.live()
        return creator_answer(model.creator(creator_id), model.manifest)

    return await ranking.run(work)


def _check_there(service: Service, creator_id: str) -> None:
    """A creator who opted out is gone from answers at once, whatever the live model knows."""
    with service.store.reading() as session:
        if is_gone(session, creator_id):
            raise UnknownCreator(
                f"There is no creator {creator_id!r} in this model. Check the id.",
                f"Không có nhà sáng tạo {creator_id!r} trong mô hình này. Hãy kiểm tra mã.",
            )
