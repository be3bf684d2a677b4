"""A shortlist as it goes over the wire: typed dictionaries, since 240 pydantic objects per answer cost more than that.

The type checker holds the builders against the shapes, the tests hold the answers against the description.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import orjson
from pydantic import BaseModel, Field
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict  # pydantic's own requirement before Python 3.12

from models.bundle_files import Manifest
from models.shortlist import AGAINST, Entry, Evidence, FacetCover, Part, Shortlist
from serving.reach_answer import (
    FlagAnswer,
    ReachAnswer,
    ShiftAnswer,
    StateAnswer,
    flag_answer,
    reach_answer,
    shift_answer,
    state_answer,
)
from serving.schemas import DecisionNote, LabelEn, LabelVi, ModelReference, Synthetic, model_reference, synthetic_label

Words = tuple[str, ...]


class PartAnswer(TypedDict):
    """One summand of a score."""

    name: str
    value: Annotated[float, Field(description="In log space: the values of all parts add up to the score")]
    multiplier: Annotated[float, Field(description="exp(value): above 1 lifts, below 1 lowers")]


class SummandAnswer(PartAnswer):
    """One summand of what a list is ordered by."""

    weight: Annotated[float, Field(description="How much it counts, by settings and staff's decisions; in the value")]


class EvidenceAnswer(TypedDict):
    """A post that earned the place."""

    post_id: str
    platform: str
    published_at: datetime
    text: str
    url: str | None
    matched: Annotated[Words, Field(description="Words of the brief found in the post")]
    weight: Annotated[float, Field(description="Its share of the score, in the score's unit")]


class FacetAnswer(TypedDict):
    """How well a creator covers one demand of the brief."""

    kind: Annotated[str, Field(description="topic (title), found in the text, must, nice, must_not", examples=["must"])]
    facet: str
    strength: Annotated[float, Field(description="0 nothing .. 1 as well as the best posts do")]
    covered: bool
    post_id: Annotated[str | None, Field(description="The best post for it")]
    matched: Words


class ObjectionAnswer(TypedDict):
    """Something that speaks against a place."""

    code: Annotated[str, Field(examples=["few_posts"])]
    label_vi: str
    label_en: str


class EntryAnswer(TypedDict):
    """A creator's place on the list with its reasons; those are null when `explain` was false."""

    rank: Annotated[int, Field(ge=1)]
    creator_id: str
    name: str
    kind: Annotated[
        str | None, Field(description="person, press, organisation or network; null: not known", examples=["person"])
    ]
    score: Annotated[float, Field(description="Fit, in log space; only differences mean something")]
    state: StateAnswer
    reach: Annotated[ReachAnswer | None, Field(description="Young viewers of one post; null: too little data")]
    tie: Annotated[int | None, Field(description="Creators of one group cannot be told apart by the data")]
    impact: Annotated[list[SummandAnswer] | None, Field(description="Summands of what the list is ordered by")]
    flags: Annotated[list[FlagAnswer], Field(description="Signs of bought attention; they change no place")]
    parts: list[PartAnswer] | None
    evidence: list[EvidenceAnswer] | None
    hashtags: Annotated[Words | None, Field(description="Hashtags of posts like the brief that this creator uses")]
    facets: list[FacetAnswer] | None
    against: Annotated[list[ObjectionAnswer] | None, Field(description="What speaks against the place")]


class ExcludedAnswer(TypedDict):
    """How many creators were left out for one reason."""

    reason: Annotated[str, Field(description="opted_out, minor, blocked, outside or filtered", examples=["opted_out"])]
    count: Annotated[int, Field(ge=0)]


class ShortlistAnswer(TypedDict):
    """Creators for a brief, best first. Both ids are null when the list was not kept."""

    shortlist_id: Annotated[str | None, Field(description="Under which it is kept for ever as it is")]
    brief_id: Annotated[str | None, Field(description="The kept brief")]
    synthetic: Synthetic
    label_vi: LabelVi
    label_en: LabelEn
    by: Annotated[str, Field(description="What the list is ordered by", examples=["impact"])]
    entries: list[EntryAnswer]
    shifts: Annotated[list[ShiftAnswer], Field(description="Sudden changes of views on a platform")]
    uncovered: Annotated[Words, Field(description="Demands of the brief that no creator on the list covers")]
    unknown_words: Annotated[Words, Field(description="Words of the brief that no post has")]
    excluded: Annotated[list[ExcludedAnswer], Field(description="How many were left out, and why")]
    model: ModelReference
    decision: Annotated[DecisionNote, Field(description="AI Law 134/2025/QH15, Article 27: a person decides")]


