"""A shortlist as plain JSON values: one shape for the command line and the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models.matcher import Why
from models.shortlist import Entry, Shortlist
from models.swap import swap


def shortlist_json(found: Shortlist) -> dict[str, Any]:
    """Nested dicts and lists; times as ISO 8601, parts with their multipliers."""
    content = asdict(found)
    content["entries"] = [_entry_json(entry) for entry in found.entries]
    return content


def why_json(found: Why) -> dict[str, Any]:
    """The same for a creator's place, with what differs from the one above."""
    compared = swap(found.entry, found.above) if found.entry and found.above else None
    return {
        "rank": found.rank,
        "of": found.of,
        "entry": _entry_json(found.entry) if found.entry else None,
        "above": _entry_json(found.above) if found.above else None,
        "differences": [asdict(each) | {"factor": each.factor} for each in compared.differences] if compared else [],
        "smallest_change": {"part": compared.part, "factor": compared.factor} if compared and compared.part else None,
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    shown = asdict(entry)
    for name, parts in (("parts", entry.parts), ("impact", entry.impact)):
        shown[name] = [asdict(part) | {"multiplier": part.multiplier} for part in parts]
    for post in shown["evidence"]:
        post["published_at"] = post["published_at"].isoformat()
    if entry.reach is not None and entry.reach.as_of is not None:
        shown["reach"]["as_of"] = entry.reach.as_of.isoformat()
    return shown
