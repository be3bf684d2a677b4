"""Asking again what was asked then, of the very model that answered, to see that nothing else could have come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from data.tombstones import PREFIX
from kolmatch import __version__
from kolmatch.errors import BundleError, Conflict
from serving.answers import Answers, LiveModel
from serving.schemas import ShortlistRequest
from serving.shortlist_answer import Kept, shortlist_json
from serving.shortlists.leaving_out import erased, opted_out_until
from serving.shortlists.records import sha256
from serving.shortlists.schemas import ReplayAnswer
from serving.store.database import Store
from serving.store.tables import ShortlistRow


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kept shortlist was asked, and who was left out of it then."""

    row: ShortlistRow
    opted_out: tuple[str, ...]


def asked_then(store: Store, row: ShortlistRow) -> Asked:
    """The whole of what an answer depended on beside the model; whoever was erased since is not brought back for it."""
    with store.reading() as session:
        return Asked(row, tuple(dict.fromkeys((*opted_out_until(session, row.tombstones), *erased(session)))))


def model_of(live: LiveModel, bundle_id: str) -> Answers:
    """The model that answered then: the live one if it is that, else its bundle, verified and loaded.

    Raises:
        Conflict: it is gone from this server, or damaged.
    """
    answers = live()
    if answers.manifest.bundle_id == bundle_id:
        return answers
    try:
        return live.source.load(bundle_id)
    except BundleError as error:
        raise Conflict(
            f"The model {bundle_id} is not whole on this server ({error.code}). `kolmatch replay` fetches it from "
            "the registry.",
            f"Mô hình {bundle_id} không còn nguyên trên máy chủ này ({error.code}). `kolmatch replay` lấy lại từ kho "
            "mô hình.",
        ) from error


def replay(asked: Asked, answers: Answers) -> ReplayAnswer:
    """Answer the same request again and compare, bit for bit."""
    row = asked.row
    request = ShortlistRequest.model_validate(row.request)
    filters = request.filters.to_filters(opted_out=asked.opted_out, blocked=tuple(row.blocked))
    found = answers.shortlist(request.to_brief(), request.top, request.by, filters)
    again = shortlist_json(found, answers.manifest, Kept(row.shortlist_id, row.brief_id), explain=True)
    kept = _entries(row.answer)
    others = [entry["creator_id"] for entry in kept if not entry["creator_id"].startswith(PREFIX)]
    return ReplayAnswer(
        shortlist_id=row.shortlist_id,
        identical=again == row.answer,
        rewritten=answers.manifest.bundle_id != row.bundle_id,
        erased_places=[entry["rank"] for entry in kept if entry["creator_id"].startswith(PREFIX)],
        same_order=[entry.creator_id for entry in found.entries][: len(others)] == others,
        bundle_id=answers.manifest.bundle_id,
        kept_sha256=row.answer_sha256,
        replayed_sha256=sha256(again),
        kept_by=row.kolmatch_version,
        replayed_by=__version__,
    )


def _entries(answer: bytes) -> list[dict[str, Any]]:
    """The entries of a kept answer; none of one that somebody changed into something else."""
    try:
        values = from_json(answer)
    except ValueError:
        return []
    found: list[dict[str, Any]] = values.get("entries", []) if isinstance(values, dict) else []
    return found