_DECISION: Final = DecisionNote()
REASONS: Final = ("parts", "evidence", "hashtags", "facets", "against")  # null when `explain` is false


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a shortlist is kept."""

    shortlist_id: str
    brief_id: str


def shortlist_json(shortlist: Shortlist, manifest: Manifest, kept: Kept | None, *, explain: bool) -> bytes:
    """A shortlist as JSON in UTF-8, of the shape of `ShortlistAnswer`."""
    label_vi, label_en = synthetic_label(shortlist.synthetic)
    answer: ShortlistAnswer = {
        "shortlist_id": kept.shortlist_id if kept else None,
        "brief_id": kept.brief_id if kept else None,
        "synthetic": shortlist.synthetic,
        "label_vi": label_vi,
        "label_en": label_en,
        "by": shortlist.by,
        "entries": [_entry(entry, explain) for entry in shortlist.entries],
        "shifts": [shift_answer(shift) for shift in shortlist.shifts],
        "uncovered": shortlist.uncovered,
        "unknown_words": shortlist.unknown_words,
        "excluded": [{"reason": item.reason, "count": item.count} for item in shortlist.excluded],
        "model": model_reference(manifest),
        "decision": _DECISION,
    }
    return orjson.dumps(answer, _plain, orjson.OPT_UTC_Z)


def _plain(value: object) -> object:
    """What orjson does not know itself: the few pydantic objects of an answer."""
    assert isinstance(value, BaseModel)
    return value.model_dump()


def without_reasons(answer: bytes) -> bytes:
    """The same list without the reasons for each place."""
    values = from_json(answer)
    for entry in values["entries"]:
        entry |= dict.fromkeys(REASONS)
    return to_json(values)


def _entry(entry: Entry, explain: bool) -> EntryAnswer:
    return {
        "rank": entry.rank,
        "creator_id": entry.creator_id,
        "name": entry.name,
        "kind": entry.kind,
        "score": entry.score,
        "state": state_answer(entry),
        "reach": reach_answer(entry.reach),
        "tie": entry.tie,
        "impact": _summands(entry.impact) if explain else None,
        "flags": [flag_answer(flag) for flag in entry.flags],
        "parts": _parts(entry.parts) if explain else None,
        "evidence": [_evidence(post) for post in entry.evidence] if explain else None,
        "hashtags": entry.hashtags if explain else None,
        "facets": [_facet(cover) for cover in entry.facets] if explain else None,
        "against": [_objection(code) for code in entry.against] if explain else None,
    }


def _parts(parts: Sequence[Part]) -> list[PartAnswer]:
    return [{"name": part.name, "value": part.value, "multiplier": part.multiplier} for part in parts]


def _summands(parts: Sequence[Part]) -> list[SummandAnswer]:
    return [
        {"name": part.name, "value": part.value, "multiplier": part.multiplier, "weight": part.weight} for part in parts
    ]


def _evidence(post: Evidence) -> EvidenceAnswer:
    return {
        "post_id": post.post_id,
        "platform": post.platform,
        "published_at": post.published_at,
        "text": post.text,
        "url": post.url,
        "matched": post.matched,
        "weight": post.weight,
    }


def _facet(cover: FacetCover) -> FacetAnswer:
    return {
        "kind": cover.kind,
        "facet": cover.facet,
        "strength": cover.strength,
        "covered": cover.covered,
        "post_id": cover.post_id,
        "matched": cover.matched,
    }


def _objection(code: str) -> ObjectionAnswer:
    """The core names objections by code; the reader gets the sentences too."""
    vi, en = AGAINST.get(code, (code, code))
    return {"code": code, "label_vi": vi, "label_en": en}
