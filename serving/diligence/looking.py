"""Looking into everyone on a kept list."""

from __future__ import annotations

from pydantic_core import from_json

from data.tombstones import PREFIX
from serving.creators.gone import gone
from serving.diligence.findings import findings
from serving.diligence.opening import Looked
from serving.service import Service
from serving.store.tables import ShortlistRow


def looked(service: Service, row: ShortlistRow) -> list[Looked]:
    """What the live model finds about every creator of a list who is still there."""
    dossiers, left = service.live().dossiers, gone(service.store)
    entries = [one for one in from_json(row.answer)["entries"] if one["creator_id"] not in left]
    return [
        Looked(one["creator_id"], tuple(findings(dossiers.of(one["creator_id"]), one)))
        for one in entries
        if not one["creator_id"].startswith(PREFIX)
    ]
