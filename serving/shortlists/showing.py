"""A kept list as it may be shown today. In the store it stays as it was answered, so that it can be replayed."""

from __future__ import annotations

from typing import Any, Final

from pydantic_core import from_json, to_json

from serving.creators.gone import Gone

WITHDRAWN_VI: Final = "(đã rút tên theo yêu cầu)"
WITHDRAWN_EN: Final = "(withdrawn on request)"
_WITHHELD: Final[dict[str, Any]] = {"kind": None, "evidence": [], "hashtags": [], "against": [], "flags": []}


def shown(answer: dict[str, Any], left: Gone, name: str) -> dict[str, Any]:
    """The answer without what tells who is gone: of them the place and its figures stay, under `name`."""
    entries = [
        {**entry, **_WITHHELD, "name": name, "facets": _facets(entry)} if entry["creator_id"] in left else entry
        for entry in answer["entries"]
    ]
    return {**answer, "entries": entries}


def shown_json(answer: bytes, left: Gone) -> bytes:
    """The same for the bytes of an answer: these very bytes when everyone on it is still there."""
    if not left:
        return answer
    values = from_json(answer)
    today = shown(values, left, f"{WITHDRAWN_VI} {WITHDRAWN_EN}")
    return answer if today == values else to_json(today)


def _facets(entry: dict[str, Any]) -> list[dict[str, Any]] | None:
    facets: list[dict[str, Any]] | None = entry.get("facets")
    return facets and [{**facet, "post_id": None, "matched": []} for facet in facets]
