"""A shortlist as plain JSON values: one shape for the command line and the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models.shortlist import Shortlist


def shortlist_json(found: Shortlist) -> dict[str, Any]:
    """Nested dicts and lists; times as ISO 8601, parts with their multipliers."""
    content = asdict(found)
    for entry, shown in zip(found.entries, content["entries"], strict=True):
        shown["parts"] = [{"name": p.name, "value": p.value, "multiplier": p.multiplier} for p in entry.parts]
        for post in shown["evidence"]:
            post["published_at"] = post["published_at"].isoformat()
    return content
